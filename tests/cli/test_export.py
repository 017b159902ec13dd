"""`pling export`: the account as a file that is read back without a change."""

import json
import stat
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest

PEOPLE = (
    {
        "mobile": "+4799999101",
        "firstName": "Åse",
        "lastName": "=1+1",
        "name": "Åse =1+1",
        "email": "aase@example.com",
        "postalCode": "0663",
        "speedDial": "A1",
        "comment": 'one "two"\nthree',
    },
    {"mobile": "+4799999102", "name": "Gry", "stop": 1},
    {"mobile": "+4799999103", "name": "", "active": 0, "city": "'s-Hertogenbosch"},
)
GROUPS = ({"id": 1, "name": "VIP"}, {"id": 2, "name": "Øst; vest, nord"}, {"id": 3, "name": "nobody"})


@pytest.fixture
def full(account: Any) -> Any:
    """Serve an account with everything that is hard to write down."""
    members = ({"contactGroupIds": [1, 2]}, {"contactGroupIds": [2]}, {})
    account.seed(*({**each, **more} for each, more in zip(PEOPLE, members, strict=True)), groups=GROUPS)
    return account


@pytest.mark.parametrize("name", ["a.csv", "a.json", "a.ndjson", "a.parquet"])
@pytest.mark.parametrize("mode", ["merge", "replace"])
def test_an_export_plans_no_change(pling: Any, full: Any, nowhere: Path, name: str, mode: str) -> None:
    """Every format, read back in either mode, says what the account says, groups with separators in them included."""
    ended = pling("export", "--out", name)
    assert (ended.code, ended.out) == (0, "")
    assert ended.err.splitlines()[-1] == f"Next: pling plan {name}"
    assert "would be" not in ended.err
    assert stat.S_IMODE((nowhere / name).stat().st_mode) == 0o600
    planned = pling("plan", name, "--mode", mode, "--detailed-exitcode", "-o", "json")
    assert planned.code == 0, planned.out
    counts = json.loads(planned.out)["counts"]
    assert (counts["unchanged"], sum(counts[each] for each in ("added", "changed", "removed"))) == (3, 0)
    assert pling("check", name, "-o", "ndjson").out == ""
    assert full.changes() == []


@pytest.mark.usefixtures("full")
def test_csv_says_nothing_about_those_who_may_be_reached(pling: Any) -> None:
    """A blank is_stopped keeps an old file from undoing a stop that came since (I-4)."""
    pling("export", "--out", "a.csv")
    read = pl.read_csv("a.csv", infer_schema=False)
    assert read["is_stopped"].to_list() == [None, "1", None]


@pytest.mark.usefixtures("full")
def test_a_spreadsheet_calculates_nothing(pling: Any) -> None:
    """The spreadsheet's flavour has an apostrophe before everything that could be a formula (CWE-1236)."""
    pling("export", "--out", "a.csv", "--flavour", "spreadsheet")
    read = pl.read_csv("a.csv", infer_schema=False)
    assert read["last_name"].to_list()[0] == "'=1+1"
    assert set(read["mobile"].str.slice(0, 2)) == {"'+"}
    assert pling("check", "a.csv", "-o", "ndjson").out == ""


@pytest.mark.usefixtures("full")
def test_only_some(pling: Any) -> None:
    """A group and the stop list narrow an export; members of a group who are stopped are among them."""
    for flags, expected in (
        (("--stopped",), {"+4799999102"}),
        (("--not-stopped",), {"+4799999101", "+4799999103"}),
        (("--group", "Øst; vest, nord"), {"+4799999101", "+4799999102"}),
        (("--group", "nobody"), set()),
    ):
        lines = pling("export", "--format", "ndjson", *flags).out.splitlines()
        assert {json.loads(line)["mobile"] for line in lines} == expected
    assert json.loads(pling("export", "--format", "json", "--group", "nobody").out) == []


@pytest.mark.usefixtures("full")
def test_an_existing_file_stays(pling: Any, full: Any, nowhere: Path) -> None:
    """Without --force a file that is there stays, and the account is not even asked; a link is never followed."""
    (nowhere / "a.csv").write_text("mine", encoding="utf-8")
    (nowhere / "link.csv").symlink_to("a.csv")
    assert pling("export", "--out", "a.csv").code == 2
    assert full.sandbox.requests == []
    assert pling("export", "--out", "link.csv", "--force").code == 2
    assert (nowhere / "a.csv").read_text(encoding="utf-8") == "mine"
    assert pling("export", "--out", "a.csv", "--force").code == 0
    assert (nowhere / "a.csv").read_text(encoding="utf-8").startswith("mobile,")


@pytest.mark.usefixtures("full")
def test_stdout_is_exact_in_a_pipe(pling: Any, pling_process: Any) -> None:
    """In a pipe the bytes are those of the file."""
    piped = pling_process("export")
    pling("export", "--out", "a.csv")
    assert piped.code == 0
    assert piped.out.encode() == Path("a.csv").read_bytes()


def test_a_terminal_is_not_acted_on(on_terminal: Any, account: Any) -> None:
    """On a terminal controls in names are shown, as everywhere."""
    account.seed({"mobile": "+4799999101", "name": "\x1b[2JOla"})
    code, shown = on_terminal("export")
    assert (code, "\x1b[2J" in shown, "\\u001b[2JOla" in shown) == (0, False, True)


def test_parquet_is_not_for_terminals(pling: Any, account: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What nobody can read is not shown, and nobody is asked for it."""
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert pling("export", "--format", "parquet").code == 2
    assert account.sandbox.requests == []


def test_what_does_not_come_back_is_said(pling: Any, account: Any) -> None:
    """Contacts that a list would reject or read otherwise are counted on stderr, without their values."""
    account.seed(
        {"mobile": "+4799999101", "comment": " blanks around "},
        {"mobile": "+4799999102", "comment": "a\x07bell"},
        {"mobile": "+4799999103", "comment": "fine"},
    )
    told = pling("export", "--out", "a.csv").err
    assert "1 contact would be rejected" in told
    assert "1 contact would be read without the blanks" in told
    assert "bell" not in told


def test_an_empty_account(pling: Any, account: Any) -> None:
    """Nobody is a file with headers alone."""
    assert account.contacts() == {}
    assert pling("export").out.splitlines()[0].startswith("mobile,id,name")
    assert pling("export", "--format", "ndjson").out == ""
