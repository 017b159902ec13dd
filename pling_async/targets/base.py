"""What every target gives: its contacts in Pling's words, and a way to write some of them, one outcome each."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Final, Protocol, TypeVar

import polars as pl
from attrs import field, frozen

from pling_async.bulk.fields import TEXTS
from pling_async.bulk.per_contact import Written
from pling_async.errors import Outcome, PlingError
from pling_async.phones import is_e164, masked, normalise

T = TypeVar("T")

Person = Mapping[str, Any]
"""A row of a plan: what Pling says, and what is to be written (`changed`)."""

EVERY: Final = frozenset({*TEXTS, "is_stopped", "is_active", "contact_groups"})
"""What there is to copy of a person, beside the mobile."""

HALTING: Final = frozenset({"AuthenticationError", "PermissionDenied"})
"""Codes of outcomes after which nothing more is sent."""


def _masked(mobile: str | None) -> str:
    return "None" if mobile is None else masked(mobile)


@frozen(kw_only=True, eq=False)
class Held:
    """A contact of the other system, as the source of that system would read it."""

    id: str
    mobile: str | None = field(repr=_masked)
    """E.164; None for one that Pling could not have."""
    values: Person = field(repr=False)
    """Under attribute names."""
    other_mobiles: tuple[str, ...] = field(default=(), repr=False)
    """Further numbers, which are this contact's alone."""
    addresses: frozenset[str] = field(default=frozenset(), repr=False)
    """E-mail addresses, case folded, where a contact has any number of them."""


NOBODY: Final = Held(id="", mobile=None, values={})


class Target(Protocol):
    """A system that contacts are copied to."""

    @property
    def title(self) -> str:
        """Its name."""
        ...

    @property
    def origin(self) -> str:
        """Where it is."""
        ...

    @property
    def at_once(self) -> int:
        """Additions that one request takes."""
        ...

    @property
    def workers(self) -> int:
        """Requests that may be under way."""
        ...

    @property
    def adds_stopped(self) -> bool:
        """Whether somebody stopped, whom the system does not know, is added there."""
        ...

    @property
    def marks_contacts(self) -> bool:
        """Whether a stop is a mark on each contact that has the number, and not the number's own."""
        ...

    async def account(self) -> str:
        """Ask which account is spoken to; "" when nothing there says so."""
        ...

    async def count(self) -> int | None:
        """Ask how many contacts there are; None where a number cannot be there twice."""
        ...

    async def open(self) -> Collection[str]:
        """Learn what has to be known before a contact is read or written; return the attributes it has a place for."""
        ...

    def watch(self, people: pl.DataFrame) -> None:
        """Hear who may be written, before the contacts are read."""
        ...

    def blocked(self) -> AsyncGenerator[str]:
        """Yield the numbers, E.164, that the system sends nothing to."""
        ...

    def contacts(self) -> AsyncGenerator[Held]:
        """Yield every contact, page by page."""
        ...

    def claims(self, person: Person, contact_id: str | None) -> bool:
        """Tell whether a person, known under an id or to be added, can have their e-mail address there."""
        ...

    async def write(self, people: Sequence[Person]) -> Sequence[Written]:
        """Add people, as many as one request takes, or change one; an outcome for each, and no exception."""
        ...

    async def stop(self, person: Person) -> Written:
        """Block or mark somebody who was written before; an outcome, and no exception."""
        ...


def e164(number: str | None, region: str) -> str | None:
    """Return a number as Pling may have it, mobile or not; what is E.164 already is taken at its word."""
    if number is None or is_e164(number):
        return number
    return normalise(number, region, "possible").e164


def others_of(numbers: Iterable[str], mobile: str | None, region: str) -> tuple[str, ...]:
    """Return the further numbers of a contact, as Pling would have them."""
    known = (e164(number, region) for number in numbers)
    return tuple({number for number in known if number not in {mobile, None}})


def differing(person: Person, held: Held, places: Collection[str]) -> dict[str, Any]:
    """Return what is to be written, with the value that is there; what Pling leaves blank leaves the other alone."""
    found: dict[str, Any] = {}
    for name in TEXTS:
        wanted, there = person[name], str(held.values.get(name) or "")
        if name in places and wanted.strip() and wanted != there:
            found[name] = there
    if person.get("email", "").casefold() in held.addresses:
        found.pop("email", None)
    if "is_active" in places and person["is_active"] is not (held.values.get("is_active") is not False):
        found["is_active"] = not person["is_active"]
    if "is_stopped" in places and person["is_stopped"] and not held.values.get("is_stopped"):
        found["is_stopped"] = False
    groups = list(held.values.get("contact_groups") or ())
    if not set(person["contact_groups"]) <= set(groups):
        found["contact_groups"] = groups
    return found


def united(held: Iterable[str], person: Person) -> list[str]:
    """Return the groups that a contact has afterwards: those it has, and those of Pling."""
    return list(dict.fromkeys([*held, *person["contact_groups"]]))


async def read(reading: Awaitable[T], *, otherwise: Outcome) -> T:
    """Read what a write goes by, or what a refusal left; a failure says `otherwise`, which is the write's."""
    try:
        return await reading
    except PlingError as error:
        error.outcome = otherwise
        raise


def written(person: Person, outcome: Outcome, *, code: str = "", message: str = "") -> Written:
    """Return what became of a person."""
    return Written(mobile=person["mobile"], action=person["action"], outcome=outcome, code=code, message=message)


def halted(person: Person, cause: Written) -> Written:
    """Return that nothing was sent for a person, since the system does not let us in any more."""
    message = f"nothing more was sent after: {cause.message}"
    return written(person, Outcome.SKIPPED, code="halted", message=message)


async def settled(person: Person, *parts: Callable[[], Awaitable[object]]) -> Written:
    """Do one thing after the other; if only the first ones could be done nobody can say applied or not applied."""
    begun = False
    try:
        for part in parts:
            await part()
            begun = True
    except PlingError as error:
        outcome = Outcome.UNKNOWN if begun and error.outcome is Outcome.NOT_APPLIED else error.outcome
        words = "one part of it was written, then: " if begun else ""
        return written(person, outcome, code=type(error).__name__, message=f"{words}{error}")
    return written(person, Outcome.APPLIED)
