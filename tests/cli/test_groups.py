"""`pling groups` and `pling stop-list`, on a real server."""

import json
from typing import Any

import pytest


@pytest.fixture
def club(account: Any) -> Any:
    """Serve a group of 14 people, two of them also in another group, one of them stopped."""
    account.seed(groups=({"id": 1, "name": "Club"}, {"id": 2, "name": "Board"}))
    members = [{"id": 10 + n, "mobile": f"+47999991{n:02d}", "contactGroupIds": [1]} for n in range(14)]
    members[0]["contactGroupIds"] = members[1]["contactGroupIds"] = [1, 2]
    members[2]["stop"] = 1
    account.seed(*members)
    return account


def test_add_list_rename_get(pling: Any, account: Any) -> None:
    """A group is added, renamed and found again by its id."""
    added = json.loads(pling("groups", "add", "VIP", "-o", "json").out)
    assert pling("groups", "rename", added["id"], "VIP 2027").code == 0
    assert "VIP 2027" in pling("groups", "get", added["id"]).out
    listed = pling("groups", "list", "-o", "ndjson")
    assert [json.loads(line)["name"] for line in listed.out.splitlines()] == ["VIP 2027"]
    assert listed.err == "1 group\n"
    assert len(account.changes()) == 2


def test_delete_keeps_contacts(pling: Any, club: Any) -> None:
    """A group goes, its members stay, unless told otherwise."""
    assert pling("groups", "delete", "1", "--yes").code == 0
    assert len(club.contacts()) == 14


def test_delete_asks(pling: Any, club: Any) -> None:
    """Without a terminal nothing is deleted unless --yes is given."""
    assert pling("groups", "delete", "1").code == 2
    assert club.changes() == []


def test_delete_with_contacts_is_guarded(pling: Any, club: Any) -> None:
    """Members that go with a group count against the limit and the stop list; the refusals name the flags."""
    too_many = pling("groups", "delete", "1", "--contacts", "delete", "--yes")
    assert (too_many.code, club.changes()) == (5, [])
    assert "--max-removals 14" in too_many.err
    stopped = pling("groups", "delete", "1", "--contacts", "delete", "--yes", "--max-removals", "14")
    assert (stopped.code, club.changes()) == (5, [])
    assert "--even-stopped" in stopped.err


@pytest.mark.parametrize(
    ("meanwhile", "told"),
    [
        (("stop-list", "add", "10"), "--even-stopped"),
        (("contacts", "add", "+4799999150", "--group", "Board"), "1 contact came into the group"),
    ],
)
def test_members_that_change_while_a_deletion_asks(
    pling: Any, club: Any, monkeypatch: pytest.MonkeyPatch, meanwhile: tuple[str, ...], told: str
) -> None:
    """Nobody goes who was not counted, nor whose opt-out came since, though the answer was yes."""
    monkeypatch.setattr("pling_async.cli.groups.confirm", lambda _: pling(*meanwhile))
    ended = pling("groups", "delete", "2", "--contacts", "delete")
    assert (ended.code, told in ended.err) == (5, True)
    assert {"+4799999100", "+4799999101"} < club.contacts().keys()


def test_delete_orphans(pling: Any, club: Any) -> None:
    """Only members of no other group go with it."""
    flags = ("--contacts", "delete_orphans", "--yes", "--max-removals", "12", "--even-stopped")
    assert pling("groups", "delete", "1", *flags).code == 0
    assert sorted(club.contacts()) == ["+4799999100", "+4799999101"]


def test_stop_list(pling: Any, club: Any) -> None:
    """People are stopped, listed, and let go with consent; nothing else about them changes."""
    assert pling("stop-list", "add", "+4799999105").code == 0
    listed = pling("stop-list", "list", "-o", "json")
    assert [each["mobile"] for each in json.loads(listed.out)] == ["+4799999102", "+4799999105"]
    assert listed.err == "2 stopped contacts\n"
    assert pling("stop-list", "remove", "+4799999105", "--consent", "archive 2026/311").code == 0
    assert club.contacts()["+4799999105"]["stop"] == 0
    assert club.contacts()["+4799999105"]["contactGroupIds"] == [1]


def test_who_is_no_contact_is_stopped_by_a_list(pling: Any, club: Any, csv_file: Any) -> None:
    """Somebody opts out before they are a contact: the message names what keeps that."""
    ended = pling("stop-list", "add", "+4799999188")
    assert ended.code == 1
    assert "import one with their number and yes in a column Stopp" in ended.err
    assert pling("import", csv_file("Mobil;Stopp\n+4799999188;ja\n"), "--yes").code == 0
    assert club.contacts()["+4799999188"]["stop"] == 1
    assert "Stopp" not in pling("stop-list", "add", "4711").err


@pytest.mark.parametrize("flags", [(), ("--consent", " ")])
def test_nobody_leaves_the_stop_list_without_consent(pling: Any, club: Any, flags: tuple[str, ...]) -> None:
    """Consent that is missing or blank is wrong usage, and nothing is sent."""
    assert pling("stop-list", "remove", "+4799999102", *flags).code == 2
    assert club.changes() == []
    assert club.contacts()["+4799999102"]["stop"] == 1
