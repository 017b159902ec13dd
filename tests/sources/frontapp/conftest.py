"""A company of Front, and a client for it."""

from collections.abc import AsyncIterator

import pytest

from pling_async.frontapp.client import FrontClient
from pling_async.sandbox import Sandbox
from pling_async.sources.frontapp import FIELDS


@pytest.fixture
async def front() -> AsyncIterator[tuple[Sandbox, FrontClient]]:
    """Return a sandbox of Front that knows every mapped custom field and two more, and a client of it."""
    async with Sandbox(services=("front",)) as sandbox:
        await sandbox.front.seed(custom_fields=[{"name": name} for name in (*FIELDS, "Shoe size", "Reserved")])
        async with FrontClient(sandbox.front.token, base_url=sandbox.front.url) as client:
            yield sandbox, client
