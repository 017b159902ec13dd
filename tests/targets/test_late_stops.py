"""Whoever stops in Pling while a copy runs is stopped in the other system when it ends, and every line told is true."""

import asyncio
from contextlib import aclosing
from typing import Any
from urllib.parse import urlsplit

import pytest
from attrs import frozen

from pling_async import targets
from pling_async.bulk.per_contact import Written
from pling_async.cli.copy_view import _done, _others
from pling_async.cli.tally import Tally
from pling_async.errors import VerificationError
from pling_async.sandbox import Fault

FIRST, LAST = "+4799999000", "+4799999299"
PEOPLE = [{"mobile": f"+4799999{n:03}", "name": f"N{n}"} for n in range(300)]
FEW = PEOPLE[:6]


@frozen
class Copied:
    """What was told of a copy during which somebody stopped."""

    lines: list[Written]

    def told(self, mobile: str) -> list[tuple[str, str, str]]:
        """Return action, outcome and code of each line about somebody."""
        return [(each.action, str(each.outcome), each.code) for each in self.lines if each.mobile == mobile]


async def stop(world: Any, mobile: str) -> None:
    """Put somebody on Pling's stop list."""
    listing = await world.pling.contacts.list()
    await world.pling.stop_list.add(next(each for each in listing.contacts if each.mobile == mobile))


async def copied(world: Any, name: str, mobile: str, **options: Any) -> Copied:
    """Copy the account; somebody stops after the first outcome."""
    target = world.target(name, **options)
    plan = await targets.plan(world.pling, target)
    lines: list[Written] = []
    async for each in targets.apply(world.pling, plan, target):
        if not lines:
            await stop(world, mobile)
        lines.append(each)
    return Copied(lines)


@pytest.fixture
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a round be a batch: as if each took minutes."""
    monkeypatch.setattr("pling_async.targets.stops.EVERY", 0.0)


@pytest.mark.parametrize("name", ["ip1", "front"])
@pytest.mark.parametrize("mobile", [FIRST, "+4799999005"])
async def test_whoever_was_written_is_stopped_in_the_end(world: Any, name: str, mobile: str) -> None:
    """Pling is asked again after the last write, and a line says that the stop arrived (I-4)."""
    await world.sandbox.seed(contacts=FEW)
    run = await copied(world, name, mobile)
    assert mobile not in await world.reachable(name)
    assert run.told(mobile) == [("add", "applied", ""), ("stop", "applied", "")]
    assert len(run.lines) == len(FEW) + 1
    assert await world.count(name) == len(FEW)
    assert (await world.out(name))[0].write_count == 0


@pytest.mark.usefixtures("_at_once")
async def test_whoever_is_still_to_be_written_is_blocked_before(world: Any) -> None:
    """After some minutes Pling is asked between two requests: the number is blocked, and then the contact comes."""
    await world.sandbox.seed(contacts=PEOPLE)
    run = await copied(world, "ip1", LAST)
    assert run.told(LAST) == [("add", "applied", "")]
    writes = [each.path for each in world.sandbox.requests if each.method == "POST" and each.path.startswith("/ip1/")]
    assert writes.count("/ip1/v2/blacklist") == 1
    assert writes.index("/ip1/v2/blacklist") < len(writes) - 1
    assert LAST not in await world.reachable("ip1")
    assert len(run.lines) == await world.count("ip1") == len(PEOPLE)


@pytest.mark.usefixtures("_at_once")
@pytest.mark.parametrize(("stopped", "told"), [("mark", ("applied", "")), ("skip", ("skipped", "stopped"))])
async def test_whoever_is_still_to_be_written_to_front(world: Any, stopped: str, told: tuple[str, str]) -> None:
    """They are created with their mark, or left out, as if they had been stopped when it was planned."""
    await world.sandbox.seed(contacts=FEW)
    run = await copied(world, "front", FEW[-1]["mobile"], stopped=stopped)
    assert run.told(FEW[-1]["mobile"]) == [("add", *told)]
    assert FEW[-1]["mobile"] not in await world.reachable("front")
    assert await world.count("front") == len(FEW) - (stopped == "skip")


@pytest.mark.usefixtures("_at_once")
async def test_whoever_is_left_out_meanwhile_is_counted(world: Any) -> None:
    """The numbers that are shown in the end add up to the account: nobody is missing from all of them."""
    await world.sandbox.seed(contacts=[*PEOPLE, {"mobile": "+4799999300", "stop": 1}])
    target = world.target("front", stopped="skip")
    plan, tally = await targets.plan(world.pling, target), Tally()
    async for each in targets.apply(world.pling, plan, target):
        if not tally.done:
            await stop(world, LAST)
        tally.add(each)
    shown = {**_done(plan, tally), **_others(plan, tally)}
    assert shown["left out (stopped)"] == 2
    assert sum(shown.values()) == len(PEOPLE) + 1


@pytest.mark.parametrize("is_soon", [True, False])
async def test_a_contact_that_was_there_before(world: Any, monkeypatch: pytest.MonkeyPatch, *, is_soon: bool) -> None:
    """Whoever is changed there gets the mark with the change, or after it."""
    monkeypatch.setattr("pling_async.targets.stops.EVERY", 0.0 if is_soon else 300.0)
    await world.sandbox.seed(contacts=FEW)
    known = [{"name": "Old", "handles": [{"source": "phone", "handle": each["mobile"]}]} for each in FEW]
    await world.sandbox.front.seed(contacts=known)
    last = FEW[-1]["mobile"]
    run = await copied(world, "front", last)
    lines = [("change", "applied", ""), ("stop", "applied", "")]
    assert run.told(last) == lines[: 1 if is_soon else 2]
    assert last not in await world.reachable("front")
    assert (await world.out("front"))[0].write_count == 0


async def test_without_a_place_the_line_says_so(serve: Any) -> None:
    """A company without the field cannot be told of a stop; nothing is deleted, and that is no silent end."""
    world = await serve(fields=["City"])
    await world.sandbox.seed(contacts=FEW)
    run = await copied(world, "front", FIRST)
    assert run.told(FIRST) == [("add", "applied", ""), ("stop", "not_applied", "no_place")]
    assert await world.count("front") == len(FEW)


@pytest.mark.parametrize("action", ["reset_after_commit", "reset_before_commit"])
async def test_whoever_may_be_there_is_stopped_as_well(world: Any, action: Any) -> None:
    """A contact whose outcome is unknown is looked for by its number."""
    await world.sandbox.seed(contacts=FEW)
    world.sandbox.fail(Fault(action=action, method="POST", path="/front/contacts", count=None))
    run = await copied(world, "front", FIRST)
    is_there = action == "reset_after_commit"
    end = ("stop", "applied", "") if is_there else ("stop", "not_applied", "NotFound")
    assert [line[:2] for line in run.told(FIRST)] == [("add", "unknown"), end[:2]]
    assert run.told(FIRST)[-1] == end
    assert FIRST not in await world.reachable("front")


@pytest.mark.usefixtures("_at_once")
async def test_a_stop_that_fails_is_tried_again(world: Any) -> None:
    """What was refused once arrives at the next look, and there is one line about it."""
    await world.sandbox.seed(contacts=PEOPLE)
    world.sandbox.fail(Fault(action="answer", status=400, method="POST", path="*/blacklist"))
    run = await copied(world, "ip1", FIRST)
    assert run.told(FIRST) == [("add", "applied", ""), ("stop", "applied", "")]
    assert FIRST not in await world.reachable("ip1")


async def test_a_stop_that_does_not_arrive_is_told(world: Any) -> None:
    """Nobody is called stopped there who is not."""
    await world.sandbox.seed(contacts=FEW)
    world.sandbox.fail(Fault(action="answer", status=400, method="POST", path="*/blacklist", count=None))
    run = await copied(world, "ip1", FIRST)
    assert run.told(FIRST) == [("add", "applied", ""), ("stop", "not_applied", "BadRequest")]


@pytest.mark.usefixtures("_at_once")
async def test_what_pling_does_not_say_is_no_secret(world: Any) -> None:
    """Between requests an answer may be missing; after the last one the copy ends with an error, when all is told."""
    await world.sandbox.seed(contacts=FEW)
    target = world.target("front")
    plan = await targets.plan(world.pling, target)
    path = f"{urlsplit(world.sandbox.url).path}contacts"
    lines: list[Written] = []

    async def heard() -> None:
        async for each in targets.apply(world.pling, plan, target):
            world.sandbox.fail(Fault(action="answer", method="GET", path=path, count=None))
            lines.append(each)

    with pytest.raises(VerificationError, match="stopped in Pling during the copy"):
        await heard()
    assert len(lines) == await world.count("front") == len(FEW)


@pytest.mark.parametrize("name", ["ip1", "front"])
async def test_a_copy_that_is_closed_early(world: Any, name: str) -> None:
    """Whoever stops listening after some outcomes leaves nobody reachable who is stopped."""
    await world.sandbox.seed(contacts=PEOPLE[:200])
    target = world.target(name)
    plan = await targets.plan(world.pling, target)
    async with aclosing(targets.apply(world.pling, plan, target)) as lines:
        first = await anext(lines)
        await stop(world, first.mobile)
    assert first.mobile not in await world.reachable(name)
    assert await world.count(name) > 0


async def test_a_copy_that_is_closed_early_and_cannot_tell(world: Any) -> None:
    """The one who closes it hears that somebody may be reachable, since no line can say so."""
    await world.sandbox.seed(contacts=FEW)
    world.sandbox.fail(Fault(action="answer", status=400, method="POST", path="*/blacklist", count=None))
    target = world.target("ip1")
    plan = await targets.plan(world.pling, target)
    lines = targets.apply(world.pling, plan, target)
    await stop(world, (await anext(lines)).mobile)
    with pytest.raises(VerificationError, match="1 contact stopped in Pling during the copy"):
        await lines.aclose()


@pytest.mark.parametrize("is_soon", [True, False])
async def test_every_contact_with_the_number(world: Any, monkeypatch: pytest.MonkeyPatch, *, is_soon: bool) -> None:
    """Whoever stops during the copy is marked on each contact that has their number, in whatever words (I-4)."""
    monkeypatch.setattr("pling_async.targets.stops.EVERY", 0.0 if is_soon else 300.0)
    await world.sandbox.seed(contacts=FEW)
    last = FEW[-1]["mobile"]
    known = [{"name": "Old", "handles": [{"source": "phone", "handle": each}]} for each in (last[3:], last)]
    await world.sandbox.front.seed(contacts=known)
    run = await copied(world, "front", last)
    lines = [("change", "applied", ""), ("stop", "applied", "")]
    assert run.told(last) == lines[: 1 if is_soon else 2]
    assert [each["custom_fields"].get("Stop") for each in await world.sandbox.front.contacts()][:2] == [True, True]
    assert (await world.out("front"))[0].write_count == 0


@pytest.mark.parametrize("is_soon", [True, False])
async def test_a_number_that_leads_elsewhere(world: Any, monkeypatch: pytest.MonkeyPatch, *, is_soon: bool) -> None:
    """A contact that has the number as an additional one gets no mark, and the line says so."""
    monkeypatch.setattr("pling_async.targets.stops.EVERY", 0.0 if is_soon else 300.0)
    await world.sandbox.seed(contacts=FEW)
    last = FEW[-1]["mobile"]
    phones = [[last[3:]], ["+4799999700", last]]
    known = [{"handles": [{"source": "phone", "handle": each} for each in some]} for some in phones]
    await world.sandbox.front.seed(contacts=known)
    run = await copied(world, "front", last)
    assert run.told(last)[-1] == ("change" if is_soon else "stop", "applied", "elsewhere")
    assert "additional one of another contact" in run.lines[-1].message


async def test_whose_change_was_refused(world: Any) -> None:
    """They are there all the same, so that a stop is theirs, too."""
    await world.sandbox.seed(contacts=FEW[:1])
    await world.sandbox.front.seed(contacts=[{"handles": [{"source": "phone", "handle": FIRST}]}])
    world.sandbox.fail(Fault(action="answer", status=400, method="PATCH", path="/front/contacts/*", count=1))
    run = await copied(world, "front", FIRST)
    assert run.told(FIRST) == [("change", "not_applied", "BadRequest"), ("stop", "applied", "")]
    assert FIRST not in await world.reachable("front")


async def test_a_copy_that_is_told_to_stop(world: Any) -> None:
    """It takes nobody further, tells what was under way, and stops whoever stopped meanwhile."""
    await world.sandbox.seed(contacts=PEOPLE)
    target, told = world.target("front"), asyncio.Event()
    plan = await targets.plan(world.pling, target)
    lines: list[Written] = []
    async for each in targets.apply(world.pling, plan, target, stop=told):
        lines.append(each)
        if not told.is_set():
            told.set()
            await stop(world, each.mobile)
    assert len(lines) - 1 == await world.count("front") < len(PEOPLE)
    assert (lines[-1].mobile, lines[-1].action) == (lines[0].mobile, "stop")
    assert lines[0].mobile not in await world.reachable("front")


async def test_a_copy_that_is_cancelled(world: Any) -> None:
    """Whoever cancels it hears that nobody looked who stopped meanwhile."""
    await world.sandbox.seed(contacts=FEW)
    world.sandbox.fail(Fault(action="delay", delay=30, method="POST", path="/front/contacts", count=None))
    target = world.target("front")
    plan = await targets.plan(world.pling, target)
    lines = targets.apply(world.pling, plan, target)
    waiting = asyncio.create_task(anext(lines))
    while world.sandbox.requests[-1].method != "POST":  # noqa: ASYNC110 - the sandbox has no event for it
        await asyncio.sleep(0.005)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError) as cancelled:
        await waiting
    assert "whether anybody stopped in Pling during the copy was not checked; copy" in cancelled.value.__notes__[-1]
