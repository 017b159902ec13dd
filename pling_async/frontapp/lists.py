"""Contact lists, which Front called groups until 2025, and their members."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import nullcontext
from functools import partial
from typing import Final

from attrs import frozen

from pling_async.errors import Outcome, ValidationError, VerificationError
from pling_async.frontapp.account import PAGE_SIZE, Account, paged, part_of, several
from pling_async.frontapp.codec import decode_page
from pling_async.frontapp.models import Contact, ContactList
from pling_async.frontapp.paths import Ref, at, in_body
from pling_async.session.retry import RetryLaw
from pling_async.session.unset import Unset

_MOST: Final = 50
"""Members that one request may remove; adding keeps to it as well."""


@frozen
class Lists:
    """The contact lists of a company."""

    _account: Account

    async def list(self) -> tuple[ContactList, ...]:
        """Return every contact list; names need not be unique."""
        return (await self._account.read(at("contact_lists"), partial(decode_page, ContactList))).elements

    async def create(self, name: str) -> ContactList:
        """Create a contact list and return it.

        Front's answer is empty: the lists are read before and after, and the new one of this name is the one. Raises
        `VerificationError` when there is none or more than one. Never repeated.
        """
        if not name.strip():
            raise ValidationError.unsent("name", "blank", "a contact list has a name")
        with part_of(Outcome.NOT_APPLIED, "no list was created"):
            before = {each.id for each in await self.list()}
        await self._account.write("POST", at("contact_lists"), {"name": name}, law=RetryLaw.UNSENT)
        with part_of(Outcome.APPLIED, "the list was created, and its id could not be found out"):
            new = [each for each in await self.list() if each.name == name and each.id not in before]
        if len(new) != 1:
            raise VerificationError(f"after creating a contact list {len(new)} new ones have its name; list them")
        return new[0]

    async def delete(self, id: str | Unset) -> None:  # noqa: A002 - the API's own word
        """Delete a contact list; its contacts stay."""
        await self._account.delete(at("contact_lists", id))

    def members(self, id: str | Unset, *, page_size: int = PAGE_SIZE) -> AsyncGenerator[Contact]:  # noqa: A002 - likewise
        """Yield the contacts of a list, as `contacts.list` does."""
        return self._account.listing(at("contact_lists", id, "contacts"), Contact, paged(page_size))

    async def add(self, id: str | Unset, contacts: Sequence[Ref]) -> None:  # noqa: A002 - likewise
        """Put contacts into a list, 50 a request; who is in it already stays."""
        await self._change("POST", id, contacts)

    async def remove(self, id: str | Unset, contacts: Sequence[Ref]) -> None:  # noqa: A002 - likewise
        """Take contacts from a list, 50 a request; after `NotFound` those may still be in it."""
        await self._change("DELETE", id, contacts)

    async def _change(self, method: str, list_id: str | Unset, contacts: Sequence[Ref]) -> None:
        spot, ids = at("contact_lists", list_id, "contacts"), [in_body(each) for each in several(contacts, "contacts")]
        for start in range(0, len(ids), _MOST):
            earlier = part_of(Outcome.UNKNOWN, f"the first {start} of {len(ids)} contacts are done")
            with earlier if start else nullcontext():
                await self._account.write(method, spot, {"contact_ids": ids[start : start + _MOST]})
