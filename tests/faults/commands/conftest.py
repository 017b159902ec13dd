"""A configured account in a thread of its own, and commands that are run on it in this one."""

import asyncio
import sys
import threading
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen

from pling_async.cli.configuration import VARIABLES
from pling_async.cli.main import run
from pling_async.sandbox import Sandbox
from tests.loops import end_tasks


@frozen
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


class Account:
    """A sandbox whose event loop runs in another thread, so that commands can run theirs here."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.sandbox = Sandbox(deterministic=True)
        self.do(self.sandbox.start())

    def do(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Run a coroutine in the sandbox's loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=30)

    def stop(self) -> None:
        """Close the sandbox, and end its tasks and the thread."""
        self.do(self.sandbox.stop())
        self.do(end_tasks())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=10)
        self._loop.close()

    def seed(self, *contacts: dict[str, Any], groups: tuple[dict[str, Any], ...] = ()) -> None:
        """Fill the account."""
        self.do(self.sandbox.seed(contacts=contacts, contact_groups=groups))

    def contacts(self) -> list[dict[str, Any]]:
        """Return what the account holds."""
        found: list[dict[str, Any]] = self.do(self.sandbox.contacts())
        return found


@pytest.fixture
def account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    """Serve an account, and configure it for commands in an empty folder."""
    made = Account()
    for name in (*VARIABLES, "PLING_DEBUG", "COLUMNS", "NO_COLOR", "FORCE_COLOR", "PYTHONUNBUFFERED"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {
        "PLING_BASE_URL": made.sandbox.url,
        "PLING_USERNAME": made.sandbox.username,
        "PLING_PASSWORD": made.sandbox.password,
        "PLING_ACCOUNT_ID": str(made.sandbox.account_id),
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    yield made
    made.stop()


@pytest.fixture
def command(capfd: pytest.CaptureFixture[str]) -> Callable[..., Ended]:
    """Run a command line in this process."""

    def ran(*arguments: object) -> Ended:
        capfd.readouterr()
        code = run([str(each) for each in arguments])
        sys.stdout.flush()
        return Ended(code, *capfd.readouterr())

    return ran
