"""Carry out a copy: bounded workers, one outcome for each person, nothing more after a 401 or 403."""

from collections.abc import AsyncGenerator, Iterable, Iterator, Sequence
from contextlib import aclosing
from typing import Any, Final

import orjson
import polars as pl

from pling_async.bulk.guards import enforce
from pling_async.bulk.per_contact import Written
from pling_async.bulk.snapshot import is_unchanged
from pling_async.bulk.workers import spread
from pling_async.errors import ConfigurationError, Outcome, StalePlan
from pling_async.pling.client import PlingClient
from pling_async.targets.base import Person, Target, written
from pling_async.targets.matching import CopyAction
from pling_async.targets.plan import CopyPlan

_HALTING: Final = frozenset({"AuthenticationError", "PermissionDenied"})
_SLICE: Final = 5000
"""People who are looked at a time."""
_WRITTEN: Final = pl.col("action").is_in([CopyAction.ADD.value, CopyAction.CHANGE.value])
_KEPT: Final = ~_WRITTEN


async def apply(client: PlingClient, plan: CopyPlan, target: Target) -> AsyncGenerator[Written]:
    """Yield one outcome a person of the account, as they come; SKIPPED are the unchanged and those left out.

    Raises `GuardRefused`, or `StalePlan` when the account is no longer what the plan was made for: somebody may have
    stopped since. To stop early, close the iterator (`contextlib.aclosing`): requests under way are finished.
    """
    enforce(plan.verdicts, digest="")
    await _check_fresh(client, plan, target)
    for person in _people(plan, _KEPT):
        yield written(person, Outcome.SKIPPED, code=person["reason"] or CopyAction.UNCHANGED.value)
    writing = _Writing(target)
    await target.open()
    batches = _batches(_writes(plan), target.at_once)
    async with aclosing(spread(batches, writing.write, workers=target.workers)) as results:
        async for result in results:
            for each in result:
                yield each


async def _check_fresh(client: PlingClient, plan: CopyPlan, target: Target) -> None:
    here, there = (client.origin, client.account_id), target.origin
    if here != (plan.origin, plan.account_id) or there != plan.target_origin:
        raise ConfigurationError("the plan was made for another account, or for another system; plan again")
    if plan.write_count and not await is_unchanged(client, fingerprint=plan.fingerprint, listing=plan.listing):
        raise StalePlan("the account changed since the plan was made; nothing was sent; plan again")


def _writes(plan: CopyPlan) -> Iterator[dict[str, Any]]:
    """Yield those of `CopyPlan.writes`, without a copy of their columns."""
    for is_stopped in (True, False):
        yield from _people(plan, _WRITTEN & (pl.col("is_stopped") == is_stopped))


def _people(plan: CopyPlan, chosen: pl.Expr) -> Iterator[dict[str, Any]]:
    for part in plan.contacts.iter_slices(_SLICE):
        yield from part.filter(chosen).iter_rows(named=True)


def _batches(people: Iterable[dict[str, Any]], at_once: int) -> Iterator[Sequence[Person]]:
    """Yield people one by one; but those who are added and need not be stopped together, as many as a request takes."""
    together: list[Person] = []
    for row in people:
        person = _with_groups(row)
        if row["action"] == CopyAction.CHANGE.value or "is_stopped" in row["changed"]:
            yield [person]
            continue
        together.append(person)
        if len(together) == at_once:
            yield together
            together = []
    if together:
        yield together


def _with_groups(row: dict[str, Any]) -> Person:
    before = orjson.loads(row["before"]) if row["before"] else {}
    return {**row, "held_groups": before.get("contact_groups", ())}


class _Writing:
    """Writes until the system does not let us in any more."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._halted = ""

    async def write(self, people: Sequence[Person]) -> Sequence[Written]:
        """Return an outcome for each; a bad one is an outcome, not an exception."""
        if self._halted:
            return [written(each, Outcome.SKIPPED, code="halted", message=self._halted) for each in people]
        results = await self._target.write(people)
        if refused := [each for each in results if each.code in _HALTING]:
            self._halted = f"nothing more was sent after: {refused[0].message}"
        return results
