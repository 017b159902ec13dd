"""What every test gets: no blocking call inside the event loop goes unnoticed, and speed decides nothing."""

import ssl
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Final

import hypothesis
import pytest
from blockbuster import BlockBuster, blockbuster_ctx

from tests import peers

pytest_plugins = ["pytester"]  # runs our own plugin

hypothesis.settings.register_profile("project", deadline=None, max_examples=25)
hypothesis.settings.register_profile("thorough", deadline=None, max_examples=2000)
hypothesis.settings.load_profile("project")

UNTRACED: Final = {"browser", "documentation", "examples", "faults", "security", "simulation"}
"""Folders of tests that are about the whole; together with drawn examples they would double the time of the suite."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Measure no coverage where it takes much time and finds nothing: these reach what written examples reach."""
    for item in items:
        is_of_the_whole = any(item.path.is_relative_to(Path(__file__).parent / folder) for folder in UNTRACED)
        if is_of_the_whole or hypothesis.is_hypothesis_test(getattr(item, "obj", None)):
            item.add_marker("untraced")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Run what is marked `untraced` without coverage; the marker of pytest-cov does nothing in a worker of xdist."""
    if item.get_closest_marker("untraced") is None:
        return (yield)
    here, elsewhere = sys.gettrace(), threading.gettrace()
    sys.settrace(None)
    threading.settrace(None)
    try:
        return (yield)
    finally:
        threading.settrace(elsewhere)
        sys.settrace(here)


@pytest.fixture(autouse=True)
def blockbuster() -> Iterator[BlockBuster]:
    """Fail a test in which our code blocks the event loop; measuring coverage takes a lock of its own."""
    with blockbuster_ctx("pling_async") as guard:
        guard.functions["threading.Lock.acquire"].can_block_in("coverage/collector.py", "lock_data")
        yield guard


@pytest.fixture(autouse=True)
def state_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep runs, the embedded sandbox and profiles in folders of the test's own."""
    folder = tmp_path_factory.mktemp("state")
    monkeypatch.setenv("XDG_STATE_HOME", str(folder))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder / "config"))
    return folder


@pytest.fixture
def fake_time() -> peers.FakeTime:
    """Return a clock and a sleep that cost nothing."""
    return peers.FakeTime()


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    """Close whatever a test opens."""
    async with AsyncExitStack() as opened:
        yield opened


@pytest.fixture
def serve(stack: AsyncExitStack) -> Callable[..., Awaitable[peers.Peer]]:
    """Start servers that play steps."""

    async def start(
        *steps: peers.Step, before_read: peers.Step = None, tls: ssl.SSLContext | None = None
    ) -> peers.Peer:
        return await stack.enter_async_context(peers.Peer(*steps, before_read=before_read, tls=tls))

    return start


@pytest.fixture
def reply() -> Callable[..., bytes]:
    """Return how an honest server would write an answer."""
    return peers.reply
