"""What must be true of a request before there is one, and of the answers to writes."""

import re
import warnings
from collections.abc import Iterable, Mapping
from typing import Any, Final

import attrs
import orjson

from pling_async.errors import CorrelationError, ValidationError
from pling_async.ip1.account import same, segment
from pling_async.ip1.codec import encode
from pling_async.ip1.models import Contact, label_problems, property_problems
from pling_async.session.unset import Unset

MOST_AT_ONCE: Final = 999
"""Contacts that a direct import may have."""
CONTACTS: Final = "v2/contacts"
SUMMARY: Final = "meta"
"""In place of an id, it is the account's summary."""
_ID: Final = re.compile("[0-9a-fA-F]{24}")


def contact_path(contact_id: str | Unset) -> str:
    """Return the path of one contact, and warn of an id that looks like no other."""
    path = segment(contact_id, "id")
    if contact_id == SUMMARY:
        raise ValidationError.unsent("id", "reserved", "the id is the name of the account's summary")
    if not _ID.fullmatch(path):
        warnings.warn("an IP1 id has 24 hexadecimal digits; this one does not", stacklevel=3)
    return f"{CONTACTS}/{path}"


def encoded(contacts: Iterable[Contact], *, most: int | None) -> tuple[bytes, int]:
    """Return the body of an import and how many contacts are in it."""
    if isinstance(contacts, Contact):
        raise ValidationError.unsent(
            "contacts", "not_a_list", "the contacts must be a list, even when there is only one"
        )
    listed = tuple(contacts)
    if not listed:
        raise ValidationError.unsent("contacts", "empty", "there are no contacts")
    if most is not None and len(listed) > most:
        message = f"{len(listed)} contacts were given, and at most {most} can be added at once; split them"
        raise ValidationError.unsent("contacts", "too_many", message)
    check(listed)
    return b"[" + b",".join(orjson.dumps(encode(contact)) for contact in listed) + b"]", len(listed)


def check(contacts: tuple[Contact, ...], *, needs_labels: bool = False) -> None:
    """Raise `ValidationError` for contacts that cannot be sent as whole documents."""
    problems = [
        attrs.evolve(problem, row=row)
        for row, contact in enumerate(contacts, start=1)
        for problem in contact.problems(needs_labels=needs_labels)
    ]
    if problems:
        words = "; ".join(f"contact {each.row}, {each.field}: {each.message}" for each in problems[:5])
        raise ValidationError(f"nothing was sent: {words}", problems)


def check_change(properties: Mapping[str, Any] | Unset, labels: tuple[str, ...] | Unset) -> None:
    """Raise `ValidationError` for what cannot be sent of a change, or when there is none."""
    if isinstance(properties, Unset) and isinstance(labels, Unset):
        raise ValidationError.unsent("change", "empty", "the change has neither properties nor labels")
    given = {} if isinstance(properties, Unset) else properties
    if problems := [*property_problems(given, may_remove=True), *label_problems(labels)]:
        words = "; ".join(f"{each.field}: {each.message}" for each in problems[:5])
        raise ValidationError(f"nothing was sent: {words}", problems)


def check_own(contact_id: str | Unset, contact: Contact) -> None:
    """Raise `ValidationError` for the document of another contact than the one it is to replace."""
    if not isinstance(contact.id, Unset) and contact.id != contact_id:
        message = "the contact has another id than the one to replace; evolve(id=UNSET) copies it"
        raise ValidationError.unsent("id", "other_contact", message)


def check_count(sent: int, added: tuple[Contact, ...]) -> None:
    """Raise `CorrelationError` unless there is one contact in the answer for each that was sent."""
    if len(added) != sent:
        raise CorrelationError(f"{sent} contacts were sent, and the answer has {len(added)}")


def check_saved(contact_id: str | Unset, saved: Contact | None) -> None:
    """Raise `CorrelationError` when the answer is another contact."""
    if saved is not None:
        same("id", contact_id, saved.id)
