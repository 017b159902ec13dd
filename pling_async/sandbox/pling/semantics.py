"""What the Pling API's document leaves open, one switch a question; the defaults are the likeliest reading."""

from typing import Literal

from attrs import frozen

from pling_async.sandbox.switches import Switches, switch

Omitted = Literal["keep", "default", "null"]


@frozen(kw_only=True)
class Semantics(Switches):
    """How the sandbox answers where the document is silent; every combination is allowed."""

    omitted_in_post: Literal["keep", "default", "null"] = switch(
        "keep", "E1", "what a POST to an existing mobile does to the fields it omits"
    )
    existing_post_status: Literal[201, 200] = switch(201, "E1", "status of a POST that updated an existing contact")
    omitted_in_put: Literal["keep", "default", "null"] = switch(
        "keep", "F1", "what a PUT of a contact does to the fields it omits"
    )
    omitted_in_replace: Literal["keep", "default", "null"] = switch(
        "keep", "I5", "what a replace does to the omitted fields of existing contacts"
    )
    omitted_stop_in_replace: Literal["as_others", "keep", "reset"] = switch(
        "as_others", "I5", "what a replace does to the omitted stop of existing contacts, when not as to other fields"
    )
    omitted_groups: Literal["keep", "clear"] = switch(
        "keep", "D3", "what an update without contactGroupIds and contactGroups does to the memberships"
    )
    stop_list: Literal["attribute", "sticky"] = switch(
        "attribute", "G1", "stop belongs to the contact and goes with it, or to the number and outlives the contact"
    )
    stopped_contact_groups: Literal["shown", "hidden"] = switch(
        "shown", "G3", "contactGroupIds of stopped contacts in answers"
    )
    stopped_members: Literal["deleted", "kept"] = switch(
        "deleted", "H2", "stopped members when a group is deleted with its contacts"
    )
    invalid_existing: Literal["keep", "remove"] = switch(
        "keep", "I3", "existing contacts whose item in a replace has a valid mobile and another invalid field"
    )
    duplicates: Literal["last", "first", "invalid", "reject"] = switch(
        "last",
        "I4",
        "which item wins when a replace repeats a mobile; invalid: first wins, the others are reported; reject: a 400",
    )
    group_in_use: Literal["any_member", "unstopped_member"] = switch(
        "any_member", "I7", "what keeps a group from being removed by a replace"
    )
    speed_dial_check: Literal["final", "sequential"] = switch(
        "final", "I10", "a replace checks speed dials against the final state, or item by item"
    )
    replace_commit: Literal["atomic", "row_by_row"] = switch(
        "atomic", "I11", "what a replace that dies half way leaves behind: nothing, or the items done so far"
    )
    speed_dial_case: Literal["insensitive", "sensitive"] = switch(
        "insensitive", "C11", "whether speed dials that differ only in case are the same"
    )
    derive_name: bool = switch(True, "C4", "whether a missing name is made of firstName and lastName")  # noqa: FBT003
    default_region: Literal["NO", "SE", "DK", "none"] = switch(
        "NO", "C12", "country of mobiles without a country code; none: they are invalid"
    )
    flags: Literal["ints", "ints_and_booleans"] = switch("ints", "C9", "what stop and active accept in requests")
    both_groups: Literal["reject", "names", "ids", "union"] = switch(
        "reject", "D1", "contactGroupIds and contactGroups in one contact: refused, or which counts"
    )
    groups_in_answers: Literal["ids", "ids_and_names"] = switch(
        "ids", "D2", "whether contacts in answers have contactGroups beside contactGroupIds"
    )
    group_name_case: Literal["sensitive", "insensitive"] = switch("sensitive", "D5", "how group names are matched")
    id_in_post: Literal["ignore", "reject"] = switch("ignore", "C1", "an id in the body of a POST or a replace item")
    id_mismatch: Literal["reject", "ignore"] = switch("reject", "C1", "a PUT whose body has another id than its path")
    account_mismatch: Literal["reject", "ignore"] = switch("reject", "C2", "a PUT whose body has another accountId")
    read_only_fields: Literal["ignore", "reject"] = switch("ignore", "C7", "created and lastModified in requests")
    conflict_status: Literal[409, 400] = switch(409, "E2", "status when a mobile or speed dial is another contact's")
    no_access_status: Literal[403, 401, 404] = switch(403, "B2", "status when the account is not the user's")
    error_body: Literal["error", "restify", "text"] = switch(
        "error", "B1", "errors are {error}, {code, message}, or plain text"
    )
    challenge_charset: bool = switch(True, "B1", "whether the 401 challenge has charset UTF-8")  # noqa: FBT003
    request_coding: Literal["identity", "gzip"] = switch(
        "identity", "B6", "content codings of request bodies; gzip in a server that takes none is 415"
    )
    unmatched_version: Literal[400, 406, 404] = switch(400, "A2", "status when no version matches Accept-Version")
    newest_version: Literal["1.1.0", "1.0.1"] = switch("1.1.0", "A2", "1.1.0 adds a field to contacts and groups")
