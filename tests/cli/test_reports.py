"""The CSV files that a command leaves: rejects and outcomes, in two flavours."""

import csv
import io
import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from pling_async.bulk import private_files
from pling_async.bulk.csv_report import Flavour
from pling_async.cli.options import REPORTS
from pling_async.sandbox import Fault

LIST = "Fornavn;Mobil;Poststed\nÅse;999 99 101;OSLO\nKari;+4799999102;\nNils;9999912;\n"
REPLACE = ("--mode", "replace", "--remove-despite-rejects", "--yes")


def _lines(path: Path) -> list[list[str]]:
    header, *lines = csv.reader(io.StringIO(path.read_bytes().decode(), newline=""), strict=True)
    assert header == ["row", "outcome", "code", "message", "mobile", "action", "moved_from"]
    return [[*line[:3], *line[4:6]] for line in lines]


def test_a_report_has_every_row_and_every_removal(pling: Any, people: Any, csv_file: Any, nowhere: Path) -> None:
    """One line a row of the list, then the contacts that are gone; a spreadsheet takes no number for a formula."""
    ended = pling("import", csv_file(LIST), *REPLACE, "--report", "report.csv")
    assert ended.code == 7
    assert "the report of the run: report.csv" in ended.err
    assert "+4799999103" not in people.contacts()
    assert _lines(nowhere / "report.csv") == [
        ["1", "applied", "", "'+4799999101", "add"],
        ["2", "applied", "", "'+4799999102", "change"],
        ["3", "skipped", "wrong_length", "", ""],
        ["", "applied", "", "'+4799999103", "remove"],
    ]
    assert stat.S_IMODE((nowhere / "report.csv").stat().st_mode) == 0o600


@pytest.mark.usefixtures("people")
def test_a_report_for_programs(pling: Any, csv_file: Any, nowhere: Path) -> None:
    """The exchange flavour has numbers as they are, and a list made of it can be imported again."""
    pling("plan", csv_file(LIST), "--out", "p.plan")
    ended = pling("apply", "p.plan", "--yes", "--report", "report.csv", "--report-flavour", "exchange")
    assert ended.code == 7
    written = [line[3] for line in _lines(nowhere / "report.csv") if line[3]]
    assert written == ["+4799999101", "+4799999102"]
    again = json.loads(pling("check", csv_file("mobile\n" + "\n".join(written), "again.csv"), "-o", "json").out)
    assert (again["counts"]["contacts"], again["rejects"]) == (2, [])


def test_the_flavours_offered_are_those_there_are() -> None:
    """The options name them without importing what writes them."""
    option = REPORTS["flavour"](lambda: None).__click_params__[0]
    assert (list(option.type.choices), option.default) == (list(Flavour), Flavour.SPREADSHEET)


@pytest.mark.parametrize("flavour", list(Flavour))
@pytest.mark.parametrize("command", [("check",), ("import", "--yes")])
@pytest.mark.usefixtures("people")
def test_rejects_in_either_flavour(
    pling: Any, csv_file: Any, nowhere: Path, command: tuple[str, ...], flavour: str
) -> None:
    """Rejects hold no value of a row, so both flavours are alike; the file is private."""
    name, *flags = command
    pling(name, csv_file(LIST), *flags, "--rejects", "rejects.csv", "--report-flavour", flavour)
    header, line = (nowhere / "rejects.csv").read_bytes().decode().splitlines()
    assert header == "row,field,code,message"
    assert line.startswith("3,mobile,wrong_length,")
    assert "9999912" not in line
    assert stat.S_IMODE((nowhere / "rejects.csv").stat().st_mode) == 0o600


@pytest.mark.parametrize("target", ["link.csv", "no/folder.csv", "pipe.csv"])
def test_a_report_that_cannot_be_written(pling: Any, people: Any, csv_file: Any, nowhere: Path, target: str) -> None:
    """That is found before anything is sent: 2, and the account as it was (#91)."""
    (nowhere / "link.csv").symlink_to(nowhere / "elsewhere.csv")
    os.mkfifo(nowhere / "pipe.csv")
    ended = pling("import", csv_file(LIST), *REPLACE, "--report", target)
    assert ended.code == 2
    assert people.changes() == []
    assert not (nowhere / "elsewhere.csv").exists()


def _on_full_disk(path: Path) -> BinaryIO:
    path.touch()
    return Path("/dev/full").open("wb")


def test_a_disk_that_is_full_afterwards(
    pling: Any, people: Any, csv_file: Any, nowhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The older report stays, the result is true and said on stderr all the same, and the code is not 0 (#90)."""
    (nowhere / "report.csv").write_text("older")
    create = private_files.create_private
    monkeypatch.setattr(
        private_files, "create_private", lambda path: (_on_full_disk if "report" in path.name else create)(path)
    )
    list_ = csv_file("Mobil;Fornavn\n999 99 101;Ola\n")
    ended = pling("import", list_, "--yes", "--report", "report.csv")
    assert ended.code == 1
    assert "report.csv: No space left on device" in ended.err
    assert "the run stands as it is: 1 applied; the account is what the plan promised" in ended.err
    assert "Applied" in ended.out
    assert "+4799999101" in people.contacts()
    assert (nowhere / "report.csv").read_text() == "older"
    assert [each.name for each in nowhere.iterdir() if each.name.startswith(".report")] == []


def test_an_output_that_is_full(account: Any, csv_file: Any) -> None:
    """When stdout takes no more, that is one message and 1, and it is said what was done (#90)."""
    file = csv_file("Mobil\n99999101\n")
    line = [sys.executable, "-m", "pling_async.cli", "import", file, "--yes", "-o", "json"]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    with Path("/dev/full").open("wb") as full:
        ended = subprocess.run(line, stdout=full, stderr=subprocess.PIPE, check=False, env=environment, text=True)
    assert ended.returncode == 1
    assert ended.stderr.count("No space left on device") == 1
    assert "the run stands as it is: 1 applied" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert list(account.contacts()) == ["+4799999101"]


@pytest.mark.usefixtures("people")
def test_a_run_that_is_cut_short_has_its_report(pling: Any, people: Any, csv_file: Any, nowhere: Path) -> None:
    """When the credentials stop working in the middle, the report says what became of each row."""
    people.sandbox.fail(Fault(action="answer", method="POST", path="*/contacts", status=401))
    file = csv_file("Mobil\n999 99 101\n")
    ended = pling("import", file, "--yes", "--strategy", "per_contact", "--report", "report.csv")
    assert ended.code == 4
    assert _lines(nowhere / "report.csv") == [["1", "not_applied", "AuthenticationError", "'+4799999101", "add"]]
