"""States that a campaign must reach, so that its checkers are known to have been asked."""

from collections.abc import Iterator
from typing import Final

from pling_async import errors
from tests.simulation.faults import LOST
from tests.simulation.history import Sent
from tests.simulation.readings import by_client, moves, planned, written
from tests.simulation.runs import Life, RunRecord, is_full
from tests.simulation.virtual_loop import Killed
from tests.simulation.world import World

NAMED: Final = (
    "retry succeeded",
    "budget empty",
    "U then converged",
    "U then untouched",
    "U then partial",
    "U then foreign",
    "404 after U",
    "guard refused by count",
    "guard refused by percent",
    "guard refused by groups",
    "guard refused by budget",
    "guard refused by a used consent",
    "confirmation of another plan refused",
    "removals confirmed",
    "number changed",
    "held back by stop",
    "held back by rejects",
    "refused as stale",
    "refused in doubt",
    "refused as busy",
    "resume with an in-doubt row",
    "resume skips what drifted",
    "killed while a request was under way",
    "cancelled while a request was under way",
    "late apply",
    "correlation mismatch",
    "Retry-After pause",
    "Retry-After too long",
    "STOP race",
    "stop repaired upward",
    "unseen STOP lost to a resetting server",
    "newcomer lost to a replace",
    "server refused a row of a replace",
    "journal full",
    "no access",
    "too large",
    "undo added back",
    "undo removed",
    "second run sent nothing",
    "STOP before a deletion",
    "new number before a deletion",
    "STOP after consent",
    "journal full after a request",
    "a part of a run done by hand",
    "taken back by hand between two resumes",
    "409 after a lost answer",
    "undone while a lost request was under way",
    "replace refused after a partial one",
)


def observe(world: World) -> None:
    """Add what a seed reached."""
    world.sometimes.update(_of_requests(world))
    for record in world.records:
        for life in record.lives:
            world.sometimes.update(_of_life(life))
    world.sometimes.update(_of_plans(world))
    world.sometimes.update(_of_rows(world))


def _of_requests(world: World) -> Iterator[str]:
    for attempts in world.history.by_operation().values():
        if len(attempts) > 1 and isinstance(attempts[-1].result, int) and attempts[-1].result < 300:
            yield "retry succeeded"
    for sent in world.history.requests:
        if sent.fault == "late_pause" and sent.result == 429:
            yield "Retry-After too long"
        if sent.result in {401, 403}:
            yield "no access"
        if sent.result == 413:
            yield "too large"
        yield from _of_repetition(world, sent)
        if sent.came_at is None and sent.is_mutating:
            life = sent.run.lives[sent.life]
            yield f"{'killed' if isinstance(life.error, Killed) else 'cancelled'} while a request was under way"


def _of_repetition(world: World, sent: Sent) -> Iterator[str]:
    if sent.result == 409 and sent.method != "DELETE" and _was_lost_before(world, sent):
        yield "409 after a lost answer"
    if sent.is_replace and sent.result in {429, 503} and _wrote_before(world, sent):
        yield "replace refused after a partial one"


def _was_lost_before(world: World, sent: Sent) -> bool:
    """Tell whether an earlier request of the same run for the same person may have been carried out, or may yet be."""
    earlier = (each for each in world.history.requests[: sent.number] if each.run is sent.run)
    return any(each.mobiles == sent.mobiles and (each.fault in LOST or each.came_at is None) for each in earlier)


def _wrote_before(world: World, sent: Sent) -> bool:
    """Tell whether an earlier replace of the same run was carried out, in part at least."""
    causes = (cause for place, _, cause in by_client(world) if place < sent.position)
    return any(cause.run is sent.run and cause.is_replace for cause in causes)


_REFUSALS: Final = {
    errors.StalePlan: "refused as stale",
    errors.RunInDoubt: "refused in doubt",
    errors.AccountBusy: "refused as busy",
}


_GUARDS: Final = {
    "another plan was confirmed": "confirmation of another plan refused",
    "--max-removals-per-day": "guard refused by budget",
    "--allow-group-removal": "guard refused by groups",
    "a consent was used before": "guard refused by a used consent",
}
_KEPT: Final = {"stopped": "held back by stop", "held_back": "held back by rejects"}
_CODES: Final = {"refused_by_server": "server refused a row of a replace", "drifted": "resume skips what drifted"}
_UNDONE: Final = {"add": "undo added back", "remove": "undo removed"}


def _of_life(life: Life) -> Iterator[str]:
    if life.session is not None and life.session._attempts._budget.tokens < 5:
        yield "budget empty"
    yield from (words for kind, words in _REFUSALS.items() if isinstance(life.error, kind))
    if is_full(life.error):
        yield "journal full"
    if isinstance(life.error, errors.GuardRefused):
        yield from (words for sign, words in _GUARDS.items() if sign in str(life.error))
        if "--max-removals " in str(life.error):
            yield _limit(life.transport.run)
    run = life.result if life.kind in {"apply", "resume", "undo"} else None
    conclusion = getattr(run or getattr(life.error, "run", None), "conclusion", None)
    if conclusion is not None:
        yield f"U then {conclusion.value}"


def _limit(record: RunRecord) -> str:
    by_percent = record.guards.max_removal_percent * len(record.plan.baseline) / 100
    return f"guard refused by {'percent' if by_percent > record.guards.max_removals else 'count'}"


def _of_plans(world: World) -> Iterator[str]:
    for record in planned(world):
        kept = record.plan.counts.keep
        yield from (words for reason, words in _KEPT.items() if kept.get(reason))
        if record.confirm is not None and record.run is not None and record.plan.is_refused:
            yield "removals confirmed"
        if moves(record) and record.run is not None:
            yield "number changed"
        if record.kind == "again" and record.last.result is not None and not record.plan.counts.writes:
            yield "second run sent nothing"
        if record.resumed and record.strategy != "replace":
            yield "resume with an in-doubt row"


def _of_rows(world: World) -> Iterator[str]:
    for record in planned(world):
        for row in written(record.run):
            if row["code"] in _CODES:
                yield _CODES[row["code"]]
            if record.kind == "undo" and row["outcome"] == "applied" and row["action"] in _UNDONE:
                yield _UNDONE[row["action"]]
