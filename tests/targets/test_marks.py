"""The mark of a stop in Front: before all else, on every contact with the number, and never instead of another one."""

from typing import Any

import orjson
import pytest

from pling_async import targets
from pling_async.bulk.guards import Level
from pling_async.errors import Outcome, StalePlan
from pling_async.frontapp.models import ContactChange, Handle, NewContact
from pling_async.sandbox import Fault
from pling_async.sources.frontapp import FIELDS

KARI, OTHER = "+4799999001", "+4799999002"
STOPPED = {"mobile": KARI, "name": "Kari", "stop": 1}


def phone(*numbers: str, **values: Any) -> dict[str, Any]:
    """Return a contact of Front with some phones."""
    return {"handles": [{"source": "phone", "handle": each} for each in numbers], **values}


async def marks(world: Any) -> list[Any]:
    """Return the mark of each contact in Front, in the order in which they were made."""
    return [each["custom_fields"].get("Stop") for each in await world.sandbox.front.contacts()]


def guard(plan: targets.CopyPlan, name: str) -> tuple[Level, str]:
    """Return what a guard says."""
    return next((each.level, each.message) for each in plan.verdicts if each.guard == name)


def rename(connection: Any) -> None:
    """Call the field otherwise."""
    connection.execute("UPDATE frontCustomFields SET name = 'Do not contact' WHERE name = 'Stop'")


def retype(connection: Any) -> None:
    """Let the field hold numbers."""
    connection.execute("UPDATE frontCustomFields SET type = 'number' WHERE name = 'Stop'")


@pytest.mark.parametrize("change", [rename, retype])
async def test_a_field_that_is_gone_makes_the_plan_stale(world: Any, change: Any) -> None:
    """What was to be a mark would have no place: nothing is sent, and nobody is called written (I-4)."""
    await world.sandbox.seed(contacts=[STOPPED])
    plan = await targets.plan(world.pling, world.target("front"))
    await world.sandbox.front.read(change)
    with pytest.raises(StalePlan, match="no place any more for is_stopped"):
        await anext(targets.apply(world.pling, plan, world.target("front")))
    assert await world.count("front") == 0


async def test_another_table_of_fields_makes_the_plan_stale(world: Any) -> None:
    """A target that does not know the field would leave the mark out."""
    await world.sandbox.seed(contacts=[STOPPED])
    plan = await targets.plan(world.pling, world.target("front"))
    with pytest.raises(StalePlan):
        await anext(targets.apply(world.pling, plan, world.target("front", fields={"City": "city"})))
    assert await world.count("front") == 0


async def test_a_target_without_the_place_writes_nothing_of_them(world: Any) -> None:
    """Whoever asks a target itself hears NOT_APPLIED, and no contact is created without its mark."""
    await world.sandbox.seed(contacts=[STOPPED])
    plan = await targets.plan(world.pling, world.target("front"))
    target = world.target("front", fields={"City": "city"})
    await target.open()
    (line,) = await target.write(plan.writes.rows(named=True))
    assert (line.outcome, line.code) == (Outcome.NOT_APPLIED, "no_place")
    assert "is_stopped" in line.message
    assert await world.count("front") == 0


async def test_the_mark_comes_before_the_address(world: Any) -> None:
    """An address that is refused, since another contact has it by now, keeps no mark away."""
    await world.sandbox.seed(contacts=[{**STOPPED, "email": "kari@example.com"}])
    await world.sandbox.front.seed(contacts=[phone(KARI, name="Kari")])
    target = world.target("front")
    plan = await targets.plan(world.pling, target)
    await world.front.contacts.create(NewContact(handles=(Handle("email", "kari@example.com"),)))
    (line,) = [each async for each in targets.apply(world.pling, plan, target)]
    assert (line.outcome, line.code) == (Outcome.UNKNOWN, "HandleConflict")
    assert await marks(world) == [True, None]


async def test_the_mark_comes_before_other_values(world: Any) -> None:
    """A value that is refused, whichever, keeps no mark away."""
    await world.sandbox.seed(contacts=[{**STOPPED, "city": "Oslo"}])
    await world.sandbox.front.seed(contacts=[phone(KARI, name="Old")])
    world.sandbox.fail(Fault(action="answer", status=400, method="PATCH", path="/front/contacts/*", skip=1))
    _, (line,) = await world.out("front")
    assert line.outcome is Outcome.UNKNOWN
    assert await marks(world) == [True]
    await world.out("front")
    assert [each["name"] for each in await world.sandbox.front.contacts()] == ["Kari"]


@pytest.mark.parametrize("marked", [(), (0,), (1,), (2,), (0, 2)])
async def test_every_contact_with_the_number_is_marked(world: Any, marked: tuple[int, ...]) -> None:
    """Nobody can write to a stopped person through an older contact that has the number in other words."""
    await world.sandbox.seed(contacts=[STOPPED, {"mobile": OTHER, "name": "Ola"}])
    spellings = [KARI, "99999001", "+47 99 99 90 01"]
    fields = [{"custom_fields": {"Stop": True}} if number in marked else {} for number in range(3)]
    known = [phone(each, name="x", **more) for each, more in zip(spellings, fields, strict=True)]
    await world.sandbox.front.seed(contacts=[*known, *(phone(each) for each in (OTHER, "99999002"))])
    plan, written = await world.out("front")
    assert (plan.same_number, plan.counts["change"]) == (3, 2)
    assert {each.outcome for each in written} == {Outcome.APPLIED}
    assert await marks(world) == [True, True, True, None, None]
    assert sorted(each["name"] for each in await world.sandbox.front.contacts()) == ["", "Kari", "Ola", "x", "x"]
    assert guard(plan, "same-number")[0] is Level.HELD
    again, _ = await world.out("front")
    assert again.write_count == 0
    assert guard(again, "stop-list") == (Level.PASSED, "stopped there as well: 1 contact")


async def test_how_many_others_are_marked_is_told(world: Any) -> None:
    """The guard says that contacts with the number of another one stay as they are, but for a mark."""
    await world.sandbox.seed(contacts=[STOPPED])
    await world.sandbox.front.seed(contacts=[phone(KARI), phone("99999001")])
    plan, _ = await world.out("front")
    level, message = guard(plan, "same-number")
    assert level is Level.HELD
    assert message.endswith("1 contact have the number of another one and stay as they are, but for 1 mark of a stop")


@pytest.mark.parametrize("is_there", [True, False])
@pytest.mark.parametrize("is_marked", [True, False])
async def test_a_number_that_is_somebody_elses_further_one(world: Any, *, is_there: bool, is_marked: bool) -> None:
    """Who is behind it may be reached there: nobody is called stopped who is not, and nobody else is stopped for it."""
    await world.sandbox.seed(contacts=[STOPPED])
    owner = phone("+4799999007", KARI, custom_fields={"Stop": True} if is_marked else {})
    await world.sandbox.front.seed(contacts=[owner, *([phone("99999001")] if is_there else [])])
    plan, (line,) = await world.out("front")
    assert (line.outcome, line.code) == ((Outcome.APPLIED, "") if is_there else (Outcome.SKIPPED, "number_taken"))
    assert await marks(world) == [is_marked or None, *([True] if is_there else [])]
    level, message = guard(plan, "stop-list")
    assert level is (Level.PASSED if is_marked else Level.HELD)
    assert ("reachable in Front" in message) is not is_marked
    assert plan.stopped_elsewhere == int(not is_marked)


@pytest.mark.parametrize("note", ["Reserved 2024-01-01, by letter", "x", "Ja", "stoppet"])
async def test_a_text_is_a_mark(serve: Any, note: str) -> None:
    """Whatever stands in the field and is no clear no was put there for a stop: nothing is written over it."""
    world = await serve(fields=[])
    await world.sandbox.front.seed(
        custom_fields=[{"name": "Stop"}], contacts=[phone(KARI, name="Kari", custom_fields={"Stop": note})]
    )
    await world.sandbox.seed(contacts=[STOPPED])
    plan, _ = await world.out("front")
    assert plan.counts["unchanged"] == 1
    assert await marks(world) == [note]


@pytest.mark.parametrize("note", ["", "  ", "no", "nei", "false", "0"])
async def test_a_clear_no_is_none(serve: Any, note: str) -> None:
    """Where the field says no, or nothing, the mark is written."""
    world = await serve(fields=[])
    await world.sandbox.front.seed(
        custom_fields=[{"name": "Stop"}], contacts=[phone(KARI, name="Kari", custom_fields={"Stop": note})]
    )
    await world.sandbox.seed(contacts=[STOPPED])
    await world.out("front")
    assert await marks(world) == ["true"]


async def test_a_mark_that_came_after_the_plan_stays(serve: Any) -> None:
    """The field is read just before it is written, and so are the others, none of which is taken away."""
    world = await serve(fields=[])
    await world.sandbox.front.seed(
        custom_fields=[{"name": "Stop"}, {"name": "City"}, {"name": "Shoe size"}], contacts=[phone(KARI)]
    )
    await world.sandbox.seed(contacts=[{**STOPPED, "city": "Oslo"}])
    target = world.target("front")
    plan = await targets.plan(world.pling, target)
    ((contact),) = await world.sandbox.front.contacts()
    late = ContactChange(custom_fields={"Stop": "ja", "Shoe size": "44"})
    await world.front.contacts.update(contact["id"], late)
    (line,) = [each async for each in targets.apply(world.pling, plan, target)]
    assert line.outcome is Outcome.APPLIED
    ((contact),) = await world.sandbox.front.contacts()
    assert contact["custom_fields"] == {"Stop": "ja", "Shoe size": "44", "City": "Oslo"}


@pytest.mark.parametrize(("hidden", "stop"), [("custom_fields", 1), ("custom_fields", 0), ("lists", 0)])
async def test_what_one_answer_does_not_show_is_not_erased(world: Any, hidden: str, stop: int) -> None:
    """A contact is read once more before its custom fields, or its lists, are written as a whole."""
    await world.sandbox.seed(contacts=[{"mobile": KARI, "stop": stop, "city": "Oslo", "contactGroups": ["VIP"]}])
    await world.sandbox.front.seed(contacts=[phone(KARI, lists=["Mine"], custom_fields={"Address": "Storgata 1"})])
    (known,) = await world.sandbox.front.contacts()
    answer = {name: value for name, value in known.items() if name not in {hidden, "groups"}}
    world.sandbox.fail(Fault(method="GET", path="/front/contacts/crd_*", status=200, body=orjson.dumps(answer)))
    _, (line,) = await world.out("front")
    assert line.outcome is Outcome.APPLIED
    (contact,) = await world.sandbox.front.contacts()
    expected = {"Address": "Storgata 1", "City": "Oslo"} | ({"Stop": True} if stop else {})
    assert (contact["custom_fields"], {each["name"] for each in contact["lists"]}) == (expected, {"Mine", "VIP"})


async def test_a_further_number_in_a_custom_field(serve: Any) -> None:
    """Whoever has it is left out, as with a further phone; whoever is stopped is counted where they are reachable."""
    world = await serve(fields=["Stop", "Cell", "Work"])
    await world.sandbox.seed(contacts=[STOPPED, {"mobile": OTHER}])
    custom = {"Cell": "99999009", "Work": OTHER}
    await world.sandbox.front.seed(contacts=[phone(KARI, custom_fields=custom)])
    target = targets.frontapp(world.front, stopped="mark", fields={**FIELDS, "Cell": "mobile", "Work": "mobile"})
    plan = await targets.plan(world.pling, target)
    assert (plan.skipped, plan.stopped_elsewhere) == ({"number_taken": 2}, 1)
