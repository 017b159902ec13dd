"""A person with a new number keeps the id: a removal and an addition that can only be one person become one move."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from pling_async import PlingClient, bulk
from pling_async.bulk import Guards, Outcome
from pling_async.bulk.fields import canonical

OLD, NEW, OTHER, THIRD = (f"+4799999{number:03}" for number in range(1, 5))
State = Callable[[], Awaitable[dict[str, dict[str, Any]]]]
OLA = {
    "mobile": OLD,
    "first_name": "Ola",
    "last_name": "Ås",
    "name": "Ola Ås",
    "email": "ola@example.com",
    "city": "OSLO",
}
KARI = {"mobile": OTHER, "first_name": "Kari", "name": "Kari"}


@pytest.fixture(autouse=True)
async def filled(pling: PlingClient) -> None:
    """Fill the account."""
    await bulk.merge(pling, [{**OLA, "speed_dial": "OLA", "contact_groups": ["Kunder"], "comment": "since 1999"}, KARI])


async def _plan(pling: PlingClient, rows: Any, **guards: Any) -> bulk.Plan:
    return await bulk.plan(pling, await bulk.prepare(rows), mode="replace", guards=Guards(**guards))


@pytest.mark.parametrize(
    ("sign", "value"), [("speed_dial", "OLA"), ("email", "OLA@example.com "), ("name", "Ola Ås"), ("name", "ola ås")]
)
async def test_a_new_number_is_an_update(pling: PlingClient, state: State, sign: str, value: str) -> None:
    """Id, groups and what the list does not speak for survive, and nothing counts as removed."""
    before = await state()
    plan = await _plan(pling, [{"mobile": NEW, sign: value}, KARI])
    assert (plan.counts.move, plan.counts.remove, plan.counts.add) == (1, 0, 0)
    (row,) = plan.contacts.filter(action="move").iter_rows(named=True)
    assert (row["mobile"], row["moved_from"], row["moved_by"]) == (NEW, OLD, sign)
    run = await bulk.apply(pling, plan)
    after = await state()
    assert run.is_complete
    assert sorted(after) == [NEW, OTHER]
    assert after[NEW]["id"] == before[OLD]["id"]
    assert (after[NEW]["comment"], after[NEW]["groups"]) == ("since 1999", ["Kunder"])


async def test_a_move_can_be_undone(pling: PlingClient, state: State) -> None:
    """The old number comes back on the same id, with every field."""
    before, whole = await state(), canonical((await bulk.snapshot(pling)).contacts)
    run = await bulk.apply(pling, await _plan(pling, [{"mobile": NEW, "email": OLA["email"], "city": "BERGEN"}, KARI]))
    undone = await bulk.undo(pling, run.id)
    assert undone.plan.counts.move == 1
    assert canonical((await bulk.snapshot(pling)).contacts).equals(whole)
    assert (await state())[OLD]["id"] == before[OLD]["id"]


@pytest.mark.parametrize(
    "rows",
    [
        [{"mobile": NEW, "name": "Ola Ås"}, {"mobile": THIRD, "name": "Ola Ås"}],
        [{"mobile": NEW, "name": "Somebody"}],
        [{"mobile": NEW}],
        [{"mobile": OLD}, {"mobile": NEW, "name": "Ola Ås"}],
    ],
    ids=["two candidates", "another name", "no sign", "the old number stays"],
)
async def test_a_doubtful_pair_is_two_people(pling: PlingClient, rows: list[dict[str, Any]]) -> None:
    """Only what is unique on both sides, and gone on one, is a move."""
    assert (await _plan(pling, [*rows, KARI])).counts.move == 0


@pytest.mark.parametrize("sign", ["email", "name"])
@pytest.mark.parametrize(
    ("kept", "listed"),
    [({"shared": True}, {"shared": True}), ({"shared": True}, {}), ({}, {"shared": True})],
    ids=["before and after", "before", "after"],
)
async def test_what_somebody_who_stays_shares_is_no_sign(
    pling: PlingClient, sign: str, kept: dict[str, Any], listed: dict[str, Any]
) -> None:
    """A family has one email address: the child that joins is not the parent who goes, and gets no note about them."""
    shared, another = {sign: OLA[sign]}, {sign: "liv@example.com"}
    await bulk.merge(pling, [{"mobile": THIRD, **(shared if kept else another)}])
    stays = {"mobile": THIRD, **(shared if listed else another)}
    assert (await _plan(pling, [{"mobile": NEW, **shared}, stays, KARI])).counts.move == 0


async def test_two_speed_dials_are_two_people(pling: PlingClient) -> None:
    """They are ids of the list's own system: whoever has another one has the name by chance."""
    named = {"mobile": NEW, "name": "Ola Ås", "email": OLA["email"]}
    assert (await _plan(pling, [{**named, "speed_dial": "OLA2"}, KARI])).counts.move == 0
    assert (await _plan(pling, [named, KARI])).counts.move == 1


async def test_moves_are_for_replaces_and_can_be_switched_off(pling: PlingClient) -> None:
    """A merge removes nobody, so nobody moves; Guards(find_moves=False) sees two people."""
    rows = [{"mobile": NEW, "name": "Ola Ås"}, KARI]
    merged = await bulk.plan(pling, await bulk.prepare(rows))
    assert (merged.counts.move, merged.counts.add) == (0, 1)
    plain = await _plan(pling, rows, find_moves=False)
    assert (plain.counts.move, plain.counts.add, plain.counts.remove) == (0, 1, 1)


async def test_somebody_who_opted_out_does_not_move(pling: PlingClient) -> None:
    """A stopped contact that the list lacks is kept under its number, whoever looks like it (I-4)."""
    (ola,) = [each for each in (await pling.contacts.list()).contacts if each.mobile == OLD]
    await pling.stop_list.add(ola)
    plan = await _plan(pling, [{"mobile": NEW, "name": "Ola Ås"}, KARI])
    assert (plan.counts.move, plan.counts.add, plan.counts.keep) == (0, 1, {"stopped": 1})


async def test_a_replace_in_one_call_says_that_ids_change(pling: PlingClient) -> None:
    """One call for the whole account knows no moves: the contact is the planned one, its id is new."""
    run = await bulk.apply(pling, await _plan(pling, [{"mobile": NEW, "name": "Ola Ås"}, KARI]), strategy="replace")
    assert run.is_complete
    assert run.outcome_counts[Outcome.APPLIED] == 1
    assert "1 contact with a new number got a new id" in " ".join(run.warnings)


async def test_the_digest_depends_on_the_move(pling: PlingClient, tmp_path: Any) -> None:
    """Plans with and without the move differ, and a saved one is read back as it was (I-29)."""
    rows = [{"mobile": NEW, "name": "Ola Ås"}, KARI]
    with_move, without = await _plan(pling, rows), await _plan(pling, rows, find_moves=False)
    assert with_move.digest != without.digest
    await asyncio.to_thread(bulk.save_plan, with_move, tmp_path / "plan")
    assert (await asyncio.to_thread(bulk.load_plan, tmp_path / "plan")).contacts.equals(with_move.contacts)
