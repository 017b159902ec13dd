"""The reference model of the server: plain dicts that follow the API's document and one drawn reading of its gaps.

It shares no code with the client or the sandbox. Each request is a generator that does one step at a time, so that a
replace can die between two rows and other people's changes can fall between them.
"""

import re
from collections.abc import Generator, Iterator
from typing import Any, Final

from attrs import define, field, frozen

from tests.simulation.history import TEXTS, Change, History, Person, Sent, State
from tests.simulation.semantics import Omitted, Semantics

ACCOUNT: Final = 4711
UNWANTED: Final = "NOWHERE"
"""A city that this server refuses, so that a list can hold what only the server calls invalid."""

_DEFAULTS: Final[dict[str, Any]] = {**dict.fromkeys(TEXTS, ""), "stop": 0, "active": 1, "autoCreated": None}
_OMITTED: Final[dict[Omitted, dict[str, Any]]] = {
    "keep": {},
    "default": _DEFAULTS,
    "null": {**_DEFAULTS, **dict.fromkeys(TEXTS)},
}
_MOMENT: Final = "2024-01-30T14:40:00.000Z"

Contact = dict[str, Any]
"""By wire names; contactGroupIds is a list of ids."""


class Refusal(Exception):
    """The request is answered with an error and does nothing."""

    def __init__(self, status: int, error: str) -> None:
        super().__init__(error)
        self.status = status


@frozen
class Answer:
    """What the server says: a status and JSON."""

    status: int
    body: Any = None


Steps = Generator[None, None, Answer]


@define(eq=False)
class Server:
    """One account."""

    semantics: Semantics
    history: History
    clock: Any
    contacts: dict[str, Contact] = field(factory=dict)
    """By mobile."""
    groups: dict[int, str] = field(factory=dict)
    remembered: set[str] = field(factory=set)
    """Numbers that were deleted while stopped."""
    _next_id: int = 1000

    def people(self) -> State:
        """Return the account as it truly is."""
        return {mobile: self.person(contact) for mobile, contact in self.contacts.items()}

    def person(self, contact: Contact) -> Person:
        """Return what counts of a contact; null is the empty text."""
        return Person(
            texts=tuple(contact[name] or "" for name in TEXTS),
            is_stopped=bool(contact["stop"]),
            is_active=bool(contact["active"]),
            groups=frozenset(self.groups[each] for each in contact["contactGroupIds"]),
        )

    def write(self, mobile: str, contact: Contact | None, *, actor: str, cause: Sent | None = None) -> None:
        """Store, or remove, one contact, and write it down if it changes anything that counts."""
        old = self.contacts.get(mobile)
        before, after = (None if each is None else self.person(each) for each in (old, contact))
        if contact is None:
            del self.contacts[mobile]
            if old is not None and old["stop"] and self.semantics.stop_memory == "remembered":
                self.remembered.add(mobile)
        else:
            self.contacts[mobile] = contact
        if before != after:
            change = Change(at=self.clock(), actor=actor, mobile=mobile, before=before, after=after, cause=cause)
            self.history.add(change)

    def fresh(self, mobile: str, given: Contact) -> Contact:
        """Return a new contact; a number whose opt-out is remembered is stopped unless the request says otherwise."""
        stop = {"stop": 1} if mobile in self.remembered else {}
        self._next_id += 1
        return {**_DEFAULTS, "contactGroupIds": [], **stop, **given, "mobile": mobile, "id": self._next_id}

    def next_number(self) -> int:
        """Return a number that was never used."""
        self._next_id += 1
        return self._next_id

    def group_id(self, name: str) -> int:
        """Return the lowest id of a group's name, creating the group if there is none."""
        found = [each for each, known in self.groups.items() if known == name]
        if found:
            return min(found)
        self._next_id += 1
        self.groups[self._next_id] = name
        return self._next_id

    def steps(self, sent: Sent) -> Steps:
        """Carry out a request, one step at a time."""
        try:
            return (yield from self._route(sent))
        except Refusal as refusal:
            return Answer(refusal.status, {"error": str(refusal)})

    def _route(self, sent: Sent) -> Steps:
        resource, _, key = sent.path.partition("/")
        if sent.is_replace:
            return (yield from self._replace(sent))
        yield
        if sent.path == "contacts":
            return self._listing(sent.query) if sent.method == "GET" else self._add(sent)
        if resource != "contacts":
            raise Refusal(405, "the model has no such route")
        mobile = next((each for each, contact in self.contacts.items() if str(contact["id"]) == key), None)
        if mobile is None:
            raise Refusal(404, "no such contact")
        match sent.method:
            case "GET":
                return Answer(200, self.rendered(self.contacts[mobile]))
            case "PUT":
                return self._put(sent, mobile)
            case _:
                self.write(mobile, None, actor="client", cause=sent)
                return Answer(204)

    def rendered(self, contact: Contact) -> Contact:
        """Return a contact as answers show it."""
        hides = contact["stop"] and self.semantics.stopped_groups == "hidden"
        ids = [] if hides else contact["contactGroupIds"]
        return {**contact, "accountId": ACCOUNT, "contactGroupIds": ids, "created": _MOMENT, "lastModified": _MOMENT}

    def _listing(self, query: dict[str, str]) -> Answer:
        group = query.get("contactGroupId")
        stop = query.get("stop", "0" if group else None)
        found = [
            self.rendered(contact)
            for contact in self.contacts.values()
            if (stop is None or contact["stop"] == int(stop))
            and (group is None or int(group) in contact["contactGroupIds"])
        ]
        groups = [{"id": each, "accountId": ACCOUNT, "name": name} for each, name in self.groups.items()]
        return Answer(200, {"contacts": found, "contactGroups": groups})

    def _add(self, sent: Sent) -> Answer:
        given = self._given(sent.body)
        mobile, old = sent.body["mobile"], self.contacts.get(sent.body["mobile"])
        self._check_speed_dial(given, mobile)
        new = self.fresh(mobile, given) if old is None else self._merged(old, given, self.semantics.post)
        self.write(mobile, new, actor="client", cause=sent)
        return Answer(201 if old is None else self.semantics.existing_status, self.rendered(new))

    def _put(self, sent: Sent, mobile: str) -> Answer:
        given, new_mobile = self._given(sent.body), sent.body["mobile"]
        if new_mobile != mobile and new_mobile in self.contacts:
            raise Refusal(409, f"Mobile number in use: {new_mobile}")
        self._check_speed_dial(given, mobile)
        new = {**self._merged(self.contacts[mobile], given, self.semantics.put), "mobile": new_mobile}
        if new_mobile != mobile:
            self.write(mobile, None, actor="client", cause=sent)
        self.write(new_mobile, new, actor="client", cause=sent)
        return Answer(200, self.rendered(new))

    def _merged(self, old: Contact, given: Contact, omitted: Omitted) -> Contact:
        new = {**old, **_OMITTED[omitted], **given}
        if "contactGroupIds" not in given and self.semantics.groups == "clear":
            new["contactGroupIds"] = []
        return new

    def _given(self, body: Contact) -> Contact:
        """Return what a request says of a contact, or refuse it."""
        if not isinstance(body.get("mobile"), str) or not re.fullmatch(r"\+\d{8,15}", body["mobile"]):
            raise Refusal(400, f"Invalid mobile number: {body.get('mobile')}")
        if body.get("accountId", ACCOUNT) != ACCOUNT or body.get("city") == UNWANTED:
            raise Refusal(400, f"Invalid contact: {body['mobile']}")
        if body.get("stop") not in {None, 0, 1} or {"contactGroups", "contactGroupIds"} <= set(body):
            raise Refusal(400, "Invalid contact")
        given = {name: body[name] for name in _DEFAULTS if name in body}
        if unknown := set(body.get("contactGroupIds", ())) - set(self.groups):
            raise Refusal(400, f"Unknown groups: {len(unknown)}")
        if "contactGroups" in body:
            given["contactGroupIds"] = [self.group_id(name) for name in body["contactGroups"]]
        elif "contactGroupIds" in body:
            given["contactGroupIds"] = list(body["contactGroupIds"])
        return given

    def _check_speed_dial(self, given: Contact, mobile: str) -> None:
        dial = given.get("speedDial")
        holders = (each for each, contact in self.contacts.items() if contact["speedDial"] == dial)
        if dial and any(each != mobile for each in holders):
            raise Refusal(409, "Speed dial in use")

    def _replace(self, sent: Sent) -> Steps:
        """Section 3.11: write the items in order, then remove whoever is not among them and empty groups."""
        if not isinstance(sent.body, list):
            raise Refusal(400, "not an array")
        counts, invalid, items = dict.fromkeys(("added", "modified", "unchanged"), 0), [], self._distinct(sent.body)
        kept = {item.get("mobile") for item, _ in items}
        for item, problem in items:
            try:
                counts[self._replace_one(sent, item, problem)] += 1
            except Refusal as refusal:
                invalid.append({**item, "error": str(refusal)})
                if problem is None and self.semantics.invalid_existing == "removed":
                    kept.discard(item["mobile"])
            yield
        for mobile in [each for each in self.contacts if each not in kept]:
            if mobile in self.contacts:  # unless somebody else deleted it between two steps
                self.write(mobile, None, actor="client", cause=sent)
            yield
        self._drop_empty_groups()
        body = {f"{name}ContactCount": count for name, count in counts.items()}
        return Answer(200, {**body, "invalidContactCount": len(invalid), "invalidContacts": invalid})

    def _distinct(self, items: list[Contact]) -> list[tuple[Contact, str | None]]:
        """Say which items count, and what is wrong with the others, when a mobile comes twice."""
        last = {item.get("mobile"): place for place, item in enumerate(items)}
        first = {item.get("mobile"): place for place, item in reversed(list(enumerate(items)))}
        winner = last if self.semantics.duplicates == "last" else first
        found = ((item, None if winner[item.get("mobile")] == place else "twice") for place, item in enumerate(items))
        return [(item, wrong) for item, wrong in found if wrong is None or self.semantics.duplicates == "error"]

    def _replace_one(self, sent: Sent, item: Contact, problem: str | None) -> str:
        if problem is not None:
            raise Refusal(400, problem)
        given = self._given(item)
        mobile, old = item["mobile"], self.contacts.get(item["mobile"])
        self._check_dial_in_list(given, mobile, sent.body)
        new = self.fresh(mobile, given) if old is None else self._merged(old, given, self.semantics.replace)
        unchanged = old is not None and self.person(old) == self.person(new)
        self.write(mobile, new, actor="client", cause=sent)
        return "added" if old is None else "unchanged" if unchanged else "modified"

    def _check_dial_in_list(self, given: Contact, mobile: str, items: list[Contact]) -> None:
        dial = given.get("speedDial")
        if dial and any(item.get("speedDial") == dial and item.get("mobile") != mobile for item in items):
            raise Refusal(409, "Speed dial in use")

    def _drop_empty_groups(self) -> None:
        used = {each for contact in self.contacts.values() for each in contact["contactGroupIds"]}
        self.groups = {each: name for each, name in self.groups.items() if each in used}


def finished(steps: Steps) -> Answer:
    """Carry out all steps at once."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            answer: Answer = end.value
            return answer


def first_steps(steps: Steps, count: int) -> Iterator[None]:
    """Carry out so many steps and no more: the server dies there."""
    for _, each in zip(range(count), steps, strict=False):
        yield each
