"""Contacts: list, get, create, update, delete and merge."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from functools import partial
from typing import Final

import attrs
from attrs import frozen

from pling_async.errors import Outcome, ValidationError
from pling_async.frontapp.account import PAGE_SIZE, Account, filters, paged, part_of, several
from pling_async.frontapp.codec import decode, dumped, encode, given
from pling_async.frontapp.handles import conflicts_explained
from pling_async.frontapp.models import Contact, ContactChange, NewContact, NotShown, SortBy, SortOrder
from pling_async.frontapp.paths import Ref, at, at_contact, in_body
from pling_async.session.protocol import SAVED, Request
from pling_async.session.retry import RetryLaw
from pling_async.session.unset import UNSET, Unset

_MOST_MERGED: Final = 50
_contact: Final = partial(decode, Contact)


@frozen
class Contacts:
    """The contacts of a company."""

    _account: Account

    def list(
        self,
        *,
        q: Mapping[str, object] | None = None,
        sort_by: SortBy | Unset = UNSET,
        sort_order: SortOrder | Unset = UNSET,
        page_size: int = PAGE_SIZE,
    ) -> AsyncGenerator[Contact]:
        """Yield the contacts, `page_size` of them a request (at most 100), the next page on its way meanwhile.

        `q` narrows, as in {"updated_after": datetime(...)}. A page token that has expired raises `PageTokenExpired`.
        """
        sorting = {name: str(value) for name, value in given(sort_by=sort_by, sort_order=sort_order).items()}
        return self._account.listing(at("contacts"), Contact, (*paged(page_size), *sorting.items(), *filters(q or {})))

    async def get(self, id: Ref) -> Contact:  # noqa: A002 - the API's own word
        """Return one contact; its id is another than the one asked for if that was an alias, or an id of old."""
        return await self._account.read(at_contact(id), _contact)

    async def create(self, contact: NewContact) -> Contact:
        """Create a contact; raises `HandleConflict` when one of its handles is another contact's.

        Never repeated after an unknown outcome: ask for `Alias(source, handle)` to learn what became of it.
        """
        if not contact.handles:
            raise ValidationError.unsent("handles", "empty", "a contact needs at least one handle")
        async with conflicts_explained(self._account, contact.handles):
            return await self._saved("contacts", encode(contact))

    async def update(self, id: Ref, change: ContactChange, *, merge: bool = True) -> None:  # noqa: A002 - likewise
        """Change what is given; the answer is empty.

        Front replaces ALL custom fields by those sent. So they are read first and sent with those given (None removes
        one), and who writes others meanwhile is overruled; `merge=False` sends only what is given, erasing the others.
        An answer that does not show them is asked for once more, and a second one like it is taken for a contact that
        has none: the tutorial's answers leave the member out for such a contact, and nothing else would tell.
        """
        if isinstance(change, NewContact):
            message = "handles are changed with handles.add and handles.delete"
            raise ValidationError.unsent("handles", "bad_value", message)
        if merge and not isinstance(change.custom_fields, Unset):
            with part_of(Outcome.NOT_APPLIED, "the contact was not changed"):
                known = await read_whole(self, id)
            merged = {**known.custom_fields, **change.custom_fields}
            kept = {name: value for name, value in merged.items() if value is not None}
            change = attrs.evolve(change, custom_fields=kept)
            id = known.id  # noqa: A001 - an alias may be another contact's by now, and these fields are this one's
        await self._account.send("PATCH", at_contact(id), encode(change))

    async def delete(self, id: Ref) -> None:  # noqa: A002 - likewise
        """Delete a contact."""
        await self._account.delete(at_contact(id))

    async def merge(self, ids: Sequence[Ref], *, target: Ref | None = None) -> Contact:
        """Make one contact of several, up to 50 in all, and return it; THE OTHERS ARE DELETED.

        What differs is decided by the server: handles, lists, links and notes are united, descriptions put one after
        the other, and for the rest the last update counts, unless `target`, among `ids` or not, says which contact
        remains. Never repeated.
        """
        named = list(dict.fromkeys(map(in_body, several(ids, "ids"))))
        members = {} if target is None else {"target_contact_id": in_body(target)}
        if not 1 < len({*named, *members.values()}) <= _MOST_MERGED:
            message = f"2 to {_MOST_MERGED} different contacts can be merged, the target included"
            raise ValidationError.unsent("contact_ids", "bad_value", message)
        return await self._saved("contacts/merge", dumped({**members, "contact_ids": named}))

    async def _saved(self, path: str, body: bytes) -> Contact:
        request = Request(method="POST", path=path, law=RetryLaw.UNSENT, body=body, expected=SAVED)
        return await self._account.session.call(request, _contact)


async def read_whole(contacts: Contacts, ref: Ref) -> Contact:
    """Read a contact to send back what it has; once more if the answer shows no custom fields, or lists, at all."""
    known = await contacts.get(ref)
    is_whole = not isinstance(known.custom_fields, NotShown) and (known.lists, known.groups) != (UNSET, UNSET)
    return known if is_whole else await contacts.get(known.id)
