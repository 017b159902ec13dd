"""`pling sandbox`: a server in a process of its own."""

import signal
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest


def _served(*flags: str) -> "subprocess.Popen[str]":
    line = [sys.executable, "-u", "-m", "pling_async.cli", "sandbox", "--port", "0", *flags]
    return subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def _exports(process: "subprocess.Popen[str]") -> dict[str, str]:
    assert process.stdout is not None
    exports = [process.stdout.readline() for _ in range(7)][2:6]
    return dict(line.split()[1].split("=", 1) for line in exports)


def test_serves_until_interrupted(pling: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The banner has what a client needs; Ctrl-C is the ordinary end."""
    with _served("--database", ":memory:", "--deterministic") as process:
        for name, value in _exports(process).items():
            monkeypatch.setenv(name, value)
        assert pling("contacts", "add", "+4799999101").code == 0
        assert '"id": 1' in pling("contacts", "list", "-o", "json").out
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (0, "The sandbox is closed.\n")


def test_keeps_its_data_and_its_semantics(pling: Any, monkeypatch: pytest.MonkeyPatch, nowhere: Any) -> None:
    """The file outlives the server, and switches are those of the command line."""
    for expected in ([], ["+4799999101"]):
        with _served("--database", "s.sqlite", "--semantics", "existing_post_status=200") as process:
            for name, value in _exports(process).items():
                monkeypatch.setenv(name, value)
            listed = pling("contacts", "list", "-o", "ndjson").out
            assert [line.split('"')[3] for line in listed.splitlines()] == expected
            pling("contacts", "add", "+4799999101")
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=30)
    assert (nowhere / "s.sqlite").stat().st_mode & 0o077 == 0


def test_a_port_in_use(pling_process: Any) -> None:
    """A port that somebody else has is a failure, in one message."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ended = pling_process("sandbox", "--port", taken.getsockname()[1], "--database", ":memory:")
    assert ended.code == 1
    assert "in use; --port 0 takes a free one" in ended.err
    assert ended.err.startswith("pling: ")


def test_a_database_in_use(pling: Any, nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database that somebody else writes to is named, and is no bug of ours."""
    connect = sqlite3.connect
    with closing(connect(nowhere / "s.sqlite", isolation_level=None)) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        monkeypatch.setattr(sqlite3, "connect", partial(connect, timeout=0))
        ended = pling("sandbox", "--port", "0", "--database", "s.sqlite")
    assert (ended.code, ended.err) == (
        1,
        "pling: s.sqlite cannot be used: database is locked; does something else write to it?\n",
    )
