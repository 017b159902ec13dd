"""IP1 as a target: fields are properties, groups are labels, and whoever is stopped is blocked before anything else."""

from collections.abc import AsyncGenerator, Collection, Iterator, Mapping, Sequence
from contextlib import aclosing
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import polars as pl
from attrs import field, frozen

from pling_async.bulk.per_contact import Written
from pling_async.errors import Outcome, PlingError
from pling_async.ip1.models import AUTOMATIC_LABEL, Contact
from pling_async.session.unset import UNSET
from pling_async.sources.ip1 import FIELDS, row_of
from pling_async.targets.base import EVERY, Held, Person, e164, settled, united, written

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
                row = row_of(contact, self._fields)
                row["contact_groups"].append(AUTOMATIC_LABEL)
                yield Held(id=str(contact.id), mobile=e164(row.pop("mobile", None), self._region), values=row)

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

    async def _together(self, people: Sequence[Person]) -> Sequence[Written]:
        """Add people in one request, or one by one when the server finds something wrong with it."""
        try:
            await self._client.contacts.add(map(self._contact, people), sync=True)
        except PlingError as error:
            if error.outcome is Outcome.NOT_APPLIED and error.status in {400, 413, 422}:
                return [await settled(each, *self._saving(each)) for each in people]
            code = type(error).__name__
            return [written(each, error.outcome, code=code, message=str(error)) for each in people]
        return [written(each, Outcome.APPLIED) for each in people]

    def _saving(self, person: Person) -> Iterator[Any]:
        if person["target_id"] is None:
            yield partial(self._client.contacts.add, [self._contact(person)], sync=True)
        elif set(person["changed"]) != {"is_stopped"}:
            labels = _labels(person) if "contact_groups" in person["changed"] else UNSET
            change = self._contact(person).properties
            yield partial(self._client.contacts.update, person["target_id"], properties=change, labels=labels)

    def _contact(self, person: Person) -> Contact:
        """Return what is to be written as IP1 has it, where a flag is a text."""
        chosen = [name for name in person["changed"] if name in self._properties and name != "is_stopped"]
        values = {self._properties[name]: _text(person[name]) for name in chosen}
        if person["target_id"] is None:
            values = {self._properties["mobile"]: person["mobile"], **values}
        return Contact(properties=values, labels=_labels(person))

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


def _labels(person: Person) -> list[str]:
    return [label for label in united(person) if label != AUTOMATIC_LABEL]


def _text(value: str | bool) -> str:  # noqa: FBT001 - a value, not a switch
    return value if isinstance(value, str) else str(value).lower()


def ip1(client: "Ip1Client", *, region: str = "NO", fields: Mapping[str, str] = FIELDS) -> Ip1Target:
    """Return an account of IP1 as a target; `fields` is the table of `sources.ip1`, read the other way round.

    `region` is the country of numbers that are written there without a country code.
    """
    return Ip1Target(client=client, region=region, fields=fields)
