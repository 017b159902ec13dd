"""After a replace whose answer was lost: watch the account until it holds still, and conclude what happened.

Nothing is written meanwhile. A server may still apply the request after a while, so all but "converged" is concluded
only when the account has been watched for long enough; every conclusion needs two equal listings in a row, save that
somebody else wrote: an account that keeps changing has no two.
"""

import asyncio
from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import Final

import polars as pl
from attrs import frozen

from pling_async.bulk.fields import WRITABLE, canonical
from pling_async.bulk.plan import Plan
from pling_async.bulk.snapshot import OnStops, Snapshot, snapshot
from pling_async.errors import RunInDoubt
from pling_async.pling.client import PlingClient

_FIRST_GAP: Final = 2.0
_LONGEST_GAP: Final = 30.0
"""Seconds between two listings; each gap is twice the one before, until the time is over: then any quiet will do."""


class Conclusion(StrEnum):
    """What an account shows of a replace."""

    CONVERGED = "converged"
    """It is what the plan promised."""
    UNTOUCHED = "untouched"
    """It is as it was before."""
    PARTIAL = "partial"
    """Every contact is as before or as promised, and there are some of each."""
    FOREIGN = "foreign"
    """Some contact is neither: somebody else wrote, too."""


@frozen(kw_only=True)
class Reconciled:
    """A conclusion, and the account it was drawn from."""

    conclusion: Conclusion
    account: Snapshot


async def reconcile(
    client: PlingClient,
    plan: Plan,
    *,
    settle: float,
    on_progress: Callable[[int, int, str], None],
    on_stops: OnStops,
    on_listing: Callable[[Snapshot], Awaitable[None]],
) -> Reconciled:
    """Watch the account for up to `settle` seconds and say what it shows; progress is told in seconds.

    An account that never holds still within twice that time is "foreign" when every listing of the second half says so.
    `on_listing` is awaited after each listing, before anything else happens, and `on_stops` on the way, as `snapshot`
    does. Raises `RunInDoubt` when nothing can be concluded, and whatever listing the account raises.
    """
    clock = asyncio.get_running_loop().time
    started, gap, late = clock(), min(_FIRST_GAP, settle), _Late(plan)
    before = await snapshot(client, on_stops=on_stops)
    await on_listing(before)
    while True:
        on_progress(*_seconds(clock() - started, settle), "seconds of watching the account")
        await asyncio.sleep(gap)
        watched = clock() - started
        after = await snapshot(client, on_stops=on_stops)
        await on_listing(after)
        if after.fingerprint == before.fingerprint:
            found = await asyncio.to_thread(conclude, plan, after)
            if found is Conclusion.CONVERGED or watched >= settle:
                return Reconciled(conclusion=found, account=after)
        elif watched >= settle:
            await late.add(after)
            if watched >= 2 * settle and late.are_enough:
                return Reconciled(conclusion=late.conclusion(), account=after)
        gap = min(_FIRST_GAP if watched >= settle else 2 * gap, _LONGEST_GAP, settle)
        before = after


def _seconds(watched: float, settle: float) -> tuple[int, int]:
    """Return how long the account has been watched, and how long it will be at most."""
    return int(watched), max(1, round(settle if watched < settle else 2 * settle))


class _Late:
    """What the listings say together that came after `settle` seconds and were never twice the same."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._count = 0
        self._all_are_foreign = True

    async def add(self, account: Snapshot) -> None:
        self._count += 1
        if self._all_are_foreign:
            found = await asyncio.to_thread(conclude, self._plan, account)
            self._all_are_foreign = found is Conclusion.FOREIGN

    @property
    def are_enough(self) -> bool:
        return self._count > 1

    def conclusion(self) -> Conclusion:
        if self._all_are_foreign:
            return Conclusion.FOREIGN
        raise RunInDoubt(
            "the account keeps changing; nobody can tell what the replace did; resume the run later, "
            "or give it up: pling runs purge RUN --force (bulk.purge)"
        )


def conclude(plan: Plan, account: Snapshot) -> Conclusion:
    """Compare every contact with how it was and how it should be."""
    states = compared(plan, account)
    if not (states["as_before"] | states["as_wanted"]).all():
        return Conclusion.FOREIGN
    if states["as_wanted"].all():
        return Conclusion.CONVERGED
    return Conclusion.UNTOUCHED if states["as_before"].all() else Conclusion.PARTIAL


def compared(plan: Plan, account: Snapshot) -> pl.DataFrame:
    """Return mobile, as_before and as_wanted for every contact of the account, of the plan, and of the account before.

    An absent contact is as it should be where it should be absent; `stop_aside` is as_before whatever the stop.
    """
    found = canonical(account.contacts)
    sides = {"before": plan.baseline, "wanted": canonical(plan.wanted)}
    states = pl.concat([found.select("mobile"), *(side.select("mobile") for side in sides.values())]).unique()
    states = states.join(_marked(found, "found"), on="mobile", how="left")
    for name, side in sides.items():
        states = states.join(_marked(side, name), on="mobile", how="left")
    return states.select("mobile", as_before=_as_before(), as_wanted=_as_wanted(), stop_aside=_same_as("before"))


def _marked(side: pl.DataFrame, name: str) -> pl.DataFrame:
    renamed = side.rename({column: f"{column}_{name}" for column in WRITABLE})
    return renamed.with_columns(pl.lit(value=True).alias(f"there_{name}"))


def _as_before() -> pl.Expr:
    """Whoever opted out since and would be removed is not as before: carrying on would lose the opt-out."""
    opted_out = pl.col("is_stopped_found") & ~pl.col("is_stopped_before") & pl.col("there_wanted").is_null()
    return _same_as("before") & ~opted_out.fill_null(value=False)


def _as_wanted() -> pl.Expr:
    """Nothing but the stop may tell a contact that was written from one that was not; then the stop decides."""
    found, before, wanted = (pl.col(f"is_stopped_{side}") for side in ("found", "before", "wanted"))
    decides = _same_as("before") & _same_as("wanted") & (before != wanted).fill_null(value=False)
    return _same_as("wanted") & (~decides | (found == wanted)).fill_null(value=True)


def _same_as(side: str) -> pl.Expr:
    """Compare but for the stop: one that arrived since is nobody's fault, one that got lost is repaired."""
    is_there, should_be = (pl.col(f"there_{name}").is_not_null() for name in ("found", side))
    pairs = ((pl.col(f"{name}_found"), pl.col(f"{name}_{side}")) for name in WRITABLE if name != "is_stopped")
    same = pl.all_horizontal(*(found == expected for found, expected in pairs)).fill_null(value=False)
    return (is_there & should_be & same) | (~is_there & ~should_be)
