"""Checkers of time, number and privacy."""

import asyncio
import re
from collections.abc import Iterator
from typing import Final

from pling_async.bulk.per_contact import DRIFTED, REFUSALS
from pling_async.errors import PlingError, StalePlan
from tests.simulation.people import CANARY, POOL
from tests.simulation.runs import RunRecord
from tests.simulation.virtual_loop import Killed
from tests.simulation.world import World

Found = Iterator[str]

_OUTAGE: Final = 100
"""Retries that a full budget pays for: 500 tokens at 5 each."""
_PATIENCE: Final = 120.0
_OURS: Final = re.compile("[0-9a-f]{32}")
"""Ids of operations, in which any digits may stand."""
_SLACK: Final = 1e-6


def i_21(world: World) -> Found:
    """Check that requests in flight keep their limit, and retries in an outage their budget."""
    for record in world.records:
        for number, life in enumerate(record.lives):
            most = life.settings.max_in_flight
            if life.transport.most_in_flight > most:
                yield f"{life.transport.most_in_flight} requests were in flight, at most {most} are allowed"
            yield from _outage(world, record, number)


def _outage(world: World, record: RunRecord, number: int) -> Found:
    """Compare the retries of one process with what a full budget pays for, and what successes give back."""
    operations = world.history.by_operation().values()
    mine = [attempts for attempts in operations if attempts[0].run is record and attempts[0].life == number]
    earned = sum(1 for attempts in mine if isinstance(attempts[-1].result, int) and attempts[-1].result < 300)
    retries = sum(len(attempts) - 1 for attempts in mine)
    if retries > _OUTAGE + earned * world.settings.retry.attempts:
        yield f"{retries} retries in an outage, the budget allows {_OUTAGE}"


def i_21_operations(world: World) -> Found:
    """Check that no operation is tried more often, or takes longer, than it may."""
    timeout, most = world.settings.timeout, world.settings.retry.attempts
    for attempts in world.history.by_operation().values():
        first, last = attempts[0], attempts[-1]
        is_large = first.is_replace or (first.method == "GET" and first.path == "contacts")
        total = timeout.total_large if is_large else timeout.total
        if len(attempts) > most:
            yield f"{first.method} {first.path} was tried {len(attempts)} times"
        if last.came_at is not None and last.came_at - first.at > total + _SLACK:
            yield f"{first.method} {first.path} took {last.came_at - first.at:.1f} s of {total} s"


def i_22(world: World) -> Found:
    """Nobody sends while the server asks for quiet, and nobody waits for ever."""
    for sent in world.history.requests:
        if sent.retry_after is None or sent.came_at is None:
            continue
        until = sent.came_at + sent.retry_after - _SLACK
        for other in world.history.requests:
            same = other.run is sent.run and other.life == sent.life and other.number > sent.number
            if sent.retry_after <= _PATIENCE:
                world.sometimes.add("Retry-After pause")
                if same and sent.came_at < other.at < until:
                    yield f"request {other.number} was sent {until - other.at:.1f} s before the end of a pause"
            elif same and other.request_id == sent.request_id:
                yield f"request {other.number} repeats one whose server asked for {sent.retry_after:.0f} s"


def i_24(world: World) -> Found:
    """Every process ends, and with an error of ours if with any; once all works, nothing stays undecided."""
    for record in world.records:
        for life in record.lives:
            if life.error is not None and not isinstance(life.error, PlingError | Killed | asyncio.CancelledError):
                yield f"{life.kind} ended with {type(life.error).__name__}: {life.error}"
        run, life = record.run, record.last
        if run is not None and world.is_healed(life) and life.error is None:
            undecided = run.written.filter(outcome="unknown")
            is_final = undecided["code"].is_in([DRIFTED, *REFUSALS]).any()  # nobody can find out any more
            if undecided.height and not is_final and not _is_foreign(record):
                yield f"{undecided.height} contacts are undecided though everything works"


def i_26(world: World) -> Found:
    """No name and no number is in what is said to people."""
    secrets = [CANARY, *(mobile[3:] for mobile in POOL)]
    for said in world.texts:
        text = _OURS.sub("", said)
        for secret in secrets:
            if secret in text:
                place = text.index(secret)
                yield f"{secret!r} in {text[max(0, place - 80) : place + 40]!r}"
                break


def _is_foreign(record: RunRecord) -> bool:
    """Tell whether a run ended since somebody else wrote too, which leaves its replace undecided for ever."""
    runs = (getattr(life.error, "run", None) for life in record.lives)
    stale = any(isinstance(life.error, StalePlan) for life in record.lives)
    return stale or any(run is not None and run.conclusion == "foreign" for run in runs)
