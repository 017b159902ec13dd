"""A snapshot: the account as a frame, with the fingerprint that says whether it changed since."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import polars as pl
from attrs import evolve, field, frozen

from pling_async.bulk.fields import ACCOUNT_SCHEMA, canonical, row_count
from pling_async.bulk.fingerprint import digest
from pling_async.bulk.listing import groups_of_stopped
from pling_async.bulk.listing_frame import Listed, from_contacts, read_listing
from pling_async.errors import SchemaError
from pling_async.pling.client import PlingClient
from pling_async.pling.models import UNSET, ContactListing


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


_NAMED: Final = pl.Schema({name: ACCOUNT_SCHEMA[name] for name in ("contact_group_ids", "contact_groups")})
_IDS: Final = ACCOUNT_SCHEMA["contact_group_ids"]


async def snapshot(client: PlingClient) -> Snapshot:
    """Read the whole account (section 3.1) into a frame.

    Raises `SchemaError` for a listing that cannot be a baseline: a mobile twice, or another account's contact.
    """
    listed = await client.contacts.read_listing(read_listing)
    if _may_hide_groups(listed.contacts):
        hidden = await groups_of_stopped(client, listed.groups)
        listed = await asyncio.to_thread(_with_groups_of_stopped, listed, hidden)
    return await asyncio.to_thread(from_listed, listed, origin=client.origin, account_id=client.account_id)


def from_listing(listing: ContactListing, *, origin: str, account_id: int) -> Snapshot:
    """Turn a listing of objects into a snapshot; CPU work, so call it off the event loop."""
    listed = Listed(from_contacts(listing.contacts), listing.contact_groups)
    return from_listed(listed, origin=origin, account_id=account_id)


def from_listed(listed: Listed, *, origin: str, account_id: int) -> Snapshot:
    """Turn a listing in columns into a snapshot; CPU work, so call it off the event loop."""
    _check_account(listed, account_id)
    names = {group.id: group.name or "" for group in listed.groups}
    contacts = _with_names(listed.contacts, names).select(list(ACCOUNT_SCHEMA)).sort("mobile")
    if contacts["mobile"].n_unique() != contacts.height:
        raise SchemaError("$.contacts: a mobile stands twice in the listing; it cannot be planned against")
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


def _check_account(listed: Listed, account_id: int) -> None:
    foreign = int((listed.contacts["account_id"] != account_id).sum())
    if foreign:
        raise SchemaError(f"$.contacts: {foreign} contacts of another account in the listing of {account_id}")
    if any(group.account_id not in {account_id, UNSET} for group in listed.groups):
        raise SchemaError(f"$.contactGroups: groups of another account in the listing of {account_id}")


def _with_names(contacts: pl.DataFrame, names: Mapping[Any, str]) -> pl.DataFrame:
    """Add the names of each contact's groups, in order; the few different lists of ids are looked up once each."""
    lists: list[Sequence[int]] = contacts["contact_group_ids"].unique().to_list()
    table = {
        "listed": lists,
        "contact_group_ids": [list(dict.fromkeys(ids)) for ids in lists],
        "contact_groups": [sorted(names.get(each, f"#{each}") for each in dict.fromkeys(ids)) for ids in lists],
    }
    named = pl.DataFrame(table, schema={"listed": _IDS, **_NAMED})
    return contacts.rename({"contact_group_ids": "listed"}).join(named, on="listed", how="left")


def _may_hide_groups(contacts: pl.DataFrame) -> bool:
    """Tell whether stopped contacts exist and none of them shows a group."""
    stopped = contacts.select("is_stopped", "contact_group_ids").filter("is_stopped")
    return stopped.height > 0 and stopped["contact_group_ids"].list.len().sum() == 0


def _with_groups_of_stopped(listed: Listed, hidden: Mapping[str, Sequence[int]]) -> Listed:
    table = {"mobile": list(hidden), "found": list(hidden.values())}
    found = pl.DataFrame(table, schema={"mobile": pl.String, "found": _IDS})
    contacts = listed.contacts.join(found, on="mobile", how="left")
    return evolve(listed, contacts=contacts.with_columns(contact_group_ids=pl.coalesce("found", "contact_group_ids")))
