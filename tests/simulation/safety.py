"""Checkers of what must never happen, whatever the server and the network do."""

from collections.abc import Iterator

from attrs import evolve

from tests.simulation.hindsight import seen_before_deletions
from tests.simulation.history import Change, Sent, State
from tests.simulation.people import POOL
from tests.simulation.readings import (
    accounts_shown,
    baseline,
    built_at,
    by_client,
    imports,
    moves,
    planned,
    promised,
    removals,
    shown_to,
)
from tests.simulation.runs import RunRecord
from tests.simulation.world import World

Found = Iterator[str]


def i_1(world: World) -> Found:
    """No run removes more than its guards allow, counted against what it was shown."""
    for record in imports(world):
        guards, size = record.guards, len(baseline(record))
        limit = max(guards.max_removals, int(size * guards.max_removal_percent / 100))
        for sent in _sent(world, record):
            if sent.is_replace and not record.is_confirmed:
                gone = _account_known(world, record, sent) - set(sent.mobiles) - set(moves(record).values())
                if len(gone) > limit:
                    yield f"replace {sent.number} removes {len(gone)} of {size}, the limit is {limit}"
        deleted = {
            change.mobile
            for _, change, cause in by_client(world)
            if cause.run is record and cause.method == "DELETE" and change.after is None
        }
        if len(deleted) > limit and not record.is_confirmed:
            yield f"{len(deleted)} of {size} contacts were deleted, the limit is {limit}"


def i_1_days(world: World) -> Found:
    """All lists of a day together remove no more than the budget allows."""
    removed: set[tuple[int, str]] = set()
    for record in imports(world):
        guards, size = record.guards, len(baseline(record))
        budget = 3 * max(guards.max_removals, int(size * guards.max_removal_percent / 100))
        deletions = set(record.plan.removals["mobile"])
        mine = {
            (place, change.mobile)
            for place, change, cause in by_client(world)
            if cause.run is record and change.after is None and change.mobile in deletions
        }
        if mine and len(removed | mine) > budget and not record.is_confirmed and not world.wall_jump:
            yield f"{len(removed | mine)} contacts were removed in a day, the budget is {budget}"
        removed |= mine


def i_2(world: World) -> Found:
    """Whoever is missing was to be removed, or could not be known of."""
    for _, change, cause in by_client(world):
        if change.after is not None:
            continue
        if cause.run.plan is None:
            yield f"an upsert removed {change.mobile}"
        elif change.mobile in removals(cause.run):
            continue
        elif cause.is_replace:
            yield from _wiped(world, change, cause)
        elif _was_unseen(world, change, cause):
            world.sometimes.add("unseen new number removed")
        else:
            yield f"{cause.method} {cause.number} removed {change.mobile}, whom the plan does not remove"


def _wiped(world: World, change: Change, cause: Sent) -> Found:
    """Judge a removal by a replace that was not planned."""
    record: RunRecord = cause.run
    if change.mobile not in _account_known(world, record, cause):
        world.sometimes.add("newcomer lost to a replace")
    elif change.mobile in cause.mobiles and world.semantics.invalid_existing == "removed":
        world.sometimes.add("server removed whom it refused")
        if record.run is not None and record.run.is_complete and change.mobile not in world.server.contacts:
            yield f"{change.mobile} was lost to a refused row and the run calls itself complete"
    else:
        yield f"replace {cause.number} removed {change.mobile}, whom the plan does not remove"


def _was_unseen(world: World, change: Change, cause: Sent) -> bool:
    """Tell whether a contact had got its number from others, after the last listing before its deletions or its PUT."""
    if cause.method not in {"DELETE", "PUT"} or (cause.method == "DELETE" and seen_before_deletions(world, change)):
        return False
    shown = shown_to(world, cause.run, before=built_at(world, cause).position)
    return not any(change.mobile in each.people for _, each in shown)


def i_2_plans(world: World) -> Found:
    """Check that a plan removes nobody but those whom the list does not mention, and in a merge nobody at all."""
    for record in imports(world):
        mentioned = {row.mobile for row in record.rows}
        for mobile in removals(record):
            if record.mode != "replace" or mobile in mentioned:
                yield f"the plan ({record.mode}) removes {mobile}, listed: {mobile in mentioned}"
            if baseline(record)[mobile].is_stopped:
                yield f"the plan removes {mobile}, who is on the stop list"


def i_3(world: World) -> Found:
    """Check that a list with a row that cannot be used removes nobody."""
    for record in imports(world):
        if any(row.is_bad for row in record.rows) and not record.guards.removals_despite_rejects and removals(record):
            yield f"the list has unusable rows and the plan removes {len(removals(record))}"


def i_6(world: World) -> Found:
    """Check that a plan's baseline is an account that the server truly had and wholly showed."""
    is_hidden = world.semantics.stopped_groups == "hidden"
    for record in planned(world):
        known = baseline(record)
        if not any(_is_same(each, known, is_hidden=is_hidden) for each in _snapshots(world, record)):
            yield "the baseline of a plan is no account that was shown"


def _snapshots(world: World, record: RunRecord) -> Iterator[State]:
    """Yield what a run was shown of everybody, with the stops that listings of groups showed afterwards."""
    account: State = {}
    for _, shown in shown_to(world, record):
        if shown.is_account:
            account = shown.people
        elif shown.sent.method == "GET":
            stopped = [mobile for mobile, person in shown.people.items() if person.is_stopped and mobile in account]
            account = account | {mobile: evolve(account[mobile], is_stopped=True) for mobile in stopped}
        yield account


def _is_same(account: State, known: State, *, is_hidden: bool) -> bool:
    """Tell whether two accounts are the same, save for groups where the server hides some."""
    if not is_hidden or account.keys() != known.keys():
        return account == known
    return all(person.ungrouped() == known[mobile].ungrouped() for mobile, person in account.items())


def i_7(world: World) -> Found:
    """Every replace carries the whole promised account, once."""
    for record in planned(world):
        for sent in _sent(world, record):
            if sent.is_replace and sorted(sent.mobiles) != sorted(promised(record)):
                yield f"replace {sent.number} holds {len(sent.mobiles)} contacts, {len(promised(record))} were promised"


def i_11(world: World) -> Found:
    """No run deletes a group, with or without its contacts."""
    for sent in world.history.requests:
        if sent.path.startswith("contact-groups") and sent.is_mutating:
            yield f"{sent.method} {sent.path}"


def i_18(world: World) -> Found:
    """No group is there twice."""
    names = list(world.server.groups.values())
    if len(names) != len(set(names)):
        yield f"{len(names) - len(set(names))} groups have the name of another"


def i_28(world: World) -> Found:
    """However a number is spelled, requests know it by its one canonical form."""
    for sent in world.history.requests:
        if sent.is_mutating and (strange := set(sent.mobiles) - set(POOL)):
            yield f"{sent.method} {sent.number} speaks of {len(strange)} numbers nobody has"


def _sent(world: World, record: RunRecord) -> list[Sent]:
    return [sent for sent in world.history.requests if sent.run is record and sent.is_mutating]


def _account_known(world: World, record: RunRecord, sent: Sent) -> set[str]:
    """Return whom the last listing before a request had shown to the process that sent it."""
    shown = accounts_shown(world, record, before=built_at(world, sent).position)
    return set(shown[-1][1].people) if shown else set()
