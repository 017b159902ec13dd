"""An applied run can be taken back: what it did is undone, and nothing that anybody did since."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import polars as pl
import pytest

from pling_async import PlingClient, bulk, errors
from pling_async.bulk import Guards, Outcome
from pling_async.bulk.fields import canonical
from pling_async.sandbox import Fault, Sandbox

MOBILES = [f"+4799999{number:03}" for number in range(40)]
NEW = [f"+4799998{number:03}" for number in range(5)]
State = Callable[[], Awaitable[dict[str, dict[str, Any]]]]
FREE = Guards(max_removals=100, max_removals_per_day=1000, allow_group_removal=True)


def _row(number: int) -> dict[str, Any]:
    mobile = MOBILES[number]
    return {
        "mobile": mobile,
        "first_name": f"N{number}",
        "last_name": "Ås",
        "city": "OSLO",
        "email": f"n{number}@example.com",
        "comment": "as it was",
        "contact_groups": ["Odd", "All"] if number % 2 else ["Even", "All"],
        **({"is_stopped": True} if number % 10 == 0 else {}),
    }


LIST: list[dict[str, Any]] = [
    *({**_row(number), "city": "BERGEN", "first_name": "X", "contact_groups": ["New"]} for number in range(20)),
    *({"mobile": mobile, "first_name": "New"} for mobile in NEW),
]


@pytest.fixture(autouse=True)
async def filled(pling: PlingClient) -> None:
    """Fill the account."""
    await bulk.merge(pling, [_row(number) for number in range(len(MOBILES))])


async def _all(pling: PlingClient) -> pl.DataFrame:
    return canonical((await bulk.snapshot(pling)).contacts)


@pytest.mark.parametrize("strategy", ["replace", "per_contact"])
async def test_undo_restores_every_field(pling: PlingClient, strategy: str) -> None:
    """Names, groups, stops and every other field come back, ids are reported, and undoing the undo redoes it."""
    before = await _all(pling)
    run = await bulk.replace(pling, LIST, guards=FREE, strategy=strategy)
    after = await _all(pling)
    assert not after.equals(before)
    undone = await bulk.undo(pling, run.id)
    assert undone.is_complete
    assert undone.undo_of == run.id
    assert (await _all(pling)).equals(before)
    removed = run.plan.removals["mobile"].to_list()
    assert sorted(undone.reissued["mobile"]) == sorted(removed)
    assert (undone.reissued["old_id"] != undone.reissued["new_id"]).all()
    await bulk.undo(pling, undone.id)
    assert (await _all(pling)).equals(after)


async def test_what_others_did_since_stays(pling: PlingClient, state: State) -> None:
    """Fields, contacts and opt-outs that somebody else changed after the run are not taken back."""
    run = await bulk.replace(pling, LIST, guards=FREE)
    people = {contact.mobile: contact for contact in (await pling.contacts.list()).contacts}
    await pling.contacts.update(people[MOBILES[1]].evolve(city="NARVIK"))
    await pling.stop_list.add(people[NEW[0]])
    await pling.contacts.update(people[NEW[1]].evolve(city="NARVIK"))
    back = people[MOBILES[1]].evolve(id=people[MOBILES[1]].id, mobile=MOBILES[39], first_name="Back")
    await pling.contacts.add(back)
    await pling.contacts.add(back.evolve(mobile="+4799997000"))
    undone = await bulk.undo(pling, run.id)
    after = await state()
    assert undone.is_complete
    assert (after[MOBILES[1]]["city"], after[MOBILES[1]]["firstName"]) == ("NARVIK", "N1")
    assert (after[NEW[0]]["stop"], after[NEW[1]]["city"]) == (1, "NARVIK")
    assert (after[MOBILES[39]]["firstName"], "+4799997000" in after) == ("Back", True)
    assert set(NEW[2:]).isdisjoint(after)


async def test_a_stop_that_the_run_set_stays(pling: PlingClient, state: State) -> None:
    """Undo makes nobody reachable without consent, and says whom it kept stopped (I-4)."""
    run = await bulk.merge(pling, [{"mobile": MOBILES[1], "is_stopped": True, "city": "BERGEN"}])
    undone = await bulk.undo(pling, run.id)
    after = await state()
    assert (after[MOBILES[1]]["stop"], after[MOBILES[1]]["city"]) == (1, "OSLO")
    assert "kept stopped" in " ".join(verdict.message for verdict in undone.plan.verdicts)
    again = await bulk.plan_undo(pling, run.id, guards=Guards(consent={MOBILES[1]: "letter 7"}))
    assert again.counts.change == 1


async def test_what_was_not_applied_is_not_taken_back(pling: PlingClient, sandbox: Sandbox) -> None:
    """Only what the run did is touched, also when it failed in parts."""
    before = await _all(pling)
    plan = await bulk.plan(pling, await bulk.prepare(LIST), mode="replace", guards=FREE)
    sandbox.fail(Fault(action="answer", status=400, method="POST", path="*/contacts", count=len(NEW)))
    run = await bulk.apply(pling, plan, strategy="per_contact")
    assert run.outcome_counts[Outcome.NOT_APPLIED] == len(NEW)
    await pling.contacts.add((await pling.contacts.list()).contacts[0].evolve(mobile=NEW[0]))
    await bulk.undo(pling, run.id)
    assert (await _all(pling)).filter(pl.col("mobile") != NEW[0]).equals(before)
    assert NEW[0] in set((await _all(pling))["mobile"])


async def test_only_a_run_of_this_account_is_taken_back(pling: PlingClient) -> None:
    """A run that does not exist, or is another account's, is refused and nothing is sent."""
    run = await bulk.merge(pling, LIST[:1])
    other = pling.for_account(pling.account_id + 1)
    with pytest.raises(errors.SourceError, match="no such run"):
        await bulk.undo(other, run.id)
    with pytest.raises(errors.ConfigurationError, match="run id"):
        await bulk.undo(pling, "../../etc")


async def test_runs_are_listed_and_forgotten(pling: PlingClient) -> None:
    """What is kept of runs can be seen and deleted; a forgotten run can be neither resumed nor undone."""
    first = await bulk.merge(pling, LIST[:1])
    second = await bulk.undo(pling, first.id)
    kept = {each.id: each for each in await asyncio.to_thread(lambda: list(bulk.runs()))}
    assert kept[second.id].undo_of == first.id
    assert {each.status for each in kept.values()} == {bulk.Status.COMPLETE}
    assert kept[first.id].started <= kept[second.id].started
    await asyncio.to_thread(bulk.purge, first.id)
    with pytest.raises(errors.SourceError):
        await bulk.undo(pling, first.id)
