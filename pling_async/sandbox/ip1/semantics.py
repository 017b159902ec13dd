"""What the IP1 document leaves open, one switch a question; the defaults are the likeliest reading."""

from typing import Literal

from attrs import frozen

from pling_async.sandbox.switches import Switches, switch


@frozen(kw_only=True)
class Ip1Semantics(Switches):
    """How the IP1 sandbox answers where the document is silent; every combination is allowed."""

    id_mismatch: Literal["ignore", "reject"] = switch(
        "ignore", "update", "a PATCH or PUT whose body has another id than its path"
    )
    patch_labels: Literal["replace", "add"] = switch(
        "replace", "update", "what the labels of a PATCH do to those there are"
    )
    write_answer: Literal["document", "empty"] = switch(
        "document", "update", "PATCH, PUT and DELETE answer 200 with the contact, or 204 with nothing"
    )
    metadata_filter: Literal["ignore", "refuse", "apply"] = switch(
        "ignore",
        "filters",
        "a filter by metadata without meta: no filter, for a deletion too, a 400, or one like others",
    )
    blank_filter: Literal["ignore", "match_nothing"] = switch(
        "ignore", "filters", "a filter whose value is blank: no filter at all, for a deletion too, or one nobody fits"
    )
    several_labels: Literal["every", "any"] = switch(
        "every", "filters", "contacts that fit several labels: those with every one, or with any"
    )
    sync_limit: Literal[1000, 999] = switch(1000, "import", "most contacts of a direct import")
    phone_type: Literal["computed", "mobile"] = switch(
        "computed", "metadata", "phoneNumberType: what libphonenumber says, or MOBILE as in the document's example"
    )
    large_pages: Literal["given", "refused", "cut", "skipping"] = switch(
        "given", "paging", "a limit above 200: heeded, a 400, cut to 200, or cut while the links count on by the limit"
    )
    links: Literal["absolute", "relative"] = switch("absolute", "paging", "the addresses in the Link header")
    error_body: Literal["problem", "fields"] = switch(
        "problem", "errors", "problem details alone (RFC 9457), or with errors by field beside them"
    )
