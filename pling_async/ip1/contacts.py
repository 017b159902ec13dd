"""Contacts: read, add, change, delete, one by one and many at once."""

from collections.abc import AsyncGenerator, Iterable, Mapping
from functools import partial
from operator import attrgetter
from typing import Any, Literal, overload

import orjson
from attrs import frozen

from pling_async.errors import ValidationError
from pling_async.ip1.account import ANY_SUCCESS, PAGE_SIZE, Account, paged, same
from pling_async.ip1.checks import (
    CONTACTS,
    MOST_AT_ONCE,
    SUMMARY,
    check,
    check_change,
    check_count,
    check_own,
    check_saved,
    contact_path,
    encoded,
)
from pling_async.ip1.codec import (
    decode_contact,
    decode_contacts,
    decode_deleted,
    decode_nothing,
    decode_saved,
    decode_summary,
    encode,
    encode_change,
)
from pling_async.ip1.filters import META, Filters
from pling_async.ip1.links import Query
from pling_async.ip1.models import Contact, ImportAccepted, Summary, as_labels
from pling_async.session.protocol import SAVED, Request
from pling_async.session.retry import RetryLaw
from pling_async.session.unset import UNSET, Unset


@frozen
class Contacts:
    """The contacts of the account."""

    _account: Account

    def list(
        self,
        *,
        labels: Iterable[str] = (),
        properties: Mapping[str, str] | None = None,
        metadata: Mapping[str, str | bool] | None = None,
        meta: bool = False,
        page_size: int = PAGE_SIZE,
    ) -> AsyncGenerator[Contact]:
        """Yield the contacts that have all of this, each once; the next page is read while this one is used.

        Of several labels a server may take any, which is not published: look at `labels` of what comes. `meta` brings
        the metadata; a filter by metadata asks for it by itself. Pages count from the start, so that a contact may be
        missed while others are deleted. Which `page_size` is the largest is not published: a first page that comes
        short is read again at that size. Whoever leaves early closes the listing (`aclosing`).
        """
        filters = Filters(labels=labels, properties=properties or {}, metadata=metadata or {})
        query = (*filters.query(meta=meta), *paged(page_size))
        return self._account.listing(CONTACTS, query, decode_contacts, attrgetter("id"))

    async def get(self, id: str | Unset, *, meta: bool = False) -> Contact:  # noqa: A002 - the API's own word
        """Return one contact."""
        query: Query = META if meta else ()
        request = Request(method="GET", path=contact_path(id), law=RetryLaw.SAFE, query=query)
        return await self._account.call(request, decode_contact, lambda contact: same("id", id, contact.id))

    @overload
    async def add(self, contacts: Iterable[Contact], *, sync: Literal[True]) -> tuple[Contact, ...]: ...
    @overload
    async def add(self, contacts: Iterable[Contact], *, sync: Literal[False] = False) -> ImportAccepted: ...
    async def add(self, contacts: Iterable[Contact], *, sync: bool = False) -> tuple[Contact, ...] | ImportAccepted:
        """Add contacts: in the background, or at once and at most 999 of them with `sync`, which returns them.

        Never repeated, since nothing tells two contacts apart: whoever is sent twice is there twice. An accepted
        import says nothing about its contacts; a list of any length goes into it.
        """
        body, count = encoded(contacts, most=MOST_AT_ONCE if sync else None)
        request = Request(
            method="POST",
            path=CONTACTS,
            law=RetryLaw.NEVER,
            query=(("sync", ""),) if sync else (),
            body=body,
            expected=SAVED if sync else ANY_SUCCESS,
            answers_json=sync,
            large=True,
        )
        if sync:
            return await self._account.call(request, decode_contacts, partial(check_count, count))
        return await self._account.session.call(request, lambda _: ImportAccepted(count=count))

    async def update(
        self,
        id: str | Unset,  # noqa: A002 - the API's own word
        *,
        properties: Mapping[str, str | None] | Unset = UNSET,
        labels: Iterable[str] | Unset = UNSET,
    ) -> Contact | None:
        """Change what is given, and leave the rest (PATCH); a property that is None is removed.

        `labels` replaces the labels, () clears them. Returns the contact as it is now, None when the server
        says no more than that it is done.
        """
        labels = as_labels(labels)
        check_change(properties, labels)
        return await self._save("PATCH", id, encode_change(properties, labels))

    async def replace(self, id: str | Unset, contact: Contact) -> Contact | None:  # noqa: A002 - the API's own word
        """Make a contact what is given, whatever it was before (PUT); so the labels must be given too.

        Refused for a contact that was read under another id, since it would overwrite somebody else.
        """
        check((contact,), needs_labels=True)
        check_own(id, contact)
        return await self._save("PUT", id, encode(contact))

    async def delete(self, id: str | Unset) -> None:  # noqa: A002 - the API's own word
        """Delete one contact."""
        request = Request(
            method="DELETE",
            path=contact_path(id),
            law=RetryLaw.CONVERGENT,
            expected=ANY_SUCCESS,
            answers_json=False,
            missing_is_done=True,
        )
        await self._account.session.call(request, decode_nothing)

    async def delete_where(
        self,
        *,
        labels: Iterable[str] = (),
        properties: Mapping[str, str] | None = None,
        metadata: Mapping[str, str | bool] | None = None,
    ) -> tuple[Contact, ...]:
        """Delete every contact that has all of this, and return those, as far as the server names them.

        Refused without a filter, and with several labels: whether the server then takes everybody who has any of them
        is not published. Never repeated: in the meantime others may have come that fit.
        """
        filters = Filters(labels=labels, properties=properties or {}, metadata=metadata or {})
        if not filters.pairs():
            message = "no filter was given, so every contact would be deleted; delete_all does that"
            raise ValidationError.unsent("filter", "empty", message)
        if len(set(filters.labels)) > 1:
            message = "with several labels everybody who has any of them might go; list them, and delete by id"
            raise ValidationError.unsent("labels", "several", message)
        return await self._delete(filters.query())

    async def delete_all(self, *, confirm: Literal[True]) -> tuple[Contact, ...]:
        """Delete EVERY contact of the account, and return them, as far as the server names them."""
        if confirm is not True:
            raise ValidationError.unsent(
                "confirm", "not_confirmed", "confirm is not True; every contact of the account would be deleted"
            )
        return await self._delete(())

    async def summary(self) -> Summary:
        """Return how many contacts there are, and which labels and properties they have."""
        request = Request(method="GET", path=f"{CONTACTS}/{SUMMARY}", law=RetryLaw.SAFE, large=True)
        return await self._account.session.call(request, decode_summary)

    async def _save(self, method: str, contact_id: str | Unset, document: dict[str, Any]) -> Contact | None:
        """Send a contact, with its id in the body too, as the API wants it."""
        request = Request(
            method=method,
            path=contact_path(contact_id),
            law=RetryLaw.CONVERGENT,
            body=orjson.dumps({"id": contact_id, **document}),
            expected=ANY_SUCCESS,
            answers_json=False,
        )
        return await self._account.call(request, decode_saved, partial(check_saved, contact_id))

    async def _delete(self, query: Query) -> tuple[Contact, ...]:
        request = Request(
            method="DELETE",
            path=CONTACTS,
            law=RetryLaw.NEVER,
            query=query,
            expected=ANY_SUCCESS,
            answers_json=False,
            large=True,
        )
        return await self._account.session.call(request, decode_deleted)
