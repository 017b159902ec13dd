"""What the tests of the command line share: the command itself, in this process and in another, and a real server."""

import os
import pty
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked, PasswordDeleteError

from pling_async.cli.configuration import VARIABLES
from pling_async.cli.systems import NEIGHBOURS, System
from tests.commands import Ended, Server, run_here


class Memory(KeyringBackend):
    """A keyring that forgets everything with the test."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}
        self.is_locked = False

    def get_password(self, service: str, username: str) -> str | None:
        """Return what is kept."""
        if self.is_locked:
            raise KeyringLocked("canary-of-a-secret")
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep a password."""
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        """Forget a password."""
        if self.kept.pop((service, username), None) is None:
            raise PasswordDeleteError(username)


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder, with no account configured and the state directory inside."""
    theirs = (each for system in NEIGHBOURS.values() for name in system.names for each in _spelled(system, name))
    for name in (*VARIABLES, *theirs, "PLING_DEBUG", "COLUMNS", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _spelled(system: System, name: str) -> tuple[str, ...]:
    return (system.variable(name), f"{system.variable(name)}_FILE")


@pytest.fixture
def pling(capfd: pytest.CaptureFixture[str]) -> Callable[..., Ended]:
    """Run a command line in this process."""
    return partial(run_here, capfd)


@pytest.fixture
def pling_process() -> Callable[..., Ended]:
    """Run a command line in a process of its own, without a terminal."""

    def command(*arguments: object, stdin: bytes = b"", **environment: str) -> Ended:
        line = [sys.executable, "-m", "pling_async.cli", *map(str, arguments)]
        ended = subprocess.run(
            line, input=stdin, capture_output=True, check=False, timeout=60, env=os.environ | environment
        )
        return Ended(ended.returncode, ended.stdout.decode(), ended.stderr.decode())

    return command


@pytest.fixture
def memory() -> Iterator[Memory]:
    """Use a keyring in memory."""
    before, made = keyring.get_keyring(), Memory()
    keyring.set_keyring(made)
    yield made
    keyring.set_keyring(before)


@pytest.fixture
def make_server() -> type[Server]:
    """Serve other systems than Pling alone; whoever makes a server stops it."""
    return Server


@pytest.fixture
def server() -> Iterator[Server]:
    """Serve an empty account, which is not yet the configured one."""
    made = Server()
    yield made
    made.stop()


@pytest.fixture
def account(server: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    """Serve an empty account, and configure it."""
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    return server


@pytest.fixture
def csv_file(tmp_path: Path) -> Callable[..., Path]:
    """Write a list to a file."""

    def write(text: str | bytes, name: str = "customers.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


@pytest.fixture
def people(account: Server) -> Server:
    """Serve an account that differs by one addition, one change and one removal from the lists of the tests."""
    account.seed(
        {"mobile": "+4799999102", "firstName": "Gry", "name": "Gry", "city": "BERGEN"},
        {"mobile": "+4799999103", "name": "Per"},
        {"mobile": "+4799999104", "name": "Liv", "stop": 1},
    )
    return account


@pytest.fixture
def on_terminal() -> Callable[..., tuple[int, str]]:
    """Run a command line on a terminal of its own."""
    return _on_terminal


def _on_terminal(*arguments: str, answer: bytes | signal.Signals = b"", asked: bytes = b"[y/N]") -> tuple[int, str]:
    """Run a command on a terminal of its own, answer when it asks, and return its code and what was shown.

    A signal is sent again after a second of silence: the first may come before the prompt begins to read.
    """
    ours, theirs = pty.openpty()
    environment = os.environ | {"COLUMNS": "100", "TERM": "xterm"}
    line = [sys.executable, "-m", "pling_async.cli", *arguments]
    with subprocess.Popen(
        line, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, start_new_session=True
    ) as process:
        os.close(theirs)
        shown = b""
        while (chunk := _read(ours)) is not None:
            shown += chunk
            if isinstance(answer, bytes) and asked in chunk:
                os.write(ours, answer)
            elif isinstance(answer, signal.Signals) and asked in shown and (asked in chunk or not chunk):
                process.send_signal(answer)
        os.close(ours)
    return process.returncode, shown.decode()


def _read(terminal: int) -> bytes | None:
    """Return what is shown next, nothing after a second of silence, and None when the command is done."""
    try:
        return (os.read(terminal, 65536) or None) if select.select([terminal], [], [], 1)[0] else b""
    except OSError:  # the other end is closed
        return None
