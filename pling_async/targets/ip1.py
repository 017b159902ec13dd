"""IP1 as a target: fields are properties, groups are labels, and whoever is stopped is blocked before anything else."""

from collections.abc import AsyncGenerator, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import aclosing
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import polars as pl
from attrs import field, frozen

from pling_async.bulk.per_contact import Written
from pling_async.errors import Outcome, PlingError, VerificationError
from pling_async.ip1.models import AUTOMATIC_LABEL, Contact
from pling_async.session.unset import UNSET, Unset
from pling_async.sources.ip1 import FIELDS, row_of
from pling_async.sources.tables import by_attribute
from pling_async.targets.base import (
    EVERY,
    HALTING,
    Held,
    Person,
    e164,
    halted,
    others_of,
    read,
    settled,
    united,
    written,
)

if TYPE_CHECKING:
    from pling_async.ip1.client import Ip1Client

_AT_ONCE: Final = 100


@frozen(kw_only=True)
class Ip1Target:
    """One account of IP1. Nothing is deleted there, no label taken away, and no number taken off the blacklist."""

    _client: "Ip1Client"
    _region: str
    _fields: Mapping[str, str]
    _properties: Mapping[str, str] = field(init=False)
    title: str = field(default="IP1", init=False)
    at_once: int = field(default=_AT_ONCE, init=False)
    adds_stopped: bool = field(default=True, init=False)
    marks_contacts: bool = field(default=False, init=False)

    @_properties.default
    def _by_attribute(self) -> dict[str, str]:
        return {attribute: name for name, attribute in reversed([*self._fields.items()])}

    @property
    def origin(self) -> str:
        """Where the account is."""
        return self._client.origin

    @property
    def workers(self) -> int:
        """Requests that may be under way."""
        return self._client.settings.max_in_flight

    async def account(self) -> str:
        """Return the owner of the first contact: nothing else tells accounts apart, and an empty one has none."""
        async with aclosing(self._client.contacts.list(page_size=1)) as contacts:
            async for contact in contacts:
                return contact.owner_id or ""
        return ""

    async def count(self) -> int:
        """Return how many contacts there are: whoever came since the plan would be added once more."""
        return (await self._client.contacts.summary()).total_count

    async def open(self) -> Collection[str]:
        """Return the attributes that have a property, and those that have a place of their own."""
        return (EVERY & self._properties.keys()) | {"is_stopped", "contact_groups"}

    def watch(self, people: pl.DataFrame) -> None:
        """Need nothing of them."""

    async def blocked(self) -> AsyncGenerator[str]:
        """Yield the blacklist."""
        async with aclosing(self._client.blacklist.list()) as entries:
            async for entry in entries:
                yield f"+{entry.msisdn.removeprefix('+')}"

    async def contacts(self) -> AsyncGenerator[Held]:
        """Yield every contact; whether one is stopped is told by `blocked` alone."""
        async with aclosing(self._client.contacts.list()) as contacts:
            async for contact in contacts:
                yield self._held(contact)

    def _held(self, contact: Contact) -> Held:
        row = row_of(contact, self._fields, region=self._region)
        row["contact_groups"].append(AUTOMATIC_LABEL)
        mobile = e164(row.pop("mobile", None), self._region)
        others = others_of(by_attribute(contact.properties, self._fields).get("mobile", ()), mobile, self._region)
        return Held(id=str(contact.id), mobile=mobile, values=row, other_mobiles=others)

    def claims(self, person: Person, contact_id: str | None) -> bool:  # noqa: ARG002 - the seam's
        """Let everybody have any address."""
        return True

    async def write(self, people: Sequence[Person]) -> Sequence[Written]:
        """Block first; then add, those who need not be blocked in one request, or change."""
        first, *others = people
        if others:
            return await self._together(people)
        parts = [partial(self._block, first["mobile"])] if "is_stopped" in first["changed"] else []
        return [await settled(first, *parts, *self._saving(first))]

    async def stop(self, person: Person) -> Written:
        """Block a number."""
        return await settled(person, partial(self._block, person["mobile"]))

    async def _together(self, people: Sequence[Person]) -> Sequence[Written]:
        """Add people in one request, or one by one when the server finds something wrong with it."""
        try:
            await self._client.contacts.add(map(self._contact, people), sync=True)
        except PlingError as error:
            if _is_refused(error):
                return await self._one_by_one(people)
            code = type(error).__name__
            return [written(each, error.outcome, code=code, message=str(error)) for each in people]
        return [written(each, Outcome.APPLIED) for each in people]

    async def _one_by_one(self, people: Sequence[Person]) -> Sequence[Written]:
        results: list[Written] = []
        for each in people:
            if results and results[-1].code in HALTING:
                return [*results, *(halted(left, results[-1]) for left in people[len(results) :])]
            results.append(await settled(each, partial(self._add, each, look_first=True)))
        return results

    def _saving(self, person: Person) -> Iterator[Any]:
        if person["target_id"] is None:
            yield partial(self._add, person)
        elif set(person["changed"]) != {"is_stopped"}:
            yield partial(self._change, person)

    async def _add(self, person: Person, *, look_first: bool = False) -> None:
        """Add somebody, unless a refused request left them there: whether an import is all or nothing is not published.

        After a refusal they are looked for as well.
        """
        if look_first and await self._left_there(person):
            return
        try:
            await self._client.contacts.add([self._contact(person)], sync=True)
        except PlingError as error:
            if not _is_refused(error) or not await self._left_there(person):
                raise

    async def _left_there(self, person: Person) -> bool:
        """Tell whether somebody is there as they were sent; raises, as unknown, when they are there otherwise."""
        wanted = self._contact(person)
        found = await read(self._with_number(person["mobile"]), otherwise=Outcome.UNKNOWN)
        if found and not any(_has(each, wanted) for each in found):
            message = "after a refused import a contact has the number, and is not what was sent; copy again"
            raise VerificationError(message)
        return bool(found)

    async def _with_number(self, mobile: str) -> list[Contact]:
        name = self._properties["mobile"]
        async with aclosing(self._client.contacts.list(properties={name: mobile})) as contacts:
            return [each async for each in contacts if each.properties.get(name) == mobile]

    async def _change(self, person: Person) -> None:
        """Change a contact; labels are replaced by what is sent, so that those it has by now are read just before."""
        properties = self._contact(person).properties
        labels: Sequence[str] | Unset = UNSET
        if "contact_groups" in person["changed"]:
            known = await read(self._client.contacts.get(person["target_id"]), otherwise=Outcome.NOT_APPLIED)
            labels = _labels(united(known.labels or (), person))
        await self._client.contacts.update(person["target_id"], properties=properties, labels=labels)

    def _contact(self, person: Person) -> Contact:
        """Return what is to be written as IP1 has it, where a flag is a text."""
        chosen = [name for name in person["changed"] if name in self._properties and name != "is_stopped"]
        values = {self._properties[name]: _text(person[name]) for name in chosen}
        if person["target_id"] is None:
            values = {self._properties["mobile"]: person["mobile"], **values}
        return Contact(properties=values, labels=_labels(person["contact_groups"]))

    async def _block(self, mobile: str) -> None:
        """Put a number on the blacklist, or see that it is there: without that, nothing of the person is written."""
        try:
            await self._client.blacklist.add(mobile)
        except PlingError as error:
            if not await self._is_blocked(mobile):
                raise error from None

    async def _is_blocked(self, mobile: str) -> bool:
        try:
            await self._client.blacklist.get(mobile)
        except PlingError:
            return False
        return True


def _labels(groups: Iterable[str]) -> list[str]:
    return [group for group in groups if group != AUTOMATIC_LABEL]


def _is_refused(error: PlingError) -> bool:
    return error.outcome is Outcome.NOT_APPLIED and error.status in {400, 413, 422}


def _has(found: Contact, wanted: Contact) -> bool:
    return wanted.properties.items() <= found.properties.items() and set(wanted.labels or ()) <= set(found.labels or ())


def _text(value: str | bool) -> str:  # noqa: FBT001 - a value, not a switch
    return value if isinstance(value, str) else str(value).lower()


def ip1(client: "Ip1Client", *, region: str = "NO", fields: Mapping[str, str] = FIELDS) -> Ip1Target:
    """Return an account of IP1 as a target; `fields` is the table of `sources.ip1`, read the other way round.

    `region` is the country of numbers that are written there without a country code.
    """
    return Ip1Target(client=client, region=region, fields=fields)
