"""IP1 contacts as a source: properties are fields, labels are groups, and who is blocked there arrives as stopped."""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Final

from pling_async.ip1.models import AUTOMATIC_LABEL, Contact
from pling_async.session.unset import Unset
from pling_async.sources.flags import as_flag

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


class Ip1Contacts:
    """Rows of an IP1 account, read page by page."""

    def __init__(self, client: "Ip1Client", labels: tuple[str, ...], fields: Mapping[str, str]) -> None:
        self._client = client
        self._labels = labels
        self._fields = fields

    async def __aiter__(self) -> AsyncIterator[dict[str, Any]]:
        """Yield a row a contact, under attribute names.

        The blacklist is read first: with the metadata of each contact, read later, nobody who was ever blocked passes.
        Blocked numbers that no contact was seen to have come last, as stopped and nothing else, unless only some labels
        are read: whoever opted out before they were a contact has opted out.
        """
        blocked = {entry.msisdn async for entry in self._client.blacklist.list()}
        unseen = set() if self._labels else set(blocked)
        contacts = self._client.contacts.list(labels=self._labels, meta=True)
        async with aclosing(contacts) as reading:
            async for contact in reading:
                row, numbers = row_of(contact, self._fields), _msisdns(contact)
                unseen -= numbers
                yield {**row, "is_stopped": True} if contact.is_blocked or numbers & blocked else row
        for msisdn in sorted(unseen):
            yield {"mobile": f"+{msisdn}", "is_stopped": True}


def ip1(client: "Ip1Client", *, labels: Iterable[str] = (), fields: Mapping[str, str] = FIELDS) -> Ip1Contacts:
    """Return the contacts of an IP1 account, or those with all of some labels, as a source for `bulk.prepare`.

    `fields` is the table of what is read from where; one of your own names the properties that you invented. Whoever
    is blocked there, by metadata or by the blacklist, arrives as stopped; nobody arrives as not stopped.
    """
    return Ip1Contacts(client, tuple(labels), fields)


def row_of(contact: Contact, fields: Mapping[str, str] = FIELDS) -> dict[str, Any]:
    """Return what a contact says under attribute names; whether it is stopped is the blacklist's to say."""
    row: dict[str, Any] = {fields.get(name, f"properties.{name}"): value for name, value in contact.properties.items()}
    labels = () if isinstance(contact.labels, Unset) else contact.labels
    row["contact_groups"] = [label for label in labels if label != AUTOMATIC_LABEL]
    if "is_active" in row:
        row["is_active"] = as_flag(row["is_active"])
    return row


def _msisdns(contact: Contact) -> set[str]:
    """Return the digits that the blacklist may know a contact by: as the server read them, and as they stand."""
    metadata = {} if isinstance(contact.metadata, Unset) else contact.metadata
    parsed = {str(each.get("parsedMSISDN") or "") for each in metadata.values()}
    raw = "".join(filter(str.isdigit, contact.properties.get("phoneNumber") or ""))
    return {*parsed, raw.removeprefix("00")} - {""}
