"""An account of IP1, and a client for it."""

from collections.abc import AsyncIterator

import pytest

from pling_async.ip1 import Ip1Client
from pling_async.sandbox import Sandbox


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    """Serve IP1 alone."""
    async with Sandbox(services=("ip1",), deterministic=True) as sandbox:
        yield sandbox


@pytest.fixture
async def client(sandbox: Sandbox) -> AsyncIterator[Ip1Client]:
    """Return a client for it."""
    async with Ip1Client(sandbox.ip1.token, base_url=sandbox.ip1.url) as client:
        yield client
