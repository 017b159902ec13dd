"""People on the stop list stay on it: whom a run saw there, and who is there no more, is stopped again; upward only."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Any, Final

import polars as pl

from pling_async.bulk.body import contact_of
from pling_async.bulk.difference import Action
from pling_async.bulk.fields import ACCOUNT_SCHEMA, TEXTS
from pling_async.bulk.plan import Plan
from pling_async.bulk.snapshot import Snapshot, last_snapshot
from pling_async.errors import BadRequest, ConflictError, ValidationError
from pling_async.pling.client import PlingClient

_STATE: Final = list(ACCOUNT_SCHEMA)
_ROUNDS: Final = 3
_BARE: Final[Mapping[str, Any]] = {**dict.fromkeys(TEXTS, ""), "contact_groups": []}
"""Somebody of whom nothing but the number is known."""


def known_stops(plan: Plan, shown: pl.DataFrame, withheld: Sequence[str] = ()) -> pl.DataFrame:
    """Return everybody whom the account had on the stop list before the plan, and those `shown` there since.

    Left out is whom the reviewed plan takes off it, with their consent or with the contact, save those `withheld`.
    """
    before = plan.baseline.filter("is_stopped").select("mobile")
    was = pl.coalesce("moved_from", "mobile")
    kept = plan.wanted.filter("is_stopped").join(before, left_on=was, right_on="mobile", how="semi").select(_STATE)
    released = before.join(kept, on="mobile", how="anti")
    gone = released.filter(~pl.col("mobile").is_in(list(withheld)))
    since = shown.select(_STATE).join(gone, on="mobile", how="anti")
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


def moved_along(plan: Plan, stops: pl.DataFrame, account: Snapshot) -> pl.DataFrame:
    """Return `stops` with the new numbers of those whom the plan has moved: nobody is to come back by the old one."""
    moves = plan.wanted.select(new="mobile", mobile="moved_from").drop_nulls()
    here = account.contacts.select("mobile")
    gone = stops.join(here, on="mobile", how="anti").join(moves, on="mobile")
    moved = gone.join(here, left_on="new", right_on="mobile", how="semi")
    renamed = moved.with_columns(mobile="new").select(stops.columns)
    return pl.concat([stops.join(moved, on="mobile", how="anti"), renamed]).unique("mobile", maintain_order=True)


def arrived(plan: Plan, stops: pl.DataFrame) -> list[str]:
    """Return the mobiles of those whom the plan does not know as stopped, for whoever resumes the run."""
    return stops.join(plan.wanted.filter("is_stopped"), on="mobile", how="anti")["mobile"].to_list()


def noted(plan: Plan, mobiles: Collection[str]) -> pl.DataFrame:
    """Return people whose stop an earlier process saw, as the plan wants them; of others only the stop is known."""
    table = pl.DataFrame({"mobile": list(mobiles)}, schema={"mobile": pl.String})
    rows = table.join(plan.wanted.select(_STATE), on="mobile", how="left").select(_STATE)
    unknown = {**_BARE, "is_active": True}
    return rows.with_columns(pl.col(name).fill_null(value=value) for name, value in unknown.items()).with_columns(
        is_stopped=True
    )


def as_held(lost: pl.DataFrame, account: Snapshot) -> pl.DataFrame:
    """Return people as the account has them, and as they were known where it has them no more."""
    there = account.contacts.join(lost, on="mobile", how="semi")
    return pl.concat([there, lost.join(there, on="mobile", how="anti")]).with_columns(is_stopped=True)


async def keep_stops(
    client: PlingClient,
    lost_from: Callable[[Snapshot], pl.DataFrame],
    account: Snapshot,
    on_listing: Callable[[Snapshot], Awaitable[None]],
) -> tuple[Snapshot, int]:
    """Stop people again until a listing shows that they are, in a few rounds at most.

    `on_listing` is awaited after each listing. Returns the last one, and how many people needed it.
    """
    repaired = 0
    for _ in range(_ROUNDS):
        lost = await asyncio.to_thread(lost_from, account)
        if lost.is_empty():
            break
        repaired = max(repaired, lost.height)
        await _stop_again(client, lost, account)
        account = await last_snapshot(client)
        await on_listing(account)
    return account, repaired


async def _stop_again(client: PlingClient, lost: pl.DataFrame, account: Snapshot) -> None:
    """Write full states with the stop; groups go by name, since the server may have deleted those of stopped people."""
    held = {row["mobile"]: row for row in account.contacts.join(lost, on="mobile", how="semi").iter_rows(named=True)}
    for row in lost.iter_rows(named=True):
        known = held.get(row["mobile"])
        for state in (row, known or {**row, **_BARE}):
            try:
                await _stop(client, state, known)
                break
            except (BadRequest, ConflictError, ValidationError):
                continue  # what the list says of a person may be refused, and the stop not with it


async def _stop(client: PlingClient, state: Mapping[str, Any], known: Mapping[str, Any] | None) -> None:
    by_name = {"sent_ids": None, "sent_names": state["contact_groups"], "action": Action.ADD.value, "is_stopped": True}
    contact = contact_of({**state, **by_name})
    if known is None:
        await client.contacts.add(contact)
    else:
        await client.contacts.write(contact.evolve(id=known["id"]))
