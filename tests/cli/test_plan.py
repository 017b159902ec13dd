"""`pling check`, `plan` and `show`: from a list to a reviewed plan."""

import json
import stat
from typing import Any

import pytest

LIST = "Fornavn;Mobil;Poststed\nÅse;999 99 101;OSLO\nKari;+4799999102;\n"
WITH_REJECT = LIST + "Nils;9999912;\n"


def test_check(pling: Any, account: Any, csv_file: Any) -> None:
    """A check shows how the list was read and what cannot be used, and asks no account."""
    ended = pling("check", csv_file(WITH_REJECT))
    assert ended.code == 0
    for words in ("utf-8", "';'", "Fornavn=first_name", "wrong_length"):
        assert words in ended.out
    assert "Next: pling plan" in ended.err.splitlines()[-1]
    assert account.sandbox.requests == []


def test_check_as_json(pling: Any, csv_file: Any) -> None:
    """JSON has the source, the counts and every reject; NDJSON a line a reject."""
    file = csv_file(WITH_REJECT)
    told = json.loads(pling("check", file, "-o", "json").out)
    assert told["source"]["mapping"] == {"Fornavn": "first_name", "Mobil": "mobile", "Poststed": "city"}
    assert told["counts"]["contacts"] == 2
    [line] = pling("check", file, "-o", "ndjson").out.splitlines()
    assert json.loads(line) == told["rejects"][0]
    assert told["rejects"][0]["row"] == 3


def test_check_shows_the_first_rejects(pling: Any, csv_file: Any) -> None:
    """A long list of rejects is cut, and the way to all of it named."""
    ended = pling("check", csv_file("Fornavn;Mobil\n" + "Ola;1\n" * 25))
    assert "5 more; --rejects FILE" in ended.out


def test_check_reads_stdin(pling_process: Any) -> None:
    """FILE - is stdin."""
    ended = pling_process("check", "-", "-o", "json", stdin=LIST.encode())
    assert json.loads(ended.out)["source"]["rows"] == 2
    assert ended.code == 0


def test_plan_writes_nothing(pling: Any, people: Any, csv_file: Any) -> None:
    """A plan names every difference field by field, and changes nothing."""
    ended = pling("plan", csv_file(LIST), "--mode", "replace")
    assert ended.code == 0
    for words in ("first_name: Gry → Kari", "+4799999101", "+4799999103", "kept, still stopped"):
        assert words in ended.out
    assert "BERGEN →" not in ended.out
    assert people.changes() == []


def test_plan_is_quiet_when_asked(pling: Any, people: Any, csv_file: Any) -> None:
    """With --quiet only the next command is left."""
    ended = pling("plan", csv_file(LIST), "--quiet", "--out", "p.plan")
    assert (ended.out, ended.err.strip()) == ("", "Next: pling apply p.plan")
    assert people.changes() == []


@pytest.mark.usefixtures("people")
def test_plan_as_json(pling: Any, csv_file: Any) -> None:
    """JSON carries counts, guards and contacts; NDJSON a line for each contact that is not simply unchanged."""
    file = csv_file(LIST)
    told = json.loads(pling("plan", file, "--mode", "replace", "-o", "json").out)
    assert {name: told["counts"][name] for name in ("added", "changed", "removed")} == dict.fromkeys(
        ("added", "changed", "removed"), 1
    )
    lines = [json.loads(line) for line in pling("plan", file, "--mode", "replace", "-o", "ndjson").out.splitlines()]
    assert lines == told["contacts"]
    assert [line["action"] for line in lines] == ["add", "change", "remove", "keep"]
    assert lines[1]["changed"]["first_name"] == {"from": "Gry", "to": "Kari"}
    assert lines[0]["rows"] == [1]


@pytest.mark.usefixtures("people")
def test_plan_with_detailed_exitcode(pling: Any, csv_file: Any) -> None:
    """3 says that there is something to do, 0 that there is not."""
    file = csv_file(LIST)
    assert pling("plan", file).code == 0
    assert pling("plan", file, "--detailed-exitcode").code == 3
    assert pling("import", file, "--yes").code == 0
    assert pling("plan", file, "--detailed-exitcode").code == 0


def test_plan_show_apply(pling: Any, people: Any, csv_file: Any, nowhere: Any) -> None:
    """A plan in a file is private, can be shown, and is what is applied; the next command is always named."""
    planned = pling("plan", csv_file(LIST), "--mode", "replace", "--out", "p.plan")
    assert planned.err.splitlines()[-1] == "Next: pling apply p.plan"
    assert stat.S_IMODE((nowhere / "p.plan").stat().st_mode) == 0o600
    shown = pling("show", "p.plan")
    assert shown.out == planned.out
    ended = pling("apply", "p.plan", "--yes")
    assert ended.code == 0
    assert sorted(people.contacts()) == ["+4799999101", "+4799999102", "+4799999104"]
    assert people.contacts()["+4799999104"]["stop"] == 1
    assert people.contacts()["+4799999102"]["city"] == "BERGEN"
