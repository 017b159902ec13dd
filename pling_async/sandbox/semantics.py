"""What the API document leaves open, one switch a question; the defaults are the likeliest reading."""

from collections.abc import Iterable
from functools import cache
from typing import Any, Literal, Self, get_args, get_origin, get_type_hints

import attrs
from attrs import field, frozen

Omitted = Literal["keep", "default", "null"]


def _switch(default: object, point: str, meaning: str) -> Any:
    return field(default=default, metadata={"point": point, "meaning": meaning})


@frozen(kw_only=True)
class Switch:
    """One switch: its name, every value it takes, and the open question behind it."""

    name: str
    values: tuple[object, ...]
    default: object
    point: str
    meaning: str

    def value(self, text: str) -> object:
        """Return the value that a text stands for, or raise `ValueError` naming the ones there are."""
        by_text = {spelled(value): value for value in self.values}
        if text not in by_text:
            raise self._refusal(text)
        return by_text[text]

    def check(self, value: object) -> None:
        """Raise `ValueError` unless the switch takes a value."""
        if value not in self.values or type(value) is not type(self.default):
            raise self._refusal(value)

    def _refusal(self, value: object) -> ValueError:
        return ValueError(f"{self.name} cannot be {value!r}; it takes {', '.join(map(spelled, self.values))}")


def spelled(value: object) -> str:
    """Return a value as the command line and the documentation write it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


@frozen(kw_only=True)
class Semantics:
    """How the sandbox answers where the document is silent; every combination is allowed."""

    omitted_in_post: Literal["keep", "default", "null"] = _switch(
        "keep", "E1", "what a POST to an existing mobile does to the fields it omits"
    )
    existing_post_status: Literal[201, 200] = _switch(201, "E1", "status of a POST that updated an existing contact")
    omitted_in_put: Literal["keep", "default", "null"] = _switch(
        "keep", "F1", "what a PUT of a contact does to the fields it omits"
    )
    omitted_in_replace: Literal["keep", "default", "null"] = _switch(
        "keep", "I5", "what a replace does to the omitted fields of existing contacts"
    )
    omitted_stop_in_replace: Literal["as_others", "keep", "reset"] = _switch(
        "as_others", "I5", "what a replace does to the omitted stop of existing contacts, when not as to other fields"
    )
    omitted_groups: Literal["keep", "clear"] = _switch(
        "keep", "D3", "what an update without contactGroupIds and contactGroups does to the memberships"
    )
    stop_list: Literal["attribute", "sticky"] = _switch(
        "attribute", "G1", "stop belongs to the contact and goes with it, or to the number and outlives the contact"
    )
    stopped_contact_groups: Literal["shown", "hidden"] = _switch(
        "shown", "G3", "contactGroupIds of stopped contacts in answers"
    )
    stopped_members: Literal["deleted", "kept"] = _switch(
        "deleted", "H2", "stopped members when a group is deleted with its contacts"
    )
    invalid_existing: Literal["keep", "remove"] = _switch(
        "keep", "I3", "existing contacts whose item in a replace has a valid mobile and another invalid field"
    )
    duplicates: Literal["last", "first", "invalid", "reject"] = _switch(
        "last",
        "I4",
        "which item wins when a replace repeats a mobile; invalid: first wins, the others are reported; reject: a 400",
    )
    group_in_use: Literal["any_member", "unstopped_member"] = _switch(
        "any_member", "I7", "what keeps a group from being removed by a replace"
    )
    speed_dial_check: Literal["final", "sequential"] = _switch(
        "final", "I10", "a replace checks speed dials against the final state, or item by item"
    )
    replace_commit: Literal["atomic", "row_by_row"] = _switch(
        "atomic", "I11", "what a replace that dies half way leaves behind: nothing, or the items done so far"
    )
    speed_dial_case: Literal["insensitive", "sensitive"] = _switch(
        "insensitive", "C11", "whether speed dials that differ only in case are the same"
    )
    derive_name: bool = _switch(True, "C4", "whether a missing name is made of firstName and lastName")  # noqa: FBT003
    default_region: Literal["NO", "SE", "DK", "none"] = _switch(
        "NO", "C12", "country of mobiles without a country code; none: they are invalid"
    )
    flags: Literal["ints", "ints_and_booleans"] = _switch("ints", "C9", "what stop and active accept in requests")
    both_groups: Literal["reject", "names", "ids", "union"] = _switch(
        "reject", "D1", "contactGroupIds and contactGroups in one contact: refused, or which counts"
    )
    groups_in_answers: Literal["ids", "ids_and_names"] = _switch(
        "ids", "D2", "whether contacts in answers have contactGroups beside contactGroupIds"
    )
    group_name_case: Literal["sensitive", "insensitive"] = _switch("sensitive", "D5", "how group names are matched")
    id_in_post: Literal["ignore", "reject"] = _switch("ignore", "C1", "an id in the body of a POST or a replace item")
    id_mismatch: Literal["reject", "ignore"] = _switch("reject", "C1", "a PUT whose body has another id than its path")
    account_mismatch: Literal["reject", "ignore"] = _switch("reject", "C2", "a PUT whose body has another accountId")
    read_only_fields: Literal["ignore", "reject"] = _switch("ignore", "C7", "created and lastModified in requests")
    conflict_status: Literal[409, 400] = _switch(409, "E2", "status when a mobile or speed dial is another contact's")
    no_access_status: Literal[403, 401, 404] = _switch(403, "B2", "status when the account is not the user's")
    error_body: Literal["error", "restify", "text"] = _switch(
        "error", "B1", "errors are {error}, {code, message}, or plain text"
    )
    challenge_charset: bool = _switch(True, "B1", "whether the 401 challenge has charset UTF-8")  # noqa: FBT003
    request_coding: Literal["identity", "gzip"] = _switch(
        "identity", "B6", "content codings of request bodies; gzip in a server that takes none is 415"
    )
    unmatched_version: Literal[400, 406, 404] = _switch(400, "A2", "status when no version matches Accept-Version")
    newest_version: Literal["1.1.0", "1.0.1"] = _switch("1.1.0", "A2", "1.1.0 adds a field to contacts and groups")

    def __attrs_post_init__(self) -> None:
        for switch in self.switches():
            switch.check(getattr(self, switch.name))

    @classmethod
    def switches(cls) -> tuple[Switch, ...]:
        """Return every switch, in the order they are declared."""
        return _switches()

    @classmethod
    def parse(cls, texts: Iterable[str]) -> Self:
        """Return the semantics that `name=value` texts describe; the rest stays at its default."""
        switches = {switch.name: switch for switch in cls.switches()}
        chosen: dict[str, Any] = {}
        for text in texts:
            name, _, value = text.partition("=")
            if name not in switches:
                raise ValueError(f"there is no switch {name!r}; there are {', '.join(switches)}")
            chosen[name] = switches[name].value(value)
        return cls(**chosen)

    @classmethod
    def variants(cls) -> dict[str, Self]:
        """Return the default and every semantics that differs from it in one switch, by their `name=value`."""
        variants = {"default": cls()}
        for switch in cls.switches():
            for value in switch.values:
                if value != switch.default:
                    change: dict[str, Any] = {switch.name: value}
                    variants[f"{switch.name}={spelled(value)}"] = cls(**change)
        return variants

    @classmethod
    def table(cls) -> str:
        """Return the Markdown table of all switches; the default is in bold."""
        rows = ["| switch | values | what it decides | point |", "|---|---|---|---|"]
        for switch in cls.switches():
            values = (f"**{spelled(v)}**" if v == switch.default else spelled(v) for v in switch.values)
            rows.append(f"| `{switch.name}` | {', '.join(values)} | {switch.meaning} | {switch.point} |")
        return "\n".join(rows) + "\n"


def _values(hint: object) -> tuple[object, ...]:
    return get_args(hint) if get_origin(hint) is Literal else (True, False)


@cache
def _switches() -> tuple[Switch, ...]:
    hints = get_type_hints(Semantics)
    return tuple(
        Switch(name=each.name, values=_values(hints[each.name]), default=each.default, **each.metadata)
        for each in attrs.fields(Semantics)
    )
