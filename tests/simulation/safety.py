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
    """Tell whether a deleted contact had got its number from others, after the last listing before the deletions."""
    if cause.method != "DELETE" or seen_before_deletions(world, change):
        return False
    shown = shown_to(world, cause.run, before=built_at(world, cause))
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


def i_4(world: World) -> Found:
    """Nobody who was seen to be on the stop list leaves it, or the account, without consent."""
    for place, change, cause in by_client(world):
        if change.before is None or not change.before.is_stopped or (change.after and change.after.is_stopped):
            continue
        record: RunRecord = cause.run
        if _may_go(world, record, change, cause, place):
            continue
        since = _opted_out_again(world, record, change.mobile) or 0
        end = world.history.state(record.last.ended).get(change.mobile)
        was_known = _is_shown_stopped(world, record, change.mobile, before=built_at(world, cause), since=since)
        if was_known and change.mobile not in _said_stopped(cause):
            what = "was removed" if change.after is None else "became reachable"
            yield f"{change.mobile} {what} by {cause.method} {cause.number} though the run had seen the stop"
        elif seen_before_deletions(world, change):
            yield f"DELETE {cause.number} removed {change.mobile}, who had opted out before the deletions began"
        elif end is not None and end.is_stopped:
            world.sometimes.add("stop repaired upward")
        elif was_known or _could_be_seen(world, record, change.mobile, place, since=since):
            yield f"{change.mobile} lost a stop that the run was shown, and nothing repaired it"
        else:
            world.sometimes.add("unseen STOP lost to a resetting server" if change.after else "unseen STOP removed")


def _opted_out_again(world: World, record: RunRecord, mobile: str) -> int | None:
    """Return where somebody opted out after the first request that took them off the stop list: the consent is used."""
    mine = (sent for sent in world.history.requests if sent.run is record)
    freed = next((sent.position for sent in mine if mobile in _said_reachable(sent)), None)
    if freed is None:
        return None
    return next(
        (
            place
            for place, change in world.history.changes
            if place > freed and change.mobile == mobile and change.actor == "phone" and change.after is not None
        ),
        None,
    )


def _has_consent(world: World, record: RunRecord, mobile: str, *, at: int) -> bool:
    """Tell whether consent was held, and not used up, at a position."""
    again = _opted_out_again(world, record, mobile) if mobile in record.consent else None
    return mobile in record.consent and (again is None or at <= again)


def i_4_says(world: World) -> Found:
    """Check that a request that speaks of somebody who was seen to be on the stop list says so."""
    for sent in world.history.requests:
        if not sent.is_mutating:
            continue
        built, said = built_at(world, sent), _said_stopped(sent)
        for mobile in sent.mobiles:
            if mobile in said or _has_consent(world, sent.run, mobile, at=built):
                continue
            since = _opted_out_again(world, sent.run, mobile) or 0
            if _is_shown_stopped(world, sent.run, mobile, before=built, since=since):
                yield f"{sent.method} {sent.number} keeps quiet about the stop of {mobile}, which the run had seen"


def _may_go(world: World, record: RunRecord, change: Change, cause: Sent, place: int) -> bool:
    """Tell whether a stop may end: with consent, with a move, or when an undo takes away what its run had added."""
    if change.after is not None:
        return _has_consent(world, record, change.mobile, at=place)
    moved_stopped = cause.method == "PUT" and cause.body.get("stop") == 1
    return moved_stopped or _was_added_stopped(record, change.mobile)


def _said_stopped(sent: Sent) -> set[str]:
    items = sent.body if isinstance(sent.body, list) else [sent.body]
    return {item["mobile"] for item in items if isinstance(item, dict) and item.get("stop") == 1}


def _said_reachable(sent: Sent) -> set[str]:
    items = sent.body if isinstance(sent.body, list) else [sent.body]
    return {item["mobile"] for item in items if isinstance(item, dict) and item.get("stop", 1) != 1}


def i_5(world: World) -> Found:
    """No request says that somebody is not stopped without their consent, which a new STOP ends."""
    for sent in world.history.requests:
        for mobile in sorted(_said_reachable(sent)):
            if not _has_consent(world, sent.run, mobile, at=built_at(world, sent)):
                yield f"{sent.method} {sent.number} says stop: 0 of {mobile}"


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
    shown = accounts_shown(world, record, before=built_at(world, sent))
    return set(shown[-1][1].people) if shown else set()


def _is_shown_stopped(world: World, record: RunRecord, mobile: str, *, before: int, since: int = 0) -> bool:
    """Tell whether a run was shown somebody's stop between two positions."""
    seen = (each.people.get(mobile) for place, each in shown_to(world, record, before=before) if place > since)
    return any(person is not None and person.is_stopped for person in seen)


def _was_added_stopped(record: RunRecord, mobile: str) -> bool:
    """Tell whether an undo takes away a contact that its run had added as stopped."""
    undone = record.undo_of
    if undone is None or mobile in baseline(undone):
        return False
    added = promised(undone).get(mobile)
    return added is not None and added.is_stopped


def _could_be_seen(world: World, record: RunRecord, mobile: str, place: int, *, since: int) -> bool:
    """Tell whether a run was shown a stop before it got lost, and listed the account afterwards."""
    listed_later = any(at > place for at, _ in accounts_shown(world, record))
    return listed_later and _is_shown_stopped(world, record, mobile, before=place, since=since)
