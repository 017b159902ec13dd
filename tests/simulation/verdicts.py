"""Checkers of whole runs: what they conclude, what they leave behind, and that they do not get in each other's way."""

from collections.abc import Iterator

from attrs import evolve

from pling_async.errors import GuardRefused, StalePlan, ValidationError, VerificationError
from tests.simulation.history import TEXTS, Sent, State
from tests.simulation.people import Row, spoken_of, wanted
from tests.simulation.readings import (
    REFUSED,
    accounts_shown,
    baseline,
    by_client,
    imports,
    is_calm,
    moves,
    planned,
    promised,
    written,
)
from tests.simulation.runs import Life, RunRecord
from tests.simulation.server import UNWANTED
from tests.simulation.world import World

Found = Iterator[str]


def i_10(world: World) -> Found:
    """Nobody writes to the account between a process's first write and its end."""
    sent = [each for each in world.history.requests if each.is_mutating and each.run.is_journalled]
    began: dict[tuple[int, int], Sent] = {}
    for each in sent:
        began.setdefault((id(each.run), each.life), each)
    for (run, life), first in began.items():
        ended = first.run.lives[life].ended or len(world.history.events)
        for each in sent:
            if first.position < each.position < ended and (id(each.run), each.life) != (run, life):
                yield f"{each.method} {each.number} falls between {first.method} {first.number} and its process's end"
                return


def _mutations(world: World, record: RunRecord) -> list[Sent]:
    return [sent for sent in world.history.requests if sent.run is record and sent.is_mutating]


def i_12(world: World) -> Found:
    """Check that a complete run left what it promised; a conclusion is what the account showed, and stays true."""
    for record in planned(world):
        run, shown = record.run, accounts_shown(world, record)
        if run is None or not shown:
            continue
        account = shown[-1][1].people
        if run.is_complete and run.verification is not None and not _matches(world, account, promised(record)):
            yield "the run calls itself complete, and the account was not as promised"
        for life in record.lives:
            yield from _conclusion(world, record, life)


def _conclusion(world: World, record: RunRecord, life: Life) -> Found:
    run = life.result if life.kind != "plan" and life.result is not None else getattr(life.error, "run", None)
    if run is None or run.conclusion is None:
        return
    account = accounts_shown(world, record, before=life.ended)[-1][1].people
    match run.conclusion.value:
        case "converged" if run.verification is None and not _matches(world, _free(account), _free(promised(record))):
            yield "concluded converged, and the account was not as promised"
        case "untouched" if not _matches(world, _free(account), _free(baseline(record))):
            yield "concluded untouched, and the account was not as before"
        case "untouched" | "partial" if any(
            place >= life.ended and cause.run is record and cause.is_replace and cause.position < life.ended
            for place, _, cause in by_client(world)
        ):
            yield f"concluded {run.conclusion.value}, and the replace was applied afterwards"


def _free(account: State) -> State:
    """Return an account without its stops: what was concluded says nothing of them, I-4 does."""
    return {mobile: evolve(person, is_stopped=False) for mobile, person in account.items()}


def _matches(world: World, account: State, other: State) -> bool:
    """Tell whether an account is another one, save for people who opted out."""
    if account.keys() != other.keys():
        return False
    return all(person.satisfies(other[mobile]) for mobile, person in account.items()) or (
        world.semantics.stopped_groups == "hidden"
        and all(person.ungrouped().satisfies(other[mobile].ungrouped()) for mobile, person in account.items())
    )


def i_12_waits(world: World) -> Found:
    """After a replace that nobody knows the outcome of, two equal listings in a row come before any other write."""
    doubtful: Sent | None = None
    equal, last = 0, None
    events = sorted(
        [(place, shown) for place, shown in world.history.shown if shown.is_account]
        + [(sent.position, sent) for sent in world.history.requests if sent.is_mutating and sent.run.is_journalled],
        key=lambda pair: pair[0],
    )
    for _, event in events:
        if not isinstance(event, Sent):
            people = _as_compared(world, event.people)
            equal, last = equal + 1 if people == last else 1, people
            continue
        if doubtful is not None and equal < 2:
            yield f"{event.method} {event.number} was sent while nobody knew what replace {doubtful.number} did"
        doubtful, equal, last = (event, 0, None) if _is_doubtful(world, event) else (None, 0, None)


def _as_compared(world: World, people: State) -> State:
    """Return what must be equal: where groups of the stopped are listed apart, a stop may come between the answers."""
    return _free(people) if world.semantics.stopped_groups == "hidden" else people


def i_12_others(world: World) -> Found:
    """While nobody knows what the replace of a run did, no other run writes (#79)."""
    for doubtful in world.history.requests:
        if not _is_doubtful(world, doubtful):
            continue
        lives = doubtful.run.lives[doubtful.life :]
        known = min((life.ended for life in lives if _is_verdict(life)), default=len(world.history.events))
        for sent in world.history.requests:
            is_other = sent.is_mutating and sent.run.is_journalled and sent.run is not doubtful.run
            if is_other and doubtful.position < sent.position < known:
                yield f"{sent.method} {sent.number} was sent while replace {doubtful.number} was in doubt"
                return


def _is_verdict(life: Life) -> bool:
    """Tell whether a process ended with an answer to what its run's replace did."""
    if life.has_concluded or life.result is not None or isinstance(life.error, StalePlan | VerificationError):
        return True
    return getattr(getattr(life.error, "run", None), "conclusion", None) is not None


def _is_doubtful(world: World, sent: Sent) -> bool:
    answered = any(shown.sent is sent for _, shown in world.history.shown)
    return sent.is_replace and sent.acquired and not answered and sent.result not in REFUSED


def i_13(world: World) -> Found:
    """Streaming a list again when everything works decides every row, and leaves what the rows say."""
    streamed = [record for record in world.records if record.kind == "upsert" and world.is_healed(record.last)]
    for record in streamed:
        for outcome in record.outcomes:
            row = record.rows[outcome.row - 1]
            if outcome.outcome.value not in {"applied", "skipped"} and not _is_unwanted(world, row):
                yield f"row {outcome.row} is {outcome.outcome.value} though everything works"
    if len(streamed) == 2 and streamed[0].rows == streamed[1].rows:
        for sent in _mutations(world, streamed[1]):
            rows = [row for row in streamed[1].rows if row.mobile == sent.mobiles[0]]
            if len(rows) == 1 and not _is_unwanted(world, rows[0]):
                yield f"{sent.method} {sent.number} sends again what the account holds already"


def _is_unwanted(world: World, row: Row) -> bool:
    """Tell whether the server refuses a row: for its city, or since somebody else has its speed dial."""
    dial, place = row.says.get("speed_dial"), TEXTS.index("speedDial")
    begun = [world.history.state(record.last.started) for record in world.records]
    people = [pair for state in (*begun, world.server.people()) for pair in state.items()]
    is_taken = bool(dial) and any(mobile != row.mobile and each.texts[place] == dial for mobile, each in people)
    return is_taken or row.says.get("city") == UNWANTED


def i_14(world: World) -> Found:
    """Check that a finished import run again sends nothing, and an undisturbed one leaves what the list says."""
    for earlier, later in zip(world.records, world.records[1:], strict=False):
        is_same = earlier.kind == later.kind == "again" and not earlier.consent
        if is_same and earlier.run is not None and earlier.run.is_complete and _mutations(world, later):
            yield f"the second run of a finished list sent {len(_mutations(world, later))} requests"
    for record in imports(world):
        if record.run is None or not record.run.is_complete or not is_calm(world, record):
            continue
        if record.run.verification is not None and record.last.result is not None:
            yield from _unlike(record, world.history.state(record.last.ended))


def _unlike(record: RunRecord, account: State) -> Found:
    """Work out what the list means in plain dicts, and compare."""
    said = spoken_of(record.rows)
    rejected = set(record.plan.rejects["mobile"].drop_nulls())
    for mobile, says in said.items():
        if mobile in rejected:
            continue
        before = baseline(record).get(moves(record).get(mobile, mobile))
        should = wanted(before, says, mode=record.mode, consent=mobile in record.consent)
        found = account.get(mobile)
        if found is None or not found.satisfies(should):
            yield f"{mobile} should be {should}, and is {found}"


def i_14_ends(world: World) -> Found:
    """Check that a run which nobody disturbed is complete once it was resumed and everything works."""
    for record in imports(world):
        if isinstance(record.last.error, GuardRefused | ValidationError):
            continue  # nothing was sent: by the guards, or since a replace cannot empty an account
        was_begun = record.run_id is not None or record.kind == "again"
        refused = any(row.says.get("city") == UNWANTED for row in record.rows)
        is_last_healthy = world.is_healed(record.last) and record.last.kind in {"apply", "resume"}
        is_done = _is_complete(record) or _is_kept_stopped(record)
        if was_begun and is_last_healthy and not refused and is_calm(world, record) and not is_done:
            yield f"{record.last.kind} ended with {record.last.error!r}, {written(record.run)}"


def _is_kept_stopped(record: RunRecord) -> bool:
    """Tell whether nothing is missing but whom a lost request was to take off the stop list: that is sent once.

    Nobody is deleted then either, as after every change that may not have been made.
    """
    open_ones = [row for row in written(record.run) if row["outcome"] != "applied"]
    kept = [row for row in open_ones if row["code"] == "drifted" and row["mobile"] in record.consent]
    is_rest_held = all(row["action"] == "remove" and row["code"] == "halted" for row in open_ones if row not in kept)
    return record.last.error is None and record.run is not None and bool(kept) and is_rest_held


def _is_complete(record: RunRecord) -> bool:
    return record.last.error is None and record.run is not None and record.run.is_complete
