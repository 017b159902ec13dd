"""A speed dial passes from one contact to another, one request at a time: it is free before it is taken (I10)."""

from collections.abc import Awaitable, Callable
from typing import Any

import polars as pl
import pytest

from pling_async import PlingClient, bulk, errors
from pling_async.bulk import Guards, Outcome
from pling_async.bulk.speed_dials import in_turn
from pling_async.sandbox import Fault, Sandbox

MOBILES = [f"+4799999{number:03}" for number in range(10)]
State = Callable[[], Awaitable[dict[str, dict[str, Any]]]]


async def _run(pling: PlingClient, dials: dict[int, str], **settings: Any) -> bulk.Run:
    rows = [{"mobile": MOBILES[number], "speed_dial": dial} for number, dial in dials.items()]
    guards = Guards(find_moves=False, max_removal_percent=100)
    plan = await bulk.plan(pling, await bulk.prepare(rows), mode="replace", guards=guards)
    return await bulk.apply(pling, plan, **{"strategy": "per_contact", **settings})


async def _dials(state: State) -> dict[int, str]:
    return {MOBILES.index(mobile): each["speedDial"] for mobile, each in (await state()).items()}


async def test_speed_dials_are_handed_on(pling: PlingClient, state: State) -> None:
    """Everybody gets the speed dial of the next one, however it is spelled; the one who has the last goes first."""
    await _run(pling, {number: f"D{number}" for number in range(8)})
    new = {number: f"D{number + 1}" for number in range(8)}
    assert (await _run(pling, new)).is_complete
    assert await _dials(state) == new


async def test_the_speed_dial_of_somebody_who_goes_is_given_on(
    pling: PlingClient, sandbox: Sandbox, state: State
) -> None:
    """Whoever takes it over, and whoever waits for them, is written after the deletion; the others before."""
    await _run(pling, {0: "A", 1: "B", 2: "C", 3: "D"})
    before = len(sandbox.requests)
    assert (await _run(pling, {1: "A", 2: "B", 3: "E", 4: "C"})).is_complete
    assert await _dials(state) == {1: "A", 2: "B", 3: "E", 4: "C"}
    sent = [each.method for each in list(sandbox.requests)[before:] if each.method != "GET"]
    assert sent == ["PUT", "DELETE", "PUT", "PUT", "POST"]


async def test_nobody_inherits_when_nothing_may_be_deleted(pling: PlingClient, sandbox: Sandbox, state: State) -> None:
    """A refused addition holds deletions back, and with them what waits for one; nothing is lost."""
    before = {0: "A", 1: "B"}
    await _run(pling, before)
    sandbox.fail(Fault(status=400, method="POST"))
    run = await _run(pling, {1: "A", 2: "C"})
    assert run.outcome_counts[Outcome.SKIPPED] == 2
    assert await _dials(state) == before


@pytest.mark.parametrize(("strategy", "is_complete"), [("replace", True), ("per_contact", False)])
async def test_a_swap_takes_a_replace(pling: PlingClient, state: State, strategy: str, *, is_complete: bool) -> None:
    """One by one the server refuses both; nothing is lost, and a replace does it in one request."""
    await _run(pling, {0: "A", 1: "B", 2: "C"})
    run = await _run(pling, {0: "B", 1: "A", 2: "D"}, strategy=strategy)
    assert run.is_complete is is_complete
    assert await _dials(state) == ({0: "B", 1: "A", 2: "D"} if is_complete else {0: "A", 1: "B", 2: "D"})
    assert set(run.written.filter(outcome="not_applied")["code"]) <= {errors.ConflictError.__name__}


async def test_a_long_row_of_heirs_is_put_in_order_at_once(pling: PlingClient, sandbox: Sandbox) -> None:
    """Everybody of twenty thousand gets the dial of the next one, and the last one that of somebody who goes."""
    people = [f"+479999{number:04}" for number in range(9_999)] + [f"+479998{number:04}" for number in range(9_999)]
    held = [{"mobile": mobile, "speedDial": f"D{place}"} for place, mobile in enumerate(people)]
    await sandbox.seed(contacts=held)
    rows = [{"mobile": mobile, "speed_dial": f"D{place + 1}"} for place, mobile in enumerate(people[:-1])]
    guards = Guards(find_moves=False, max_removal_percent=100)
    plan = await bulk.plan(pling, await bulk.prepare(rows), mode="replace", guards=guards)
    removals = plan.writes.filter(action="remove")
    turns = in_turn(plan, plan.writes.filter(pl.col("action") != "remove"), removals)
    assert turns.before_removals == ()
    assert [part["mobile"].item() for part in turns.after_removals] == people[-2::-1]
