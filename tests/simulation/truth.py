"""Checkers of what is said: outcomes, conclusions and counts are true."""

from collections.abc import Iterator
from typing import Any

from attrs import evolve

from pling_async.errors import NotFound, PlingError
from tests.simulation.history import Change, Person, Sent
from tests.simulation.people import wanted
from tests.simulation.readings import (
    baseline,
    by_client,
    planned,
    promised,
    started,
    written,
)
from tests.simulation.runs import RunRecord
from tests.simulation.server import ACCOUNT
from tests.simulation.world import World

Found = Iterator[str]


def i_15(world: World) -> Found:
    """Every contact to be written has one outcome, and it is true, whichever process of a run told it."""
    for record in planned(world):
        for number, life in enumerate(record.lives):
            for row in written(life.run):
                yield from _outcome(world, record, number, row)
        if record.run is not None and record.kind != "undo" and record.last.error is None:
            rows = sorted(record.run.outcomes["row"].to_list())
            if rows != list(range(1, len(record.rows) + 1)):
                yield f"{len(record.rows)} rows, outcomes for {len(rows)}"


def _outcome(world: World, record: RunRecord, number: int, row: dict[str, Any]) -> Found:
    """Judge what a process said of a contact; that nothing happened has to stay true of what was sent until then."""
    mobile, action, outcome = row["mobile"], row["action"], row["outcome"]
    states = world.history.held(mobile, started(record), record.lives[number].ended)
    said = f"{action} of {mobile} is called {outcome} ({row['code']})"
    if outcome == "applied" and action == "remove" and None not in states:
        yield f"{said}, and the contact was always there"
    elif outcome == "applied" and action != "remove" and not _held(world, states, promised(record)[mobile]):
        yield f"{said}, and the account held {'; '.join(map(str, states))}, not {promised(record)[mobile]}"
    elif outcome in {"not_applied", "skipped"} and row["code"] != "refused_by_server":
        for _, change, cause in by_client(world):
            is_ours = change.mobile == mobile and cause.run is record and cause.life <= number
            if action == "remove" and change.after is not None:
                continue  # the person was stopped, or put back with the stop: nobody was removed
            is_excused = _is_repair(row, change) or _is_stop_lost_or_repaired(record, change)
            if is_ours and not (is_excused or _is_meant_for_another(record, change, cause)):
                yield f"{said}, and request {cause.number} did it"
                return


def _is_repair(row: dict[str, Any], change: Change) -> bool:
    """Tell whether a change of a contact that was left alone, or gone, did no more than to stop the person again."""
    if row["code"] not in {"drifted", "NotFound"} or change.after is None or not change.after.is_stopped:
        return False
    return change.before is None or evolve(change.before, is_stopped=True) == change.after


def _is_meant_for_another(record: RunRecord, change: Change, cause: Sent) -> bool:
    """Tell whether a deletion was of another contact, which others gave the number just then: it goes by id."""
    ids = record.plan.contacts.filter(mobile=change.mobile)["id"].to_list()
    return cause.method == "DELETE" and cause.path.rpartition("/")[2] not in map(str, ids)


def _is_stop_lost_or_repaired(record: RunRecord, change: Change) -> bool:
    """Tell whether only the stop changed though the plan leaves it: a server lost it, even refusing, or it is back."""
    before, after = change.before, change.after
    was, should = baseline(record).get(change.mobile), promised(record).get(change.mobile)
    if before is None or after is None or was is None or should is None:
        return False
    is_stop_alone = evolve(before, is_stopped=True) == evolve(after, is_stopped=True)
    return is_stop_alone and was.is_stopped == should.is_stopped


def _held(world: World, states: list[Person | None], wish: Person) -> bool:
    found = [state for state in states if state is not None]
    if world.semantics.stopped_groups == "hidden":
        return any(state.ungrouped().satisfies(wish.ungrouped()) for state in found)
    return any(state.satisfies(wish) for state in found)


def i_15_upserts(world: World) -> Found:
    """Every row of an upsert has one outcome, and it is true; its contact is the one asked for (I-19)."""
    for record in world.records:
        if record.kind != "upsert":
            continue
        numbers = [outcome.row for outcome in record.outcomes]
        if len(numbers) != len(set(numbers)) or not set(numbers) <= set(range(1, len(record.rows) + 1)):
            yield f"outcomes for rows {sorted(numbers)} of {len(record.rows)}"
        if record.last.error is None and len(numbers) != len(record.rows):
            yield f"{len(record.rows)} rows, {len(numbers)} outcomes"
        for outcome in record.outcomes:
            yield from _upserted(world, record, outcome)


def _upserted(world: World, record: RunRecord, outcome: Any) -> Found:
    row = record.rows[outcome.row - 1]
    mobile = str(row.mobile)
    states = world.history.held(mobile, record.last.started, record.last.ended)
    is_only = sum(each.mobile == mobile for each in record.rows) == 1
    touched = any(change.mobile == mobile and cause.run is record for _, change, cause in by_client(world))
    said = f"row {outcome.row} ({mobile}) is called {outcome.outcome.value}"
    match outcome.outcome.value:
        case "applied":
            if (outcome.contact.mobile, outcome.contact.account_id) != (mobile, ACCOUNT):
                yield f"I-19: {said} with another contact"
            if not any(state is not None and _says(state, row.says) for state in states):
                yield f"{said}, and the account never held it"
        case "not_applied" | "skipped" if is_only and touched:
            yield f"{said}, and a request did it"


def _says(person: Person, says: Any) -> bool:
    should = wanted(person, [says], mode="replace", consent=False)
    return person == should


def i_16(world: World) -> Found:
    """Check that reported attempts and requests are those that the server could count."""
    operations = world.history.by_operation()
    for record in world.records:
        errors = [life.error for life in record.lives] + [outcome.error for outcome in record.outcomes]
        for error in errors:
            if (
                isinstance(error, PlingError)
                and error.request_id
                and len(operations.get(error.request_id, ())) != error.attempts
            ):
                made = len(operations.get(error.request_id, ()))
                yield f"{type(error).__name__} reports {error.attempts} attempts, there were {made}"
        life = record.last
        if record.plan is not None and life.result is not None and life.kind in {"apply", "resume", "undo"}:
            sent = [
                sent
                for sent in world.history.requests
                if sent.run is record and sent.life == len(record.lives) - 1 and sent.is_mutating and sent.acquired
            ]
            if len(sent) != life.result.requests:
                yield f"the run reports {life.result.requests} requests, there were {len(sent)}"


def i_17(world: World) -> Found:
    """Check that a 404 to a deletion is success if, and only if, an earlier attempt may have done it."""
    for record in planned(world):
        if record.resumed or record.run is None:
            continue
        ids = {f"contacts/{each}": mobile for mobile, each in record.plan.removals.select("mobile", "id").iter_rows()}
        said = {row["mobile"]: row for row in written(record.run)}
        for attempts in world.history.by_operation().values():
            last = attempts[-1]
            if last.run is not record or last.method != "DELETE" or last.result != 404:
                continue
            doubt = any(_may_have_done(sent) for sent in attempts[:-1])
            row = said[ids[last.path]]
            if doubt:
                world.sometimes.add("404 after U")
            if (row["outcome"] == "applied") != doubt or (not doubt and row["code"] != NotFound.__name__):
                yield f"DELETE {last.number} got 404, earlier doubt: {doubt}, and is called {row['outcome']}"


def _may_have_done(sent: Sent) -> bool:
    return sent.is_in_doubt or (isinstance(sent.result, int) and sent.result >= 500)
