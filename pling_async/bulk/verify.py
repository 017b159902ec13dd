"""Verification: list the account again and compare it with what a plan promised; repair stops, upward only."""

import asyncio

import polars as pl
from attrs import evolve, field, frozen

from pling_async.bulk.alignment import aligned, by_mobile
from pling_async.bulk.fields import WRITABLE, row_count
from pling_async.bulk.list_columns import differ
from pling_async.bulk.per_contact import DRIFTED
from pling_async.bulk.plan import Plan
from pling_async.bulk.seen_stops import SeenStops
from pling_async.bulk.snapshot import Snapshot, last_snapshot
from pling_async.bulk.stops import as_held, carrying, keep_stops, known_stops, lost_from, moved_along
from pling_async.errors import Outcome
from pling_async.pling.client import PlingClient


@frozen(kw_only=True)
class Verification:
    """How the account differs from what the plan promised; empty frames when it does not."""

    fingerprint: str
    missing: pl.DataFrame = field(repr=row_count, eq=False)
    """Column mobile: contacts that should be there and are not."""
    unexpected: pl.DataFrame = field(repr=row_count, eq=False)
    """Column mobile: contacts that are there and should not be."""
    differing: pl.DataFrame = field(repr=row_count, eq=False)
    """Columns mobile and fields."""
    repaired_stops: int = 0
    """People whom the server had made reachable and who were stopped again."""

    @property
    def is_clean(self) -> bool:
        """Whether the account is what the plan promised."""
        return not (self.missing.height or self.unexpected.height or self.differing.height)

    def __str__(self) -> str:
        if self.is_clean:
            return "the account is what the plan promised"
        return f"{self.missing.height} missing, {self.unexpected.height} unexpected, {self.differing.height} differing"


def compare(plan: Plan, after: Snapshot, stops: pl.DataFrame | None = None) -> Verification:
    """Compare an account with a plan's promise; a stop that arrived meanwhile is not a difference."""
    promised = plan.wanted if stops is None else carrying(plan.wanted, stops)
    wanted, found = (by_mobile(each.select("mobile", *WRITABLE)) for each in (promised, after.contacts))
    both = aligned(wanted, found.rename({name: f"{name}_found" for name in WRITABLE}))
    is_due, is_there = both["is_active"].is_not_null(), both["is_active_found"].is_not_null()
    differs = pl.DataFrame({name: _differs(both, name) & is_due & is_there for name in WRITABLE})
    places = differs.select(pl.any_horizontal(pl.all())).to_series().arg_true()
    names = [pl.when(name).then(pl.lit(name)) for name in WRITABLE]
    return Verification(
        fingerprint=after.fingerprint,
        missing=both.filter(is_due & ~is_there).select("mobile"),
        unexpected=both.filter(is_there & ~is_due).select("mobile"),
        differing=both.select("mobile")[places].with_columns(
            differs[places].select(fields=pl.concat_list(names).list.drop_nulls())
        ),
    )


def _differs(both: pl.DataFrame, name: str) -> pl.Series:
    wanted, found = both[name], both[f"{name}_found"]
    if name == "is_stopped":
        return (wanted & ~found).fill_null(value=False)
    return differ(wanted, found) if wanted.dtype == pl.List else wanted.ne_missing(found)


async def verify(
    client: PlingClient, plan: Plan, seen: SeenStops | None = None, written: pl.DataFrame | None = None
) -> Verification:
    """List the account, repair stops that were lost, and say what still differs.

    `seen` are those that arrived since. `written` is what became of each write (`Run.written`): the list alone stops
    nobody who was not written, and who was left alone stays as they are but for the stop.
    """

    async def see(account: Snapshot) -> None:
        if seen is not None:
            await seen.see_account(account)

    def lost(account: Snapshot) -> pl.DataFrame:
        return _lost(plan, None if seen is None else seen.people, written, account)

    account = await last_snapshot(client)
    await see(account)
    after, repaired = await keep_stops(client, lost, account, see)
    found = await asyncio.to_thread(compare, plan, after, None if seen is None else seen.people)
    return evolve(found, repaired_stops=repaired)


def _lost(plan: Plan, stops: pl.DataFrame | None, written: pl.DataFrame | None, after: Snapshot) -> pl.DataFrame:
    """Return whom the plan stops, as it wants them, and who else was seen stopped, as the account has them."""
    planned = lost_from(plan.wanted.filter("is_stopped"), after)
    if written is not None and planned.height:
        planned = _as_written(plan, planned, written, after)
    if stops is None:
        return planned
    stops = moved_along(plan, stops, after)
    return pl.concat([planned, as_held(lost_from(stops, after).join(planned, on="mobile", how="anti"), after)])


def _as_written(plan: Plan, planned: pl.DataFrame, written: pl.DataFrame, after: Snapshot) -> pl.DataFrame:
    """Leave out whom only a row stops that was not written; whoever was left alone comes as the account has them."""
    is_unwritten = pl.col("outcome").is_in([Outcome.NOT_APPLIED.value, Outcome.SKIPPED.value])
    unwritten = written.filter(is_unwritten).join(known_stops(plan, planned.clear()), on="mobile", how="anti")
    planned = planned.join(unwritten, on="mobile", how="anti")
    alone = written.filter(is_unwritten | (pl.col("code") == DRIFTED)).select("mobile")
    held = as_held(planned.join(alone, on="mobile", how="semi"), after)
    return pl.concat([planned.join(alone, on="mobile", how="anti"), held])
