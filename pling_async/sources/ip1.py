"""IP1 contacts as a source: properties are fields, labels are groups, and who is blocked there arrives as stopped."""

import unicodedata
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, ClassVar, Final

from attrs import define, field, frozen

from pling_async.ip1.filters import Filters
from pling_async.ip1.models import AUTOMATIC_LABEL, Contact
from pling_async.phones import normalise
from pling_async.session.unset import Unset
from pling_async.sources.counted import counted
from pling_async.sources.flags import as_flag, is_stop
from pling_async.sources.tables import best_number, by_attribute, first_of_each, not_in_table

if TYPE_CHECKING:
    from pling_async.ip1.client import Ip1Client

FIELDS: Final[Mapping[str, str]] = {
    "phoneNumber": "mobile",
    "name": "name",
    "firstName": "first_name",
    "lastName": "last_name",
    "speedDial": "speed_dial",
    "comment": "comment",
    "address": "address",
    "postalCode": "postal_code",
    "city": "city",
    "email": "email",
    "isActive": "is_active",
}
"""IP1's property to our attribute; a property that is not here is not read, and reported as ignored."""

_LAST: Final = 4
"""Digits at the end that no way to write a number changes."""


@frozen
class _Blocked:
    """The numbers of the blacklist, and whether a text may be one of them."""

    msisdns: frozenset[str] = field(repr=lambda known: f"<{len(known)} numbers>")
    _region: str
    _ends: frozenset[str] = field(init=False, repr=False)

    @_ends.default
    def _their_ends(self) -> frozenset[str]:
        return frozenset(each[-_LAST:] for each in self.msisdns)

    def spelled(self, text: str) -> frozenset[str]:
        """Return what a text says of these, as it stands or read as a number."""
        digits = "".join(str(unicodedata.decimal(each)) for each in text if each.isdecimal())
        if digits[-_LAST:] not in self._ends:
            return frozenset()
        return self.msisdns.intersection({digits, digits.removeprefix("00")} | _msisdn(text, self._region))


@define(kw_only=True, eq=False)
class Ip1Contacts:
    """Rows of an IP1 account, read page by page."""

    title: ClassVar = "IP1"
    """What the source is called in messages and plans."""
    _client: "Ip1Client"
    _region: str
    _labels: tuple[str, ...]
    _fields: Mapping[str, str]

    async def __aiter__(self) -> AsyncIterator[dict[str, Any]]:
        """Yield a row a contact, under attribute names, and then one for each number that is stopped, with that alone.

        Whatever is wrong with the row of somebody who is blocked, their numbers arrive as stopped: the mobile, and what
        is blocked of their other numbers. The blacklist is read first: with the metadata of each contact, read later,
        nobody who was ever blocked passes. All of it comes unless only some labels are read: whoever opted out before
        they were a contact has opted out.
        """
        msisdns = frozenset([entry.msisdn.removeprefix("+") async for entry in self._client.blacklist.list()])
        blocked = _Blocked(msisdns, self._region)
        stopped = set() if self._labels else set(msisdns)
        async with aclosing(counted(self._client, labels=self._labels, meta=True)) as reading:
            async for contact in reading:
                row, known = self._row(contact), self._blocked_numbers(contact, blocked)
                if not (known or contact.is_blocked or self._says_stopped(contact)):
                    yield row
                    continue
                stopped.update(known, *(_msisdn(text, self._region) for text in self._texts(contact, "mobile")))
                yield {**row, "is_stopped": True}
        for msisdn in sorted(stopped):
            yield {"mobile": f"+{msisdn}", "is_stopped": True}

    def _row(self, contact: Contact) -> dict[str, Any]:
        """Return what a contact says; of several numbers prepare finds out which one is usable."""
        row, numbers = row_of(contact, self._fields, region=self._region), self._texts(contact, "mobile")
        return {**row, "mobile": numbers} if len(numbers) > 1 else row

    def _blocked_numbers(self, contact: Contact, blocked: _Blocked) -> set[str]:
        """Return the numbers of a contact that are blocked: as the server reads them, and as they stand there."""
        metadata = () if isinstance(contact.metadata, Unset) else contact.metadata.values()
        found = {
            msisdn
            for each in metadata
            if (msisdn := str(each.get("parsedMSISDN") or ""))
            and (msisdn in blocked.msisdns or str(each.get("isBlocked")).lower() == "true")
        }
        return found.union(*map(blocked.spelled, self._texts(contact, "mobile")))

    def _says_stopped(self, contact: Contact) -> bool:
        return any(map(is_stop, self._texts(contact, "is_stopped")))

    def _texts(self, contact: Contact, attribute: str) -> list[str]:
        """Return the properties that are read as an attribute, but for blank ones."""
        return by_attribute(contact.properties, self._fields).get(attribute, [])


def ip1(
    client: "Ip1Client", *, region: str = "NO", labels: Iterable[str] = (), fields: Mapping[str, str] = FIELDS
) -> Ip1Contacts:
    """Return the contacts of an IP1 account, or those with some labels, as a source for `bulk.prepare`.

    With several labels those come whom the server finds: a server may take any of them for enough, which is not
    published (`Ip1Client.contacts.list`). `region` is the country of numbers without a country code, as in
    `PrepareSettings`. `fields` is the table of what is read from where; one of your own names the properties that you
    invented. Where several stand for one attribute the first that is not blank is taken, in the order of the table; the
    numbers are tried in that order. Whoever is blocked there, by metadata or by the blacklist, arrives as stopped;
    nobody arrives as not stopped.
    """
    return Ip1Contacts(client=client, region=region, labels=Filters(labels=labels).labels, fields=fields)


def row_of(contact: Contact, fields: Mapping[str, str] = FIELDS, *, region: str = "NO") -> dict[str, Any]:
    """Return what a contact says under attribute names; whether it is stopped is the blacklist's to say."""
    said = by_attribute(contact.properties, fields)
    row = {**first_of_each(said), **not_in_table(contact.properties, fields, "properties")}
    if len(numbers := said.get("mobile", [])) > 1:
        row["mobile"] = best_number(numbers, region)
    labels = () if isinstance(contact.labels, Unset) else contact.labels
    row["contact_groups"] = [label for label in labels if label != AUTOMATIC_LABEL]
    row.pop("is_stopped", None)
    if "is_active" in row:
        row["is_active"] = as_flag(row["is_active"])
    return row


def _msisdn(text: str, region: str) -> set[str]:
    """Return the digits of a number with its country code; none of what is no number, whatever its kind."""
    e164 = normalise(text, region, "possible").e164
    return set() if e164 is None else {e164.removeprefix("+")}
