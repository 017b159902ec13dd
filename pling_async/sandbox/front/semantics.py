"""What Front's documents leave open about the Core API, a switch a question; the defaults are the likeliest reading."""

from typing import Literal

from attrs import frozen

from pling_async.sandbox.switches import Switches, switch


@frozen(kw_only=True)
class FrontSemantics(Switches):
    """How the sandbox answers where the documents are silent or differ; every combination is allowed."""

    conflict_status: Literal[409, 400] = switch(409, "handles", "status when a handle is another contact's")
    groups_in_answers: Literal["objects", "names"] = switch(
        "objects",
        "lists",
        "what groups and lists hold: objects as in the description, or names as in the tutorial",
    )
    links: Literal["own", "company"] = switch(
        "own", "pages", "host of links and of next: the one that was asked, or the company's at frontapp.com"
    )
    next_page: Literal["url", "token"] = switch("url", "pages", "whether next is a URL or the bare page token")
    page_tokens: Literal["stay", "expire"] = switch("stay", "pages", "expire: page tokens are good for a minute")
    expired_page_status: Literal[400, 404] = switch(400, "pages", "status of a page token that has expired")
    notes_status: Literal[202, 200] = switch(202, "notes", "status of a listing of notes")
    merged_ids: Literal["gone", "resolve"] = switch(
        "gone", "merging", "whether ids of merged contacts lead to what they became"
    )
    rate_limit: Literal[0, 50, 100, 200] = switch(
        0, "rates", "requests a minute for the whole company; 0: as many as come, said to be a million"
    )
    rate_window: Literal["fixed", "sliding"] = switch(
        "fixed", "rates", "a minute begins with its first request, or is always the last sixty seconds"
    )
    resource_burst: Literal["free", "limited"] = switch(
        "free", "rates", "limited: five requests a second for each contact, even while the company has some left"
    )
    retry_after: Literal["given", "absent"] = switch("given", "rates", "whether a 429 says how long to wait")
    bad_json: Literal["bare", "whole"] = switch(
        "bare", "errors", "bare: the error about a body that is not JSON has a message only"
    )
