"""Front as a target: the mobile is a phone handle, groups are lists, and the rest are fields that the company has.

Front knows no opt-out: whoever is stopped is marked with the custom field that stands for it, or is not sent at all.
"""

from collections.abc import AsyncGenerator, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import aclosing
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Literal

import polars as pl
from attrs import define, evolve, field

from pling_async.bulk.per_contact import Written
from pling_async.errors import HandleConflict, Outcome
from pling_async.frontapp.contacts import read_whole
from pling_async.frontapp.models import Contact, ContactChange, CustomField, Handle, NewContact
from pling_async.frontapp.paths import Alias, Ref
from pling_async.session.unset import UNSET
from pling_async.sources.frontapp import FIELDS, OWN, numbers_of, row_of
from pling_async.targets.base import EVERY, Held, Person, e164, others_of, read, settled, united, written
from pling_async.targets.found import Addresses

if TYPE_CHECKING:
    from pling_async.frontapp.client import FrontClient

Stopped = Literal["skip", "mark"]
"""What becomes of somebody stopped whom Front does not know."""

_FLAGS: Final = frozenset({"is_stopped", "is_active"})
_OWN: Final = {attribute: name for name, attribute in OWN.items()}


@define(kw_only=True, eq=False)
class FrontTarget:
    """One company in Front. Nothing is deleted there: no contact, handle or list, and no mark of a stop."""

    _client: "FrontClient"
    _region: str
    _stopped: Stopped
    _fields: Mapping[str, str]
    _types: dict[str, tuple[str, str]] = field(factory=dict, init=False)
    """Attribute to name and type of its custom field; only those that the company has, and that can hold it."""
    _addresses: Addresses = field(factory=Addresses, init=False, repr=False)
    title: str = field(default="Front", init=False)
    at_once: int = field(default=1, init=False)
    marks_contacts: bool = field(default=True, init=False)

    @property
    def origin(self) -> str:
        """Where the company is."""
        return self._client.origin

    @property
    def workers(self) -> int:
        """Requests that may be under way."""
        return self._client.settings.max_in_flight

    @property
    def adds_stopped(self) -> bool:
        """Whether people who are stopped are added, with their mark."""
        return self._stopped == "mark" and "is_stopped" in self._types

    async def account(self) -> str:
        """Return the company's id."""
        return (await self._client.company()).id

    async def count(self) -> None:
        """Return nothing: Front itself refuses a number that another contact has."""

    async def open(self) -> Collection[str]:
        """Learn which custom fields the company has; a value without one, or with one of another type, stays behind."""
        known = {each.name: each for each in await self._client.custom_fields.list()}
        self._types = {
            attribute: (name, known[name].type)
            for name, attribute in reversed([*self._fields.items()])  # the first of several names stays, as when read
            if attribute in EVERY and name in known and _holds(known[name], attribute)
        }
        return self._places()

    def _places(self) -> Collection[str]:
        return EVERY & ({"email", "contact_groups"} | _OWN.keys() | self._types.keys())

    def watch(self, people: pl.DataFrame) -> None:
        """Remember the addresses that people would like to have there."""
        self._addresses = Addresses.wanted(people["email"])

    async def blocked(self) -> AsyncGenerator[str]:
        """Yield nothing: nobody is blocked in Front."""
        nobody: tuple[str, ...] = ()
        for number in nobody:
            yield number

    async def contacts(self) -> AsyncGenerator[Held]:
        """Yield every contact, and note whose the addresses are that people would like to have."""
        async with aclosing(self._client.contacts.list()) as contacts:
            async for contact in contacts:
                yield self._held(contact)

    def _held(self, contact: Contact) -> Held:
        addresses = frozenset(map(str.casefold, contact.handles_of("email")))
        self._addresses.give(addresses, contact.id)
        row = row_of(contact, region=self._region, fields=self._fields)
        mobile = e164(row.pop("mobile"), self._region)
        others = others_of(numbers_of(contact, self._fields), mobile, self._region)
        return Held(id=contact.id, mobile=mobile, values=row, other_mobiles=others, addresses=addresses)

    def claims(self, person: Person, contact_id: str | None) -> bool:
        """Let an address be one contact's: whose it is already, else the first who asks."""
        return self._addresses.claims(person["email"], contact_id or person["mobile"])

    async def write(self, people: Sequence[Person]) -> Sequence[Written]:
        """Create a contact, its mark with it; or mark one, change it, and then add an address."""
        return [await self._written(person) for person in people]

    async def _written(self, person: Person) -> Written:
        if missing := set(person["changed"]).difference(self._places()):
            return _without_place(person, ", ".join(sorted(missing)))
        return await settled(person, *self._parts(person))

    async def stop(self, person: Person) -> Written:
        """Mark every contact with the number; by the number itself if this copy created it."""
        if "is_stopped" not in self._types:
            return _without_place(person, "is_stopped")
        return await settled(person, *self._marks(person))

    def _marks(self, person: Person) -> Iterator[Any]:
        for each in (person["target_id"] or Alias("phone", person["mobile"]), *(person["also"] or ())):
            yield partial(self._mark, each)

    def _parts(self, person: Person) -> Iterator[Any]:
        if person["target_id"] is None:
            yield partial(self._create, person)
            return
        changed = set(person["changed"])
        if "is_stopped" in changed:
            yield from self._marks(person)
        if changed - {"is_stopped", "email"}:
            yield partial(self._change, person)
        if "email" in changed:
            yield partial(self._client.handles.add, person["target_id"], Handle("email", person["email"]))

    async def _create(self, person: Person) -> None:
        """Create a contact; one that is there after a refusal, just as it was sent, was created."""
        email = [Handle("email", person["email"])] if "email" in person["changed"] else []
        handles = (Handle("phone", person["mobile"]), *email)
        new = NewContact(handles=handles, **self._values(person, person["contact_groups"]))
        if custom := self._custom(person):
            new = evolve(new, custom_fields=custom)
        try:
            await self._client.contacts.create(new)
        except HandleConflict as error:
            owner = error.owner or Alias("phone", person["mobile"])
            known = await read(self._client.contacts.get(owner), otherwise=Outcome.UNKNOWN)
            if not _has(known, new):
                raise

    async def _change(self, person: Person) -> None:
        """Change a contact; lists and custom fields are replaced by what is sent, so they are read just before."""
        custom = self._custom({**person, "changed": [name for name in person["changed"] if name != "is_stopped"]})
        if not custom and "contact_groups" not in person["changed"]:
            await self._client.contacts.update(person["target_id"], ContactChange(**self._values(person, ())))
            return
        known = await self._known(person["target_id"])
        change = ContactChange(**self._values(person, known.list_names))
        await self._patch(known, change, custom)

    async def _mark(self, ref: Ref) -> None:
        """Mark a contact without a mark, in a request of its own, which no other value can spoil."""
        known = await self._known(ref)
        if not row_of(known, region=self._region, fields=self._fields).get("is_stopped"):
            name, kind = self._types["is_stopped"]
            await self._patch(known, ContactChange(), {name: _spelled(kind=kind, value=True)})

    async def _known(self, ref: Ref) -> Contact:
        """Read what a change goes by; what an answer does not show is asked for once more, as `update` does."""
        return await read(read_whole(self._client.contacts, ref), otherwise=Outcome.NOT_APPLIED)

    async def _patch(self, known: Contact, change: ContactChange, custom: Mapping[str, Any]) -> None:
        """Change the contact that was read; a number may be another's by now, and the values are this one's."""
        if custom:
            kept = {name: value for name, value in known.custom_fields.items() if value is not None}
            change = evolve(change, custom_fields={**kept, **custom})
        await self._client.contacts.update(known.id, change, merge=False)

    def _values(self, person: Person, lists: Iterable[str]) -> dict[str, Any]:
        """Return what is to be written, as Front has it, but for handles and custom fields."""
        values: dict[str, Any] = {_OWN[name]: person[name] for name in person["changed"] if name in _OWN}
        if "contact_groups" in person["changed"]:
            values["list_names"] = tuple(united(lists, person))
        return values

    def _custom(self, person: Person) -> dict[str, Any]:
        places = {name: self._types[name] for name in person["changed"] if name in self._types}
        return {key: _spelled(person[name], kind) for name, (key, kind) in places.items()}


def _without_place(person: Person, names: str) -> Written:
    message = f"Front has no place for {names}; plan again"
    return written(person, Outcome.NOT_APPLIED, code="no_place", message=message)


def _has(known: Contact, new: NewContact) -> bool:
    """Tell whether a contact is what was to be created."""
    own = all(getattr(known, name) == value for name in OWN if (value := getattr(new, name)) is not UNSET)
    custom = known.custom_fields.items() >= (new.custom_fields or {}).items()
    return (
        own and custom and set(new.handles) <= set(known.handles) and set(new.list_names or ()) <= set(known.list_names)
    )


def _holds(known: CustomField, attribute: str) -> bool:
    """Tell whether a field can hold an attribute: a number would take the zeros off a postal code."""
    return known.type == "string" or (known.type == "boolean" and attribute in _FLAGS)


def _spelled(value: str | bool, kind: str) -> str | bool:  # noqa: FBT001 - a value, not a switch
    return str(value).lower() if kind == "string" and isinstance(value, bool) else value


def frontapp(
    client: "FrontClient", *, region: str = "NO", stopped: Stopped = "skip", fields: Mapping[str, str] = FIELDS
) -> FrontTarget:
    """Return a company in Front as a target; `fields` is the table of `sources.frontapp`, read the other way round.

    People who are stopped and not in Front are left out, since anybody can write to them there. `stopped="mark"` adds
    them with the custom field Stop, if the company has it: whoever sends from Front must then look at it. Those who are
    in Front already are marked in either case. `region` is the country of phones without a country code.
    """
    return FrontTarget(client=client, region=region, stopped=stopped, fields=fields)
