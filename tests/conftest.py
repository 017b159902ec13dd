"""What every test gets: no blocking call inside the event loop goes unnoticed, and speed decides nothing."""

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import hypothesis
import pytest
from blockbuster import BlockBuster, blockbuster_ctx

from tests import peers

pytest_plugins = ["pytester"]  # runs our own plugin

hypothesis.settings.register_profile("project", deadline=None, max_examples=25)
hypothesis.settings.register_profile("thorough", deadline=None, max_examples=2000)
hypothesis.settings.load_profile("project")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Measure no coverage of drawn examples: it takes most of their time, and they reach what written ones reach."""
    for item in items:
        if hypothesis.is_hypothesis_test(getattr(item, "obj", None)):
            item.add_marker("no_cover")


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
