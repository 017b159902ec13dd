"""Reading contacts and groups from requests: which fields are given, and whether they keep the rules of section 2."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from pling_async.sandbox.clock import wire
from pling_async.sandbox.pling.errors import Invalid
from pling_async.sandbox.pling.mobile import to_e164
from pling_async.sandbox.pling.schema import GROUP_NAME_LIMIT, TEXT_LIMITS
from pling_async.sandbox.semantics import Semantics

Json = Mapping[str, Any]
Reader = Callable[[Any], Any]

_SPEED_DIAL: Final = re.compile(r"[A-Za-z0-9]*")
_PLAIN_TEXTS: Final = {name: limit for name, limit in TEXT_LIMITS.items() if name != "speedDial"}
_READ_ONLY: Final = ("created", "lastModified")


class ContactReader:
    """Reads contacts from requests under one semantics; the fields returned bear their wire names."""

    def __init__(self, semantics: Semantics) -> None:
        self._semantics = semantics
        self._region = None if semantics.default_region == "none" else semantics.default_region
        self._readers = _readers(semantics)

    def mobile(self, item: Json) -> str:
        """Return the contact's mobile as E.164; it is required."""
        raw = item.get("mobile")
        if raw is None:
            raise Invalid("Missing mobile number")
        number = to_e164(raw, self._region) if isinstance(raw, str) else None
        if number is None:
            raise Invalid(f"Invalid mobile number: {raw}")
        return number

    def fields(self, item: Json) -> dict[str, Any]:
        """Return the fields given, but mobile; groups stay as they were sent, at most one kind of them."""
        readers, given = self._readers, {}
        for name, value in item.items():
            if isinstance(value, str) and len(value) <= _PLAIN_TEXTS.get(name, -1):
                given[name] = value  # nearly every field of a large replace; a call for each would double its time
            elif name in readers:
                given[name] = readers[name](value)
        if "contactGroupIds" in given and "contactGroups" in given:
            self._choose_groups(given)
        if self._semantics.derive_name and "name" not in given:
            _derive_name(given)
        return given

    def _choose_groups(self, given: dict[str, Any]) -> None:
        if self._semantics.both_groups == "reject":
            raise Invalid("contactGroupIds and contactGroups cannot both be given")
        if self._semantics.both_groups != "union":
            del given["contactGroups" if self._semantics.both_groups == "ids" else "contactGroupIds"]


def check_new(item: Json, semantics: Semantics) -> None:
    """Refuse an id in something that is to be added, where the semantics says so."""
    if semantics.id_in_post == "reject" and "id" in item:
        raise Invalid("id is given by the server")


def group_name(item: Json) -> str | None:
    """Return the name that a request gives a group, None when it gives none."""
    if "name" not in item:
        return None
    return _text("name", GROUP_NAME_LIMIT, item["name"])


def check_read_only(item: Json, semantics: Semantics) -> None:
    """Refuse read-only fields, where the semantics says so."""
    if semantics.read_only_fields == "reject":
        for name in _READ_ONLY:
            if name in item:
                _refuse_read_only(name, item[name])


def integer(item: Json, name: str) -> int | None:
    """Return a whole number from a request, None when it is absent."""
    value = item.get(name)
    if value is None or _is_int(value):
        return value
    raise Invalid(f"{name} must be an integer")


def _is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _readers(semantics: Semantics) -> dict[str, Reader]:
    flags = (0, 1, True, False) if semantics.flags == "ints_and_booleans" else (0, 1)
    readers: dict[str, Reader] = {name: partial(_text, name, limit) for name, limit in TEXT_LIMITS.items()}
    readers |= {name: partial(_flag, name, frozenset(map(repr, flags))) for name in ("stop", "active")}
    readers |= {
        "speedDial": _speed_dial,
        "autoCreated": _moment,
        "contactGroupIds": _group_ids,
        "contactGroups": _group_names,
    }
    if semantics.read_only_fields == "reject":
        readers |= {name: partial(_refuse_read_only, name) for name in _READ_ONLY}
    return readers


def _text(name: str, limit: int, value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Invalid(f"{name} must be a string")
    if len(value) > limit:
        raise Invalid(f"{name} is longer than {limit} characters")
    return value


def _speed_dial(value: object) -> str:
    text = _text("speedDial", TEXT_LIMITS["speedDial"], value)
    if not _SPEED_DIAL.fullmatch(text):
        raise Invalid("speedDial may only contain A-Z and 0-9")
    return text


def _flag(name: str, accepted: frozenset[str], value: object) -> int:
    if repr(value) not in accepted:
        raise Invalid(f"{name} must be 0 or 1")
    return int(bool(value))


def _moment(value: object) -> str | None:
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        moment = None
    if moment is None:
        raise Invalid("autoCreated must be an ISO 8601 datetime or null")
    return wire(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def _group_ids(value: object) -> list[int]:
    if isinstance(value, list) and all(map(_is_int, value)):
        return value
    raise Invalid("contactGroupIds must be an array of integers")


def _group_names(value: object) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise Invalid("contactGroups must be an array of strings")
    if not all(0 < len(name) <= GROUP_NAME_LIMIT for name in value):
        raise Invalid(f"names in contactGroups have 1 to {GROUP_NAME_LIMIT} characters")
    return value


def _refuse_read_only(name: str, _: object) -> None:
    raise Invalid(f"{name} is read-only")


def _derive_name(given: dict[str, Any]) -> None:
    parts = [given[part] for part in ("firstName", "lastName") if given.get(part)]
    if parts:
        given["name"] = " ".join(parts)[: TEXT_LIMITS["name"]]
