"""Which files a command writes: never one that it reads, and none for two options."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

LIST = "Mobil;Fornavn\n99999101;Ola\n9999;Kari\n"

SAME = {
    ("check", "own.csv", "--rejects", "own.csv"): ("FILE", "--rejects"),
    ("check", "own.csv", "--rejects", "./folder/../own.csv"): ("FILE", "--rejects"),
    ("check", "own.csv", "--rejects", "link.csv"): ("FILE", "--rejects"),
    ("check", "link.csv", "--rejects", "own.csv"): ("FILE", "--rejects"),
    ("check", "hard.csv", "--rejects", "own.csv"): ("FILE", "--rejects"),
    ("plan", "own.csv", "--out", "own.csv"): ("FILE", "--out"),
    ("plan", "own.csv", "--html", "own.csv"): ("FILE", "--html"),
    ("plan", "own.csv", "--out", "new", "--html", "./new"): ("--out", "--html"),
    ("plan", "own.csv", "--consent", "consent.csv", "--out", "consent.csv"): ("--consent", "--out"),
    ("import", "own.csv", "--yes", "--report", "own.csv"): ("FILE", "--report"),
    ("import", "own.csv", "--yes", "--report", "new", "--rejects", "new"): ("--report", "--rejects"),
    ("show", "own.plan", "--html", "own.plan"): ("PLAN", "--html"),
    ("apply", "own.plan", "--yes", "--report", "own.plan"): ("PLAN", "--report"),
    ("copy", "--from", "ip1", "--to", "pling", "--out", "new", "--report", "new"): ("--out", "--report"),
    ("check", "--sql", "SELECT 1", "--dsn", "sqlite:///crm.db", "--rejects", "crm.db"): ("--dsn", "--rejects"),
}


@pytest.fixture
def folder(nowhere: Path) -> Path:
    """Return a folder with a list, links to it, a consent file, a plan and a database."""
    (nowhere / "own.csv").write_text(LIST)
    (nowhere / "folder").mkdir()
    (nowhere / "link.csv").symlink_to(nowhere / "own.csv")
    (nowhere / "hard.csv").hardlink_to(nowhere / "own.csv")
    (nowhere / "consent.csv").write_text("mobile,reference\n+4799999104,archive\n")
    (nowhere / "own.plan").write_text("a plan, for all that is looked at")
    with closing(sqlite3.connect(nowhere / "crm.db")) as database, database:
        database.execute("CREATE TABLE people (mobile)")
    return nowhere


def _held(folder: Path) -> dict[str, bytes]:
    return {each.name: each.read_bytes() for each in folder.iterdir() if each.is_file()}


@pytest.mark.parametrize(("line", "named"), SAME.items(), ids=map(" ".join, SAME))
def test_what_is_read_is_never_overwritten(
    pling: Any, people: Any, folder: Path, line: tuple[str, ...], named: tuple[str, str]
) -> None:
    """One file under two names ends with 2 before anything is read; both names are said, and all files stay (#91)."""
    before = _held(folder)
    ended = pling(*line)
    assert (ended.code, ended.out) == (2, "")
    assert all(word in ended.err for word in (*named, "are the same file"))
    assert _held(folder) == before
    assert people.sandbox.requests == []


def test_a_list_on_stdin_is_not_overwritten(pling: Any, folder: Path) -> None:
    """`check - < own.csv --rejects own.csv` is refused likewise (#91)."""
    kept = os.dup(0)
    try:
        with (folder / "own.csv").open() as file:
            os.dup2(file.fileno(), 0)
            ended = pling("check", "-", "--rejects", "own.csv")
    finally:
        os.dup2(kept, 0)
        os.close(kept)
    assert (ended.code, (folder / "own.csv").read_text()) == (2, LIST)
    assert "--rejects and FILE are the same file" in ended.err


def test_files_that_are_several_are_written(pling: Any, people: Any, folder: Path) -> None:
    """Names that only look alike are no reason to refuse, and an older report is replaced."""
    (folder / "report.csv").write_text("older")
    line = ("import", "own.csv", "--yes", "--rejects", "own.csv.rejects", "--report", "report.csv", "--html", "p.html")
    assert pling(*line).code == 7
    assert "+4799999101" in people.contacts()
    assert (folder / "own.csv").read_text() == LIST
    assert (folder / "report.csv").read_text() != "older"
