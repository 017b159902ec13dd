"""The values of the IP1 contacts API, version 2.

A contact is a map of free-form properties with labels; only the server knows whether its number is valid or blocked,
and says so in the metadata. Models know nothing of JSON: the wire's spelling lives in `codec`.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final, Self

import attrs
from attrs import field, frozen

from pling_async.errors import Problem, ValidationError
from pling_async.phones import masked
from pling_async.session.jsontext import is_sendable
from pling_async.session.unset import UNSET, Unset

AUTOMATIC_LABEL: Final = "all"
"""On every contact, whoever set it."""
_HALF: Final = "has half a character (a lone surrogate); decode the source correctly"


def as_labels(values: Iterable[str] | Unset) -> tuple[str, ...] | Unset:
    """Return labels once each, and refuse a single text, whose letters would become labels."""
    if isinstance(values, str):
        message = "labels are a list of texts, not one text"
        raise ValidationError(message, [Problem(field="labels", code="not_a_list", message=message)])
    if isinstance(values, Unset):
        return values
    given = tuple(values)
    return tuple(dict.fromkeys(given)) if all(isinstance(each, str) for each in given) else given


def property_problems(properties: Mapping[Any, Any], *, may_remove: bool) -> Iterator[Problem]:
    """Yield what keeps properties from being sent; in an update alone a None may remove one."""
    for name, value in properties.items():
        field = f"properties.{name}" if is_sendable(name) else f"properties.{name!a}"
        if not isinstance(name, str) or not isinstance(value, str | None if may_remove else str):
            message = "neither a text nor None" if may_remove else "not a text; None means something in an update alone"
            yield Problem(field=field, code="not_a_text", message=message)
        elif not (is_sendable(name) and is_sendable(value or "")):
            yield Problem(field=field, code="half_character", message=_HALF)


def label_problems(labels: tuple[Any, ...] | Unset) -> Iterator[Problem]:
    """Yield what keeps labels from being sent."""
    for label in () if isinstance(labels, Unset) else labels:
        if not isinstance(label, str):
            yield Problem(field="labels", code="not_a_text", message="a label is a text")
        elif not is_sendable(label):
            yield Problem(field="labels", code="half_character", message=_HALF)


@frozen(kw_only=True)
class Contact:
    """What the document calls a contact: properties, labels, and what the server adds; its repr names nobody."""

    properties: Mapping[str, str | None] = field(repr=lambda given: f"<{len(given)} properties>", hash=False)
    """Free-form texts: phoneNumber, email, firstName and whatever else. A None may be read, and is never sent."""
    labels: tuple[str, ...] | Unset = field(default=UNSET, converter=as_labels, repr=False)
    id: str | Unset = UNSET
    """Given by the server; 24 hexadecimal digits in the document's examples."""
    owner_id: str | Unset = UNSET
    metadata: Mapping[str, Mapping[str, Any]] | Unset = field(default=UNSET, repr=False, hash=False)
    """What the server makes of each property; present when the request asked for it."""
    extra: Mapping[str, Any] = field(factory=dict, repr=False, hash=False)
    """Fields this version does not know, by their wire names."""

    def evolve(self, **changes: Any) -> Self:
        """Return a copy with other values."""
        return attrs.evolve(self, **changes)

    @property
    def is_blocked(self) -> bool | None:
        """Whether a number of the contact is on the account's blacklist; None without metadata that say.

        Booleans are texts there, and are read in any spelling: a blocked number must never pass for another.
        """
        if isinstance(self.metadata, Unset):
            return None
        found = [each["isBlocked"] for each in self.metadata.values() if each.get("isBlocked") is not None]
        return any(str(value).lower() == "true" for value in found) if found else None

    def problems(self, *, needs_labels: bool = False) -> Iterator[Problem]:
        """Yield what keeps the contact from being sent as a whole document."""
        yield from property_problems(self.properties, may_remove=False)
        yield from label_problems(self.labels)
        if needs_labels and isinstance(self.labels, Unset):
            message = "not given, and a PUT would take the contact's labels away; give them, or ()"
            yield Problem(field="labels", code="unset", message=message)


@frozen(kw_only=True)
class ImportAccepted:
    """The server took contacts to import them in the background; it does not say what became of them."""

    count: int
    """Contacts sent."""


@frozen(kw_only=True)
class LabelUsage:
    """A label, and how many contacts have it."""

    label_name: str
    usage_count: int


@frozen(kw_only=True)
class PropertyUsage:
    """A property, how many contacts have it, and how long its values are."""

    property_name: str
    usage_count: int
    average_length: float
    max_length: int
    min_length: int


@frozen(kw_only=True)
class Summary:
    """What the account holds."""

    total_count: int
    labels: tuple[LabelUsage, ...]
    properties: tuple[PropertyUsage, ...]


@frozen(kw_only=True)
class BlacklistEntry:
    """A number that nothing is sent to: blocked by the account, by a STOP reply or by an unsubscribe link."""

    msisdn: str = field(repr=masked)
    """Digits with the country code, without a plus."""
    created: datetime | None = None
    """The server names no time zone; it is taken for UTC."""
