"""A configured account in a thread of its own, and commands that are run on it in this one."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from pling_async.cli.configuration import VARIABLES
from tests.commands import Ended, Server, run_here


@pytest.fixture
def account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """Serve an account, and configure it for commands in an empty folder."""
    made = Server()
    for name in (*VARIABLES, "PLING_DEBUG", "COLUMNS", "NO_COLOR", "FORCE_COLOR", "PYTHONUNBUFFERED"):
        monkeypatch.delenv(name, raising=False)
    for name, value in made.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    yield made
    made.stop()


@pytest.fixture
def command(capfd: pytest.CaptureFixture[str]) -> Callable[..., Ended]:
    """Run a command line in this process."""
    return partial(run_here, capfd)
