"""Front's contacts as a source: a phone that is a mobile makes a row, lists are groups, and whoever has none is named.

A contact of Front may have any number of phones and addresses, ours has one of each. The first phone that is a mobile
number is read, and the first address; what is left over is not lost silently: `Left` says whose, and how much. Every
mobile number of somebody who is stopped arrives as stopped.
"""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal

from attrs import define, field, frozen

from pling_async.frontapp.models import Contact
from pling_async.phones import Policy, normalise
from pling_async.sources.flags import as_flag, is_stop
from pling_async.sources.tables import best_number, by_attribute, first_of_each, not_in_table

if TYPE_CHECKING:
    from pling_async.frontapp.client import FrontClient

FIELDS: Final[Mapping[str, str]] = {
    "First name": "first_name",
    "Last name": "last_name",
    "Speed dial": "speed_dial",
    "Address": "address",
    "Postal code": "postal_code",
    "City": "city",
    "Stop": "is_stopped",
    "Active": "is_active",
}
"""Front's custom field to our attribute; one that is not here is not read, and reported as ignored."""

OWN: Final[Mapping[str, str]] = {"name": "name", "description": "comment"}
"""What every contact of Front has beside handles, lists and custom fields, to our attribute."""

Reason = Literal["no_phone", "other_phones", "other_emails", "other_handles", "links"]


@frozen(kw_only=True)
class Left:
    """What of one contact could not come along."""

    contact_id: str
    reason: Reason
    count: int
    """Handles, or links; 0 where there was none to read."""


@define(kw_only=True, eq=False)
class FrontContacts:
    """Rows of a company in Front, read page by page; `left` is complete after the last, and begins anew each time."""

    title: ClassVar = "Front"
    """What the source is called in messages and plans."""
    _client: "FrontClient"
    _region: str
    _fields: Mapping[str, str]
    _list_id: str | None
    left: list[Left] = field(factory=list, init=False, repr=lambda left: f"<{len(left)} left>")

    async def __aiter__(self) -> AsyncIterator[dict[str, Any]]:
        """Yield a row a contact, under attribute names, and then one for each number that is stopped, with that alone.

        A contact without a phone is a row too, which prepare rejects; whatever is wrong with the row of somebody who is
        stopped, their mobiles arrive as stopped.
        """
        self.left.clear()
        stopped: set[str] = set()
        contacts = self._client.contacts.list() if self._list_id is None else self._client.lists.members(self._list_id)
        async with aclosing(contacts) as reading:
            async for contact in reading:
                self.left.extend(_left(contact))
                row = row_of(contact, region=self._region, fields=self._fields)
                if row.get("is_stopped"):
                    stopped.update(self._mobiles(contact, row["mobile"]))
                yield row
        for mobile in sorted(stopped):
            yield {"mobile": mobile, "is_stopped": True}

    def _mobiles(self, contact: Contact, read: Any) -> Iterator[str]:
        """Yield the numbers that Pling may have of a contact: its mobiles, and the one that its row has, if it is any.

        Other landlines would be rejects, of which a replace takes heed.
        """
        kinds: dict[str, Policy] = {
            **dict.fromkeys(numbers_of(contact, self._fields), "lenient"),
            str(read or ""): "possible",
        }
        for phone, kind in kinds.items():
            if (number := normalise(phone, self._region, kind).e164) is not None:
                yield number


def row_of(contact: Contact, *, region: str = "NO", fields: Mapping[str, str] = FIELDS) -> dict[str, Any]:
    """Return what a contact says under attribute names; nobody is called not stopped.

    A custom field that a table calls something that every contact of Front has comes first, unless it is blank.
    """
    emails = contact.handles_of("email")
    own = {
        **{attribute: getattr(contact, name) or None for name, attribute in OWN.items()},
        "email": emails[0] if emails else None,
        "contact_groups": list(contact.list_names),
    }
    values = _scalars(contact)
    said = by_attribute(values, fields)
    custom = {name: value for name, value in first_of_each(said).items() if value is not None or name not in own}
    flags: dict[str, bool | None] = {}
    if "is_active" in said:
        flags["is_active"] = as_flag(custom["is_active"])
    if "is_stopped" in said:
        flags["is_stopped"] = any(map(is_stop, said["is_stopped"])) or None
    mobile = best_number(numbers_of(contact, fields), region)
    return {**own, **custom, **flags, "mobile": mobile, **not_in_table(values, fields, "custom_fields")}


def numbers_of(contact: Contact, fields: Mapping[str, str]) -> tuple[str, ...]:
    """Return every number of a contact: custom fields that a table calls the mobile, and then the phones."""
    custom = by_attribute(_scalars(contact), fields).get("mobile", [])
    texts = (f"{each:.15g}" if isinstance(each, float) else str(each) for each in custom)
    return (*texts, *contact.handles_of("phone"))


def _scalars(contact: Contact) -> dict[str, Any]:
    return {name: _scalar(value) for name, value in contact.custom_fields.items()}


def _scalar(value: Any) -> Any:
    """Return a value that a cell can hold: what Front makes an object of is text here, and an empty one is none."""
    return value if value is None or isinstance(value, str | int | float) else str(value or "")


def _left(contact: Contact) -> Iterator[Left]:
    phones, emails = contact.handles_of("phone"), contact.handles_of("email")
    counts: dict[Reason, int] = {
        "other_phones": len(phones) - 1,
        "other_emails": len(emails) - 1,
        "other_handles": len(contact.handles) - len(phones) - len(emails),
        "links": len(contact.links or ()),
    }
    if not phones:
        yield Left(contact_id=contact.id, reason="no_phone", count=0)
    for reason, count in counts.items():
        if count > 0:
            yield Left(contact_id=contact.id, reason=reason, count=count)


def frontapp(
    client: "FrontClient", *, region: str = "NO", fields: Mapping[str, str] = FIELDS, list_id: str | None = None
) -> FrontContacts:
    """Return the contacts of a company in Front, or those of one contact list, as a source for `bulk.prepare`.

    `region` is the country of phones without a country code, as in `PrepareSettings`. `fields` is the table of what is
    read from which custom field; one of your own names the fields that your company has. Where several stand for one
    attribute the first that is not blank is taken, in the order of the table.
    """
    return FrontContacts(client=client, region=region, fields=fields, list_id=list_id)
