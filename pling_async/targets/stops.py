"""Whoever stops in Pling while a copy runs: found by listing them again, and stopped in the other system as well.

A copy to Front may take a day, and its plan was checked when it began. So between requests, every few minutes and after
the last one, Pling is asked who is stopped: those who are still to be written get their block or mark with that, and
those who were written get it then.
"""

import asyncio
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import chain
from typing import Any, Final, TypeVar

from pling_async.bulk.per_contact import Written
from pling_async.errors import Outcome, PlingError, VerificationError
from pling_async.pling.client import PlingClient
from pling_async.targets.base import Person
from pling_async.targets.found import Numbers
from pling_async.targets.plan import CopyPlan

Item = TypeVar("Item")

STOP: Final = "stop"
"""The action of a line about somebody who was written, and has stopped since."""
EVERY: Final = 300.0
"""Seconds, by the loop's clock, after which Pling is asked again."""
_THERE: Final = frozenset({Outcome.APPLIED, Outcome.UNKNOWN})


class LateStops:
    """Knows who was written as reachable, and who of a plan's people has stopped since it was made."""

    def __init__(self, client: PlingClient, plan: CopyPlan) -> None:
        self._client = client
        self._people = plan.contacts
        self._numbers = Numbers(plan.contacts["mobile"])
        self._reachable = bytearray(plan.contacts.height)
        self._stopped: Collection[int] = frozenset()

    def is_late(self, person: Person) -> bool:
        """Tell whether somebody whom the plan calls reachable is known to be stopped now."""
        return not person["is_stopped"] and person["row"] in self._stopped

    def note(self, people: Iterable[Person], results: Iterable[Written]) -> None:
        """Remember who is there now, or may be, and is reachable; a change that was refused leaves them there."""
        for person, each in zip(people, results, strict=True):
            is_there = each.outcome in _THERE or person["target_id"] is not None
            if is_there and not person["is_stopped"]:
                self._reachable[person["row"]] = True

    def forget(self, person: Person) -> None:
        """Take somebody for stopped there."""
        self._reachable[person["row"]] = False

    async def found(self, *, is_last: bool) -> Sequence[Person]:
        """Ask Pling, and return who was written as reachable and is stopped; raises only when it is the last time."""
        if is_last and not any(self._reachable):
            return ()
        with suppress(*(() if is_last else (PlingError,))):
            await self._ask()
        late = [row for row in self._stopped if self._reachable[row]]
        return [{**each, "row": row} for row, each in zip(late, self._people[late].iter_rows(named=True), strict=True)]

    async def _ask(self) -> None:
        try:
            listing = await self._client.contacts.list(stopped=True)
        except PlingError as error:
            message = "whether somebody stopped in Pling during the copy could not be found out; copy again"
            raise VerificationError(f"{message} ({error})", exchange=error.exchange) from error
        mobiles = [contact.mobile for contact in listing.contacts if contact.is_stopped]
        self._stopped = await asyncio.to_thread(self._new, mobiles)

    def _new(self, mobiles: Sequence[str]) -> Collection[int]:
        """Return the rows of those of them whom the plan does not call stopped."""
        rows = [row for row in self._numbers.rows(mobiles) if row is not None]
        return frozenset(
            row for row, known in zip(rows, self._people["is_stopped"].gather(rows), strict=True) if not known
        )


def rounds(items: Iterator[Item]) -> Iterator[Iterator[Item]]:
    """Yield the items in rounds that end after `EVERY` seconds; a round is used up before the next one begins."""
    missing: Any = object()
    while (first := next(items, missing)) is not missing:
        yield _until(chain([first], items), asyncio.get_running_loop().time() + EVERY)


def _until(items: Iterator[Item], end: float) -> Iterator[Item]:
    clock = asyncio.get_running_loop().time
    for item in items:
        yield item
        if clock() >= end:
            return
