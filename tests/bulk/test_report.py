"""CSV files hold what they should, harm nobody who opens them, and are never half written."""

import asyncio
import csv
import errno
import io
import os
import re
import stat
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Final

import orjson
import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pling_async import PlingClient, bulk, errors
from pling_async.bulk import Run, private_files
from pling_async.bulk.csv_report import Flavour, write_csv
from pling_async.bulk.private_files import check_place, private_file
from pling_async.bulk.report import outcome_lines, write_outcomes, write_rejects
from pling_async.sandbox import Fault, Sandbox

OLA, KARI, NILS, LIV = (f"+4799999{number}" for number in range(301, 305))
LIST: Final = [
    {"mobile": OLA, "city": "OSLO"},
    {"mobile": "not a number"},
    {"mobile": KARI},
    {"mobile": "999 99 301", "city": "BERGEN"},
]

TRIGGERS: Final = "=+-@|\uff1d\uff0b\uff0d\uff20\uff5c\t\r\n\0"
SKIPPED: Final = ("", " ", "\u00a0", "\u200b", "\ufeff", "\u202e", "\x01", "\t ", "\u00ad\u2060")


def _csv(frame: pl.DataFrame, flavour: Flavour) -> bytes:
    out = io.BytesIO()
    write_csv(frame, out, flavour)
    return out.getvalue()


def _rows(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode(), newline=""), strict=True))


def _cells(*texts: str, flavour: Flavour = Flavour.SPREADSHEET) -> list[str]:
    """Write texts into one column, read them back as any program would, and return them."""
    return [row["text"] for row in _rows(_csv(pl.DataFrame({"row": range(len(texts)), "text": texts}), flavour))]


@pytest.mark.parametrize("skipped", SKIPPED)
@pytest.mark.parametrize("trigger", TRIGGERS)
def test_what_could_be_a_formula_gets_an_apostrophe(trigger: str, skipped: str) -> None:
    """A trigger is found behind blanks, controls and zero-width characters, and in full width too (#112)."""
    text = f'{skipped}{trigger}HYPERLINK("http://127.0.0.1","x")'
    (cell,) = _cells(text)
    assert cell.startswith("'")
    assert cell.replace("'", "") == text


@pytest.mark.parametrize("text", ["Ola", "1+1", "a=b", "", "'s-Hertogenbosch", "æ-å", "(+47)", "ring -5"])
def test_an_ordinary_cell_stays_as_it_is(text: str) -> None:
    """Only what could be calculated is touched."""
    assert _cells(text) == [text]


@pytest.mark.parametrize("text", ["no;=1+1", "no,+1", "a\tb\t@SUM(A1)", "a\r\n-1", 'x;"=1+1"', "x; \uff1d1"])
def test_a_cell_within_a_cell(text: str) -> None:
    """A spreadsheet that splits at another delimiter, or ignores quotes, meets no formula either."""
    (cell,) = _cells(text)
    parts = [part.strip(' "') for part in cell.replace(",", ";").replace("\t", ";").replace("\n", ";").split(";")]
    assert not any(part.startswith(tuple(TRIGGERS)) for part in parts if part)


@pytest.mark.parametrize("text", ["=1+1", " =1", "a;=1", "'=1", "\t@", "x\r\n=y"])
def test_exchange_changes_nothing(text: str) -> None:
    """A program reads exactly what was written."""
    assert _cells(text, flavour=Flavour.EXCHANGE) == [text]


@pytest.mark.parametrize(
    "mobile", ["=1+1", "+4799999301+1", "+0", "+47 99999301", "+4799999301\n", "\uff0b4799999301", "99"]
)
def test_exchange_holds_no_mobile_that_is_none(mobile: str) -> None:
    """The one column that begins with a plus cannot be a formula: what is not E.164 is left out."""
    frame = pl.DataFrame({"mobile": [mobile, OLA], "text": "x"})
    assert [row["mobile"] for row in _rows(_csv(frame, Flavour.EXCHANGE))] == ["", OLA]


@given(st.text())
def test_no_cell_ever_begins_with_a_trigger(text: str) -> None:
    """Whatever the text, the first character that counts is harmless (#112)."""
    (cell,) = _cells(text)
    assert not cell.startswith(tuple(TRIGGERS))


def test_a_report_is_rfc_4180() -> None:
    """Lines end in CRLF, quotes are doubled, and what needs quotes has them."""
    frame = pl.DataFrame({"row": [1, None], "text": ['a "b", c', "two\nlines"]})
    assert _csv(frame, Flavour.EXCHANGE) == b'row,text\r\n1,"a ""b"", c"\r\n,"two\nlines"\r\n'


def test_no_lines_are_a_header() -> None:
    """A report of nothing can still be read."""
    assert _csv(pl.DataFrame(schema={"row": pl.UInt32(), "text": pl.String()}), Flavour.SPREADSHEET) == b"row,text\r\n"


@pytest.fixture(scope="module")
def list_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a path that every example may write to."""
    return tmp_path_factory.mktemp("lists") / "list.csv"


_TEXTS = st.text(
    st.one_of(
        st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zs", "Zl", "Zp")),
        st.sampled_from("=+-@|'\"; ,æøå\n\t"),
    ),
    max_size=20,
).map(str.strip)
"""What a list may hold: no control characters, and no blanks around it."""


@given(st.lists(st.tuples(_TEXTS, _TEXTS, _TEXTS), min_size=1, max_size=8))
@example([("=1", "'=1", '"'), ("", ";,", "a\n\n-b")])
def test_contacts_come_back_from_exchange(list_file: Path, people: list[tuple[str, str, str]]) -> None:
    """What is written for programs is prepared to the same contacts (I-27)."""
    texts = ("name", "city", "comment")
    rows = [(f"+479999930{at}", *person) for at, person in enumerate(people)]
    frame = pl.DataFrame(rows, schema=dict.fromkeys(("mobile", *texts), pl.String()), orient="row")
    again = _prepared(list_file, _csv(frame, Flavour.EXCHANGE))
    filled = frame.with_columns(pl.when(pl.col(texts) != "").then(pl.col(texts)))
    assert again.rejects.is_empty()
    assert again.contacts.select(frame.columns).equals(filled)


@pytest.mark.parametrize("flavour", list(Flavour))
def test_mobiles_come_back_from_either_flavour(list_file: Path, flavour: Flavour) -> None:
    """A number with an apostrophe is the number (I-27)."""
    frame = pl.DataFrame({"mobile": [OLA, KARI, "+46701740605", "+12125550101"], "city": "OSLO"})
    again = _prepared(list_file, _csv(frame, flavour))
    assert again.contacts["mobile"].to_list() == sorted(frame["mobile"])


def _prepared(path: Path, data: bytes) -> bulk.Prepared:
    path.write_bytes(data)
    return asyncio.run(bulk.prepare(path, settings=bulk.PrepareSettings(numbers="possible")))


async def _run(pling: PlingClient, contacts: list[dict[str, str]], strategy: str = "per_contact") -> Run:
    guards = bulk.Guards(removals_despite_rejects=True)
    plan = await bulk.plan(pling, await bulk.prepare(contacts), mode="replace", guards=guards)
    return await bulk.apply(pling, plan, strategy=strategy)


@pytest.mark.parametrize("strategy", ["per_contact", "replace"])
async def test_a_report_tells_of_every_row_and_of_removals(pling: PlingClient, sandbox: Sandbox, strategy: str) -> None:
    """Each row has one line, in order (I-15); contacts that were removed follow, since the API does not name them."""
    await sandbox.seed([{"mobile": KARI, "name": ""}, {"mobile": LIV}, {"mobile": NILS}])
    lines = outcome_lines(await _run(pling, LIST, strategy))
    assert lines.drop("message").rows() == [
        (1, "applied", "", OLA, "add", None),
        (2, "skipped", "not_a_number", None, None, None),
        (3, "skipped", "unchanged", None, None, None),
        (4, "applied", "", OLA, "add", None),
        (None, "applied", "", NILS, "remove", None),
        (None, "applied", "", LIV, "remove", None),
    ]


async def test_a_report_knows_the_old_number(pling: PlingClient, sandbox: Sandbox) -> None:
    """Whoever has a new number is found under both."""
    await sandbox.seed([{"mobile": NILS, "name": "Nils", "speedDial": "A1"}])
    [line] = outcome_lines(await _run(pling, [{"mobile": OLA, "speed_dial": "A1"}])).rows(named=True)
    assert (line["mobile"], line["moved_from"], line["action"]) == (OLA, NILS, "move")


async def test_a_report_of_a_run_that_was_taken_back(pling: PlingClient, sandbox: Sandbox) -> None:
    """An undo has no list, so its lines have no rows, and every contact that it wrote."""
    await sandbox.seed([{"mobile": NILS}])
    run = await _run(pling, [{"mobile": OLA}])
    lines = outcome_lines(await bulk.undo(pling, run.id))
    assert lines["row"].null_count() == lines.height
    assert sorted(lines.select("mobile", "action").rows()) == [(OLA, "remove"), (NILS, "add")]


async def test_a_report_says_what_the_server_refused(pling: PlingClient, sandbox: Sandbox, tmp_path: Path) -> None:
    """The server's words are there, bounded, unable to act on a terminal and unable to calculate."""
    counts = dict.fromkeys(("addedContactCount", "modifiedContactCount", "unchangedContactCount"), 0)
    said = "=cmd|' /c calc'!A1 \x1b[2J\u202e;@SUM(A1)" + "x" * 2000
    refused = {**counts, "invalidContactCount": 1, "invalidContacts": [{"mobile": OLA, "error": said}]}
    sandbox.fail(Fault(action="replace_body", path="*/replace", body=orjson.dumps(refused)))
    run = await _run(pling, [LIST[0]], "replace")
    for flavour in Flavour:
        path = tmp_path / f"{flavour}.csv"
        await asyncio.to_thread(write_outcomes, run, path, flavour=flavour)
        [line] = _rows(path.read_bytes())
        assert (line["outcome"], line["code"], line["action"]) == ("not_applied", "refused_by_server", "add")
        assert "\\x1b[2J\\u202e" in line["message"]
        assert len(line["message"]) < 400
        assert line["message"].startswith({"spreadsheet": "'=cmd", "exchange": "=cmd"}[flavour])
        assert line["mobile"] == {"spreadsheet": f"'{OLA}", "exchange": OLA}[flavour]


async def test_a_report_of_failures(pling: PlingClient, sandbox: Sandbox) -> None:
    """A contact that failed has its outcome and its error in its row."""
    sandbox.fail(Fault(action="answer", method="POST", path="*/contacts", status=400, body=b'{"error":"no"}'))
    lines = outcome_lines(await _run(pling, [LIST[0], LIST[2]])).rows(named=True)
    assert sorted((each["outcome"], each["code"]) for each in lines) == [("applied", ""), ("not_applied", "BadRequest")]


def _reports(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


@pytest.fixture
def report(tmp_path: Path) -> Path:
    """Return the path of a report that exists already, alone in its folder."""
    folder = tmp_path / "reports"
    folder.mkdir()
    path = folder / "report.csv"
    path.write_bytes(b"older")
    path.chmod(0o644)
    return path


REJECTS = pl.DataFrame(
    {"row": [3], "field": "mobile", "code": "too_short", "message": "too few digits", "mobile": None},
    schema_overrides={"row": pl.UInt32, "mobile": pl.String},
)


def test_a_report_is_private_and_replaces_the_older_one(report: Path) -> None:
    """Whatever the older file's mode, the new one is its owner's alone, and nothing is left beside it."""
    write_rejects(REJECTS, report)
    assert report.read_bytes() == b"row,field,code,message\r\n3,mobile,too_short,too few digits\r\n"
    assert stat.S_IMODE(report.stat().st_mode) == 0o600
    assert _reports(report.parent) == ["report.csv"]


@pytest.mark.parametrize("check", [check_place, lambda path: write_rejects(REJECTS, path)])
def test_a_report_goes_only_where_it_was_meant_to_go(report: Path, check: Callable[[Path], None]) -> None:
    """A link, a folder, a pipe and a folder that is not there are refused, and stay as they are (#91)."""
    folder = report.parent
    (folder / "link").symlink_to(report)
    os.mkfifo(folder / "pipe")
    before = _reports(folder)
    for path in (folder / "link", folder, folder / "pipe", folder / "no" / "report.csv"):
        with pytest.raises(errors.ConfigurationError):
            check(path)
    assert _reports(folder) == before
    assert report.read_bytes() == b"older"


def test_a_place_is_checked_without_a_trace(report: Path) -> None:
    """Asking whether a report can be written neither changes nor makes a file."""
    check_place(report)
    check_place(report.with_name("new.csv"))
    assert _reports(report.parent) == ["report.csv"]
    assert report.read_bytes() == b"older"


def _on_full_disk(path: Path) -> BinaryIO:
    path.touch()
    return Path("/dev/full").open("wb")


@pytest.mark.parametrize("size", [1, 1 << 20], ids=["at flush", "at write"])
def test_a_full_disk_leaves_the_older_report(report: Path, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """The kernel's own refusal, early or late: the older file stays, no other one does, the error names it (#90)."""
    monkeypatch.setattr(private_files, "create_private", _on_full_disk)
    with pytest.raises(OSError, match=re.escape(str(report))) as refused, private_file(report) as out:
        out.write(b"x" * size)
    assert refused.value.errno == errno.ENOSPC
    assert report.read_bytes() == b"older"
    assert _reports(report.parent) == ["report.csv"]


def test_a_disk_that_refuses_at_the_last_moment(report: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be made durable does not count as written (#90)."""

    def refuse(_: int) -> None:
        raise OSError(errno.EDQUOT, "Disk quota exceeded")

    monkeypatch.setattr(private_files.os, "fsync", refuse)
    with pytest.raises(OSError, match=r"quota.*report\.csv"):
        write_rejects(REJECTS, report)
    assert report.read_bytes() == b"older"
    assert _reports(report.parent) == ["report.csv"]


def test_a_report_that_fails_half_way(report: Path) -> None:
    """An error of whoever writes comes through as it is, and the older file stays."""
    failure = FileNotFoundError(errno.ENOENT, "No such file", "other.csv")

    def write() -> None:
        with private_file(report) as out:
            out.write(b"half")
            raise failure

    with pytest.raises(FileNotFoundError) as raised:
        write()
    assert raised.value is failure
    assert report.read_bytes() == b"older"
    assert _reports(report.parent) == ["report.csv"]
