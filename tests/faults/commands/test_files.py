"""Files that must not be written, cannot be written, or are no lists, through the command line (#n are faults)."""

import io
import os
import sqlite3
import stat
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def rejected(tmp_path: Path) -> Path:
    """Return a list of one good row and many bad ones."""
    path = tmp_path / "list.csv"
    path.write_text("Mobil;Navn\n99999101;Ola\n" + "12345;Kari\n" * 500)
    return path


def _files(folder: Path) -> set[str]:
    return {each.name for each in folder.iterdir()}


def test_a_plan_that_cannot_be_shown_is_not_carried_out(account: Any, rejected: Path) -> None:
    """#90: when the plan itself cannot be shown, nothing is sent."""
    line = [sys.executable, "-m", "pling_async.cli", "import", str(rejected), "--yes"]
    with Path("/dev/full").open("wb") as full:
        ended = subprocess.run(line, stdout=full, stderr=subprocess.PIPE, check=False)
    assert ended.returncode == 1
    assert b"No space left on device" in ended.stderr
    assert account.contacts() == {}


def _link(path: Path) -> None:
    path.symlink_to(path.with_name("elsewhere"))


PLACES: dict[str, Callable[[Path], object]] = {
    "a link": _link,
    "a directory": Path.mkdir,
    "a pipe": os.mkfifo,
}


@pytest.mark.parametrize("command_line", [("check", "--rejects"), ("plan", "--out")], ids=" ".join)
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.usefixtures("account")
def test_personal_data_goes_into_a_file_or_nowhere(
    command: Any, rejected: Path, tmp_path: Path, place: str, command_line: tuple[str, str]
) -> None:
    """#91: no link is followed, and no directory, pipe or device is written to or replaced."""
    target = tmp_path / "target"
    PLACES[place](target)
    before = target.lstat()
    verb, flag = command_line
    ended = command(verb, rejected, flag, target)
    assert ended.code == 2, ended.err
    assert "target" in ended.err
    assert (target.lstat().st_ino, target.lstat().st_mode) == (before.st_ino, before.st_mode)
    assert _files(tmp_path) == {"list.csv", "target"}


@pytest.mark.usefixtures("account")
def test_a_folder_that_cannot_be_written_to_is_told(command: Any, rejected: Path) -> None:
    """#91: where nobody may create a file, that is said with the folder's name."""
    ended = command("check", rejected, "--rejects", "/proc/rejects.csv")
    assert ended.code == 2
    assert "/proc cannot be written to" in ended.err


@pytest.mark.usefixtures("account")
def test_what_is_written_is_its_owners_alone(command: Any, rejected: Path, tmp_path: Path) -> None:
    """#91: a new file, and one that replaces a file others could read, are both mode 0600."""
    for name in ("new", "old"):
        (tmp_path / "old").touch(mode=0o644)
        command("check", rejected, "--rejects", name)
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600


def _zip() -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("list.csv", "mobile\n99999101\n")
    return held.getvalue()


def _sqlite(folder: Path) -> bytes:
    with sqlite3.connect(folder / "x") as database:
        database.execute("CREATE TABLE contacts (mobile)")
    database.close()
    return (folder / "x").read_bytes()


@pytest.mark.parametrize("kind", ["zip", "PDF", "SQLite"])
def test_what_is_no_list_is_refused_by_its_bytes(account: Any, command: Any, tmp_path: Path, kind: str) -> None:
    """#106: a file that is called list.csv and is none is told for what it is, and no account is asked."""
    contents = {"zip": _zip(), "PDF": b"%PDF-1.7", "SQLite": _sqlite(tmp_path)}
    (tmp_path / "list.csv").write_bytes(contents[kind])
    ended = command("import", "list.csv", "--mode", "replace", "--yes")
    assert ended.code == 1
    assert "list.csv" in ended.err
    assert kind in ended.err
    assert account.sandbox.requests == []
