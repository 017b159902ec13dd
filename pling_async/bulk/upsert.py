"""Upsert: stream contacts into an account, one request and one outcome each; needs no polars.

Nobody says whether a POST to a number that exists resets what it omits (sections 2.2 and 3.3 can be read both ways).
So the account is known first: a known number is a PUT of its full state, an unknown one a POST.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Iterable, Mapping
from contextlib import aclosing
from typing import Any, Final

from attrs import field, frozen

from pling_async.bulk.hidden_groups import with_hidden_groups
from pling_async.bulk.id_table import IdTable
from pling_async.bulk.workers import spread
from pling_async.errors import (
    AuthenticationError,
    ConfigurationError,
    Outcome,
    PermissionDenied,
    PlingError,
    ValidationError,
)
from pling_async.phones import is_e164
from pling_async.pling.client import PlingClient
from pling_async.pling.models import Contact, ContactGroup, ContactListing, held, text_rules
from pling_async.session.unset import UNSET, Unset

_DEFAULTS: Final[dict[str, Any]] = dict.fromkeys(text_rules(Contact), "") | {"is_active": True, "contact_group_ids": ()}
"""What a new contact holds where nothing was given; sent explicitly, since nobody states the server's defaults."""

_SERVERS_OWN: Final = frozenset({"id", "account_id", "created", "last_modified"})


@frozen(kw_only=True)
class RowOutcome:
    """What became of one contact of an upsert."""

    row: int
    """One-based position in the input."""
    outcome: Outcome
    """SKIPPED when the account holds these values already, or the run had to stop before this row."""
    contact: Contact | None = None
    """The contact as the server saved it; None unless the outcome is APPLIED or it was unchanged."""
    error: PlingError | None = field(default=None, repr=lambda error: type(error).__name__ if error else "None")


async def upsert(
    client: PlingClient,
    contacts: Iterable[Contact] | AsyncIterable[Contact],
    *,
    max_in_flight: int = 8,
    listing: ContactListing | None = None,
) -> AsyncGenerator[RowOutcome, None]:
    """Yield one outcome a contact, as they come; the input is read lazily, and of a new contact only its id is kept.

    Fields that a contact leaves `UNSET` keep the account's value. A contact is never taken off the stop list here.
    Rows with the same mobile are sent one after the other, in their order. After a 401 or 403 nothing more is sent
    and the remaining rows are SKIPPED. `listing` is this account as read before, all of it: whom it lacks is taken for
    new. Otherwise it is listed first; groups that it may hide are read.
    To stop early, close the iterator (`contextlib.aclosing`): requests in flight are finished, no other is
    begun, and an async source that is waited for is cancelled.
    """
    if max_in_flight < 1:
        raise ConfigurationError(f"max_in_flight is {max_in_flight}; it must be 1 or more")
    known = _of_account(client, listing) if listing is not None else await client.contacts.list()
    whole = await with_hidden_groups(client, known)
    book = await asyncio.to_thread(_Upserts, client, whole)  # of a million contacts it takes a while
    rows = _numbered(contacts) if isinstance(contacts, AsyncIterable) else enumerate(contacts, start=1)
    async with aclosing(spread(rows, book.settle, workers=max_in_flight)) as outcomes:
        async for outcome in outcomes:
            yield outcome


def _of_account(client: PlingClient, listing: ContactListing) -> ContactListing:
    """Refuse a listing of another account: a known number would be written to that one's contact, by its id."""
    of_one: tuple[Contact | ContactGroup, ...] = listing.contacts or listing.contact_groups
    if of_one and of_one[0].account_id not in (UNSET, client.account_id):
        message = f"the listing is of another account than {client.account_id}; list this one"
        raise ValidationError.unsent("listing", "other_account", message)
    return listing


async def _numbered(contacts: AsyncIterable[Contact]) -> AsyncIterator[tuple[int, Contact]]:
    row = 0
    async for contact in contacts:
        row += 1
        yield row, contact


class _Upserts:
    """What is known of the account, and which mobiles have a request under way."""

    def __init__(self, client: PlingClient, listing: ContactListing) -> None:
        self._client = client
        self._known = {contact.mobile: contact for contact in listing.contacts}
        self._added = IdTable()
        """Ids of contacts added since, by the digits of their mobiles; a whole contact each would be too much."""
        self._group_ids = _ids_by_name(listing)
        self._opted_out = set[str]()
        """Mobiles of those who were seen to do so since."""
        self._under_way: dict[str, asyncio.Event] = {}
        self._halted: PlingError | None = None

    async def settle(self, numbered: tuple[int, Contact]) -> RowOutcome:
        """Bring one contact into the account after every earlier row with its mobile."""
        row, contact = numbered
        earlier, done = self._under_way.get(contact.mobile), asyncio.Event()
        self._under_way[contact.mobile] = done
        try:
            if earlier is not None:
                await earlier.wait()
            return await self._outcome(row, contact)
        finally:
            done.set()
            if self._under_way[contact.mobile] is done:
                del self._under_way[contact.mobile]

    async def _outcome(self, row: int, contact: Contact) -> RowOutcome:
        if self._halted is not None:
            return RowOutcome(row=row, outcome=Outcome.SKIPPED, error=self._halted)
        try:
            contact.check()
            known = await self._known_as(contact.mobile)
            wanted = self._full_state(contact, known)
            if known is not None and _same(wanted, known):
                return RowOutcome(row=row, outcome=Outcome.SKIPPED, contact=known)
            saved = await self._saved(wanted, known)
        except PlingError as error:
            if isinstance(error, AuthenticationError | PermissionDenied):
                self._halted = error
            return RowOutcome(row=row, outcome=error.outcome, error=error)
        self._remember(saved)
        return RowOutcome(row=row, outcome=Outcome.APPLIED, contact=saved)

    async def _saved(self, wanted: Contact, known: Contact | None) -> Contact:
        """Write a contact; once more, as stopped, when the person was seen to opt out while that was under way."""
        contacts = self._client.contacts
        saved = await (contacts.add(wanted) if known is None else contacts.write(wanted))
        if saved.is_stopped or wanted.mobile not in self._opted_out:
            return saved
        try:
            return await contacts.write(wanted.evolve(id=saved.id, is_stopped=True))
        except PlingError as error:
            error.outcome = Outcome.UNKNOWN  # the row itself was applied
            raise

    async def _known_as(self, mobile: str) -> Contact | None:
        """Return what the account holds for a number, read again if this run added it or was not shown its groups."""
        added = self._added.get(_digits(mobile))
        if added is None:
            return self._known.get(mobile)
        fresh = await self._client.contacts.get(added)
        return await self._client.contacts.with_groups(fresh, on_listing=self._heed)

    def _heed(self, stopped: ContactListing) -> None:
        """Keep whoever opted out since on the stop list, and have them read again before their next row."""
        for contact in stopped.contacts:
            known = self._known.get(contact.mobile)
            if contact.is_stopped and isinstance(contact.id, int) and not (known and known.is_stopped):
                self._opted_out.add(contact.mobile)
                self._known.pop(contact.mobile, None)
                self._added[_digits(contact.mobile)] = contact.id

    def _remember(self, saved: Contact) -> None:
        may_hide_groups = saved.is_stopped and not saved.contact_group_ids
        if self._known.pop(saved.mobile, None) is not None and not may_hide_groups:
            self._known[saved.mobile] = saved
        elif isinstance(saved.id, int):
            self._added[_digits(saved.mobile)] = saved.id

    def _full_state(self, contact: Contact, known: Contact | None) -> Contact:
        """Lay what a row gives over what the account holds, so that the request says everything."""
        given = self._given(contact)
        held = _DEFAULTS | ({} if known is None else _values(known))
        state: dict[str, Any] = held | given | {"name": _name(given, held)}
        if "contact_groups" in given:
            del state["contact_group_ids"]
        if contact.mobile in self._opted_out:
            state["is_stopped"] = True
        if known is not None:
            state |= {"is_stopped": bool(known.is_stopped or state.get("is_stopped")), "id": known.id}
            state["extra"] = {**known.extra, **contact.extra}
        return Contact(**state)

    def _given(self, contact: Contact) -> dict[str, Any]:
        """Return the values that a row gives; groups by id where each name exists already."""
        given = _values(contact)
        names = given.get("contact_groups", ())
        if "contact_groups" in given and all(name in self._group_ids for name in names):
            del given["contact_groups"]
            given["contact_group_ids"] = tuple(self._group_ids[name] for name in names)
        return given


def _digits(mobile: str) -> int:
    """Return a key that takes a third of the memory of the text; 0 for what is no number and has no contact."""
    return int(mobile[1:]) if is_e164(mobile) else 0


def _values(contact: Contact) -> dict[str, Any]:
    """Return what a contact holds of the fields that a request carries."""
    return {name: value for name, value in held(contact).items() if value is not UNSET and name not in _SERVERS_OWN}


def _name(given: Mapping[str, Any], held: Mapping[str, Any]) -> str:
    """Follow first and last name when those change and no full name is given (section 2.2)."""
    parts = {part: given.get(part, held[part]) for part in ("first_name", "last_name")}
    moved = any(part in given and (held["name"] == "" or given[part] != held[part]) for part in parts)
    if moved and "name" not in given:
        return " ".join(filter(None, parts.values()))
    return str(given.get("name", held["name"]))


def _same(wanted: Contact, known: Contact) -> bool:
    """Tell whether the account holds these values already; a group to be created is always a difference."""
    if not isinstance(wanted.contact_groups, Unset):
        return False
    new, old = (
        _values(contact) | {"contact_group_ids": set(contact.contact_group_ids or ())} for contact in (wanted, known)
    )
    return new == _DEFAULTS | old


def _ids_by_name(listing: ContactListing) -> dict[str, int]:
    """Map group names to ids; where two groups share a name the lowest id counts, as it does for the server."""
    groups = ((group.name, group.id) for group in listing.contact_groups)
    pairs = [(name, each) for name, each in groups if isinstance(name, str) and isinstance(each, int)]
    return dict(sorted(pairs, key=lambda pair: -pair[1]))
