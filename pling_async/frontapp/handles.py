"""Handles of contacts: adding and deleting them, and what it means that the server refuses one."""

from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from functools import partial
from typing import Final

import attrs
from attrs import frozen

from pling_async.errors import HandleConflict, NotFound, StatusError
from pling_async.frontapp.api import Api
from pling_async.frontapp.codec import decode
from pling_async.frontapp.models import Contact, Handle
from pling_async.frontapp.paths import Alias, Ref, at
from pling_async.session.retry import RetryLaw

_MAY_BE_CONFLICTS: Final = frozenset({400, 409})
"""Which of the two Front answers for a handle that is another contact's is not published."""


@frozen
class Handles:
    """The handles of contacts; `contacts.update` cannot change them."""

    _api: Api

    async def add(self, id: Ref, handle: Handle) -> None:  # noqa: A002 - the API's own word
        """Give a contact one more handle; raises `HandleConflict` when it is another contact's."""
        async with conflicts_explained(self._api, [handle], of=id):
            spot = at("contacts", id, "handles")
            await self._api.write("POST", spot, _wire(handle), law=RetryLaw.UNSENT)

    async def delete(self, id: Ref, handle: Handle, *, force: bool = False) -> None:  # noqa: A002 - likewise
        """Take a handle from a contact. The last one is refused; with `force` THE CONTACT IS DELETED with it."""
        body = {**_wire(handle), "force": force}
        await self._api.write("DELETE", at("contacts", id, "handles"), body)


def _wire(handle: Handle) -> dict[str, str]:
    return attrs.asdict(handle)


@asynccontextmanager
async def conflicts_explained(api: Api, handles: Iterable[Handle], *, of: Ref | None = None) -> AsyncGenerator[None]:
    """Turn a refusal inside into `HandleConflict` if a handle is found to be another contact's, and only then."""
    try:
        yield
    except StatusError as error:
        refused = error
    else:
        return
    if refused.status in _MAY_BE_CONFLICTS:
        own = None if of is None else await _contact_id(api, of)
        for handle in handles:
            owner = await _contact_id(api, Alias(handle.source, handle.handle))
            if owner not in {None, own}:
                message = f"the {handle.source} handle is another contact's ({owner}); delete it there first, or merge"
                raise HandleConflict(message, owner=owner, exchange=refused.exchange) from refused
    raise refused


async def _contact_id(api: Api, ref: Ref) -> str | None:
    try:
        return (await api.read(at("contacts", ref), partial(decode, Contact))).id
    except NotFound:
        return None
