"""What belongs to a contact besides its fields: notes and conversations; and which custom fields there are."""

from collections.abc import AsyncGenerator, Sequence
from functools import partial
from typing import Final

from attrs import frozen

from pling_async.frontapp.api import PAGE, Api, filters
from pling_async.frontapp.codec import decode, decode_page, dumped
from pling_async.frontapp.models import Conversation, CustomField, Note
from pling_async.frontapp.paths import Ref, at, checked, in_body
from pling_async.session.protocol import SAVED, Request
from pling_async.session.retry import RetryLaw

_LISTED: Final = frozenset({200, 202})
"""Front's description says 202 for notes, its older documents 200."""


@frozen
class Notes:
    """The notes of contacts."""

    _api: Api

    async def list(self, contact: Ref) -> tuple[Note, ...]:
        """Return the notes of a contact; they have no pages."""
        spot = at("contacts", contact, "notes")
        return (await self._api.read(spot, partial(decode_page, Note), expected=_LISTED)).elements

    async def add(self, contact: Ref, *, author: str, body: str) -> Note:
        """Add a note in the name of a teammate (tea_... or alt:email:...); never repeated, lest it be there twice."""
        spot = at("contacts", contact, "notes")
        request = Request(
            method="POST",
            path=spot.path,
            shown_path=spot.shown,
            law=RetryLaw.UNSENT,
            body=dumped({"author_id": in_body(author), "body": body}),
            expected=SAVED,
        )
        return await self._api.session.call(request, partial(decode, Note))


@frozen
class Conversations:
    """The conversations of contacts."""

    _api: Api

    def list(self, contact: Ref, *, statuses: Sequence[str] = (), limit: int = PAGE) -> AsyncGenerator[Conversation]:
        """Yield the conversations with a contact, of some statuses (assigned, unassigned, archived, trashed) or all."""
        query = (("limit", str(limit)), *filters({"statuses": tuple(statuses)}))
        return self._api.listing(at("contacts", checked(contact), "conversations"), Conversation, query)


@frozen
class CustomFields:
    """The custom fields that contacts can have; they are made in Front itself."""

    _api: Api

    async def list(self) -> tuple[CustomField, ...]:
        """Return every custom field of contacts."""
        spot = at("contacts", "custom_fields")
        return (await self._api.read(spot, partial(decode_page, CustomField))).elements
