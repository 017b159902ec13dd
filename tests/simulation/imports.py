"""The life of an import: planned, applied, cut short, resumed, taken back, run again."""

import asyncio
import random
from collections.abc import Mapping
from typing import Any, Final

from pling_async import PlingClient, bulk, errors
from pling_async.bulk.plan_file import load_plan
from pling_async.bulk.state import RunFolder
from tests.simulation.faults import LOST
from tests.simulation.others import clock_jumps, people_act
from tests.simulation.people import Row, draw_list
from tests.simulation.runs import Life, RunRecord, is_full
from tests.simulation.surprises import between, watch
from tests.simulation.themes import bend_run, bend_troubles, bent_cut
from tests.simulation.world import World

LATE: Final = 200.0
"""Seconds after which no lost request is applied any more."""
_MOST_LIVES: Final = 5


def imports(world: World) -> None:
    """Plan a list and apply it; resume what is cut short; perhaps take it back; perhaps run it again."""
    record = planned(world)
    if record is None:
        return
    _troubles(world)
    bend_troubles(world, record)
    watch(world)
    apply(world, record, **cut(world))
    if world.theme == "early_undo" and record.run_id is not None and _undo_early(world, record):
        return
    _resume_until_over(world, record)
    world.heal()
    world.wait(LATE)
    _settle(world, record)
    choice = 0.0 if world.theme == "by_hand then undo" else world.rng.random()
    if choice < 0.35 and record.run_id is not None:
        _undo(world, record)
    elif choice < 0.7 and not world.theme:  # which is about something else, and takes long enough
        _again(world, record)


def planned(world: World) -> RunRecord | None:
    """Return a run that is planned and not begun; None when not even that was possible."""
    rng = world.rng
    rows = draw_list(rng, world.server.people())
    mode = rng.choice(("merge", "replace", "replace"))
    consent = _consent(rng, rows, world)
    guards = bulk.Guards(
        max_removals=rng.choice((0, 2, 10, 40)),
        max_removal_percent=rng.choice((0.0, 10.0, 50.0)),
        allow_empty=rng.random() < 0.1,
        removals_despite_rejects=rng.random() < 0.2,
        allow_group_removal=rng.random() < 0.8,
        consent=consent,
        find_moves=rng.random() < 0.8,
    )
    strategy = rng.choice(("auto", "replace", "replace", "replace", "per_contact", "per_contact"))
    record = RunRecord(
        kind="import", mode=mode, strategy=strategy, rows=rows, guards=guards, consent=frozenset(consent)
    )
    bend_run(world, record)
    world.records.append(record)
    if rng.random() < 0.1:
        people_act(world, within=0.5, most=1)
    plan(world, record)
    return record if record.plan is not None else None


def _consent(rng: random.Random, rows: list[Row], world: World) -> Mapping[str, str]:
    """Hold the consent of one stopped person now and then, whom the list then calls reachable."""
    stopped = [row.mobile for row in rows if row.mobile in world.server.people() and row.says]
    if not stopped or rng.random() > 0.2:
        return {}
    return {str(rng.choice(stopped)): "letter 7"}


def plan(world: World, record: RunRecord) -> None:
    """Plan the list of a run."""

    async def main(client: PlingClient) -> bulk.Plan:
        record.prepared = record.prepared or await bulk.prepare([row.spelled for row in record.rows])
        return await bulk.plan(client, record.prepared, mode=record.mode, guards=record.guards)

    life = world.live(record, "plan", main)
    record.plan = life.result
    if (
        record.plan is not None
        and record.plan.counts.remove
        and world.rng.random() < 0.2 + 0.4 * record.plan.is_refused
    ):
        record.confirm = world.rng.choice((record.plan.digest[:12], record.plan.digest, "0123456789abcdef"))


def _troubles(world: World) -> None:
    """Draw who else acts while the plan is carried out, and whether the disk is nearly full."""
    people_act(world, within=world.rng.choice((1.0, 10.0, 60.0, 400.0)), most=world.rng.choice((0, 1, 3)))
    if world.rng.random() < 0.2:
        clock_jumps(world, within=10.0)
    if world.rng.random() < 0.12:
        world.disk_pages = world.rng.randint(1, 12)
    if world.rng.random() < 0.03:
        world.kill_at_connect = world.rng.randint(1, 4)
    if world.rng.random() < 0.1:
        world.loop.disk_delay = 2.0


def cut(world: World) -> dict[str, Any]:
    """Draw whether, and where, a process dies or is cancelled."""
    if (bent := bent_cut(world)) is not None:
        return bent
    chance = world.rng.random()
    if chance < 0.2:
        world.kill_at_request = world.rng.choice((1, world.rng.randint(1, 12)))  # a replace is one request
        world.kill_after = world.rng.randint(1, 40)
    elif chance < 0.3:
        return {"killed_at": int(world.rng.choice((50, 200, 600)) * world.rng.random()) + 1}
    elif chance < 0.4:
        return {"cancelled_after": world.rng.random() ** 2 * world.rng.choice((1.0, 8.0, 200.0))}
    return {}


def _settings(world: World, record: RunRecord) -> bulk.ApplySettings:
    stop = None
    if world.rng.random() < 0.1 and world.healed_at is None:
        stop = asyncio.Event()
        world.loop.call_later(world.rng.random() * 2, stop.set)
    return bulk.ApplySettings(state=world.state, confirm=record.confirm, stop=stop)


def apply(world: World, record: RunRecord, **short: Any) -> Life:
    """Apply the plan of a run, perhaps cut short."""
    known = set(world.journals())
    settings = _settings(world, record)
    life = world.live(
        record,
        "apply",
        lambda client: bulk.apply(client, record.plan, strategy=record.strategy, settings=settings),
        **short,
    )
    made = [path for path in world.journals() if path not in known]
    record.run_id = made[-1].parent.name if made else None
    return life


def _resume_until_over(world: World, record: RunRecord) -> None:
    """Do what people do with a run that is cut short: wait a little, perhaps try something else, and resume it."""
    while record.run_id is not None and _is_open(record) and len(record.lives) < _MOST_LIVES:
        if is_full(record.last.error):
            world.disk_pages = world.full_at = None
        world.wait(world.rng.choice((0.0, 1.0, 60.0, 300.0)) * world.rng.random())
        if world.rng.random() < (0.5 if record.last.transport.is_in_doubt else 0.1):
            _try_another(world, record)
        between(world, record)
        _resume(world, record, **cut(world))


def _settle(world: World, record: RunRecord) -> None:
    """Resume when everything works: now it must come to an end (I-24), those in doubt first."""
    others = [each for each in world.records if each is not record and isinstance(each.run_id, str)]
    for each in (*reversed(others), record):
        if each.run_id is not None and _is_open(each):
            _resume(world, each)


def _is_open(record: RunRecord) -> bool:
    """Tell whether a run may be resumed with any hope: it was cut short, or something of it is not decided."""
    error, run = record.last.error, record.run
    if isinstance(error, errors.StalePlan | errors.VerificationError):
        return False
    if error is not None:
        return True
    return run is not None and not run.is_complete and _is_undecided(run)


def _is_undecided(run: Any) -> bool:
    is_stopped = run.written["message"].str.contains("stopped on request").any()
    return bool(run.written.filter(outcome="unknown").height or is_stopped)


def _resume(world: World, record: RunRecord, **short: Any) -> Life:
    settings = _settings(world, record)
    return world.live(
        record, "resume", lambda client: bulk.resume(client, str(record.run_id), settings=settings), **short
    )


def _try_another(world: World, record: RunRecord) -> None:
    """Begin another run meanwhile: it is refused as long as a replace is in doubt (#79)."""
    other = record.same("import")
    world.records.append(other)
    plan(world, other)
    if other.plan is not None:
        apply(world, other)


def _undo_early(world: World, record: RunRecord) -> bool:
    """Take a run back at once, when its lost requests may still be applied; False when it was refused."""
    world.wait(world.spare.choice((0.0, 1.0, 20.0)))
    if any(sent.run is record and sent.is_mutating and sent.fault in LOST for sent in world.history.requests):
        world.sometimes.add("undone while a lost request was under way")
    undo = _begin_undo(world, record)
    world.heal()
    world.wait(LATE)
    if undo.run_id is None:
        return undo.last.error is None
    if _is_open(undo):
        _resume(world, undo)
    return True


def _undo(world: World, record: RunRecord) -> None:
    """Take the run back; other people may have written since, and answers may be lost again."""
    if world.rng.random() < 0.3:
        people_act(world, within=1.0)
        world.wait(1.0)
    if world.rng.random() < 0.6:
        world.healed_at = None
        world.faults.aimed = {method: world.rng.choice(LOST) for method in ("DELETE", "PUT")}
    undo = _begin_undo(world, record, **(cut(world) if world.rng.random() < 0.5 else {}))
    world.heal()
    world.wait(LATE)
    _settle(world, undo)


def _begin_undo(world: World, record: RunRecord, **short: Any) -> RunRecord:
    undo = RunRecord(kind="undo", mode="undo", rows=(), guards=bulk.Guards(), undo_of=record)
    world.records.append(undo)
    known = set(world.journals())
    settings = bulk.ApplySettings(state=world.state)

    async def main(client: PlingClient) -> bulk.Run:
        undo.plan = await bulk.plan_undo(client, str(record.run_id), settings=settings)
        return await bulk.undo(client, str(record.run_id), settings=settings)

    world.live(undo, "undo", main, **short)
    made = [path for path in world.journals() if path not in known]
    undo.run_id = made[-1].parent.name if made else None
    if undo.last.run is not None:
        undo.plan = undo.last.run.plan  # others may have written between planning and undoing
    elif made:
        undo.plan = load_plan(RunFolder(made[-1].parent).plan)
    return undo


def _again(world: World, record: RunRecord) -> None:
    """Run the same list twice more: the second time nothing is left to do (I-14)."""
    for _ in range(2):
        again = record.same("again")
        world.records.append(again)
        plan(world, again)
        if again.plan is None or again.plan.is_refused:
            return
        apply(world, again)
