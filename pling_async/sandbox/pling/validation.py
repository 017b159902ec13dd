"""Reading contacts and groups from requests: which fields are given, and whether they keep the rules of section 2."""

from collections.abc import Mapping
from typing import Any, Final

from pling_async.sandbox.pling.errors import Invalid
from pling_async.sandbox.pling.fields import contact_fields, group_fields, whole
from pling_async.sandbox.pling.mobile import to_e164
from pling_async.sandbox.pling.schema import TEXT_LIMITS
from pling_async.sandbox.pling.semantics import Semantics

Json = Mapping[str, Any]

_PLAIN_TEXTS: Final = {name: limit for name, limit in TEXT_LIMITS.items() if name != "speedDial"}


class ContactReader:
    """Reads contacts from requests under one semantics; the fields returned bear their wire names."""

    def __init__(self, semantics: Semantics) -> None:
        self._semantics = semantics
        self._region = None if semantics.default_region == "none" else semantics.default_region
        self._readers = {name: field.read for name, field in contact_fields(semantics).items()}

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
        readers, limits, given = self._readers, _PLAIN_TEXTS, {}
        for name, value in item.items():
            if name in limits and isinstance(value, str) and len(value) <= limits[name]:
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


def group_name(item: Json, semantics: Semantics) -> str | None:
    """Return the name that a request gives a group, None when it gives none."""
    read = {name: field.read(item[name]) for name, field in group_fields(semantics).items() if name in item}
    return read.get("name")


def integer(item: Json, name: str) -> int | None:
    """Return a whole number from a request, None when it is absent."""
    value = item.get(name)
    if value is None or type(value) is int:
        return value
    number = whole(value)
    if number is None:
        raise Invalid(f"{name} must be an integer")
    return number


def _derive_name(given: dict[str, Any]) -> None:
    parts = [given[part] for part in ("firstName", "lastName") if given.get(part)]
    if parts:
        given["name"] = " ".join(parts)[: TEXT_LIMITS["name"]]
