"""Nobody who is stopped becomes reachable, whichever way contacts are copied and whatever goes wrong (I-4)."""

from typing import Any

import pytest

from pling_async import bulk, sources, targets
from pling_async.bulk.per_contact import Written
from pling_async.bulk.snapshot import snapshot
from pling_async.errors import Outcome, StalePlan
from pling_async.sandbox import Fault
from pling_async.sources.ip1 import FIELDS

STOPPED, OTHER, THIRD = "+4799999001", "+4799999002", "+4799999003"
PEOPLE = [{"mobile": STOPPED, "name": "Kari", "stop": 1}, {"mobile": OTHER, "name": "Ola"}]


def outcomes(written: list[Written]) -> dict[str, Outcome]:
    """Return what became of each number."""
    return {each.mobile: each.outcome for each in written}


async def stops(world: Any) -> dict[str, bool]:
    """Return whom the account calls stopped."""
    return {each["mobile"]: bool(each["stop"]) for each in await world.sandbox.contacts(1)}


async def test_a_number_is_blocked_before_its_contact_is_written(world: Any) -> None:
    """The POST to the blacklist comes first, for each of them, and nothing ever takes a number off it."""
    await world.sandbox.seed(contacts=[{"mobile": f"+4799999{n:03}", "stop": 1} for n in range(20)])
    await world.out("ip1")
    writes = [each for each in world.sandbox.requests if each.method != "GET" and each.path.startswith("/ip1/")]
    assert {(each.method, each.path) for each in writes} == {
        ("POST", "/ip1/v2/blacklist"),
        ("POST", "/ip1/v2/contacts"),
    }
    ahead = 0
    for each in writes:
        ahead += 1 if each.path.endswith("/blacklist") else -1
        assert ahead >= 0
    assert (len(writes), await world.reachable("ip1")) == (40, set())


@pytest.mark.untraced
@pytest.mark.parametrize(
    "action", ["answer", "answer_after_commit", "reset_before_commit", "reset_after_commit", "truncate_body"]
)
@pytest.mark.parametrize("path", ["*/blacklist", "*/contacts", "*/contacts/*", "*"])
async def test_faults_at_ip1(world: Any, action: Any, path: str) -> None:
    """Whatever is refused, lost or done unheard, nobody stopped is reachable, and the next copy does the rest (#12)."""
    await world.sandbox.seed(contacts=[*PEOPLE, {"mobile": THIRD, "name": "New", "stop": 1}])
    await world.sandbox.ip1.seed(contacts=[{"properties": {"phoneNumber": THIRD, "name": "Old"}}])
    for method in ("POST", "PATCH"):
        world.sandbox.fail(Fault(action=action, method=method, path=f"/ip1/v2/{path.removeprefix('*/')}", count=3))
    _, written = await world.out("ip1")
    assert len(written) == 3
    assert await world.reachable("ip1") <= {OTHER, THIRD}
    if "blacklist" not in path and path != "*":
        assert THIRD not in await world.reachable("ip1")
    for _ in range(4):
        plan, _ = await world.out("ip1")
    assert plan.write_count == 0
    assert await world.reachable("ip1") == {OTHER}
    assert await world.count("ip1") == 3


@pytest.mark.untraced
@pytest.mark.parametrize("action", ["answer", "answer_after_commit", "reset_before_commit", "reset_after_commit"])
@pytest.mark.parametrize("method", ["POST", "PATCH", "GET"])
async def test_faults_at_front(world: Any, action: Any, method: str) -> None:
    """The mark comes with the contact; whoever is there already is marked, and nobody is there twice afterwards."""
    await world.sandbox.seed(contacts=[*PEOPLE, {"mobile": THIRD, "name": "New", "stop": 1}])
    await world.sandbox.front.seed(contacts=[{"name": "Old", "handles": [{"source": "phone", "handle": THIRD}]}])
    target = world.target("front")
    plan = await targets.plan(world.pling, target)
    world.sandbox.fail(Fault(action=action, method=method, path="/front/contacts*", count=2))
    written = [each async for each in targets.apply(world.pling, plan, target)]
    assert len(written) == 3
    assert await world.reachable("front") <= {OTHER, THIRD}
    for _ in range(3):
        plan, _ = await world.out("front")
    assert plan.write_count == 0
    assert await world.reachable("front") == {OTHER}
    assert await world.count("front") == 3


async def test_an_import_whose_answer_is_lost_is_unknown_and_not_doubled(world: Any) -> None:
    """IP1's POST does not converge: it is not repeated, its outcome is UNKNOWN, and the next copy looks first (#10)."""
    await world.sandbox.seed(contacts=PEOPLE)
    world.sandbox.fail(Fault(action="reset_after_commit", method="POST", path="/ip1/v2/contacts", count=None))
    _, written = await world.out("ip1")
    assert outcomes(written) == {STOPPED: Outcome.UNKNOWN, OTHER: Outcome.UNKNOWN}
    assert await world.count("ip1") == 2
    plan, _ = await world.out("ip1")
    assert plan.counts["unchanged"] == 2
    assert await world.count("ip1") == 2


async def test_without_the_blacklist_nothing_is_written(world: Any) -> None:
    """Whoever could not be blocked is not added, and that is what the outcome says."""
    await world.sandbox.seed(contacts=PEOPLE)
    world.sandbox.fail(Fault(action="answer", status=400, method="POST", path="*/blacklist", count=None))
    _, written = await world.out("ip1")
    assert outcomes(written) == {STOPPED: Outcome.NOT_APPLIED, OTHER: Outcome.APPLIED}
    assert await world.count("ip1") == 1


async def test_a_contact_that_fails_after_its_number_was_blocked_is_unknown(world: Any) -> None:
    """One part was done and the other was not: neither APPLIED nor NOT_APPLIED would be true."""
    await world.sandbox.seed(contacts=PEOPLE[:1])
    world.sandbox.fail(Fault(action="answer", status=400, method="POST", path="*/contacts", count=None))
    _, (each,) = await world.out("ip1")
    assert (each.outcome, each.code) == (Outcome.UNKNOWN, "BadRequest")
    assert "one part of it was written" in each.message


async def test_front_gets_nobody_who_is_stopped_unless_told(world: Any) -> None:
    """By default they are left out and counted; those who are there already are marked."""
    await world.sandbox.seed(contacts=[*PEOPLE, {"mobile": THIRD, "stop": 1}])
    await world.sandbox.front.seed(contacts=[{"handles": [{"source": "phone", "handle": THIRD}]}])
    plan, written = await world.out("front", stopped="skip")
    assert outcomes(written) == {STOPPED: Outcome.SKIPPED, OTHER: Outcome.APPLIED, THIRD: Outcome.APPLIED}
    assert plan.skipped == {"stopped": 1}
    assert await world.reachable("front") == {OTHER}
    assert (await world.out("front", stopped="skip"))[0].write_count == 0


@pytest.mark.parametrize("stopped", ["skip", "mark"])
async def test_a_company_without_the_field_gets_nobody_who_is_stopped(serve: Any, stopped: str) -> None:
    """Without the custom field there is no mark, so that nothing of them is written; other values are counted."""
    world = await serve(fields=["City"])
    people = [
        *PEOPLE,
        {"mobile": THIRD, "stop": 1, "city": "Oslo"},
        {"mobile": "+4799999004", "active": 0, "address": "x"},
    ]
    await world.sandbox.seed(contacts=people)
    await world.sandbox.front.seed(contacts=[{"handles": [{"source": "phone", "handle": THIRD}]}])
    plan, _ = await world.out("front", stopped=stopped)
    assert plan.skipped == {"stopped": 2}
    assert plan.left == {"address": 1, "is_active": 1}
    assert await world.count("front") == 3
    assert (await world.out("front", stopped=stopped))[0].write_count == 0


@pytest.mark.parametrize("name", ["ip1", "front"])
async def test_nobody_is_released_by_a_copy(world: Any, name: str) -> None:
    """Stopped there and not here stays so there; stopped here and not there stays so here."""
    await world.sandbox.seed(contacts=PEOPLE)
    if name == "ip1":
        known = [{"properties": {"phoneNumber": mobile}} for mobile in (STOPPED, OTHER)]
        await world.sandbox.ip1.seed(contacts=known, blacklist=[{"msisdn": OTHER[1:]}])
    else:
        marks = {STOPPED: False, OTHER: True}
        people = [
            {"handles": [{"source": "phone", "handle": mobile}], "custom_fields": {"Stop": mark}}
            for mobile, mark in marks.items()
        ]
        await world.sandbox.front.seed(contacts=people)
    await world.out(name)
    assert await world.reachable(name) == set()
    await world.back(name, world.pling)
    assert await stops(world) == {STOPPED: True, OTHER: True}


async def test_blocked_numbers_without_a_contact_arrive_as_stopped(world: Any) -> None:
    """An opt-out counts whoever has it; with some labels alone, only those contacts are read."""
    await world.sandbox.ip1.seed(
        contacts=[{"properties": {"phoneNumber": OTHER}, "labels": ["A"]}], blacklist=[{"msisdn": STOPPED[1:]}]
    )
    await world.back("ip1", world.pling)
    assert await stops(world) == {STOPPED: True, OTHER: False}
    prepared = await bulk.prepare(sources.ip1(world.ip1, labels=["A"]))
    assert prepared.contacts["mobile"].to_list() == [OTHER]


@pytest.mark.parametrize("mode", ["merge", "replace"])
@pytest.mark.parametrize("name", ["ip1", "front"])
async def test_a_stop_whose_row_is_rejected_reaches_pling(world: Any, name: str, mode: str) -> None:
    """The person is stopped in Pling, with the name and the groups that they have there, and the reject is shown."""
    kari = {"mobile": STOPPED, "name": "Kari", "contactGroups": ["VIP"]}
    await world.sandbox.seed(contacts=[kari, {"mobile": OTHER, "name": "Ola"}])
    if name == "ip1":
        people: list[dict[str, Any]] = [
            {"properties": {"phoneNumber": number, "name": "K"}, "labels": label}
            for number, label in ((STOPPED, ["x" * 41]), (OTHER, ["A"]))
        ]
        await world.sandbox.ip1.seed(contacts=people, blacklist=[{"msisdn": STOPPED[1:]}])
    else:
        people = [
            {"handles": [{"source": "phone", "handle": number}], "name": "K", "lists": lists, "custom_fields": custom}
            for number, lists, custom in ((STOPPED, ["x" * 41], {"Stop": True}), (OTHER, ["A"], {}))
        ]
        await world.sandbox.front.seed(contacts=people)
    plan = await bulk.plan(world.pling, await bulk.prepare(world.source(name)), mode=mode)
    assert plan.counts.rejected_rows == 1
    await bulk.apply(world.pling, plan)
    found = (await snapshot(world.pling)).contacts.sort("mobile")
    assert found.select("mobile", "name", "is_stopped", "contact_groups").rows() == [
        (STOPPED, "Kari", True, ["VIP"]),
        (OTHER, "K", False, ["A"]),
    ]
    assert (await world.planned_back(name, world.pling)).counts.writes == 0


async def test_a_stop_after_the_plan_makes_it_stale(world: Any) -> None:
    """Whoever stops between plan and apply is not copied as reachable: nothing is sent (I-12)."""
    await world.sandbox.seed(contacts=PEOPLE)
    target = world.target("ip1")
    plan = await targets.plan(world.pling, target)
    listing = await world.pling.contacts.list()
    await world.pling.stop_list.add(next(each for each in listing.contacts if each.mobile == OTHER))
    with pytest.raises(StalePlan):
        await anext(targets.apply(world.pling, plan, target))
    assert await world.count("ip1") == 0


async def test_a_further_number_of_somebody_at_ip1(world: Any) -> None:
    """Whoever has it is not added beside them, and is counted; if they are stopped their number is blocked (I-4)."""
    await world.sandbox.seed(contacts=[*PEOPLE, {"mobile": THIRD}])
    numbers = {"phoneNumber": "+4799999009", "work": STOPPED[3:], "home": OTHER}
    await world.sandbox.ip1.seed(contacts=[{"properties": {**numbers, "name": "Old"}}])
    before = await world.sandbox.ip1.contacts()
    target = targets.ip1(world.ip1, fields={**FIELDS, "work": "mobile", "home": "mobile"})
    plan = await targets.plan(world.pling, target)
    assert plan.counts == {"add": 1, "change": 1, "unchanged": 0, "skip": 1}
    assert (plan.skipped, plan.stopped_elsewhere, plan.unmatched) == ({"number_taken": 1}, 0, 1)
    written = [each async for each in targets.apply(world.pling, plan, target)]
    assert outcomes(written) == {STOPPED: Outcome.APPLIED, OTHER: Outcome.SKIPPED, THIRD: Outcome.APPLIED}
    assert (await world.sandbox.ip1.contacts())[:1] == before
    assert (await world.count("ip1"), await world.sandbox.ip1.blacklist()) == (2, [STOPPED[1:]])
    again = await targets.plan(world.pling, target)
    assert (again.write_count, again.skipped) == (0, {"number_taken": 2})


@pytest.mark.parametrize("name", ["ip1", "front"])
async def test_a_number_that_is_no_mobile(world: Any, name: str) -> None:
    """Whoever is in Pling is recognised however they are spelled there: nobody is added twice, or stays reachable."""
    await world.sandbox.seed(contacts=[{"mobile": "+4799999", "stop": 1}])
    await world.sandbox.ip1.seed(contacts=[{"properties": {"phoneNumber": "999 99"}}])
    await world.sandbox.front.seed(contacts=[{"handles": [{"source": "phone", "handle": "999 99"}]}])
    plan, _ = await world.out(name)
    assert (plan.counts["change"], await world.count(name)) == (1, 1)
    if name == "front":
        assert await world.reachable(name) == set()
    assert (await world.out(name))[0].write_count == 0
