"""What other people do at the worst moment, knowing what a run is about to do, or did."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from tests.simulation.faults import LOST
from tests.simulation.history import TEXTS, Person, Sent, State
from tests.simulation.people import POOL
from tests.simulation.readings import accounts_shown, baseline, moves, promised, subjects
from tests.simulation.runs import RunRecord
from tests.simulation.world import World


def watch(world: World) -> None:
    """Let other people of a theme see every mutating request as it leaves."""
    if (watcher := _WATCHERS.get(world.theme)) is not None:
        world.watchers.append(lambda sent: watcher(world, sent))


def _before_removals(world: World, sent: Sent) -> None:
    """Stop, or renumber, somebody whom the run is about to delete, while it still adds and changes others (a)."""
    if sent.is_replace or sent.method == "DELETE" or sent.run.plan is None:
        return
    doomed = [mobile for mobile in sent.run.plan.removals["mobile"] if mobile in world.server.contacts]
    if doomed and world.spare.random() < 0.4:
        act = world.spare.choice((_stop, _renumber))
        _later(world, world.spare.random() * 0.3, act, world.spare.choice(doomed), "before a deletion")


def _after_consent(world: World, sent: Sent) -> None:
    """Let somebody opt out again, after a request took them off the stop list with their consent."""
    items = sent.body if isinstance(sent.body, list) else [sent.body or {}]
    for mobile in [item["mobile"] for item in items if item.get("stop") == 0]:
        _later(world, world.spare.choice((0.5, 2.0, 20.0)) * world.spare.random(), _stop, mobile, "after consent")


def _after_loss(world: World, sent: Sent) -> None:
    """Take the speed dial of a request whose answer is lost, so that its repetition meets a conflict, and free it then.

    The conflict says nothing of the first request, which may have been carried out before, or will be.
    """
    dial = sent.body.get("speedDial") if isinstance(sent.body, dict) else None
    if dial and sent.fault in LOST:
        seconds = 0.25 + world.spare.choice((0.25, 0.25, 5.0)) * world.spare.random()
        _later(world, seconds, _take_dial, sent.body["mobile"], dial)
    elif dial in world.taken:
        _later(world, 1.0 + world.spare.random(), _give_back, world.taken[dial], dial)


_WATCHERS: Final[Mapping[str, Callable[[World, Sent], None]]] = {
    "removals": _before_removals,
    "consent": _after_consent,
    "dial": _after_loss,
}


def _later(world: World, seconds: float, act: Callable[..., None], *about: Any) -> None:
    if world.healed_at is None:
        world.timers.append(world.loop.call_later(seconds, act, world, *about))


def _stop(world: World, mobile: str, when: str) -> None:
    person = world.server.contacts.get(mobile)
    if person is not None and not person["stop"]:
        world.sometimes.add(f"STOP {when}")
        world.server.write(mobile, {**person, "stop": 1}, actor="phone")


def _renumber(world: World, mobile: str, when: str) -> None:
    """Give a contact another number; it stays the same contact, with its id."""
    person, free = world.server.contacts.get(mobile), [each for each in POOL if each not in world.server.contacts]
    if person is not None and free:
        world.sometimes.add(f"new number {when}")
        new = world.spare.choice(free)
        world.server.write(mobile, None, actor="person")
        world.server.write(new, {**person, "mobile": new}, actor="person")


def _take_dial(world: World, mobile: str, dial: str) -> None:
    """Give a speed dial to somebody else."""
    contacts = world.server.contacts
    for each in [each for each, person in contacts.items() if person["speedDial"] == dial]:
        world.server.write(each, {**contacts[each], "speedDial": ""}, actor="person")
    others = [each for each in sorted(contacts) if each != mobile]
    if others:
        other = world.spare.choice(others)
        world.taken[dial] = other
        world.server.write(other, {**contacts[other], "speedDial": dial}, actor="person")


def _give_back(world: World, mobile: str, dial: str) -> None:
    person = world.server.contacts.get(mobile)
    if person is not None and person["speedDial"] == dial:
        world.server.write(mobile, {**person, "speedDial": ""}, actor="person")


def between(world: World, record: RunRecord) -> None:
    """Do by hand, between two processes of a run, a part of what it is to do, or the opposite of what it did."""
    if world.theme == "by_hand then undo":
        _make(world, _untouched(world, record), promised(record), "a part of a run done by hand")
    elif world.theme == "found":
        _make(world, _found(world, record), baseline(record), "taken back by hand between two resumes")


def _make(world: World, mobiles: Iterable[str], state: State, said: str) -> None:
    known = sorted(mobiles)
    for mobile in world.spare.sample(known, min(2, len(known))):
        world.sometimes.add(said)
        person = state.get(mobile)
        world.server.write(mobile, None if person is None else _contact(world, mobile, person), actor="person")


def _contact(world: World, mobile: str, person: Person) -> dict[str, Any]:
    """Return a person as the server keeps them; nobody leaves the stop list by hand."""
    server = world.server
    old = server.contacts.get(mobile) or server.fresh(mobile, {})
    texts = dict(zip(TEXTS, person.texts, strict=True))
    groups = [server.group_id(name) for name in sorted(person.groups)]
    flags = {"stop": max(old["stop"], int(person.is_stopped)), "active": int(person.is_active)}
    return {**old, **texts, **flags, "contactGroupIds": groups}


def _untouched(world: World, record: RunRecord) -> set[str]:
    """Return whom a run is to write and sent no request for, and who are as they were."""
    now, was = world.server.people(), baseline(record)
    moving = {*moves(record), *moves(record).values()}
    to_be_written = set(record.plan.writes["mobile"]) - subjects(world, record) - moving
    return {each for each in to_be_written if now.get(each) == was.get(each)}


def _found(world: World, record: RunRecord) -> set[str]:
    """Return whom an earlier resume saw to be as planned, though no request for them was ever answered."""
    resumes = [number for number, life in enumerate(record.lives) if life.kind == "resume"]
    listings = [shown.people for _, shown in accounts_shown(world, record) if shown.sent.life in resumes]
    answered = {
        mobile
        for sent in world.history.requests
        if sent.run is record and isinstance(sent.result, int) and sent.result < 300
        for mobile in subjects(world, record, sent)
    }
    now, was, wanted = world.server.people(), baseline(record), promised(record)
    moving = {*moves(record), *moves(record).values()}
    mobiles = set(record.plan.writes["mobile"]) & subjects(world, record) - answered - moving
    return {
        each
        for each in mobiles
        if now.get(each) == wanted.get(each) != was.get(each)
        and any(people.get(each) == wanted.get(each) for people in listings)
    }
