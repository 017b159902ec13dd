"""Play seeds and judge them: which invariants broke, and which states were reached."""

import hashlib
import logging
import os
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from attrs import frozen

from tests.simulation import disk, hindsight, limits, opt_outs, safety, truth, verdicts
from tests.simulation.history import Change, Sent
from tests.simulation.readings import written
from tests.simulation.sabotage import SABOTAGE
from tests.simulation.scenarios import play
from tests.simulation.sometimes import observe
from tests.simulation.world import World

INVARIANTS: Final[Mapping[str, tuple[Callable[[World], Iterator[str]], ...]]] = {
    "I-1": (safety.i_1, safety.i_1_days),
    "I-2": (safety.i_2, safety.i_2_plans, hindsight.i_2_undo),
    "I-3": (safety.i_3,),
    "I-4": (opt_outs.i_4, opt_outs.i_4_says),
    "I-5": (opt_outs.i_5,),
    "I-6": (safety.i_6,),
    "I-7": (safety.i_7,),
    "I-10": (verdicts.i_10,),
    "I-11": (safety.i_11,),
    "I-12": (verdicts.i_12, verdicts.i_12_waits, verdicts.i_12_others, hindsight.i_12_undo),
    "I-13": (verdicts.i_13,),
    "I-14": (verdicts.i_14, verdicts.i_14_ends, hindsight.i_14_found),
    "I-15": (truth.i_15, truth.i_15_upserts, hindsight.i_15_full),
    "I-16": (truth.i_16,),
    "I-17": (truth.i_17,),
    "I-18": (safety.i_18,),
    "I-21": (limits.i_21, limits.i_21_operations),
    "I-22": (limits.i_22,),
    "I-24": (limits.i_24,),
    "I-26": (limits.i_26,),
    "I-28": (safety.i_28,),
}


@frozen(kw_only=True)
class Verdict:
    """What became of one seed."""

    seed: int
    violations: tuple[str, ...]
    sometimes: frozenset[str]
    requests: int
    seconds: float
    """Virtual ones."""
    digest: str
    """Of the whole history: the same seed has the same one, on every machine."""


class _Said(logging.Handler):
    """Keeps what is logged, for I-26."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one message."""
        self.texts.append(record.getMessage())


_SAID: Final = _Said()


def settle_among(places: Any, sabotage: str | None) -> None:
    """Prepare one process of many; each takes a place from the queue, and so a core of its own while there are some."""
    settle_in(sabotage, place=places.get())


def settle_in(sabotage: str | None = None, *, place: int | None = None) -> None:
    """Prepare this process for seeds, once, perhaps with a defect put in."""
    _stay_on_a_core(os.getpid() if place is None else place)
    disk.patch()
    if sabotage is not None:
        SABOTAGE[sabotage]()
    logger = logging.getLogger("pling_async")
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    logger.addHandler(_SAID)


def _stay_on_a_core(place: int) -> None:
    """Save up to a third of the time: polars hands each of thousands of tiny queries to a thread, best next door."""
    if hasattr(os, "sched_setaffinity"):  # Linux
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {cores[place % len(cores)]})


def judge(seed: int, show: Callable[[str], Any] | None = None) -> Verdict:
    """Play one seed, and check everything."""
    _SAID.texts.clear()
    world = World(seed)
    disk.inhabit(world)
    try:
        violations = list(_played(world))
        world.texts += _SAID.texts
        violations += [
            f"{name}: {found}" for name, checks in INVARIANTS.items() for check in checks for found in check(world)
        ]
        observe(world)
        if show is not None:
            for line in told(world):
                show(line)
        return Verdict(
            seed=seed,
            violations=tuple(violations),
            sometimes=frozenset(world.sometimes),
            requests=len(world.history.requests),
            seconds=world.loop.now,
            digest=_digest(world),
        )
    finally:
        world.close()


def judge_all(seeds: Iterable[int]) -> list[Verdict]:
    """Judge several seeds."""
    return [judge(seed) for seed in seeds]


def _played(world: World) -> Iterator[str]:
    try:
        play(world)
    except Exception:  # noqa: BLE001 - a defect of the simulation, or something that nobody thought of
        yield f"the seed broke off: {traceback.format_exc()}"
    yield from world.found


def _digest(world: World) -> str:
    """Hash what a seed's history says, but for where it was played: the folder and the process."""
    said = "\n".join(told(world)).replace(str(world.state), "").replace(f"process {os.getpid()}", "")
    return hashlib.sha256(said.encode()).hexdigest()


def told(world: World) -> Iterator[str]:
    """Tell a seed's history, line by line."""
    yield f"{world.semantics} {world.theme}".rstrip()
    yield f"faults {world.faults.rates} {world.faults.mode} from request {world.faults.mode_at}"
    lives = [(life.started, life, number) for number, record in enumerate(world.records) for life in record.lives]
    lives.sort(key=lambda each: each[0])
    for place, event in enumerate(world.history.events):
        while lives and lives[0][0] <= place:
            _, life, number = lives.pop(0)
            record = life.transport.run
            yield f"-- run {number} ({record.kind} {record.mode} {record.strategy}): {life.kind}"
        if (line := _line(event)) is not None:
            yield f"{place:4} {line}"
    for number, record in enumerate(world.records):
        for life in record.lives:
            yield f"run {number} {life.kind}: {type(life.error).__name__} {life.error}".replace(str(world.state), "")
        if record.run is not None:
            conclusion = getattr(record.run.conclusion, "value", None)
            yield f"run {number}: {written(record.run)}, {conclusion}, {record.run.verification}"
        if record.outcomes:
            said = [(each.row, each.outcome.value, type(each.error).__name__) for each in record.outcomes]
            yield f"run {number}: {said}"
    yield f"sometimes {sorted(world.sometimes)}"


def _line(event: object) -> str | None:
    match event:
        case Sent():
            came = "never" if event.came_at is None else f"{event.came_at:.2f}"
            said = f"{event.at:9.2f} #{event.number} {event.method} {event.path} {dict(event.query) or ''}"
            return f"{said} -> {event.result} at {came} {event.fault} {_brief(event.body)}"
        case Change() if event.actor != "setup":
            cause = "" if event.cause is None else f" by #{event.cause.number}"
            return f"{event.at:9.2f}   {event.actor}{cause}: {event.mobile} {event.before} => {event.after}"
    return None


def _brief(body: Any) -> str:
    if isinstance(body, list):
        return " ".join(f"{each.get('mobile')}{'!' if each.get('stop') else ''}" for each in body)
    return "" if body is None else str({name: value for name, value in body.items() if value not in ("", None, [])})
