"""Commands that run in this process, on a sandbox whose event loop runs in another thread."""

import asyncio
import sys
import threading
from collections.abc import Coroutine
from typing import Any

import pytest
from attrs import frozen

from pling_async.cli.main import run
from pling_async.sandbox import Sandbox
from tests.loops import end_tasks


@frozen
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


class Server:
    """A sandbox in a thread of its own, so that commands can run their own event loops."""

    def __init__(self, *services: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.sandbox = self.do(_started(Sandbox(services=services or ("pling",))))

    def do(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Run a coroutine in the server's loop."""
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

    def contacts(self) -> dict[str, dict[str, Any]]:
        """Return what the account holds, by mobile."""
        return {contact["mobile"]: contact for contact in self.do(self.sandbox.contacts())}

    def changes(self) -> list[str]:
        """Return the requests that were meant to change something."""
        return [f"{entry.method} {entry.path}" for entry in self.sandbox.requests if entry.method != "GET"]

    @property
    def environment(self) -> dict[str, str]:
        """Return the variables that lead a command here."""
        return {
            "PLING_BASE_URL": self.sandbox.url,
            "PLING_USERNAME": self.sandbox.username,
            "PLING_PASSWORD": self.sandbox.password,
            "PLING_ACCOUNT_ID": str(self.sandbox.account_id),
        }


def run_here(capfd: pytest.CaptureFixture[str], *arguments: object) -> Ended:
    """Run a command line in this process."""
    capfd.readouterr()
    code = run([str(each) for each in arguments])
    sys.stdout.flush()
    return Ended(code, *capfd.readouterr())


async def _started(sandbox: Sandbox) -> Sandbox:
    await sandbox.start()
    return sandbox
