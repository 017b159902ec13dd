"""Between JSON and models, and the only place where camelCase lives.

Read by hand, since a contact is five fields around two maps of the customer's own making. Nothing is coerced, and an
error says where a value is not what it should be. An answer to a write may be empty: no document says that it is not.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar, cast

from pling_async.ip1.models import BlacklistEntry, Contact, LabelUsage, PropertyUsage, Summary
from pling_async.session import strict
from pling_async.session.jsontext import load_json
from pling_async.session.unset import UNSET, Unset

T = TypeVar("T")

_BOOLEANS: Final = frozenset({"true", "false"})


def encode(contact: Contact) -> dict[str, Any]:
    """Return the document of a contact, without what only the server gives."""
    labels = {} if isinstance(contact.labels, Unset) else {"labels": contact.labels}
    return {"properties": dict(contact.properties), **labels}


def encode_change(properties: Mapping[str, str | None] | Unset, labels: tuple[str, ...] | Unset) -> dict[str, Any]:
    """Return the document of a PATCH, in which properties are mandatory."""
    given = {} if isinstance(properties, Unset) else dict(properties)
    return {"properties": given, **({} if isinstance(labels, Unset) else {"labels": labels})}


def decode_contact(body: bytes) -> Contact:
    """Read one contact."""
    return strict.decoded(lambda: _contact(load_json(body)))


def decode_saved(body: bytes) -> Contact | None:
    """Read the answer to a PATCH or PUT: the contact, or nothing."""
    return decode_contact(body) if body else None


def decode_contacts(body: bytes) -> tuple[Contact, ...]:
    """Read an array of contacts."""
    return strict.decoded(lambda: tuple(strict.array(load_json(body), _contact)))


def decode_deleted(body: bytes) -> tuple[Contact, ...]:
    """Read the answer to a deletion of many: those contacts, or nothing."""
    return decode_contacts(body) if body else ()


def decode_usage(body: bytes) -> LabelUsage:
    """Read what became of a label."""
    return strict.decoded(lambda: _label(load_json(body)))


def decode_summary(body: bytes) -> Summary:
    """Read the account's summary."""
    return strict.decoded(lambda: _summary(load_json(body)))


def decode_entry(body: bytes) -> BlacklistEntry:
    """Read one entry of the blacklist."""
    return strict.decoded(lambda: _entry(load_json(body)))


def decode_entries(body: bytes) -> tuple[BlacklistEntry, ...]:
    """Read an array of entries."""
    return strict.decoded(lambda: tuple(strict.array(load_json(body), _entry)))


def decode_nothing(body: bytes) -> None:
    """Read an answer that need say nothing; what is no JSON is not the API's."""
    if body:
        load_json(body)


def _contact(value: Any) -> Contact:
    raw = strict.json_object(value)
    labels = raw.pop("labels", None)
    metadata = raw.pop("metadata", None)
    return Contact(
        id=_member(raw, "id", strict.given_text),
        owner_id=_member(raw, "ownerId", strict.given_text) if "ownerId" in raw else UNSET,
        properties=_member(raw, "properties", _properties),
        labels=() if labels is None else _at(".labels", strict.texts, labels),
        metadata=UNSET if metadata is None else _at(".metadata", _metadata, metadata),
        extra=raw,
    )


def _properties(value: Any) -> dict[str, str | None]:
    for name, each in strict.json_object(value).items():
        if type(each) is not str and each is not None:
            raise strict.Mismatch("a text", f".{name}")
    return cast("dict[str, str | None]", value)


def _metadata(value: Any) -> dict[str, dict[str, Any]]:
    """Read what is said of each property; whether a number is blocked must be readable, since a send depends on it."""
    for name, said in strict.json_object(value).items():
        blocked = _at(f".{name}", strict.json_object, said).get("isBlocked")
        if blocked is not None and str(blocked).lower() not in _BOOLEANS:
            raise strict.Mismatch("true or false", f".{name}.isBlocked")
    return cast("dict[str, dict[str, Any]]", value)


def _summary(value: Any) -> Summary:
    raw = strict.json_object(value)
    return Summary(
        total_count=_member(raw, "totalCount", strict.number),
        labels=tuple(strict.array(raw.get("labels", []), _label, at=".labels")),
        properties=tuple(strict.array(raw.get("properties", []), _property, at=".properties")),
    )


def _label(value: Any) -> LabelUsage:
    raw = strict.json_object(value)
    return LabelUsage(
        label_name=_member(raw, "labelName", strict.given_text), usage_count=_member(raw, "usageCount", strict.number)
    )


def _property(value: Any) -> PropertyUsage:
    raw = strict.json_object(value)
    return PropertyUsage(
        property_name=_member(raw, "propertyName", strict.given_text),
        usage_count=_member(raw, "usageCount", strict.number),
        average_length=_member(raw, "averageLength", _average),
        max_length=_member(raw, "maxLength", strict.number),
        min_length=_member(raw, "minLength", strict.number),
    )


def _average(value: Any) -> float:
    if type(value) not in {int, float}:
        raise strict.Mismatch("a number")
    return float(value)


def _entry(value: Any) -> BlacklistEntry:
    raw = strict.json_object(value)
    return BlacklistEntry(msisdn=_member(raw, "msisdn", strict.given_text), created=strict.moment(raw.get("created")))


def _member(raw: dict[str, Any], name: str, read: Callable[[Any], T]) -> T:
    try:
        return read(raw.pop(name, None))
    except strict.Mismatch as mismatch:
        raise mismatch.below(f".{name}") from None


def _at(step: str, read: Callable[[Any], T], value: Any) -> T:
    try:
        return read(value)
    except strict.Mismatch as mismatch:
        raise mismatch.below(step) from None
