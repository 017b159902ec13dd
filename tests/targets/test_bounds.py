"""A copy holds a page of the other system and the people whom its workers write, however many there are."""

import asyncio
import weakref
from collections.abc import AsyncGenerator, Collection, Sequence
from typing import Any

import polars as pl
from attrs import define, field

from pling_async import targets
from pling_async.bulk.per_contact import Written
from pling_async.errors import Outcome
from pling_async.targets.base import EVERY, Held, Person, written

PEOPLE = 6000


@define
class Counting:
    """A target of any length, which counts what is alive."""

    held: "weakref.WeakSet[Held]" = field(factory=weakref.WeakSet)
    most_held: int = 0
    under_way: int = 0
    most_under_way: int = 0
    title: str = "Counting"
    origin: str = "memory:"
    at_once: int = 50
    workers: int = 4
    adds_stopped: bool = True
    marks_contacts: bool = True

    async def account(self) -> str:
        """Be nobody in particular."""
        return ""

    async def count(self) -> int:
        """Have as many all the time."""
        return PEOPLE

    async def open(self) -> Collection[str]:
        """Have a place for everything."""
        return EVERY

    def watch(self, people: pl.DataFrame) -> None:
        """Remember nobody."""

    async def blocked(self) -> AsyncGenerator[str]:
        """Block nobody that Pling knows."""
        for number in range(PEOPLE):
            yield f"+4681{number:06}"

    async def contacts(self) -> AsyncGenerator[Held]:
        """Yield half of the people of the account, and as many others."""
        for number in range(PEOPLE):
            mobile = f"+4799{number:06}" if number % 2 else f"+4681{number:06}"
            each = Held(id=str(number), mobile=mobile, values={"name": f"N{number // 2}"})
            self.held.add(each)
            self.most_held = max(self.most_held, len(self.held))
            yield each

    def claims(self, person: Person, contact_id: str | None) -> bool:  # noqa: ARG002 - the seam's
        """Let everybody have any address."""
        return True

    async def stop(self, person: Person) -> Written:
        """Stop anybody."""
        return written(person, Outcome.APPLIED)

    async def write(self, people: Sequence[Person]) -> Sequence[Written]:
        """Take a turn of the loop."""
        self.under_way += len(people)
        self.most_under_way = max(self.most_under_way, self.under_way)
        await asyncio.sleep(0)
        self.under_way -= len(people)
        return [written(each, Outcome.APPLIED) for each in people]


async def test_one_page_is_held(world: Any) -> None:
    """Contacts of the other system are let go page by page, and people are taken as workers come free."""
    await world.sandbox.seed(contacts=[{"mobile": f"+4799{n:06}", "name": f"P{n}"} for n in range(PEOPLE)])
    target = Counting()
    plan = await targets.plan(world.pling, target)
    assert plan.counts == {"add": 3000, "change": 3000, "unchanged": 0, "skip": 0}
    assert plan.unmatched == 3000
    assert target.most_held <= 501
    seen = 0
    async for each in targets.apply(world.pling, plan, target):
        assert each.outcome == "applied"
        seen += 1
    assert seen == PEOPLE
    assert target.most_under_way <= target.workers * target.at_once
