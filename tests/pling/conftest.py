"""Clients of mocked answers and of real sandboxes."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from functools import partial
from typing import Any
from unittest.mock import Mock

import aiohttp
import aioresponses.core
import pytest
from aioresponses import aioresponses as mock_aiohttp

from pling_async import ClientSettings, Contact, PlingClient, RetryPolicy
from pling_async.sandbox import Sandbox


@pytest.fixture
def mocked(monkeypatch: pytest.MonkeyPatch) -> Iterator[mock_aiohttp]:
    """Mock aiohttp's requests; aioresponses 0.7.9 does not know the `stream_writer` of aiohttp 3.14 yet."""
    patched = partial(aiohttp.ClientResponse, stream_writer=Mock(output_size=0))
    monkeypatch.setattr(aioresponses.core, "ClientResponse", patched)
    with mock_aiohttp() as mock:
        yield mock


@pytest.fixture
def sent(mocked: mock_aiohttp) -> Callable[[], Any]:
    """Return the keyword arguments of the only request that was made."""

    def only() -> Any:
        ((_, calls),) = mocked.requests.items()
        (call,) = calls
        return call.kwargs

    return only


@pytest.fixture
async def client() -> AsyncIterator[PlingClient]:
    """Return a client that never tries twice."""
    settings = ClientSettings(retry=RetryPolicy(attempts=1))
    async with PlingClient("Aladdin", "OpenSesame", account_id=12345, settings=settings) as client:
        yield client


@pytest.fixture
async def sandboxed() -> AsyncIterator[Callable[..., Any]]:
    """Start sandboxes, each with a client."""
    async with AsyncExitStack() as stack:

        async def start(*, settings: ClientSettings | None = None, **options: Any) -> tuple[Sandbox, PlingClient]:
            sandbox = await stack.enter_async_context(Sandbox(database=":memory:", deterministic=True, **options))
            client = PlingClient(
                sandbox.username,
                sandbox.password,
                account_id=sandbox.account_id,
                base_url=sandbox.url,
                settings=settings or ClientSettings(retry=RetryPolicy(base=0)),
            )
            return sandbox, await stack.enter_async_context(client)

        yield start


@pytest.fixture
def wire() -> dict[str, Any]:
    """Return the example of section 2.2."""
    return {
        "id": 7020139,
        "lastModified": "2022-06-01T09:09:26.000Z",
        "created": "2022-03-24T09:46:41.000Z",
        "accountId": 12345,
        "name": "First M. Last",
        "mobile": "+4799999999",
        "comment": "Company Name AS",
        "speedDial": "1",
        "address": "Storgata 1",
        "postalCode": "0663",
        "city": "OSLO",
        "stop": 0,
        "autoCreated": "2022-03-24T09:46:41.000Z",
        "autoCreatedNumber": "26114",
        "firstName": "First M.",
        "lastName": "Last",
        "email": "first.last@example.com",
        "active": 1,
        "contactGroupIds": [26974],
    }


@pytest.fixture
def group_wire() -> dict[str, Any]:
    """Return the example of section 2.3."""
    return {
        "id": 26974,
        "lastModified": "2023-04-17T09:02:23.000Z",
        "created": "2023-04-17T09:02:23.000Z",
        "accountId": 12345,
        "name": "Test group",
    }


@pytest.fixture
def ola() -> Contact:
    """Return a contact as a caller would write it."""
    return Contact(mobile="+4799999001", first_name="Ola", last_name="Nordmann")
