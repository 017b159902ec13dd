"""A snapshot: the account as a frame, with the fingerprint that says whether it changed since."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final

import polars as pl
from attrs import evolve, field, frozen

from pling_async.bulk.alignment import by_mobile
from pling_async.bulk.fields import ACCOUNT_SCHEMA, canonical, row_count
from pling_async.bulk.fingerprint import digest
from pling_async.bulk.hidden_groups import stopped_with_groups
from pling_async.bulk.list_columns import tidy
from pling_async.bulk.listing_frame import Listed, read_listing
from pling_async.errors import SchemaError
from pling_async.pling.client import PlingClient
from pling_async.pling.models import Contact
from pling_async.session.unset import UNSET


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
    listing: str | None = field(default=None, eq=False)
    """SHA-256 of the one answer that said all this, if it was one: the same bytes mean the same account."""


OnStops = Callable[[Sequence[str]], Awaitable[None]]
"""Keeps whom a listing shows on the stop list, before anything else can fail."""

_IDS: Final = ACCOUNT_SCHEMA["contact_group_ids"]

_SMALL: Final = 1 << 20
"""Bytes whose digest is not worth a thread."""


async def snapshot(client: PlingClient, *, on_stops: OnStops | None = None) -> Snapshot:
    """Read the whole account (section 3.1) into a frame.

    Where the server hides the groups of stopped people, that takes several requests: `on_stops` is awaited with the
    mobiles of those whom the first one shows as stopped. Raises `SchemaError` for a listing that cannot be a baseline:
    a mobile twice, or another account's contact.
    """
    return await _taken(client, *await client.contacts.read_listing(read_answer), on_stops)


async def last_snapshot(client: PlingClient) -> Snapshot:
    """As `snapshot`, when nobody will ask whether the account changed since: the answer is not digested."""
    return await _taken(client, await client.contacts.read_listing(read_listing), None)


async def is_unchanged(client: PlingClient, *, fingerprint: str, listing: str | None) -> bool:
    """List the account and tell whether it still has a snapshot's fingerprint; the same answer need not be read."""

    def read(body: bytes) -> tuple[Listed, str] | None:
        return None if listing is not None and sha256(body).hexdigest() == listing else read_answer(body)

    found = await client.contacts.read_listing(read)
    return found is None or (await _taken(client, *found)).fingerprint == fingerprint


def read_answer(body: bytes) -> tuple[Listed, str]:
    """Read a listing, and digest its bytes beside that; CPU work, so call it off the event loop."""
    if len(body) <= _SMALL:
        return read_listing(body), sha256(body).hexdigest()
    with ThreadPoolExecutor(1, thread_name_prefix="pling-sha") as beside:
        digested = beside.submit(sha256, body)
        return read_listing(body), digested.result().hexdigest()


async def _taken(client: PlingClient, listed: Listed, listing: str | None, on_stops: OnStops | None = None) -> Snapshot:
    is_one = not _may_hide_groups(listed.contacts)
    if not is_one:
        if on_stops is not None:
            await on_stops(listed.contacts.filter("is_stopped")["mobile"].to_list())
        stopped = await stopped_with_groups(client, listed.groups)
        listed = await asyncio.to_thread(_with_groups_of_stopped, listed, stopped)
    found = await asyncio.to_thread(from_listed, listed, origin=client.origin, account_id=client.account_id)
    return evolve(found, listing=listing if is_one else None)


def from_listed(listed: Listed, *, origin: str, account_id: int) -> Snapshot:
    """Turn a listing in columns into a snapshot; CPU work, so call it off the event loop."""
    _check_account(listed, account_id)
    names = {group.id: group.name or "" for group in listed.groups}
    contacts = by_mobile(_with_names(listed.contacts, names).select(list(ACCOUNT_SCHEMA)))
    if (contacts["mobile"] == contacts["mobile"].shift(1)).any():
        raise SchemaError("$.contacts: a mobile appears twice in the listing; it cannot be planned against")
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
    """Add the names of each contact's groups, in order."""
    ids = contacts["contact_group_ids"]
    every = ids.explode(empty_as_null=False, keep_nulls=False).unique().to_list()
    named = [names.get(each, f"#{each}") for each in every]
    found = pl.element().replace_strict(every or [0], named or [""], return_dtype=pl.String)
    return contacts.with_columns(contact_groups=tidy(ids.list.eval(found), distinct=False))


def _may_hide_groups(contacts: pl.DataFrame) -> bool:
    """Tell whether stopped contacts exist and none of them shows a group."""
    stopped = contacts.select("is_stopped", "contact_group_ids").filter("is_stopped")
    return stopped.height > 0 and stopped["contact_group_ids"].list.len().sum() == 0


def _with_groups_of_stopped(listed: Listed, stopped: Mapping[str, Contact]) -> Listed:
    """Add what the listing hides; whoever opted out since it was made is stopped, too, and in the groups it showed."""
    ids = [list(dict.fromkeys(contact.contact_group_ids or ())) for contact in stopped.values()]
    found = pl.DataFrame({"mobile": list(stopped), "found": ids}, schema={"mobile": pl.String, "found": _IDS})
    contacts = listed.contacts.join(found, on="mobile", how="left").with_columns(
        is_stopped=pl.col("is_stopped") | pl.col("found").is_not_null(),
        contact_group_ids=pl.when(pl.col("contact_group_ids").list.len() > 0)
        .then("contact_group_ids")
        .otherwise(pl.coalesce("found", "contact_group_ids")),
    )
    return evolve(listed, contacts=contacts.drop("found"))
