"""A snapshot: the account as a frame, with the fingerprint that says whether it changed since."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson
import polars as pl
from attrs import field, frozen

from pling_async.bulk.fields import ACCOUNT_SCHEMA, TEXTS, canonical, digest, row_count
from pling_async.bulk.listing import read_account
from pling_async.errors import SchemaError
from pling_async.pling.client import PlingClient
from pling_async.pling.models import UNSET, Contact, ContactListing


@frozen(kw_only=True)
class Snapshot:
    """All contacts and groups of one account at one moment."""

    origin: str
    account_id: int
    contacts: pl.DataFrame = field(repr=row_count, eq=False)
    """One row a contact, sorted by mobile; see `fields.ACCOUNT_SCHEMA`."""
    groups: pl.DataFrame = field(repr=row_count, eq=False)
    """Columns id and name."""
    fingerprint: str
    """SHA-256 over mobiles, writable fields and group names (not ids or dates)."""
    taken_at: datetime
    """For reports only; whether the account changed is told by the fingerprint."""


async def snapshot(client: PlingClient) -> Snapshot:
    """Read the whole account (section 3.1) into a frame.

    Raises `SchemaError` for a listing that cannot be a baseline: a mobile twice, or another account's contact.
    """
    listing = await read_account(client)
    return await asyncio.to_thread(from_listing, listing, origin=client.origin, account_id=client.account_id)


def from_listing(listing: ContactListing, *, origin: str, account_id: int) -> Snapshot:
    """Turn a listing into a snapshot; CPU work, so call it off the event loop."""
    names = {group.id: group.name or "" for group in listing.contact_groups}
    contacts = pl.DataFrame(_columns(listing.contacts, names), schema=ACCOUNT_SCHEMA).sort("mobile")
    _check_baseline(listing.contacts, contacts, account_id)
    return Snapshot(
        origin=origin,
        account_id=account_id,
        contacts=contacts,
        groups=pl.DataFrame(
            {"id": list(names), "name": list(names.values())}, schema={"id": pl.Int64, "name": pl.String}
        ),
        fingerprint=digest(canonical(contacts)),
        taken_at=datetime.now(tz=UTC),
    )


def _columns(contacts: Sequence[Contact], names: Mapping[Any, str]) -> dict[str, list[object]]:
    ids = [list(contact.contact_group_ids or ()) for contact in contacts]
    return {
        "mobile": [contact.mobile for contact in contacts],
        "id": [contact.id for contact in contacts],
        **{text: [getattr(contact, text) or "" for contact in contacts] for text in TEXTS},
        "is_stopped": [bool(contact.is_stopped) for contact in contacts],
        "is_active": [contact.is_active is not False for contact in contacts],
        "contact_groups": [sorted(names.get(each, f"#{each}") for each in group_ids) for group_ids in ids],
        "contact_group_ids": list(ids),
        "auto_created": [contact.auto_created or None for contact in contacts],
        "extra": [orjson.dumps(dict(contact.extra)).decode() if contact.extra else None for contact in contacts],
    }


def _check_baseline(contacts: Sequence[Contact], frame: pl.DataFrame, account_id: int) -> None:
    if frame["mobile"].n_unique() != frame.height:
        raise SchemaError("$.contacts: a mobile stands twice in the listing; it cannot be planned against")
    if foreign := sum(contact.account_id not in {account_id, UNSET} for contact in contacts):
        raise SchemaError(f"$.contacts: {foreign} contacts of another account in the listing of {account_id}")
