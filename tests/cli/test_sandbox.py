"""`pling sandbox`: a server in a process of its own."""

import signal
import socket
import subprocess
import sys
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
    assert "in use" in ended.err
    assert ended.err.startswith("pling: ")
