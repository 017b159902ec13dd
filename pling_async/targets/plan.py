"""The plan of a copy out of Pling: who is added to the other system, who is changed, and who is left out.

Pling lists an account in one answer, so that its side is held in columns. The other side is read page by page and
compared as it comes: of a contact there only the id is kept, and what would change of it.
"""

import asyncio
from collections.abc import Collection, Iterator, Mapping
from contextlib import aclosing
from enum import StrEnum
from functools import cached_property
from typing import Any, Final

import orjson
import polars as pl
from attrs import define, field, frozen

from pling_async.bulk.fields import WRITABLE, row_count
from pling_async.bulk.guards import Guards, Verdict
from pling_async.bulk.snapshot import Snapshot
from pling_async.bulk.snapshot import snapshot as take_snapshot
from pling_async.errors import ConfigurationError
from pling_async.pling.client import PlingClient
from pling_async.targets.base import NOBODY, Held, Person, Target, differing
from pling_async.targets.verdicts import CopyFacts, judge

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


@frozen(kw_only=True, slots=False)
class CopyPlan:
    """What a copy would do; made by `targets.plan`, carried out by `targets.apply`."""

    title: str
    target_origin: str
    origin: str
    account_id: int
    fingerprint: str
    """Of the account, when the plan was made; `apply` refuses when it has another one."""
    listing: str | None = field(default=None, eq=False)
    contacts: pl.DataFrame = field(repr=row_count, eq=False)
    """One row a person of the account: mobile, every field, and `DECIDED`."""
    left: Mapping[str, int] = field(factory=dict)
    """Values by attribute that the other system has no place for."""
    addresses_taken: int = 0
    """E-mail addresses that stay behind since another contact has them there."""
    same_number: int = 0
    """Contacts there with the number of another one; the last one of each number is compared."""
    unmatched: int = 0
    """Contacts there that Pling does not know; they stay as they are."""
    guards: Guards = field(factory=Guards)

    @cached_property
    def counts(self) -> dict[str, int]:
        """How many people each action takes."""
        found = dict(self.contacts["action"].value_counts().iter_rows())
        return {action.value: found.get(action.value, 0) for action in CopyAction}

    @cached_property
    def skipped(self) -> dict[str, int]:
        """How many people are left out, by reason."""
        return {str(why): count for why, count in self.contacts["reason"].drop_nulls().value_counts().iter_rows()}

    @property
    def write_count(self) -> int:
        """How many people are added or changed."""
        return self.counts["add"] + self.counts["change"]

    @property
    def writes(self) -> pl.DataFrame:
        """Who is added or changed: those who are stopped first, so that nobody waits for that."""
        chosen = self.contacts.filter(pl.col("action").is_in([CopyAction.ADD.value, CopyAction.CHANGE.value]))
        return chosen.sort("is_stopped", descending=True, maintain_order=True)

    @property
    def differences(self) -> pl.DataFrame:
        """Everybody who is not simply unchanged."""
        return self.contacts.filter(pl.col("action") != CopyAction.UNCHANGED.value)

    @cached_property
    def verdicts(self) -> tuple[Verdict, ...]:
        """What the guards say."""
        facts = CopyFacts(
            account_id=self.account_id,
            people=self.contacts.height,
            stopped=int(self.contacts["is_stopped"].sum()),
            stopped_skipped=self.skipped.get(Why.STOPPED, 0),
            numbers_taken=self.skipped.get(Why.NUMBER_TAKEN, 0),
            addresses_taken=self.addresses_taken,
            same_number=self.same_number,
        )
        return judge(facts, self.guards, self.title)


async def plan(
    client: PlingClient, target: Target, *, guards: Guards | None = None, snapshot: Snapshot | None = None
) -> CopyPlan:
    """Compare an account with another system, and decide what a copy would write there; nothing is sent.

    A person is known by their number. What Pling leaves blank, and whom it does not know, stays as it is there. Of the
    guards, `accounts` and `min_rows` mean something here.
    """
    account = snapshot or await take_snapshot(client)
    if (account.origin, account.account_id) != (client.origin, client.account_id):
        raise ConfigurationError("the snapshot is of another account than the client's")
    matching = _Matching(target, account.contacts.select("mobile", *WRITABLE), await target.open())
    await matching.read()
    contacts = await asyncio.to_thread(matching.decided)
    return CopyPlan(
        title=target.title,
        target_origin=target.origin,
        origin=account.origin,
        account_id=account.account_id,
        fingerprint=account.fingerprint,
        listing=account.listing,
        contacts=contacts,
        left=_left(contacts, matching.places),
        addresses_taken=matching.addresses_taken,
        same_number=matching.same_number,
        unmatched=matching.unmatched,
        guards=guards or Guards(),
    )


@define(eq=False)
class _Match:
    """What was found of a person: the contact's id, and the values there that would change."""

    id: str
    differs: dict[str, Any]


class _Matching:
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


def _left(contacts: pl.DataFrame, places: Collection[str]) -> dict[str, int]:
    """Count the values that have no place; that somebody is stopped is no value, and has a guard."""
    texts = {name: int((contacts[name] != "").sum()) for name in WRITABLE if contacts.schema[name] == pl.String}
    found = {**texts, "is_active": int((~contacts["is_active"]).sum())}
    return {name: count for name, count in found.items() if count and name not in places}
