"""The fields of contacts and groups in requests (sections 2.2, 2.3): how each is read, and the JSON Schema for that."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from attrs import frozen

from pling_async.sandbox.clock import wire
from pling_async.sandbox.pling.errors import Invalid
from pling_async.sandbox.pling.schema import GROUP_NAME_LIMIT, TEXT_LIMITS
from pling_async.sandbox.pling.semantics import Semantics

Reader = Callable[[Any], Any]
JsonSchema = Mapping[str, Any]

_SPEED_DIAL: Final = "[A-Za-z0-9]*"
INTEGER: Final[JsonSchema] = {"type": "integer", "minimum": 0, "maximum": (1 << 63) - 1}
_READ_ONLY: Final = ("created", "lastModified")
_TYPES: Final = {int: "integer", bool: "boolean"}


@frozen
class Field:
    """One field of a request."""

    read: Reader
    """Returns the value as it is stored, or raises `Invalid`."""
    schema: JsonSchema
    """Fits the values that `read` takes; of datetimes only those of RFC 3339."""


def contact_fields(semantics: Semantics) -> dict[str, Field]:
    """Return the fields of a contact by wire name, but mobile, and those that only some operations look at."""
    fields = {name: _text(name, limit) for name, limit in TEXT_LIMITS.items()}
    fields |= {
        "speedDial": _speed_dial(fields["speedDial"]),
        "stop": _flag("stop", semantics),
        "active": _flag("active", semantics),
        "autoCreated": Field(_moment, {"type": ["string", "null"], "format": "date-time"}),
        "contactGroupIds": Field(_group_ids, {"type": "array", "items": INTEGER}),
        "contactGroups": Field(
            _group_names,
            {"type": "array", "items": {"type": "string", "minLength": 1, "maxLength": GROUP_NAME_LIMIT}},
        ),
    }
    return fields | _read_only(semantics)


def group_fields(semantics: Semantics) -> dict[str, Field]:
    """Return the fields of a contact group by wire name."""
    return {"name": _text("name", GROUP_NAME_LIMIT), **_read_only(semantics)}


def _read_only(semantics: Semantics) -> dict[str, Field]:
    """Return the fields that only the server writes, when the semantics refuses them; otherwise they are not read."""
    if semantics.read_only_fields == "ignore":
        return {}
    return {name: _refused(name) for name in _READ_ONLY}


def _text(name: str, limit: int) -> Field:
    """Return a text of at most `limit` code points, null being the empty one."""

    def read(value: object) -> str:
        if value is None:
            return ""
        if not isinstance(value, str):
            raise Invalid(f"{name} must be a string")
        if len(value) > limit:
            raise Invalid(f"{name} is longer than {limit} characters")
        return value

    return Field(read, {"type": ["string", "null"], "maxLength": limit})


def _speed_dial(plain: Field) -> Field:
    allowed = re.compile(_SPEED_DIAL)

    def read(value: object) -> str:
        dial: str = plain.read(value)
        if not allowed.fullmatch(dial):
            raise Invalid("speedDial may only contain A-Z and 0-9")
        return dial

    return Field(read, {**plain.schema, "pattern": f"^{_SPEED_DIAL}$"})


def _flag(name: str, semantics: Semantics) -> Field:
    accepted: tuple[int, ...] = (0, 1, True, False) if semantics.flags == "ints_and_booleans" else (0, 1)
    types = {type(value) for value in accepted}

    def read(value: object) -> int:
        number = value if type(value) in types else whole(value)
        if number not in accepted:
            raise Invalid(f"{name} must be 0 or 1")
        return int(bool(number))

    return Field(read, {"type": sorted(_TYPES[each] for each in types), "enum": list(accepted)})


def _refused(name: str) -> Field:
    def read(_: object) -> None:
        raise Invalid(f"{name} is read-only")

    return Field(read, {"not": {}})


def _moment(value: Any) -> str | None:
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value)
        return wire(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    except (TypeError, ValueError, OverflowError):  # the last one beyond the years 1 and 9999 in UTC
        raise Invalid("autoCreated must be an ISO 8601 datetime or null") from None


def whole(value: object) -> int | None:
    """Return a JSON value as the whole number that it is, or None; 1.0 is one, true is none."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _group_ids(value: object) -> list[int]:
    ids = [whole(each) for each in value] if isinstance(value, list) else [None]
    if None in ids:
        raise Invalid("contactGroupIds must be an array of integers")
    return [each for each in ids if each is not None]


def _group_names(value: object) -> list[str]:
    if not isinstance(value, list):
        raise Invalid("contactGroups must be an array of strings")
    for name in value:  # not all(...): a replace comes here for nearly every contact
        if not isinstance(name, str):
            raise Invalid("contactGroups must be an array of strings")
        if not 0 < len(name) <= GROUP_NAME_LIMIT:
            raise Invalid(f"names in contactGroups have 1 to {GROUP_NAME_LIMIT} characters")
    return value
