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


def test_a_plan_is_no_list(pling: Any, people: Any, csv_file: Any) -> None:
    """Whoever gives a plan for a list is told which commands take it."""
    pling("plan", csv_file(LIST), "--quiet", "--out", "p.plan")
    ended = pling("import", "p.plan", "--yes")
    assert (ended.code, people.changes()) == (1, [])
    assert "p.plan: this is a plan, not a list: `pling show` shows it, and `pling apply` carries it out" in ended.err


def test_who_is_added_as_stopped_is_shown(pling: Any, people: Any, csv_file: Any) -> None:
    """Whoever looks at a plan sees which of the new contacts are opt-outs."""
    ended = pling("plan", csv_file("Mobil;Navn;Stopp\n99999108;Ola;ja\n99999109;Kari;nei\n"))
    shown = {line.split()[1]: line.split()[2:] for line in ended.out.splitlines() if line.startswith("+")}
    assert shown == {"+4799999108": ["Ola,", "stopped"], "+4799999109": ["Kari"]}
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


ODD = "Mobil;Fornavn;Kundenr;Kundeklasse\n99999101;Bj\xc3\xb8rn;7;\n99999102;K\xc3\xa5re;8;ja\n"
"""Read all the same: its letters were garbled once, and nobody says what its last columns mean."""


@pytest.mark.parametrize("form", ["json", "ndjson"])
@pytest.mark.parametrize("command", [("check",), ("plan",), ("import", "--yes")], ids=" ".join)
@pytest.mark.usefixtures("people")
def test_what_should_be_looked_at_is_said_to_programs(
    pling: Any, csv_file: Any, command: tuple[str, ...], form: str
) -> None:
    """Warnings about a list and its ignored columns are in the same place of every JSON, and on stderr."""
    name, *flags = command
    ended = pling(name, csv_file(ODD), *flags, "-o", form)
    assert ended.code == 0
    said = ended.err.splitlines()
    assert "ignored: Kundenr, Kundeklasse" in said
    [warning] = [line.removeprefix("warning: ") for line in said if line.startswith("warning: ")]
    assert "garbled" in warning
    if form == "json":
        told = json.loads(ended.out)
        assert (told["ignored"], told["warnings"]) == (["Kundenr", "Kundeklasse"], [warning])
        assert told["source"]["mapping"] == {"Mobil": "mobile", "Fornavn": "first_name"}


@pytest.mark.usefixtures("people")
def test_what_should_be_looked_at_is_said_of_a_plan_that_is_not_shown(pling: Any, csv_file: Any) -> None:
    """--quiet keeps the plan back and no warning; where the plan is shown, it is said there and once."""
    quiet, shown = (pling("plan", csv_file(ODD), *flags) for flags in (("-q",), ()))
    assert (quiet.out, quiet.err.count("garbled"), quiet.err.count("Kundeklasse")) == ("", 1, 1)
    assert (shown.out.count("garbled"), shown.out.count("Kundeklasse"), shown.err.count("garbled")) == (1, 1, 0)


@pytest.mark.usefixtures("people")
def test_what_should_be_looked_at_is_kept_with_the_run(pling: Any, csv_file: Any) -> None:
    """A run that is shown later says the same about its list."""
    told = json.loads(pling("import", csv_file(ODD), "--yes", "-o", "json").out)
    later = json.loads(pling("runs", "show", told["run"], "-o", "json").out)
    assert (later["ignored"], later["warnings"], later["source"]) == (
        told["ignored"],
        told["warnings"],
        told["source"],
    )


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
