"""The values of the Pling Contacts API (section 2), and the rules their fields must keep.

Models know nothing of JSON: the wire's spelling lives in `codec`. Rules are checked before something is
sent, never when something is read, since the server is the authority on what it already holds.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from functools import cache
from operator import attrgetter
from typing import Any, Final, Self

import attrs
from attrs import field, frozen

from pling_async.errors import Problem, ValidationError
from pling_async.phones import is_e164, masked
from pling_async.session.jsontext import is_sendable
from pling_async.session.unset import UNSET, Unset


@frozen(kw_only=True)
class TextRule:
    """What a text field may hold; lengths count code points, since the document only says "chars"."""

    max_length: int
    pattern: str | None = None
    """A regular expression for the whole value, in the syntax that `re` and polars share."""
    allowed: str = ""
    """The pattern in words, for messages."""

    def problems(self, name: str, value: str) -> Iterator[Problem]:
        """Yield what is wrong with a value; the value stays out of the messages."""
        if not is_sendable(value):
            message = "not a text, or one with half a character (a lone surrogate); decode the source correctly"
            yield Problem(field=name, code="not_a_text", message=message)
            return
        if len(value) > self.max_length:
            message = f"{len(value)} characters, at most {self.max_length} are allowed; shorten it"
            yield Problem(field=name, code="too_long", message=message)
        if self.pattern is not None and not re.fullmatch(self.pattern, value):
            yield Problem(field=name, code="bad_characters", message=f"only {self.allowed} are allowed")


def _text(max_length: int, *, pattern: str | None = None, allowed: str = "") -> Any:
    rule = TextRule(max_length=max_length, pattern=pattern, allowed=allowed)
    return field(default=UNSET, repr=False, metadata={"rule": rule})


@cache
def text_rules(model: type) -> Mapping[str, TextRule]:
    """Return the text rules that a model declares, by attribute name, in the document's order."""
    return {each.name: each.metadata["rule"] for each in attrs.fields(model) if "rule" in each.metadata}


@cache
def _reader(model: type) -> tuple[tuple[str, ...], Callable[[Any], tuple[Any, ...]]]:
    """Return the names of a model's attributes, and what reads them all at once."""
    names = tuple(each.name for each in attrs.fields(model))
    return names, attrgetter(*names)


def held(value: Any) -> dict[str, Any]:
    """Return every attribute of a contact or group, the unset ones, too."""
    names, read = _reader(type(value))  # type: ignore[arg-type]  # takes __hash__ for the class's
    return dict(zip(names, read(value), strict=True))


def _distinct(values: Iterable[Any] | Unset) -> tuple[Any, ...] | Unset:
    if isinstance(values, str | None):
        message = "groups are several, as in ('VIP',); leave them UNSET where nothing is known, and () takes them away"
        raise ValidationError(message, [Problem(field="contact_groups", code="not_a_list", message=message)])
    return values if isinstance(values, Unset) else tuple(dict.fromkeys(values))


def _shown(mobile: object) -> str:
    """Return a number fit for a repr, and of what is none the type."""
    return masked(mobile) if isinstance(mobile, str) else f"<{type(mobile).__name__}>"


def _aware(_: object, attribute: "attrs.Attribute[Any]", value: object) -> None:
    if isinstance(value, datetime) and value.tzinfo is None:
        message = f"{attribute.name} has no time zone; use datetime.now(tz=UTC) or .replace(tzinfo=UTC)"
        raise ValidationError(message, [Problem(field=attribute.name, code="naive_datetime", message=message)])


@frozen(kw_only=True)
class _Checked:
    """What contacts and groups share: copies with other values, and the check before sending."""

    def evolve(self, **changes: Any) -> Self:
        """Return a copy with other values."""
        return type(self)(**{**held(self), **changes})

    def problems(self) -> tuple[Problem, ...]:
        """Return every broken rule; empty when the value may be sent."""
        found: list[Problem] = []
        for name, rule in text_rules(type(self)).items():  # type: ignore[arg-type]  # takes __hash__ for the class's
            value = getattr(self, name)
            is_plain = isinstance(value, str) and value.isascii() and len(value) <= rule.max_length
            if not isinstance(value, Unset) and (rule.pattern is not None or not is_plain):
                found += rule.problems(name, value)
        return tuple(found)

    def check(self) -> Self:
        """Return self, or raise `ValidationError` naming every broken rule, so that nothing is sent."""
        if found := self.problems():
            words = "; ".join(f"{problem.field}: {problem.message}" for problem in found)
            raise ValidationError(f"{type(self).__name__} was not sent: {words}", found)
        return self


@frozen(kw_only=True)
class Contact(_Checked):
    """A person, identified within an account by their mobile number (section 2.2).

    Only `mobile` is needed to add one. Texts, flags and groups are `UNSET` unless given; datetimes are aware.
    The repr masks the number and leaves every personal field out.
    """

    mobile: str = field(repr=_shown)
    """E.164, for instance +4799999999; the contact's key."""
    id: int | Unset = UNSET
    """Given by the server; never sent."""
    account_id: int | Unset = UNSET
    """Filled in by the client; another account's id is refused."""
    name: str | Unset = _text(100)
    """Full name; computed from first and last name when it is not given and they are."""
    first_name: str | Unset = _text(50)
    last_name: str | Unset = _text(50)
    speed_dial: str | Unset = _text(20, pattern="[A-Z0-9]*", allowed="A-Z and 0-9")
    """Your own reference, unique in the account unless empty."""
    comment: str | Unset = _text(2000)
    address: str | Unset = _text(2000)
    postal_code: str | Unset = _text(10)
    """A text: 0663 is a postal code."""
    city: str | Unset = _text(100)
    is_stopped: bool | Unset = UNSET
    """On the stop list (section 2.4). A False is never sent; see `stop_list.remove`."""
    is_active: bool | Unset = UNSET
    """False keeps group sends away from the contact; it has nothing to do with the stop list."""
    auto_created: datetime | Unset | None = field(default=UNSET, repr=False, validator=_aware)
    """When a rule for incoming messages created the contact; None when none did."""
    auto_created_number: str | Unset = _text(20)
    """The short or long code of that message; opaque, not E.164."""
    email: str | Unset = _text(255)
    contact_group_ids: tuple[int, ...] | Unset = field(default=UNSET, converter=_distinct)
    """Groups by id; give these or `contact_groups`, not both."""
    contact_groups: tuple[str, ...] | Unset = field(default=UNSET, converter=_distinct, repr=False)
    """Groups by name, at most 40 characters each; unknown ones are created by the server."""
    created: datetime | Unset | None = field(default=UNSET, repr=False, validator=_aware)
    """Read-only."""
    last_modified: datetime | Unset | None = field(default=UNSET, repr=False, validator=_aware)
    """Read-only."""
    extra: Mapping[str, Any] = field(factory=dict, repr=False, hash=False)
    """Fields this version does not know, by their wire names; they survive a read-modify-write."""

    def problems(self) -> tuple[Problem, ...]:
        """Return every broken rule of section 2.2; empty when the contact may be sent."""
        return (*self._mobile_problems(), *super().problems(), *self._flag_problems(), *self._group_problems())

    def _mobile_problems(self) -> Iterator[Problem]:
        if not (is_sendable(self.mobile) and is_e164(self.mobile)):
            message = 'not E.164 ("+", country code, number: +4799999999); pling_async.phones.normalise helps'
            yield Problem(field="mobile", code="not_e164", message=message)

    def _flag_problems(self) -> Iterator[Problem]:
        """Refuse what a server might read as 0: a stop must not be lost to a "0" or a None of some other source."""
        for name in ("is_stopped", "is_active"):
            value = getattr(self, name)
            if not isinstance(value, Unset) and not (isinstance(value, int) and value in (0, 1)):
                message = "neither True nor False; leave it UNSET where nothing is known"
                yield Problem(field=name, code="not_a_flag", message=message)

    def _group_problems(self) -> Iterator[Problem]:
        if isinstance(self.contact_groups, Unset):
            return
        if not isinstance(self.contact_group_ids, Unset):
            message = "given together with contact_group_ids; give one of them and set the other to UNSET"
            yield Problem(field="contact_groups", code="both_groups", message=message)
        for name in self.contact_groups:
            yield from GROUP_NAME.problems("contact_groups", name)


@frozen(kw_only=True)
class ContactGroup(_Checked):
    """A named list of contacts (section 2.3)."""

    name: str | Unset = _text(40)
    id: int | Unset = UNSET
    account_id: int | Unset = UNSET
    created: datetime | Unset | None = field(default=UNSET, repr=False, validator=_aware)
    last_modified: datetime | Unset | None = field(default=UNSET, repr=False, validator=_aware)
    extra: Mapping[str, Any] = field(factory=dict, repr=False, hash=False)


GROUP_NAME: Final = TextRule(max_length=40, pattern=r"(?s)\s*\S.*", allowed="names that are not blank")
"""The rule for a group's name wherever it is written: as a group, or on a contact."""


@frozen(kw_only=True)
class ContactListing:
    """The answer of section 3.1: the contacts asked for, and the account's groups."""

    contacts: tuple[Contact, ...] = field(repr=lambda contacts: f"<{len(contacts)} contacts>")
    contact_groups: tuple[ContactGroup, ...] = field(repr=lambda groups: f"<{len(groups)} groups>")


@frozen(kw_only=True)
class InvalidContact:
    """One contact that a replace ignored: what was sent, echoed, and the server's reason."""

    sent: Mapping[str, Any] = field(repr=False)
    """The request's object under its wire names, as the server echoed it."""
    error: str = field(repr=False)


@frozen(kw_only=True)
class ReplaceResult:
    """The answer of section 2.5. It does not count removals: list the account to learn them."""

    added_contact_count: int
    modified_contact_count: int
    unchanged_contact_count: int
    invalid_contact_count: int
    invalid_contacts: tuple[InvalidContact, ...] = field(repr=lambda invalid: f"<{len(invalid)} contacts>")
