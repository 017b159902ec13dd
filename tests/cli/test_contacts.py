"""`pling contacts`: one contact at a time, on a real server."""

import json
from typing import Any

import pytest

OLA = {"id": 7, "mobile": "+4799999101", "firstName": "Ola", "name": "Ola", "city": "OSLO", "contactGroups": ["VIP"]}
KARI = {"id": 8, "mobile": "+4799999102", "name": "Kari", "stop": 1}


@pytest.fixture
def people(account: Any) -> Any:
    """Serve an account of two people, one of whom opted out."""
    account.seed(OLA, KARI)
    return account


@pytest.mark.usefixtures("people")
def test_list_shows_everybody(pling: Any) -> None:
    """The table has a line a contact, with its groups by name; the count goes to stderr."""
    ended = pling("contacts", "list")
    assert ended.code == 0
    assert [line.split()[1] for line in ended.out.splitlines()[1:]] == ["+4799999101", "+4799999102"]
    assert "VIP" in ended.out
    assert ended.err.splitlines()[0] == "2 contacts"


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize(("option", "mobile"), [("--stopped", "+4799999102"), ("--not-stopped", "+4799999101")])
def test_list_narrows(pling: Any, option: str, mobile: str) -> None:
    """The stop list narrows the listing either way."""
    [line] = pling("contacts", "list", option, "-o", "ndjson").out.splitlines()
    assert json.loads(line)["mobile"] == mobile


@pytest.mark.usefixtures("people")
def test_list_as_json(pling: Any) -> None:
    """JSON is one array with every field, dates as ISO 8601 in UTC."""
    ola, kari = json.loads(pling("contacts", "list", "-o", "json").out)
    assert ola["contact_groups"] == ["VIP"]
    assert kari["is_stopped"] is True
    assert ola["created"].endswith("Z")


@pytest.mark.usefixtures("account")
def test_list_of_nobody_is_json(pling: Any) -> None:
    """An empty account is an empty array, not nothing."""
    assert json.loads(pling("contacts", "list", "-o", "json").out) == []


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize("who", ["7", "+4799999101", "999 99 101", "004799999101"])
def test_get_by_id_or_number(pling: Any, who: str) -> None:
    """A contact is found by its id and by its number in any spelling."""
    assert json.loads(pling("contacts", "get", who, "-o", "json").out)["id"] == 7


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize("who", ["99", "+4799999199"])
def test_get_nobody(pling: Any, who: str) -> None:
    """Somebody who is not there is a failure, said without the number."""
    ended = pling("contacts", "get", who)
    assert (ended.code, ended.out) == (1, "")
    assert "+4799999199" not in ended.err


def test_add_creates_with_groups(pling: Any, account: Any) -> None:
    """A new contact has what was given, and its number is E.164 whatever was typed."""
    ended = pling("contacts", "add", "999 99 103", "--first-name", "Åse", "--last-name", "Ærø", "--group", "VIP")
    assert ended.code == 0
    saved = account.contacts()["+4799999103"]
    assert (saved["name"], saved["firstName"], saved["active"]) == ("Åse Ærø", "Åse", 1)
    assert len(saved["contactGroupIds"]) == 1


def test_add_keeps_what_an_existing_contact_has(pling: Any, people: Any) -> None:
    """Adding a number that exists changes what is given, and never takes anybody off the stop list."""
    assert pling("contacts", "add", "+4799999102", "--city", "BERGEN").code == 0
    kari = people.contacts()["+4799999102"]
    assert (kari["name"], kari["city"], kari["stop"]) == ("Kari", "BERGEN", 1)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("9999912",), "digits"),
        (("+4799999103", "--first-name", "x" * 51), "at most 50"),
        (("+4799999103", "--speed-dial", "æ"), "A-Z and 0-9"),
        (("+4799999103", "--group", "x" * 41), "at most 40"),
    ],
)
def test_add_refuses_before_sending(pling: Any, account: Any, arguments: tuple[str, ...], words: str) -> None:
    """A contact over a limit is one message and no request."""
    ended = pling("contacts", "add", *arguments)
    assert (ended.code, ended.out) == (2, "")
    assert words in ended.err
    assert account.changes() == []


def test_add_reports_the_servers_refusal(pling: Any, people: Any) -> None:
    """What only the server can know, such as a speed dial in use, is a failure."""
    people.seed({"mobile": "+4799999104", "speedDial": "A1"})
    ended = pling("contacts", "add", "+4799999105", "--speed-dial", "A1")
    assert ended.code == 1
    assert "409" in ended.err


def test_update_changes_what_is_given(pling: Any, people: Any) -> None:
    """An update keeps the rest, moves the contact to the groups given, and may change the number."""
    ended = pling("contacts", "update", "7", "--last-name", "Ås", "--group", "Oslo", "--mobile", "999 99 109")
    assert ended.code == 0
    ola = people.contacts()["+4799999109"]
    assert (ola["name"], ola["city"], ola["id"]) == ("Ola Ås", "OSLO", 7)
    groups = {group["id"]: group["name"] for group in people.do(people.sandbox.groups())}
    assert [groups[each] for each in ola["contactGroupIds"]] == ["Oslo"]


def test_update_of_nothing(pling: Any, people: Any) -> None:
    """An update that says nothing is wrong usage."""
    ended = pling("contacts", "update", "7")
    assert ended.code == 2
    assert people.changes() == []


def test_update_blanks(pling: Any, people: Any) -> None:
    """An empty text empties a field, which is not the same as not giving it."""
    assert pling("contacts", "update", "7", "--city", "", "--inactive").code == 0
    assert (people.contacts()["+4799999101"]["city"], people.contacts()["+4799999101"]["active"]) == ("", 0)


def test_delete(pling: Any, people: Any) -> None:
    """A confirmed deletion deletes the one contact."""
    assert pling("contacts", "delete", "+4799999101", "--yes").code == 0
    assert list(people.contacts()) == ["+4799999102"]


def test_delete_asks(pling: Any, people: Any) -> None:
    """Without a terminal and without --yes nothing is deleted, and the way out is named."""
    ended = pling("contacts", "delete", "7")
    assert ended.code == 2
    assert "--yes" in ended.err
    assert people.changes() == []


def test_a_stop_that_comes_while_a_deletion_asks(pling: Any, people: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The opt-out is seen, though the answer was yes."""
    monkeypatch.setattr("pling_async.cli.contacts.confirm", lambda _: pling("stop-list", "add", "7"))
    ended = pling("contacts", "delete", "7")
    assert (ended.code, "--even-stopped" in ended.err) == (5, True)
    assert people.contacts()["+4799999101"]["stop"] == 1


def test_delete_guards_the_stop_list(pling: Any, people: Any) -> None:
    """--yes does not delete somebody who opted out; the flag that the refusal names does."""
    ended = pling("contacts", "delete", "8", "--yes")
    assert ended.code == 5
    assert "--even-stopped" in ended.err
    assert people.changes() == []
    assert pling("contacts", "delete", "8", "--yes", "--even-stopped").code == 0
    assert "+4799999102" not in people.contacts()
