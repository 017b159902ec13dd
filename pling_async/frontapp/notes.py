"""Notes about contacts."""

from functools import partial
from typing import Final

from attrs import frozen

from pling_async.frontapp.account import Account
from pling_async.frontapp.codec import decode, decode_page, dumped
from pling_async.frontapp.models import Note
from pling_async.frontapp.paths import Ref, at_contact, in_body
from pling_async.session.protocol import SAVED, Request
from pling_async.session.retry import RetryLaw

_LISTED: Final = frozenset({200, 202})
"""Front's description says 202 for notes, its older documents 200."""


@frozen
class Notes:
    """The notes of contacts."""

    _account: Account

    async def list(self, contact: Ref) -> tuple[Note, ...]:
        """Return the notes of a contact; they have no pages."""
        spot = at_contact(contact, "notes")
        return (await self._account.read(spot, partial(decode_page, Note), expected=_LISTED)).elements

    async def add(self, contact: Ref, *, author: str, body: str) -> Note:
        """Add a note in the name of a teammate (tea_... or alt:email:...); never repeated, lest it be there twice."""
        spot = at_contact(contact, "notes")
        request = Request(
            method="POST",
            path=spot.path,
            shown_path=spot.shown,
            law=RetryLaw.UNSENT,
            body=dumped({"author_id": in_body(author), "body": body}),
            expected=SAVED,
        )
        return await self._account.session.call(request, partial(decode, Note))
