"""Handles of contacts: adding and deleting them, and what it means that the server refuses one."""

from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from functools import partial
from typing import Final

import attrs
from attrs import frozen

from pling_async.errors import HandleConflict, NotFound, PlingError, StatusError
from pling_async.frontapp.account import Account
from pling_async.frontapp.codec import decode
from pling_async.frontapp.models import Contact, Handle
from pling_async.frontapp.paths import Alias, Ref, at_contact
from pling_async.session.retry import RetryLaw

_MAY_BE_CONFLICTS: Final = frozenset({400, 409})
"""Which of the two Front answers for a handle that is another contact's is not published."""


@frozen
class Handles:
    """The handles of contacts; `contacts.update` cannot change them."""

    _account: Account

    async def add(self, id: Ref, handle: Handle) -> None:  # noqa: A002 - the API's own word
        """Give a contact one more handle; raises `HandleConflict` when it is another contact's."""
        async with conflicts_explained(self._account, [handle], of=id):
            spot = at_contact(id, "handles")
            await self._account.write("POST", spot, _wire(handle), law=RetryLaw.UNSENT)

    async def delete(self, id: Ref, handle: Handle, *, force: bool = False) -> None:  # noqa: A002 - likewise
        """Take a handle from a contact. The last one is refused; with `force` THE CONTACT IS DELETED with it."""
        await self._account.delete(at_contact(id, "handles"), {**_wire(handle), "force": force})


def _wire(handle: Handle) -> dict[str, str]:
    return attrs.asdict(handle)


@asynccontextmanager
async def conflicts_explained(
    account: Account, handles: Iterable[Handle], *, of: Ref | None = None
) -> AsyncGenerator[None]:
    """Turn a refusal inside into `HandleConflict` if a handle is found to be another contact's, and only then.

    When nobody can be found because the search itself fails, the refusal stays, with a note of that.
    """
    try:
        yield
    except StatusError as error:
        refused = error
    else:
        return
    if refused.status in _MAY_BE_CONFLICTS:
        try:
            found = await _owned_elsewhere(account, handles, of)
        except PlingError as failure:
            refused.add_note(f"whether another contact has the handle could not be found out: {failure}")
            raise refused from None
        if found is not None:
            source, owner = found
            message = f"the {source} handle is another contact's ({owner}); delete it there first, or merge"
            raise HandleConflict(message, owner=owner, exchange=refused.exchange) from refused
    raise refused


async def _owned_elsewhere(account: Account, handles: Iterable[Handle], of: Ref | None) -> tuple[str, str] | None:
    """Return the source and the owner of the first handle that is another contact's."""
    own = None if of is None else await _contact_id(account, of)
    for handle in handles:
        owner = await _contact_id(account, Alias(handle.source, handle.handle))
        if owner is not None and owner != own:
            return handle.source, owner
    return None


async def _contact_id(account: Account, ref: Ref) -> str | None:
    try:
        return (await account.read(at_contact(ref), partial(decode, Contact))).id
    except NotFound:
        return None
