"""The rules of bodies; what breaks one is named in the error's details."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from attrs import frozen

from pling_async.sandbox.front.calls import Call
from pling_async.sandbox.front.errors import ApiError

SOURCES: Final = ("twitter", "email", "phone", "facebook", "intercom", "front_chat", "custom")
JsonSchema = dict[str, Any]

TEXT: Final[JsonSchema] = {"type": "string", "pattern": "^[^\\u0000]*$"}
TEXTS: Final[JsonSchema] = {"type": "array", "items": TEXT}
HANDLE: Final[JsonSchema] = {
    "type": "object",
    "properties": {"handle": {**TEXT, "minLength": 1}, "source": {"type": "string", "enum": list(SOURCES)}},
    "required": ["handle", "source"],
}


def _is_text(value: object) -> bool:
    return isinstance(value, str) and "\0" not in value


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _are_texts(value: object) -> bool:
    return isinstance(value, list) and all(map(_is_text, value))


def is_handle(value: object) -> bool:
    """Tell whether a value is a handle."""
    return (
        isinstance(value, dict)
        and value.get("source") in SOURCES
        and _is_text(value.get("handle"))
        and bool(value["handle"])
    )


def _are_handles(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(map(is_handle, value))


@frozen
class Rule:
    """What a member of a body may be: a check, and the schema that says the same."""

    holds: Callable[[object], bool]
    schema: JsonSchema
    is_required: bool = False


RULES: Final[Mapping[str, Rule]] = {
    "name": Rule(_is_text, TEXT),
    "description": Rule(_is_text, TEXT),
    "links": Rule(_are_texts, TEXTS),
    "list_names": Rule(_are_texts, TEXTS),
    "group_names": Rule(_are_texts, {**TEXTS, "deprecated": True}),
    "custom_fields": Rule(lambda value: isinstance(value, dict), {"type": "object"}),
}
"""What can be written of a contact."""
NEW: Final[Mapping[str, Rule]] = {
    **RULES,
    "handles": Rule(_are_handles, {"type": "array", "items": HANDLE, "minItems": 1}, is_required=True),
}
IDS: Final = Rule(_are_texts, {**TEXTS, "minItems": 1}, is_required=True)
OPTIONAL_TEXT: Final = Rule(_is_text, TEXT)
REQUIRED_TEXT: Final = Rule(_is_text, TEXT, is_required=True)


def checked(body: Mapping[str, Any], rules: Mapping[str, Rule]) -> dict[str, Any]:
    """Return the members that there are rules for, or raise with every rule that is broken."""
    missing = [f"body.{name}: is required" for name, rule in rules.items() if rule.is_required and name not in body]
    given = {name: body[name] for name in rules if name in body}
    wrong = [f"body.{name}: is not valid" for name, value in given.items() if not rules[name].holds(value)]
    if missing or wrong:
        raise ApiError.bad(*missing, *wrong)
    return given


_TYPES: Final[Mapping[str, Callable[[object], bool]]] = {
    "string": _is_text,
    "enum": _is_text,
    "teammate": _is_text,
    "inbox": _is_text,
    "boolean": lambda value: isinstance(value, bool),
    "number": _is_number,
    "datetime": _is_number,
}
FIELD_TYPES: Final = tuple(_TYPES)


def check_custom_fields(call: Call, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that are set, or raise for an unknown name, case included, or a value of another type."""
    known = {row["name"]: row["type"] for row in call.rows("SELECT name, type FROM frontCustomFields")}
    problems = [f"body.custom_fields: unknown field {name!r}" for name in values if name not in known]
    problems += [
        f"body.custom_fields: {name!r} must be of type {known[name]}"
        for name, value in values.items()
        if name in known and value is not None and not _TYPES[known[name]](value)
    ]
    if problems:
        raise ApiError.bad(*problems)
    return {name: value for name, value in values.items() if value is not None}
