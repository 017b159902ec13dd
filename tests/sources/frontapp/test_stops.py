"""Whoever is marked as stopped in Front arrives as stopped: with every mobile, in any words, whatever else is wrong."""

from typing import Any

import pytest

from pling_async import bulk
from pling_async.frontapp.client import FrontClient
from pling_async.frontapp.models import Contact
from pling_async.sandbox import Sandbox
from pling_async.sources.frontapp import FIELDS, frontapp, row_of

FIRST, SECOND, THIRD = "+4799999001", "+4799999002", "+4799999003"


def contact(*phones: str, stop: Any = True, **more: Any) -> dict[str, Any]:
    """Return a contact to seed, with a value in its custom field Stop."""
    handles = [{"source": "phone", "handle": phone} for phone in phones]
    custom = {"Stop": stop, **more.pop("custom_fields", {})}
    return {"handles": handles, "custom_fields": custom, **more}


async def test_every_mobile_of_somebody_stopped(front: tuple[Sandbox, FrontClient]) -> None:
    """The further ones too, also where they are somebody else's; no landline becomes a reject by that."""
    sandbox, client = front
    people = [
        contact("+4722345678", FIRST, "99 99 90 02", "nonsense", name="Ola"),
        contact(THIRD, stop=False),
        contact("+4799999004", "+4799999005", stop=None),
    ]
    await sandbox.front.seed(contacts=people)
    prepared = await bulk.prepare(frontapp(client))
    assert prepared.contacts.select("mobile", "name", "is_stopped").rows() == [
        (FIRST, "Ola", True),
        (SECOND, None, True),
        (THIRD, None, None),
        ("+4799999004", None, None),
    ]
    assert prepared.rejects.is_empty()


async def test_every_mobile_in_fields(front: tuple[Sandbox, FrontClient]) -> None:
    """A table may call several fields the mobile: whoever is stopped is stopped under each (I-4)."""
    sandbox, client = front
    person = contact(FIRST, custom_fields={"Reserved": SECOND, "Shoe size": THIRD})
    await sandbox.front.seed(contacts=[person])
    fields = {**FIELDS, "Reserved": "mobile", "Shoe size": "mobile"}
    prepared = await bulk.prepare(frontapp(client, fields=fields))
    stopped = dict(prepared.contacts.select("mobile", "is_stopped").iter_rows())
    assert stopped == {FIRST: True, SECOND: True, THIRD: True}


WRONG: dict[str, dict[str, Any]] = {
    "the description is too long": {"description": "x" * 2001},
    "a list's name is too long": {"lists": ["x" * 41]},
    "a field is too long": {"custom_fields": {"City": "x" * 101}},
    "the speed dial is somebody else's": {"custom_fields": {"Speed dial": "D2"}},
}


@pytest.mark.parametrize("wrong", WRONG)
async def test_a_stop_is_not_lost_with_its_row(front: tuple[Sandbox, FrontClient], wrong: str) -> None:
    """The row is rejected with its reason, and the number arrives as stopped, with nothing else (I-4)."""
    sandbox, client = front
    other = contact(SECOND, stop=False, custom_fields={"Speed dial": "D2"})
    await sandbox.front.seed(contacts=[contact("99999001", **WRONG[wrong]), other])
    prepared = await bulk.prepare(frontapp(client))
    assert prepared.contacts.filter(mobile=FIRST).select("is_stopped", "rows").rows() == [(True, [3])]
    assert FIRST in prepared.rejects["mobile"].to_list()


@pytest.mark.parametrize("numbers", ["mobile", "lenient", "possible"])
async def test_a_number_that_the_list_may_accept(front: tuple[Sandbox, FrontClient], numbers: Any) -> None:
    """Which numbers are accepted is decided later: whoever is read under one of them is stopped under it."""
    sandbox, client = front
    await sandbox.front.seed(contacts=[contact("+4722345678", name="x" * 101)])
    prepared = await bulk.prepare(frontapp(client), settings=bulk.PrepareSettings(numbers=numbers))
    expected = ["+4722345678"] if numbers == "possible" else []
    assert prepared.contacts["mobile"].to_list() == expected


@pytest.mark.parametrize(
    "value",
    [
        "Stoppet",
        "STOP",
        "x",
        "Y",
        "on",
        "2024-03-01",
        "yes, by mail",
        "1",
        "ja",
        True,
        1,
        1.0,
        1712345678.5,
        {"id": "tea_1"},
    ],
)
def test_whatever_is_no_clear_no_is_a_stop(value: Any) -> None:
    """In whatever words somebody put down that a person opted out (I-4)."""
    assert read(Stop=value) is True


@pytest.mark.parametrize("value", [None, "", " ", "0", "Nei", "no", "FALSE", "off", False, 0, 0.0, [], {}])
def test_blank_and_no_say_nothing(value: Any) -> None:
    """Nobody arrives as not stopped."""
    assert read(Stop=value) is None


@pytest.mark.parametrize("values", [{"Stop": "ja", "Reserved": ""}, {"Reserved": "ja", "Stop": False}])
def test_one_of_several_fields_is_enough(values: dict[str, Any]) -> None:
    """With a table that reads two fields as the stop, none overrules the other."""
    assert read(**values) is True


def read(**custom_fields: Any) -> bool | None:
    """Return what a contact's row says of its stop."""
    row = row_of(Contact(id="crd_1", custom_fields=custom_fields), fields={**FIELDS, "Reserved": "is_stopped"})
    found: bool | None = row["is_stopped"]
    return found
