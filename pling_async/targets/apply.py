"""Carry out a copy: bounded workers, one outcome for each person, nothing more after a 401 or 403."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Iterable, Iterator, Sequence
from contextlib import aclosing
from functools import partial
from itertools import takewhile
from typing import Any, Final

import polars as pl
from attrs import evolve

from pling_async.bulk.guards import enforce, some
from pling_async.bulk.per_contact import Written
from pling_async.bulk.snapshot import is_unchanged
from pling_async.bulk.workers import spread
from pling_async.errors import ConfigurationError, Outcome, StalePlan, VerificationError
from pling_async.pling.client import PlingClient
from pling_async.targets.base import HALTING, Person, Target, halted, written
from pling_async.targets.matching import CopyAction, Why, can_be_stopped
from pling_async.targets.plan import CopyPlan
from pling_async.targets.stops import STOP, LateStops, rounds

_SLICE: Final = 5000
"""People who are looked at a time."""
_WRITTEN: Final = pl.col("action").is_in([CopyAction.ADD.value, CopyAction.CHANGE.value])
_KEPT: Final = ~_WRITTEN
_CUT_SHORT: Final = "pling_async: whether anybody stopped in Pling during the copy was not checked; copy again"
_ELSEWHERE: Final = (
    "their number is an additional one of another contact there as well, which has no mark; mark that one"
)


async def apply(
    client: PlingClient, plan: CopyPlan, target: Target, *, stop: asyncio.Event | None = None
) -> AsyncGenerator[Written]:
    """Yield one outcome a person of the account, as they come; SKIPPED are the unchanged and those left out.

    Whoever stops in Pling meanwhile is stopped there too, also if they were written already; that is one more outcome,
    with the action `stop`. Raises `GuardRefused`, or `StalePlan` when the account is no longer what the plan was made
    for, and `VerificationError` at the end when nobody knows who stopped meanwhile. To stop early, set `stop` or close
    the iterator (`contextlib.aclosing`): requests under way are finished, and who stopped meanwhile is stopped there.
    Who cancels it gets neither, and a note that says so.
    """
    enforce(plan.verdicts, digest="")
    places = await _checked(client, plan, target)
    for person in _people(plan, _KEPT):
        yield written(person, Outcome.SKIPPED, code=person["reason"] or CopyAction.UNCHANGED.value)
    writing = _Writing(target, LateStops(client, plan), places)
    batches = _until(stop or asyncio.Event(), _batches(_writes(plan), target.at_once))
    try:
        async with aclosing(_written(batches, writing, target)) as results:
            async for each in results:
                yield each
    except GeneratorExit:
        await writing.close()
        raise
    except asyncio.CancelledError as cancelled:
        cancelled.add_note(_CUT_SHORT)
        raise


async def _checked(client: PlingClient, plan: CopyPlan, target: Target) -> Collection[str]:
    """Return the places that the other system has, or raise when it or the account is not what was planned."""
    here, there = (client.origin, client.account_id), target.origin
    is_here = here == (plan.origin, plan.account_id) and there == plan.target_origin
    if not is_here or (plan.write_count and await target.account() != plan.target_account):
        raise ConfigurationError("the plan was made for another account, or for another system; plan again")
    if not plan.write_count:
        return plan.places
    places = await target.open()
    if missing := plan.places.difference(places):
        gone = ", ".join(sorted(missing))
        raise StalePlan(f"{plan.title} has no place any more for {gone}; nothing was sent; plan again")
    if plan.counts["add"] and plan.target_count is not None and await target.count() != plan.target_count:
        raise StalePlan(
            f"contacts came to {plan.title} or went since the plan was made, perhaps by another copy: somebody might be"
            " added twice; nothing was sent; plan again"
        )
    if not await is_unchanged(client, fingerprint=plan.fingerprint, listing=plan.listing):
        raise StalePlan("the account changed since the plan was made; nothing was sent; plan again")
    return places


async def _written(batches: Iterator[Sequence[Person]], writing: "_Writing", target: Target) -> AsyncGenerator[Written]:
    """Write in rounds, and see to those who stopped between them and in the end."""
    for number, part in enumerate(rounds(batches)):
        for each in await writing.stop_late(is_last=False) if number else ():
            yield each
        async with aclosing(spread(part, writing.write, workers=target.workers)) as results:
            async for result in results:
                for each in result:
                    yield each
    for each in await writing.stop_late(is_last=True):
        yield each


def _writes(plan: CopyPlan) -> Iterator[dict[str, Any]]:
    """Yield those of `CopyPlan.writes`, without a copy of their columns."""
    for is_stopped in (True, False):
        yield from _people(plan, _WRITTEN & (pl.col("is_stopped") == is_stopped))


def _people(plan: CopyPlan, chosen: pl.Expr) -> Iterator[dict[str, Any]]:
    for first in range(0, plan.contacts.height, _SLICE):
        part = plan.contacts.slice(first, _SLICE).with_row_index("row", first)
        yield from part.filter(chosen).iter_rows(named=True)


def _batches(people: Iterable[dict[str, Any]], at_once: int) -> Iterator[Sequence[Person]]:
    """Yield people one by one; but those who are added and need not be stopped together, as many as a request takes."""
    together: list[Person] = []
    for person in people:
        if person["action"] == CopyAction.CHANGE.value or "is_stopped" in person["changed"]:
            yield [person]
            continue
        together.append(person)
        if len(together) == at_once:
            yield together
            together = []
    if together:
        yield together


def _until(stop: asyncio.Event, batches: Iterator[Sequence[Person]]) -> Iterator[Sequence[Person]]:
    return takewhile(lambda _: not stop.is_set(), batches)


class _Writing:
    """Writes until the system does not let us in any more."""

    def __init__(self, target: Target, stops: LateStops, places: Collection[str]) -> None:
        self._target = target
        self._stops = stops
        self._places = places
        self._refusal: Written | None = None

    async def write(self, people: Sequence[Person]) -> Sequence[Written]:
        """Return an outcome for each, those first who have stopped since; a bad one is no exception."""
        late = [each for each in people if self._stops.is_late(each)]
        rest = [each for each in people if not self._stops.is_late(each)] if late else people
        results = [await self._as_stopped(each) for each in late]
        if rest:
            told = await self._told(rest, lambda: self._target.write(rest))
            self._stops.note(rest, told)
            results += told
        return results

    async def _as_stopped(self, person: Person) -> Written:
        if not can_be_stopped(self._target, self._places, is_there=person["target_id"] is not None):
            return written(person, Outcome.SKIPPED, code=Why.STOPPED.value)
        stopped = {**person, "is_stopped": True, "changed": [*person["changed"], "is_stopped"]}
        (result,) = await self._told([stopped], lambda: self._target.write([stopped]))
        return _with_warning(person, result)

    async def stop_late(self, *, is_last: bool) -> Sequence[Written]:
        """Stop there who has stopped since they were written; what failed is tried again, and told the last time."""
        results: list[Written] = []
        for person in await self._stops.found(is_last=is_last):
            stopped = {**person, "action": STOP}
            (result,) = await self._told([stopped], partial(self._stop, stopped))
            if result.outcome is Outcome.APPLIED:
                self._stops.forget(person)
            if is_last or result.outcome is Outcome.APPLIED:
                results.append(_with_warning(person, result))
        return results

    async def _stop(self, person: Person) -> Sequence[Written]:
        return [await self._target.stop(person)]

    async def close(self) -> None:
        """See to those who stopped when nobody hears outcomes any more; raises when somebody is left reachable."""
        left = [each for each in await self.stop_late(is_last=True) if each.outcome is not Outcome.APPLIED]
        if left:
            who = some(len(left), "contact")
            raise VerificationError(f"{who} stopped in Pling during the copy, and may be reachable there; copy again")

    async def _told(
        self, people: Sequence[Person], send: Callable[[], Awaitable[Sequence[Written]]]
    ) -> Sequence[Written]:
        if self._refusal is not None:
            return [halted(each, self._refusal) for each in people]
        results = await send()
        if refused := [each for each in results if each.code in HALTING]:
            self._refusal = refused[0]
        return results


def _with_warning(person: Person, result: Written) -> Written:
    """Say of somebody who stopped during the copy that a contact which has no mark still leads to them."""
    is_reachable = person["is_elsewhere"] and result.outcome is Outcome.APPLIED
    return evolve(result, code=Why.ELSEWHERE.value, message=_ELSEWHERE) if is_reachable else result
