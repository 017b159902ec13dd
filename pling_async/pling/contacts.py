"""Contacts (sections 3.1 to 3.5) and the replacement of all of them (section 3.11)."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

import attrs
from attrs import frozen

from pling_async.errors import Problem, ValidationError
from pling_async.pling.account import Account, ignored, known_id, written
from pling_async.pling.codec import decode_contact, decode_listing, decode_result, encode
from pling_async.pling.models import Contact, ContactGroup, ContactListing, ReplaceResult, text_rules
from pling_async.session.protocol import DELETED, SAVED, Request
from pling_async.session.retry import RetryLaw
from pling_async.session.unset import UNSET, Unset

T = TypeVar("T")

_STATE: Final = (*(name for name in text_rules(Contact) if name != "auto_created_number"), "is_stopped", "is_active")
"""What a PUT must say besides the groups, lest the server reset it."""


@frozen
class Contacts:
    """The contacts of one account."""

    _account: Account

    async def list(self, *, group_id: int | Unset | None = None, stopped: bool | None = None) -> ContactListing:
        """Return the contacts asked for, and the account's groups (section 3.1).

        Everybody, unless narrowed to a group, to stopped contacts (True) or to those not stopped (False). A whole
        group takes two requests, since the server leaves its stopped members out unless they are asked for alone.
        """
        if group_id is not None and stopped is None:
            reachable = await self.list(group_id=group_id, stopped=False)
            return _united(reachable, await self.list(group_id=group_id, stopped=True))
        group = {} if group_id is None else {"contactGroupId": str(known_id(group_id, "group"))}
        listing = self._listing(**group, **_stop_query(stopped))
        return await self._account.call(listing, decode_listing, self._check_listing)

    async def get(self, id: int | Unset) -> Contact:  # noqa: A002 - the API's own word
        """Return one contact (section 3.2)."""
        path = f"contacts/{known_id(id, 'contact')}"
        request = Request(method="GET", path=path, law=RetryLaw.SAFE)
        return await self._account.call(
            request, decode_contact, lambda contact: self._account.correlate(contact, id=id)
        )

    async def add(self, contact: Contact) -> Contact:
        """Add a contact (section 3.3); the bare endpoint.

        If the number is in the account already, its contact is updated, and nobody knows whether what the request
        leaves out is kept or reset to defaults, the stop flag included. `bulk.upsert` knows the account first and is
        the safe way. After an unknown outcome the request is repeated only if it stops the person: `is_stopped=False`
        is not sent, so a repetition could reset a STOP that came in between.
        """
        contact = _named(contact)
        law = RetryLaw.CONVERGENT if contact.is_stopped is True else RetryLaw.UNSENT
        body = self._account.encoded(contact)
        request = Request(method="POST", path="contacts", law=law, body=body, subject=contact.mobile, expected=SAVED)
        return await self._account.call(
            request, decode_contact, partial(self._account.correlate, mobile=contact.mobile)
        )

    async def update(self, contact: Contact) -> Contact:
        """Write the full state of a contact that was read before (section 3.4).

        Refused while a writable field is `UNSET`, since the server may reset what a PUT leaves out. `is_stopped=False`
        is not sent: see `stop_list.remove`. Of a stopped contact without groups it is first found out whether the
        server hides them; `contact_groups=()` takes them away.
        """
        _refuse_sparse(contact)
        return await self.write(await self.with_groups(contact))

    async def write(self, contact: Contact) -> Contact:
        """As `update`, in one request: for whoever knows the groups of stopped contacts."""
        _refuse_sparse(contact)
        return await self.put(contact, RetryLaw.CONVERGENT)

    async def with_groups(self, contact: Contact, *, on_listing: Callable[[ContactListing], None] = ignored) -> Contact:
        """Return a contact with the groups that the server hides while it is stopped (section 2.4).

        That takes no request unless it is stopped and shows no group, one if any stopped contact of the account shows
        one, and one more for each group otherwise. `on_listing` is called with the first: everybody who is stopped.
        """
        if not contact.is_stopped or contact.contact_group_ids or contact.contact_groups is not UNSET:
            return contact
        listing = await self.list(stopped=True)
        on_listing(listing)
        if any(each.contact_group_ids for each in listing.contacts):
            return contact
        found = [group.id for group in listing.contact_groups if await self._has_stopped(group, contact)]
        return contact.evolve(contact_group_ids=found) if found else contact

    async def delete(self, id: int | Unset) -> None:  # noqa: A002 - the API's own word
        """Delete a contact (section 3.5); its groups stay."""
        request = Request(
            method="DELETE",
            path=f"contacts/{known_id(id, 'contact')}",
            law=RetryLaw.CONVERGENT,
            expected=DELETED,
            answers_json=False,
            missing_is_done=True,
        )
        await self._account.session.call(request, ignored)

    async def replace(self, contacts: Iterable[Contact]) -> ReplaceResult:
        """Make these the account's contacts: EVERY OTHER CONTACT IS DELETED, and groups nobody is in (section 3.11).

        The answer does not count what was deleted. Refused are an empty list, one number twice, broken rules and
        contacts of another account; `bulk.replace` also shows and guards what would go. Never repeated once sent.
        """
        body = await asyncio.to_thread(_encoded_list, self._account, tuple(contacts))
        return await self.replace_encoded(body)

    async def read_listing(self, decode: Callable[[bytes], T], *, stopped: bool | None = None) -> T:
        """Return the account (section 3.1), or a half of it, as `decode` reads its JSON text, in a thread when long.

        Raising `DecodeError` there is an answer that cannot be believed: it is asked for once more.
        """
        return await self._account.session.call(self._listing(**_stop_query(stopped)), decode)

    async def replace_encoded(
        self, body: bytes | Path, *, on_sent: Callable[[int, int], None] | None = None
    ) -> ReplaceResult:
        """As `replace`, with a finished JSON array: bytes, or a file that is streamed; only emptiness is checked.

        `on_sent` is called with bytes sent and bytes to send while a file is streamed.
        """
        if await asyncio.to_thread(_is_empty, body):
            raise _empty_list()
        request = Request(
            method="POST",
            path="contacts/replace",
            query=self._account.query,
            law=RetryLaw.UNSENT,
            body=body,
            on_sent=on_sent,
            large=True,
        )
        return await self._account.session.call(request, decode_result)

    async def put(
        self,
        contact: Contact,
        law: RetryLaw,
        *,
        consent: bool = False,
        check: Callable[[Contact], None] = ignored,
    ) -> Contact:
        """Write a state under a given retry law, for `update` and the stop list; only consent lets `stop: 0` through.

        What `check` raises of the answer is the outcome of the operation, so that a journal says the same as the run.
        No ids on a stopped contact are left out rather than sent: a server may hide the groups of stopped contacts,
        and would then take them away (section 2.4 promises them back). `contact_groups=()` does clear them.
        """
        contact, path = _named(contact), f"contacts/{known_id(contact.id, 'contact')}"
        if contact.contact_group_ids == () and (contact.is_stopped or consent):
            contact = contact.evolve(contact_group_ids=UNSET)
        body = self._account.encoded(contact, consent=consent)
        request = Request(method="PUT", path=path, law=law, body=body, subject=contact.mobile, expected=SAVED)

        def checked(answer: Contact) -> None:
            self._account.correlate(answer, id=contact.id, mobile=contact.mobile)
            check(answer)

        return await self._account.call(request, decode_contact, checked)

    async def _has_stopped(self, group: ContactGroup, contact: Contact) -> bool:
        members = await self.list(group_id=known_id(group.id, "group"), stopped=True)
        return any(each.id == contact.id for each in members.contacts)

    def _listing(self, **narrowed: str) -> Request:
        query = {**self._account.query, **narrowed}
        return Request(method="GET", path="contacts", query=query, law=RetryLaw.SAFE, large=True)

    def _check_listing(self, listing: ContactListing) -> None:
        self._account.correlate_all(listing.contacts)
        self._account.correlate_all(listing.contact_groups)


def _stop_query(stopped: bool | None) -> dict[str, str]:  # noqa: FBT001 - the value itself is what is asked for
    return {} if stopped is None else {"stop": str(int(stopped))}


def _named(contact: Contact) -> Contact:
    """Fill in the name that section 2.2 asks for, when parts of it are given and it is not."""
    if contact.name is not UNSET:
        return contact
    parts = [part for part in (contact.first_name, contact.last_name) if part]
    return contact.evolve(name=" ".join(parts)) if parts else contact


def _refuse_sparse(contact: Contact) -> None:
    missing = [name for name in _STATE if getattr(contact, name) is UNSET]
    if contact.contact_group_ids is UNSET and contact.contact_groups is UNSET:
        missing.append("contact_group_ids")
    if missing:
        message = "not given, and the server may reset what is left out; read the contact, then evolve it"
        problems = [Problem(field=name, code="unset", message=message) for name in missing]
        raise ValidationError(f"Contact was not sent: {', '.join(missing)}: {message}", problems)


def _united(reachable: ContactListing, stopped: ContactListing) -> ContactListing:
    """Unite both halves of a group; who was stopped between the two requests appears once, as stopped."""
    contacts = {contact.id: contact for contact in (*reachable.contacts, *stopped.contacts)}
    return ContactListing(contacts=tuple(contacts.values()), contact_groups=stopped.contact_groups)


def _is_empty(body: bytes | Path) -> bool:
    if isinstance(body, Path):
        with body.open("rb") as file:
            body = file.read(64)
    return body[:64].translate(None, b" \t\r\n") in {b"", b"[]"}


def _empty_list() -> ValidationError:
    message = "an empty list would delete every contact of the account; delete them one by one if that is what you want"
    return ValidationError(f"nothing was sent: {message}", [Problem(field="contacts", code="empty", message=message)])


def _encoded_list(account: Account, contacts: tuple[Contact, ...]) -> bytes:
    """Encode contact by contact, since one long call would hold the interpreter and with it the event loop."""
    named = [_named(contact) for contact in contacts]
    problems = list(_list_problems(account, named))
    if problems:
        words = "; ".join(f"row {each.row}, {each.field}: {each.message}" for each in problems[:5])
        raise ValidationError(f"nothing was sent, problems: {len(problems)}, first: {words}", problems)
    return b"[" + b",".join(written(contact, encode(contact)) for contact in named) + b"]"


def _list_problems(account: Account, contacts: Sequence[Contact]) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for row, contact in enumerate(contacts, start=1):
        for problem in (*contact.problems(), *account.problems(contact)):
            yield attrs.evolve(problem, row=row)
        if (earlier := first.setdefault(contact.mobile, row)) != row:
            message = f"the same number as in row {earlier}; a list may have each number once"
            yield Problem(field="mobile", code="duplicate", message=message, row=row)
