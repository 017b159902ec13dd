"""People on the stop list stay on it: whom a run saw there, and who is there no more, is stopped again; upward only."""

import asyncio
from collections.abc import Callable
from typing import Final

import polars as pl

from pling_async.bulk.body import contact_of
from pling_async.bulk.difference import Action
from pling_async.bulk.fields import ACCOUNT_SCHEMA
from pling_async.bulk.plan import Plan
from pling_async.bulk.snapshot import Snapshot, last_snapshot
from pling_async.pling.client import PlingClient

_STATE: Final = list(ACCOUNT_SCHEMA)
_ROUNDS: Final = 3


def known_stops(plan: Plan, shown: pl.DataFrame) -> pl.DataFrame:
    """Return everybody whom the account had on the stop list before the plan, and those `shown` there since.

    Left out is whom the reviewed plan takes off it, with their consent or with the contact.
    """
    before = plan.baseline.filter("is_stopped").select("mobile")
    was = pl.coalesce("moved_from", "mobile")
    kept = plan.wanted.filter("is_stopped").join(before, left_on=was, right_on="mobile", how="semi").select(_STATE)
    released = before.join(kept, on="mobile", how="anti")
    since = shown.select(_STATE).join(released, on="mobile", how="anti")
    return pl.concat([kept, since]).unique("mobile", keep="first", maintain_order=True)


def carrying(rows: pl.DataFrame, stops: pl.DataFrame) -> pl.DataFrame:
    """Return a plan's rows with the stops of their people, also where the number changes, so that requests say them."""
    known = stops["mobile"].implode()
    is_known = pl.col("mobile").is_in(known) | pl.col("moved_from").is_in(known).fill_null(value=False)
    return rows.with_columns(is_stopped=pl.col("is_stopped") | is_known)


def lost_from(stops: pl.DataFrame, account: Snapshot) -> pl.DataFrame:
    """Return those of `stops` who are reachable, or gone."""
    still = account.contacts.filter("is_stopped").select("mobile")
    return stops.select(_STATE).join(still, on="mobile", how="anti")


def as_held(lost: pl.DataFrame, account: Snapshot) -> pl.DataFrame:
    """Return people as the account has them, and as they were known where it has them no more."""
    there = account.contacts.join(lost, on="mobile", how="semi")
    return pl.concat([there, lost.join(there, on="mobile", how="anti")]).with_columns(is_stopped=True)


async def keep_stops(
    client: PlingClient, lost_from: Callable[[Snapshot], pl.DataFrame], account: Snapshot
) -> tuple[Snapshot, int]:
    """Stop people again until a listing shows that they are, in a few rounds at most.

    Returns the last listing, and how many people needed it.
    """
    repaired = 0
    for _ in range(_ROUNDS):
        lost = await asyncio.to_thread(lost_from, account)
        if lost.is_empty():
            break
        repaired = max(repaired, lost.height)
        await _stop_again(client, lost, account)
        account = await last_snapshot(client)
    return account, repaired


async def _stop_again(client: PlingClient, lost: pl.DataFrame, account: Snapshot) -> None:
    """Write full states with the stop; groups go by name, since the server may have deleted those of stopped people."""
    ids = dict(account.contacts.select("mobile", "id").iter_rows())
    by_name = lost.with_columns(sent_ids=None, sent_names="contact_groups", action=pl.lit(Action.ADD.value))
    for row in by_name.iter_rows(named=True):
        contact = contact_of(row)
        if row["mobile"] in ids:
            await client.contacts.update(contact.evolve(id=ids[row["mobile"]]))
        else:
            await client.contacts.add(contact)
