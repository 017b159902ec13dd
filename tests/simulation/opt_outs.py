"""Checkers of the stop list: nobody who was seen there leaves it, or the account, without consent."""

from collections.abc import Iterator

from tests.simulation.hindsight import seen_before_deletions, undoing
from tests.simulation.history import Change, Sent
from tests.simulation.readings import REFUSED, accounts_shown, baseline, built_at, by_client, promised, shown_to
from tests.simulation.runs import RunRecord
from tests.simulation.world import World

Found = Iterator[str]


def i_4(world: World) -> Found:
    """Nobody who was seen to be on the stop list leaves it, or the account, without consent."""
    for place, change, cause in by_client(world):
        if change.before is None or not change.before.is_stopped or (change.after and change.after.is_stopped):
            continue
        record: RunRecord = cause.run
        if _may_go(world, record, change, cause, place):
            continue
        since = _opted_out_again(world, record, change.mobile) or 0
        ends = [world.history.state(at).get(change.mobile) for at in _ended(world, record) if at > place]
        was_known = _was_known(world, cause, change.mobile, since=since)
        if was_known and change.mobile not in _said_stopped(cause):
            what = "was removed" if change.after is None else "became reachable"
            yield f"{change.mobile} {what} by {cause.method} {cause.number} though the run had seen the stop"
        elif seen_before_deletions(world, change):
            yield f"DELETE {cause.number} removed {change.mobile}, who had opted out before the deletions began"
        elif any(end is not None and end.is_stopped for end in ends):
            world.sometimes.add("stop repaired upward")
        elif was_known or _could_be_seen(world, record, change.mobile, place, since=since):
            yield f"{change.mobile} lost a stop that the run was shown, and nothing repaired it"
        else:
            world.sometimes.add("unseen STOP lost to a resetting server" if change.after else "unseen STOP removed")


def _opted_out_again(world: World, record: RunRecord, mobile: str) -> int | None:
    """Return where somebody opted out after the first request that took them off the stop list: the consent is used.

    Whichever run sent it, but not by a request that was refused.
    """
    if mobile not in record.consent:
        return None
    consent = record.guards.consent[mobile]
    likewise = (sent for sent in world.history.requests if sent.run.consent and sent.result not in REFUSED)
    theirs = (sent for sent in likewise if sent.run.guards.consent.get(mobile) == consent)
    freed = next((sent.position for sent in theirs if mobile in _said_reachable(sent)), None)
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
    again = _opted_out_again(world, record, mobile)
    return mobile in record.consent and (again is None or at <= again)


def i_4_says(world: World) -> Found:
    """Check that a request that speaks of somebody who was seen to be on the stop list says so."""
    for sent in world.history.requests:
        if not sent.is_mutating:
            continue
        built, said = built_at(world, sent).position, _said_stopped(sent)
        for mobile in sent.mobiles:
            if mobile in said or _has_consent(world, sent.run, mobile, at=built):
                continue
            since = _opted_out_again(world, sent.run, mobile) or 0
            if _was_known(world, sent, mobile, since=since):
                yield f"{sent.method} {sent.number} keeps quiet about the stop of {mobile}, which the run had seen"


def _ended(world: World, record: RunRecord) -> list[int]:
    """Return where each life of a run ended, and of its undo, which puts back what one that was cut short had lost.

    Each, since a run may be resumed once more when it is over, and another with consent may have come in between.
    """
    undos = (undo for undo, undone in undoing(world) if undone is record)
    return [life.ended for each in (record, *undos) for life in each.lives]


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
            if not _has_consent(world, sent.run, mobile, at=built_at(world, sent).position):
                yield f"{sent.method} {sent.number} says stop: 0 of {mobile}"


def _is_shown_stopped(world: World, record: RunRecord, mobile: str, *, before: int, since: int = 0) -> bool:
    """Tell whether a run was shown somebody's stop between two positions."""
    seen = (each.people.get(mobile) for place, each in shown_to(world, record, before=before) if place > since)
    return any(person is not None and person.is_stopped for person in seen)


def _was_known(world: World, sent: Sent, mobile: str, *, since: int) -> bool:
    """Tell whether somebody's stop had been shown when the bytes of a request were decided.

    An upsert has several rows under way: what is shown in the very instant that one is sent comes too late for it.
    """
    built = built_at(world, sent)
    seen = shown_to(world, sent.run, before=built.position)
    if sent.run.kind == "upsert":
        seen = [(place, each) for place, each in seen if each.sent.came_at is not None and each.sent.came_at < built.at]
    people = (each.people.get(mobile) for place, each in seen if place > since)
    return any(person is not None and person.is_stopped for person in people)


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
