"""Whoever is blocked at IP1 arrives as stopped, however the number is written and whatever is wrong with the row."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from attrs import evolve

from pling_async import bulk, sources
from pling_async.ip1 import Ip1Client
from pling_async.ip1.contacts import Contacts
from pling_async.ip1.models import BlacklistEntry, Contact
from pling_async.sandbox import Sandbox
from pling_async.sources.ip1 import FIELDS

FIRST, SECOND, THIRD = "+4799999001", "+4799999002", "+4799999003"


async def stops(source: Any) -> dict[str, bool | None]:
    """Return what a source says of each number that can be used."""
    rows = (await bulk.prepare(source)).contacts.rows(named=True)
    return {row["mobile"]: row.get("is_stopped") for row in rows}


@pytest.mark.parametrize("labels", [(), ("A",)])
@pytest.mark.parametrize(
    "written", ["99999001", "99 99 90 01", "004799999001", "+4799999001", "9999\u00a09001", "\uff0b4799999001"]
)
@pytest.mark.parametrize("name", ["phoneNumber", "cell"])
async def test_a_number_is_recognised_however_it_is_written(
    sandbox: Sandbox, client: Ip1Client, labels: Any, written: str, name: str
) -> None:
    """With some labels as without, and in the property that is read as the mobile, whichever that is (I-4)."""
    people = [{"properties": {name: number}, "labels": ["A"]} for number in (written, SECOND)]
    await sandbox.ip1.seed(contacts=people, blacklist=[{"msisdn": FIRST[1:]}, {"msisdn": THIRD[1:]}])
    source = sources.ip1(client, labels=labels, fields={name: "mobile"})
    assert await stops(source) == {FIRST: True, SECOND: None} | ({} if labels else {THIRD: True})


async def test_the_region_is_that_of_the_list(sandbox: Sandbox, client: Ip1Client) -> None:
    """A Swedish number without its country code is known by it."""
    await sandbox.ip1.seed(
        contacts=[{"properties": {"phoneNumber": "070-174 06 01"}, "labels": ["A"]}],
        blacklist=[{"msisdn": "46701740601"}],
    )
    (row, stop) = [each async for each in sources.ip1(client, region="SE", labels=["A"])]
    assert (row["is_stopped"], stop) == (True, {"mobile": "+46701740601", "is_stopped": True})


WRONG: dict[str, dict[str, Any]] = {
    "a label is too long": {"labels": ["A", "x" * 41]},
    "a property is too long": {"city": "x" * 101},
    "control characters": {"name": "a\x01b"},
    "the speed dial is somebody else's": {"speedDial": "D2"},
    "the speed dial has letters of its own": {"speedDial": "Æ"},
    "first and last name are too long together": {"firstName": "x" * 50, "lastName": "y" * 50},
}


@pytest.mark.parametrize("labels", [(), ("A",)])
@pytest.mark.parametrize("wrong", WRONG)
async def test_a_stop_is_not_lost_with_its_row(sandbox: Sandbox, client: Ip1Client, wrong: str, labels: Any) -> None:
    """The row is rejected with its reason, and the number arrives as stopped, with nothing else (I-4)."""
    properties = {"phoneNumber": FIRST} | WRONG[wrong]
    contact = {"labels": properties.pop("labels", ["A"]), "properties": properties}
    other = {"properties": {"phoneNumber": SECOND, "speedDial": "D2"}, "labels": ["A"]}
    await sandbox.ip1.seed(contacts=[contact, other], blacklist=[{"msisdn": FIRST[1:]}])
    prepared = await bulk.prepare(sources.ip1(client, labels=labels))
    assert 1 in prepared.rejects["row"].to_list()
    stopped = prepared.contacts.filter(mobile=FIRST)
    assert stopped.select("is_stopped", "rows").rows() == [(True, [3])]
    blank = stopped.drop("mobile", "is_stopped", "rows")
    assert blank.null_count().row(0) == (1,) * blank.width


def changed(monkeypatch: pytest.MonkeyPatch, **members: Any) -> None:
    """Let every listing say something that the sandbox does not."""
    listing = Contacts.list

    async def contacts(self: Contacts, **options: Any) -> AsyncIterator[Contact]:
        async for contact in listing(self, **options):
            yield evolve(contact, **members)

    monkeypatch.setattr(Contacts, "list", contacts)


@pytest.mark.parametrize("labels", [(), ("A",)])
async def test_a_blocked_second_number(
    sandbox: Sandbox, client: Ip1Client, monkeypatch: pytest.MonkeyPatch, labels: Any
) -> None:
    """The number that is blocked arrives as stopped, and the mobile of the contact with it."""
    await sandbox.ip1.seed(
        contacts=[{"properties": {"phoneNumber": FIRST, "mobile2": SECOND}, "labels": ["A"]}],
        blacklist=[{"msisdn": SECOND[1:]}],
    )
    metadata = {
        "phoneNumber": {"parsedMSISDN": FIRST[1:], "isBlocked": "false"},
        "mobile2": {"parsedMSISDN": SECOND[1:], "isBlocked": "true"},
    }
    changed(monkeypatch, metadata=metadata)
    assert await stops(sources.ip1(client, labels=labels)) == {FIRST: True, SECOND: True}


@pytest.mark.parametrize("flag", ["true", "True", True])
async def test_the_metadata_alone_are_enough(
    sandbox: Sandbox, client: Ip1Client, monkeypatch: pytest.MonkeyPatch, flag: Any
) -> None:
    """Somebody who was blocked after the blacklist was read, with a row that is rejected."""
    await sandbox.ip1.seed(contacts=[{"properties": {"phoneNumber": FIRST, "city": "x" * 101}}])
    changed(monkeypatch, metadata={"phoneNumber": {"parsedMSISDN": FIRST[1:], "isBlocked": flag}})
    assert await stops(sources.ip1(client)) == {FIRST: True}


async def test_a_blacklist_with_pluses(client: Ip1Client, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """The document shows digits alone; a plus before them changes nothing."""
    await sandbox.ip1.seed(contacts=[{"properties": {"phoneNumber": "99999001"}, "labels": ["A"]}])

    async def entries(_: Any) -> AsyncIterator[BlacklistEntry]:
        for number in (FIRST, SECOND):
            yield BlacklistEntry(msisdn=number)

    monkeypatch.setattr(type(client.blacklist), "list", entries)
    assert await stops(sources.ip1(client)) == {FIRST: True, SECOND: True}
    assert await stops(sources.ip1(client, labels=["A"])) == {FIRST: True}


@pytest.mark.parametrize(("value", "flag"), [("Reservert", True), ("1", True), ("0", None), ("nei", None), (" ", None)])
async def test_a_property_that_stands_for_a_stop(
    sandbox: Sandbox,
    client: Ip1Client,
    value: str,
    flag: bool | None,  # noqa: FBT001 - a parameter of the test
) -> None:
    """With a table of one's own: what is no clear no counts, and no value takes anybody off the stop list."""
    await sandbox.ip1.seed(contacts=[{"properties": {"phoneNumber": FIRST, "optedOut": value}}])
    assert await stops(sources.ip1(client, fields={**FIELDS, "optedOut": "is_stopped"})) == {FIRST: flag}


@pytest.mark.parametrize("words", [{"optedOut": "", "gone": "ja"}, {"gone": "ja", "optedOut": "nei"}])
async def test_one_of_several_properties_is_enough(sandbox: Sandbox, client: Ip1Client, words: dict[str, str]) -> None:
    """None that stands for a stop overrules another, and every number of the contact is stopped (I-4)."""
    await sandbox.ip1.seed(contacts=[{"properties": {"phoneNumber": FIRST, "mobile2": SECOND, **words}}])
    fields = {**FIELDS, "mobile2": "mobile", "optedOut": "is_stopped", "gone": "is_stopped"}
    assert await stops(sources.ip1(client, fields=fields)) == {FIRST: True, SECOND: True}
