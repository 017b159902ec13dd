"""The values of Front's Core API; every field may be missing in an answer, since its description requires none.

Models know nothing of JSON: that is `codec`. No name, number or address shows in a repr.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, Self

import attrs
from attrs import field, frozen

from pling_async.errors import ValidationError
from pling_async.session.unset import UNSET, Unset

SortBy = Literal["created_at", "updated_at"]
SortOrder = Literal["asc", "desc"]


def not_one_text(_: object, attribute: "attrs.Attribute[Any]", value: object) -> None:
    """Refuse a text where a list of texts is meant: every letter would be a link or a list."""
    if isinstance(value, str):
        name = attribute.name
        raise ValidationError.unsent(name, "not_a_list", f"{name} are a list of texts, not one text")


@frozen
class Handle:
    """One way to reach a contact; no two contacts of a company have the same source and handle."""

    source: str
    """email, phone, twitter, facebook, intercom, front_chat or custom; answers may know others."""
    handle: str = field(repr=False)


@frozen(kw_only=True)
class ContactList:
    """A list of contacts, called a group until 2025; some answers have its name alone."""

    name: str = field(repr=False)
    id: str | Unset = UNSET
    is_private: bool | Unset = UNSET
    extra: Mapping[str, Any] = field(factory=dict, repr=False, hash=False)


class NotShown(dict[str, Any]):
    """The custom fields of a contact whose answer has no such member: none, as far as it says."""


@frozen(kw_only=True)
class Contact:
    """A contact as Front answers it."""

    id: str
    """crd_...; may be another than the one asked for, when contacts were merged or ids changed."""
    name: str | Unset = field(default=UNSET, repr=False)
    description: str | Unset = field(default=UNSET, repr=False)
    avatar_url: str | Unset = field(default=UNSET, repr=False)
    links: tuple[str, ...] | Unset = field(default=UNSET, repr=False)
    handles: tuple[Handle, ...] = ()
    groups: tuple[ContactList, ...] | Unset = field(default=UNSET, repr=False)
    """The deprecated name of `lists`, and all that some answers have."""
    lists: tuple[ContactList, ...] | Unset = field(default=UNSET, repr=False)
    custom_fields: Mapping[str, Any] = field(factory=NotShown, repr=False, hash=False)
    """By their names, in which case matters; `NotShown` if the answer does not have them."""
    is_private: bool | Unset = UNSET
    updated_at: datetime | Unset | None = UNSET
    extra: Mapping[str, Any] = field(factory=dict, repr=False, hash=False)
    """Fields this version does not know, and `_links`, by their wire names."""

    def evolve(self, **changes: Any) -> Self:
        """Return a copy with other values."""
        return attrs.evolve(self, **changes)

    @property
    def list_names(self) -> tuple[str, ...]:
        """The names of its lists, whichever of the two fields has them."""
        return tuple(each.name for each in (self.lists or self.groups or ()))

    def handles_of(self, source: str) -> tuple[str, ...]:
        """Return the handles of one source, in the answer's order."""
        return tuple(each.handle for each in self.handles if each.source == source)


@frozen(kw_only=True)
class ContactChange:
    """What can be written of a contact; what is `UNSET` stays as it is. Handles have requests of their own."""

    name: str | Unset = field(default=UNSET, repr=False)
    description: str | Unset = field(default=UNSET, repr=False)
    links: tuple[str, ...] | Unset = field(default=UNSET, validator=not_one_text, repr=False)
    list_names: tuple[str, ...] | Unset = field(default=UNSET, validator=not_one_text, repr=False)
    """Unknown ones are created by the server."""
    group_names: tuple[str, ...] | Unset = field(default=UNSET, validator=not_one_text, repr=False)
    """The deprecated name of `list_names`, as Front's tutorial has it."""
    custom_fields: Mapping[str, Any] | Unset = field(default=UNSET, repr=False, hash=False)


@frozen(kw_only=True)
class NewContact(ContactChange):
    """A contact to be created."""

    handles: tuple[Handle, ...]
    """One at least; none may be another contact's."""


@frozen(kw_only=True)
class Note:
    """A note about a contact."""

    body: str = field(repr=False)
    author: Mapping[str, Any] = field(factory=dict, repr=False, hash=False)
    """The teammate, as the answer has it."""
    created_at: datetime | Unset | None = UNSET
    is_private: bool | Unset = UNSET
    extra: Mapping[str, Any] = field(factory=dict, repr=False, hash=False)


@frozen(kw_only=True)
class Conversation:
    """A conversation with a contact; the rest of it is in `extra`."""

    id: str
    subject: str | Unset = field(default=UNSET, repr=False)
    status: str | Unset = UNSET
    created_at: datetime | Unset | None = UNSET
    extra: Mapping[str, Any] = field(factory=dict, repr=False, hash=False)


@frozen(kw_only=True)
class CustomField:
    """A custom field that contacts of the company may have."""

    id: str
    name: str
    """Its key in `Contact.custom_fields`."""
    type: str = "string"
    """string, boolean, datetime (seconds since 1970), number, teammate, inbox or enum."""
    description: str | Unset = field(default=UNSET, repr=False)
    extra: Mapping[str, Any] = field(factory=dict, repr=False, hash=False)


@frozen(kw_only=True)
class Company:
    """Whom a token speaks for."""

    id: str
    name: str | Unset = field(default=UNSET, repr=False)
    extra: Mapping[str, Any] = field(factory=dict, repr=False, hash=False)
