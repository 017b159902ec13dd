"""`pling export`: the account as a file that is read back without a change."""

import csv
import json
import shutil
import stat
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import polars as pl
import pytest

PEOPLE: tuple[dict[str, Any], ...] = (
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
    members: tuple[dict[str, Any], ...] = ({"contactGroupIds": [1, 2]}, {"contactGroupIds": [2]}, {})
    account.seed(*({**each, **more} for each, more in zip(PEOPLE, members, strict=True)), groups=GROUPS)
    return account


@pytest.mark.parametrize("name", ["a.csv", "a.json", "a.ndjson", "a.parquet", "a.xlsx"])
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
def test_a_workbook_is_texts_alone(pling: Any) -> None:
    """No cell is a number or a formula, each is marked as typed as text, and the same contacts are the same bytes."""
    for name in ("a.xlsx", "b.xlsx"):
        assert pling("export", "--out", name).code == 0
    assert Path("a.xlsx").read_bytes() == Path("b.xlsx").read_bytes()
    with zipfile.ZipFile("a.xlsx") as archive:
        sheet, styles = (archive.read(f"xl/{part}.xml").decode() for part in ("worksheets/sheet1", "styles"))
    cells = sheet.count("<c ")
    assert (cells > 0, sheet.count('t="s"'), "<f>" in sheet) == (True, cells, False)
    assert 'quotePrefix="1"' in styles
    assert 'numFmtId="49"' in styles


@pytest.mark.usefixtures("full")
def test_a_workbook_that_is_saved_as_csv(pling: Any) -> None:
    """The spreadsheet's flavour keeps its apostrophes in a workbook, for whoever saves it as CSV (CWE-1236)."""
    pling("export", "--out", "a.xlsx", "--flavour", "spreadsheet")
    read = pl.read_excel("a.xlsx", infer_schema_length=0)
    assert read["last_name"].to_list()[0] == "'=1+1"
    assert set(read["mobile"].str.slice(0, 2)) == {"'+"}
    assert pling("check", "a.xlsx", "-o", "ndjson").out == ""


@pytest.mark.slow
@pytest.mark.usefixtures("full")
@pytest.mark.skipif(shutil.which("soffice") is None, reason="there is no LibreOffice on this machine")
def test_another_program_reads_the_workbook(pling: Any, nowhere: Path) -> None:
    """LibreOffice finds the numbers with their plus, postal codes with their zeros, and a formula as the text it is."""
    pling("export", "--out", "a.xlsx")
    form = "csv:Text - txt - csv (StarCalc):44,34,76"  # comma, quote, UTF-8
    office = ("soffice", f"-env:UserInstallation=file://{nowhere}/office", "--headless", "--convert-to")
    subprocess.run([*office, form, "a.xlsx"], check=True, capture_output=True)
    with Path("a.csv").open(encoding="utf-8", newline="") as file:
        people = {each["mobile"]: each for each in csv.DictReader(file)}
    assert set(people) == {each["mobile"] for each in PEOPLE}
    assert [people["+4799999101"][name] for name in ("last_name", "postal_code")] == ["=1+1", "0663"]
    assert people["+4799999101"]["comment"] == PEOPLE[0]["comment"]


def test_a_group_that_is_none_is_no_empty_file(pling: Any, full: Any, nowhere: Path) -> None:
    """A name that the account does not have is an error with those it has; an empty group is an empty file."""
    ended = pling("export", "--group", "Typo", "--out", "z.csv")
    assert (ended.code, (nowhere / "z.csv").exists()) == (1, False)
    assert "the account has no group 'Typo'; there are 'VIP', 'nobody', 'Øst; vest, nord'" in ended.err
    assert not any(each["mobile"] in ended.err or each["name"] in ended.err for each in PEOPLE if each["name"])
    assert full.changes() == []
    assert pling("export", "--group", "nobody", "--out", "z.csv").code == 0
    assert len((nowhere / "z.csv").read_text().splitlines()) == 1


@pytest.mark.parametrize(("count", "told"), [(0, "it has none"), (23, ", and 3 more (pling groups list)")])
def test_no_message_is_a_listing(pling: Any, account: Any, count: int, told: str) -> None:
    """An account may have no groups, or more than a message has place for."""
    account.seed(groups=tuple({"id": each + 1, "name": f"G{each:02}"} for each in range(count)))
    ended = pling("export", "--group", "Typo")
    assert (ended.code, ended.out) == (1, "")
    assert told in ended.err


@pytest.mark.usefixtures("full")
def test_a_workbook_without_its_writer(pling: Any, full: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without xlsxwriter the extra is named, before the account is asked and before a file is made."""
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    ended = pling("export", "--out", "a.xlsx")
    assert (ended.code, "pip install 'pling-async[excel]'" in ended.err) == (1, True)
    assert (full.sandbox.requests, Path("a.xlsx").exists()) == ([], False)


@pytest.mark.usefixtures("full")
@pytest.mark.parametrize(("limit", "told"), [("_MOST_ROWS", "2 rows and not 3"), ("_LONGEST", "longer than 2")])
def test_what_no_sheet_can_hold(pling: Any, monkeypatch: pytest.MonkeyPatch, limit: str, told: str) -> None:
    """More rows, or a longer text, than Excel has place for is refused and never cut; no file is left."""
    monkeypatch.setattr(f"pling_async.bulk.workbook.{limit}", 2)
    ended = pling("export", "--out", "a.xlsx")
    assert (ended.code, told in ended.err, Path("a.xlsx").exists()) == (2, True, False)


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


@pytest.mark.parametrize("form", ["parquet", "xlsx"])
def test_some_formats_are_not_for_terminals(
    pling: Any, account: Any, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    """What nobody can read is not shown, and nobody is asked for it."""
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert pling("export", "--format", form).code == 2
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


@pytest.mark.parametrize("name", ["a.xls", "a.csv.gz", "a"])
def test_a_name_that_tells_no_format_gets_none(pling: Any, name: str) -> None:
    """CSV in a file called .xls opens nowhere; with --format anything may be called anything."""
    refused = pling("export", "--out", name)
    assert refused.code == 2
    assert f"{name} is no name that tells a format (.csv, " in refused.err
    assert not Path(name).exists()
    assert pling("export", "--out", name, "--format", "csv").code == 0
