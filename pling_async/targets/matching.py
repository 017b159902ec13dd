"""Matching: whom of an account another system has, and what each of them would need there."""

from collections.abc import AsyncGenerator, AsyncIterable, Collection, Sequence
from contextlib import aclosing
from enum import StrEnum
from typing import Any, Final, TypeVar

import orjson
import polars as pl

from pling_async.targets.base import NOBODY, Held, Person, Target, differing
from pling_async.targets.found import Match, Matches, Numbers

Item = TypeVar("Item")

_PAGE: Final = 500
"""Contacts that are compared at a time."""
_SLICE: Final = 5000
"""People who are decided about at a time."""


class CopyAction(StrEnum):
    """What a copy does with one person."""

    ADD = "add"
    CHANGE = "change"
    UNCHANGED = "unchanged"
    SKIP = "skip"


class Why(StrEnum):
    """Why a person is left out, or is still reachable."""

    STOPPED = "stopped"
    """They opted out, and the other system could not be told."""
    NUMBER_TAKEN = "number_taken"
    """Their number is an additional one of somebody else there."""
    ELSEWHERE = "elsewhere"
    """They stopped during the copy, and their number is an additional one of a contact without a mark as well."""


DECIDED: Final = pl.Schema(
    {
        "action": pl.String(),
        "reason": pl.String(),
        "changed": pl.List(pl.String()),
        "before": pl.String(),
        "target_id": pl.String(),
        "also": pl.List(pl.String()),
        "is_elsewhere": pl.Boolean(),
    }
)
"""What a plan adds to a person; `before` is the JSON of the values that change, null for an addition.

`also` are other contacts there with the same number and no mark of a stop: they get it when the person is stopped, or
stops while the copy runs, and nothing else. `is_elsewhere`: the number is an additional one
of a contact without a mark.
"""

_Decision = tuple[CopyAction, Why | None, list[str], str | None, str | None, list[str] | None, bool]


class Matching:
    """Compares people with contacts as these are read."""

    def __init__(self, target: Target, people: pl.DataFrame, places: Collection[str]) -> None:
        self.places = places
        self.addresses_taken = self.same_number = self.stopped_elsewhere = self.stopped_there = self.unmatched = 0
        self._target = target
        self._people = people
        self._numbers = Numbers(people["mobile"])
        self._matches = Matches()
        self._blocked = bytearray(people.height)
        self._elsewhere = bytearray(people.height)
        self._holders: dict[int, str] = {}
        """Of people who are stopped, where a stop is the number's own: a contact that has their number besides."""
        self._unmarked = bytearray(people.height)

    async def read(self) -> None:
        """Read whom the other system blocks, and then its contacts."""
        self._target.watch(self._people)
        async with aclosing(self._target.blocked()) as numbers:
            async for some in _paged(numbers):
                self._flag(self._blocked, some)
        async with aclosing(self._target.contacts()) as contacts:
            async for page in _paged(contacts):
                self._compare(page)

    def _flag(self, flags: bytearray, numbers: Sequence[str]) -> None:
        for row in self._numbers.rows(numbers):
            if row is not None:
                flags[row] = True

    def _compare(self, page: Sequence[Held]) -> None:
        rows = self._numbers.rows([held.mobile for held in page])
        known = [(row, held) for row, held in zip(rows, page, strict=True) if row is not None]
        self.unmatched += len(page) - len(known)
        people = self._people[[row for row, _ in known]].iter_rows(named=True)
        self._matches.add(self._match(row, person, held) for (row, held), person in zip(known, people, strict=True))
        self._note_others([(number, held) for held in page for number in held.other_mobiles])

    def _note_others(self, others: Sequence[tuple[str, Held]]) -> None:
        """Remember whose number is an additional one of a contact."""
        for row, (_, held) in zip(self._numbers.rows([number for number, _ in others]), others, strict=True):
            if row is None:
                continue
            self._elsewhere[row] = True
            if self._target.marks_contacts:
                self._unmarked[row] |= not held.values.get("is_stopped")
            elif self._people["is_stopped"][row]:
                self._holders[row] = held.id

    def _match(self, row: int, person: Person, held: Held) -> Match:
        differs = differing(person, held, self.places)
        is_unmarked = self._target.marks_contacts and not held.values.get("is_stopped")
        return row, held.id, orjson.dumps(differs).decode() if differs else None, is_unmarked

    def decided(self) -> pl.DataFrame:
        """Return the people with what is to be done; CPU work, so call it off the event loop."""
        found, self.same_number = self._matches.by_row(self._people.height)
        self.stopped_elsewhere = sum(map(all, zip(self._unmarked, self._people["is_stopped"], strict=True)))
        parts = (self._decided(first, found.slice(first, _SLICE)) for first in range(0, self._people.height, _SLICE))
        return self._people.hstack(pl.concat([DECIDED.to_frame(), *parts], rechunk=True))

    def _decided(self, first: int, found: pl.DataFrame) -> pl.DataFrame:
        people = self._people.slice(first, found.height).iter_rows(named=True)
        both = zip(people, found.iter_rows(), strict=True)
        decisions = [self._decision(row, person, *match) for row, (person, match) in enumerate(both, first)]
        return pl.DataFrame(decisions, schema=DECIDED, orient="row")

    def _decision(
        self, row: int, person: Person, contact_id: str | None, before: str | None, also: list[str] | None
    ) -> _Decision:
        is_there = contact_id is not None
        if not is_there and row in self._holders and not self._blocked[row]:
            return CopyAction.CHANGE, None, ["is_stopped"], '{"is_stopped":false}', self._holders[row], None, False
        if why := self._why_not(row, person, is_there=is_there):
            self.stopped_there += is_there
            return CopyAction.SKIP, why, [], None, None, None, False
        known: dict[str, Any] = orjson.loads(before) if before else {}
        differs = known if is_there else differing(person, NOBODY, self.places)
        if also and person["is_stopped"]:
            differs.setdefault("is_stopped", False)
        if self._blocked[row]:
            differs.pop("is_stopped", None)
        if "email" in differs and not self._target.claims(person, contact_id):
            del differs["email"]
            self.addresses_taken += 1
        if not is_there:
            return CopyAction.ADD, None, list(differs), None, None, None, False
        action = CopyAction.CHANGE if differs else CopyAction.UNCHANGED
        before = orjson.dumps(differs).decode() if differs else None
        return action, None, list(differs), before, contact_id, also, bool(self._unmarked[row])

    def _why_not(self, row: int, person: Person, *, is_there: bool) -> Why | None:
        if person["is_stopped"] and not can_be_stopped(self._target, self.places, is_there=is_there):
            return Why.STOPPED
        return Why.NUMBER_TAKEN if not is_there and self._elsewhere[row] else None


def can_be_stopped(target: Target, places: Collection[str], *, is_there: bool) -> bool:
    """Tell whether somebody stopped can be written such that the other system knows."""
    return "is_stopped" in places and (is_there or target.adds_stopped)


async def _paged(items: AsyncIterable[Item]) -> AsyncGenerator[list[Item]]:
    """Yield what comes one by one some hundreds at a time; the list is emptied before the next ones come."""
    page: list[Item] = []
    async for item in items:
        page.append(item)
        if len(page) == _PAGE:
            yield page
            page.clear()
    if page:
        yield page
