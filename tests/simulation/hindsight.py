"""Checkers of what a run does after it was told, or could have known, how things stand by now."""

import asyncio
from collections.abc import Iterator

from pling_async.errors import JournalError, Outcome
from tests.simulation.history import Change, State
from tests.simulation.readings import (
    accounts_shown,
    baseline,
    built_at,
    by_client,
    moves,
    planned,
    promised,
    started,
    subjects,
    written,
)
from tests.simulation.runs import Life, RunRecord, is_full
from tests.simulation.virtual_loop import Killed
from tests.simulation.world import World

Found = Iterator[str]


def i_2_undo(world: World) -> Found:
    """Check that an undo takes back nothing that its run sent no request for: it was done by others."""
    for undo, undone in undoing(world):
        if any(sent.is_replace for sent in world.history.requests if sent.run is undone):
            continue  # a replace speaks of everybody
        ours = subjects(world, undone)
        ours |= {change.mobile for _, change, cause in by_client(world) if cause.run is undone}
        ours |= _intended(undone)
        for _, change, cause in by_client(world):
            if cause.run is undo and change.mobile not in ours and not _is_stop_again(change):
                yield f"{cause.method} {cause.number} undoes what others did to {change.mobile}"


def _intended(undone: RunRecord) -> set[str]:
    """Return whom a process that was cut short may have meant to write, as its journal says: nobody can tell."""
    is_cut_short = any(isinstance(life.error, Killed | asyncio.CancelledError | JournalError) for life in undone.lives)
    doubted = {row["mobile"] for row in written(undone.run) if row["code"] == "found" or row["outcome"] == "unknown"}
    old = moves(undone)
    return doubted | {old[each] for each in doubted & old.keys()} if is_cut_short else set()


def i_12_undo(world: World) -> Found:
    """Check that nothing that a run had sent is applied any more once an undo called itself complete.

    How long it waits is counted from the times in a journal; a wall clock that jumps shortens that (#84).
    """
    if world.wall_jump:
        return
    for undo, undone in undoing(world):
        run, shown = undo.run, accounts_shown(world, undo)
        if run is None or not run.is_complete or not shown:
            continue
        last = shown[-1][1].sent.shown_at
        for place, change, cause in by_client(world):
            was_sent = cause.run is undone and cause.position < started(undo)
            if was_sent and last is not None and place >= last:
                yield f"{cause.method} {cause.number} was applied to {change.mobile} after the undo was complete"


def i_14_found(world: World) -> Found:
    """Check that what an earlier resume found to be as planned is not sent again, whatever others did to it since."""
    for record in planned(world):
        mine = [sent for sent in world.history.requests if sent.run is record]
        if len(record.lives) < 3 or any(sent.is_replace for sent in mine):
            continue
        known = {number: _found_by(world, record, number) for number in range(len(record.lives))}
        for sent in mine:
            earlier = {mobile for number in range(sent.life) for mobile in known[number]}
            is_repair = isinstance(sent.body, dict) and sent.body.get("stop") == 1
            for mobile in subjects(world, record, sent) & earlier if sent.is_mutating and not is_repair else ():
                yield f"{sent.method} {sent.number} is about {mobile}, whom an earlier resume found as planned"


def _found_by(world: World, record: RunRecord, number: int) -> set[str]:
    """Return whom a process that resumed a run saw to be as planned, if it went on to send something."""
    life = record.lives[number]
    shown = [each for _, each in accounts_shown(world, record) if each.sent.life == number]
    sent = [each for each in world.history.requests if each.run is record and each.life == number and each.is_mutating]
    if life.kind != "resume" or not shown or not (sent or life.error is None):
        return set()
    return _as_planned(record, shown[0].people)


def _as_planned(record: RunRecord, account: State) -> set[str]:
    was, wanted = baseline(record), promised(record)
    freed = {each for each, person in was.items() if person.is_stopped}
    mobiles = set(record.plan.writes["mobile"]) - freed
    return {each for each in mobiles if account.get(each) == wanted.get(each) != was.get(each)}


def i_15_full(world: World) -> Found:
    """Check that a full disk hides nothing: whoever wrote before is told what became of it, and that it happened."""
    for record in planned(world):
        for number, life in enumerate(record.lives):
            if life.kind == "plan" or not is_full(life.error) or not isinstance(life.error, JournalError):
                continue
            sent = [each for each in world.history.requests if each.run is record and each.life == number]
            if not any(each.is_mutating and each.acquired for each in sent):
                continue
            world.sometimes.add("journal full after a request")
            if life.error.run is None:
                yield f"{life.kind} ended with a full disk, and nothing says what became of its requests"
            yield from _denied(world, record, number, life)


def _denied(world: World, record: RunRecord, number: int, life: Life) -> Found:
    """Yield if an error says that a replace was not applied, and it was."""
    done = [cause for _, _, cause in by_client(world) if cause.run is record and cause.life == number]
    outcome = getattr(life.error, "outcome", None)
    if outcome in {Outcome.NOT_APPLIED, Outcome.SKIPPED} and any(cause.is_replace for cause in done):
        yield f"{life.kind} ended with {type(life.error).__name__}, {outcome}, and the replace was applied"


def seen_before_deletions(world: World, change: Change) -> bool:
    """Tell whether a deletion should have been preceded by a listing that shows what others did to its contact.

    A run that adds and changes contacts first has to list once more before it deletes any; what came before the last
    addition or change was answered is seen by that listing, whether the run asks for it or not.
    """
    cause = change.cause
    if cause is None or cause.method != "DELETE":
        return False
    built = built_at(world, cause).position
    answers = [
        sent.came_at
        for sent in world.history.requests
        if (sent.run, sent.life) == (cause.run, cause.life)
        and sent.method in {"POST", "PUT"}
        and sent.position < built
        and sent.came_at is not None
    ]
    by_others = [each.at for place, each in world.history.changes if _is_by_others(each, change) and place < built]
    return bool(answers and by_others) and by_others[-1] < max(answers)


def _is_by_others(earlier: Change, deletion: Change) -> bool:
    return earlier.cause is None and earlier.mobile == deletion.mobile and earlier.after == deletion.before


def undoing(world: World) -> Iterator[tuple[RunRecord, RunRecord]]:
    """Yield each undo with the run that it takes back."""
    for record in planned(world):
        if record.undo_of is not None and record.undo_of.plan is not None:
            yield record, record.undo_of


def _is_stop_again(change: Change) -> bool:
    return change.after is not None and change.after.is_stopped and not (change.before and change.before.is_stopped)
