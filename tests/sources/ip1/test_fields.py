"""IP1 accounts as a source: the mapping table, groups, and that nobody who is blocked arrives as reachable."""

from typing import Any

import polars as pl
import pytest

from pling_async import bulk, sources
from pling_async.errors import SourceError, ValidationError
from pling_async.ip1 import Ip1Client
from pling_async.sandbox import Sandbox
from pling_async.sources.base import LIST_MARK
from pling_async.sources.headers import ATTRIBUTES
from pling_async.sources.ip1 import FIELDS

FIRST, SECOND, THIRD = "+46701740601", "+46701740602", "+46701740603"


def person(number: str | None, *labels: str, **properties: str) -> dict[str, Any]:
    """Return a contact for the store."""
    return {"properties": properties | ({} if number is None else {"phoneNumber": number}), "labels": labels}


def test_the_table_leads_to_attributes() -> None:
    """No field is read into what there is not, and none twice."""
    assert set(FIELDS.values()) < set(ATTRIBUTES)
    assert len(set(FIELDS.values())) == len(FIELDS)


async def test_properties_are_fields_and_labels_are_groups(sandbox: Sandbox, client: Ip1Client, read: Any) -> None:
    """The automatic label is no group; a property that is not in the table is reported, never guessed at."""
    every = {name: f"a {name}" for name in FIELDS if name not in {"phoneNumber", "isActive"}}
    await sandbox.ip1.seed(
        contacts=[person(FIRST, "A;B", "C", **every), person(SECOND, department="Sales", stop="0", kommentar="x")]
    )
    frame, info = await read(sources.ip1(client))
    first, second = frame.rows(named=True)
    assert first == {
        **{FIELDS[name]: value for name, value in every.items()},
        "mobile": FIRST,
        "contact_groups": f"{LIST_MARK}A;B{LIST_MARK}C",
    }
    assert {name: value for name, value in second.items() if value} == {"mobile": SECOND}
    assert info.ignored == ("properties.department", "properties.stop", "properties.kommentar")
    assert (info.rows, info.name) == (2, "IP1")


async def test_who_is_blocked_arrives_as_stopped(sandbox: Sandbox, client: Ip1Client) -> None:
    """By the blacklist or by the metadata, however the number is written; the others say nothing about stop."""
    await sandbox.ip1.seed(
        contacts=[person(FIRST), person("+46 70-174 06 02"), person(THIRD), person("0046701740604")],
        blacklist=[{"msisdn": number} for number in ("46701740601", "46701740602", "46701740604")],
    )
    prepared = await bulk.prepare(sources.ip1(client))
    stopped = dict(prepared.contacts.select("mobile", "is_stopped").iter_rows())
    assert stopped == {FIRST: True, SECOND: True, THIRD: None, "+46701740604": True}


async def test_a_stop_while_the_account_is_read_counts(sandbox: Sandbox, client: Ip1Client) -> None:
    """Whoever is blocked after the blacklist was read is blocked in the metadata of a later page."""
    contacts = [person(f"+467017406{n:02}") for n in range(100)]
    await sandbox.ip1.seed(contacts=contacts * 10)
    rows = aiter(sources.ip1(client))
    await anext(rows)
    await sandbox.ip1.seed(blacklist=[{"msisdn": "46701740699"}])
    stopped = [row["mobile"] async for row in rows if row.get("is_stopped")]
    assert stopped
    assert set(stopped) == {"+46701740699"}


async def test_some_labels_and_other_fields(sandbox: Sandbox, client: Ip1Client, read: Any) -> None:
    """Only contacts with every label, read by a table of one's own."""
    await sandbox.ip1.seed(contacts=[person(FIRST, "A", "B", department="Sales"), person(SECOND, "A")])
    fields = {**FIELDS, "department": "comment"}
    frame, _ = await read(sources.ip1(client, labels=["A", "B"], fields=fields))
    assert frame.select("mobile", "comment").rows() == [(FIRST, "Sales")]


async def test_a_blank_value_erases_none_of_another_name(sandbox: Sandbox, client: Ip1Client, read: Any) -> None:
    """Of several properties for one field the first that is not blank is taken, in the order of the table."""
    people = ({"department": "", "comment": "VIP"}, {"department": "Sales", "comment": " "}, {"department": "Sales"})
    both = {"department": "Sales", "comment": "VIP"}
    await sandbox.ip1.seed(contacts=[person(FIRST, **each) for each in (*people, both)])
    frame, _ = await read(sources.ip1(client, fields={**FIELDS, "department": "comment"}))
    assert frame["comment"].to_list() == ["VIP", "Sales", "Sales", "VIP"]
    frame, _ = await read(sources.ip1(client, fields={"department": "comment", **FIELDS}))
    assert frame["comment"].to_list() == ["VIP", "Sales", "Sales", "Sales"]


async def test_several_numbers_are_tried_in_order(sandbox: Sandbox, client: Ip1Client) -> None:
    """As with several columns of a file: the first usable one is theirs, and a blank one is none."""
    numbers = ((FIRST, ""), ("", SECOND), ("+4722345678", THIRD))
    await sandbox.ip1.seed(contacts=[person(one, mobile2=other) for one, other in numbers])
    prepared = await bulk.prepare(sources.ip1(client, fields={**FIELDS, "mobile2": "mobile"}))
    assert prepared.contacts["mobile"].to_list() == [FIRST, SECOND, THIRD]
    assert prepared.rejects.is_empty()


async def test_contacts_without_a_number_are_rejected_by_row(sandbox: Sandbox, client: Ip1Client) -> None:
    """One outcome for each contact; an account in which nobody has a number is no list."""
    await sandbox.ip1.seed(contacts=[person(FIRST), person(None, firstName="Ola"), person("not a number")])
    prepared = await bulk.prepare(sources.ip1(client))
    assert prepared.contacts["mobile"].to_list() == [FIRST]
    assert prepared.rejects["row"].to_list() == [2, 3]
    await client.contacts.delete_all(confirm=True)
    await sandbox.ip1.seed(contacts=[person(None, firstName="Ola")])
    with pytest.raises(SourceError, match="mobile numbers"):
        await bulk.prepare(sources.ip1(client))


async def test_an_empty_account(sandbox: Sandbox, client: Ip1Client, read: Any) -> None:
    """No rows, and no error."""
    frame, info = await read(sources.ip1(client))
    assert (frame.height, info.rows) == (0, 0)
    assert frame.schema["mobile"] == pl.String
    asked = [(entry.method, entry.path.removeprefix("/ip1/v2/")) for entry in sandbox.requests]
    assert asked == [("GET", each) for each in ("blacklist", "contacts/meta", "contacts", "contacts/meta")]


@pytest.mark.parametrize("labels", ["Kunder", [""], ["A", " "]])
def test_labels_are_a_list_of_texts(client: Ip1Client, labels: Any) -> None:
    """The letters of one text would be labels that nobody has; blanks may mean anything."""
    with pytest.raises(ValidationError, match=r"labels are a list|filter is blank"):
        sources.ip1(client, labels=labels)
