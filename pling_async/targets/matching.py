"""Matching: whom of an account another system has, and what each of them would need there."""

from collections.abc import Collection, Iterator
from contextlib import aclosing
from enum import StrEnum
from typing import Any, Final

import orjson
import polars as pl
from attrs import define

from pling_async.targets.base import NOBODY, Held, Person, Target, differing

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
    """Why a person is left out."""

    STOPPED = "stopped"
    """They opted out, and the other system could not be told."""
    NUMBER_TAKEN = "number_taken"
    """Their number is a further one of somebody else there."""


DECIDED: Final = pl.Schema(
    {
        "action": pl.String(),
        "reason": pl.String(),
        "changed": pl.List(pl.String()),
        "before": pl.String(),
        "target_id": pl.String(),
    }
)
"""What a plan adds to a person; `before` is the JSON of the values that change, null for an addition."""

_Decision = tuple[CopyAction, Why | None, list[str], str | None, str | None]


@define(eq=False)
class _Match:
    """What was found of a person: the contact's id, and the values there that would change."""

    id: str
    differs: dict[str, Any]


class Matching:
    """Compares people with contacts as these are read."""

    def __init__(self, target: Target, people: pl.DataFrame, places: Collection[str]) -> None:
        self.places = places
        self.addresses_taken = self.same_number = self.unmatched = 0
        self._target = target
        self._people = people
        self._rows = {int(mobile[1:]): row for row, mobile in enumerate(people["mobile"])}
        self._matches: dict[int, _Match] = {}
        self._blocked: set[int] = set()
        self._elsewhere: set[int] = set()

    async def read(self) -> None:
        """Read whom the other system blocks, and then its contacts."""
        self._target.watch(self._people)
        async with aclosing(self._target.blocked()) as numbers:
            async for number in numbers:
                self._blocked.update(self._row(number))
        page: list[Held] = []
        async with aclosing(self._target.contacts()) as contacts:
            async for contact in contacts:
                page.append(contact)
                if len(page) == _PAGE:
                    self._compare(page)
                    page = []
        self._compare(page)

    def _row(self, number: str | None) -> Iterator[int]:
        digits = (number or "")[1:]
        row = self._rows.get(int(digits)) if digits.isascii() and digits.isdigit() else None
        if row is not None:
            yield row

    def _compare(self, page: list[Held]) -> None:
        known = [(row, held) for held in page for row in self._row(held.mobile)]
        self.unmatched += len(page) - len(known)
        people = self._people[[row for row, _ in known]].iter_rows(named=True)
        for (row, held), person in zip(known, people, strict=True):
            self.same_number += row in self._matches
            self._matches[row] = _Match(held.id, differing(person, held, self.places))
        for held in page:
            for number in held.other_mobiles:
                self._elsewhere.update(self._row(number))

    def decided(self) -> pl.DataFrame:
        """Return the people with what is to be done; CPU work, so call it off the event loop."""
        parts = (self._decided(first) for first in range(0, self._people.height, _SLICE))
        return self._people.hstack(pl.concat([DECIDED.to_frame(), *parts], rechunk=True))

    def _decided(self, first: int) -> pl.DataFrame:
        people = self._people.slice(first, _SLICE).iter_rows(named=True)
        decisions = [self._decision(row, person) for row, person in enumerate(people, first)]
        return pl.DataFrame(decisions, schema=DECIDED, orient="row")

    def _decision(self, row: int, person: Person) -> _Decision:
        match = self._matches.pop(row, None)
        if why := self._why_not(row, person, is_there=match is not None):
            return CopyAction.SKIP, why, [], None, None
        differs = differing(person, NOBODY, self.places) if match is None else match.differs
        if row in self._blocked:
            differs.pop("is_stopped", None)
        contact_id = None if match is None else match.id
        if "email" in differs and not self._target.claims(person, contact_id):
            del differs["email"]
            self.addresses_taken += 1
        if match is None:
            return CopyAction.ADD, None, list(differs), None, None
        action = CopyAction.CHANGE if differs else CopyAction.UNCHANGED
        return action, None, list(differs), orjson.dumps(differs).decode() if differs else None, contact_id

    def _why_not(self, row: int, person: Person, *, is_there: bool) -> Why | None:
        can_be_marked = "is_stopped" in self.places and (is_there or self._target.adds_stopped)
        if person["is_stopped"] and not can_be_marked:
            return Why.STOPPED
        return Why.NUMBER_TAKEN if not is_there and row in self._elsewhere else None
