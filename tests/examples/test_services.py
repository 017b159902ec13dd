"""The examples of services do over real sockets what they are there to show."""

import asyncio
from collections.abc import AsyncIterator, Callable
from types import ModuleType
from typing import Any

import aiohttp
import pytest
import uvicorn
from aiohttp import web

from pling_async.sandbox import Fault, Sandbox

Load = Callable[[str], ModuleType]


@pytest.fixture
async def fastapi_url(sandbox: Sandbox, load: Load) -> AsyncIterator[str]:
    """Serve the FastAPI example with uvicorn."""
    assert sandbox
    config = uvicorn.Config(load("fastapi_app").app, port=0, log_config=None, lifespan="on", ws="none")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started and not serving.done():  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.005)
    host, port = server.servers[0].sockets[0].getsockname()
    yield f"http://{host}:{port}"
    server.should_exit = True
    await serving


@pytest.fixture
async def aiohttp_url(sandbox: Sandbox, load: Load) -> AsyncIterator[str]:
    """Serve the aiohttp example."""
    assert sandbox
    runner = web.AppRunner(load("aiohttp_app").application(), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@pytest.fixture
async def browser() -> AsyncIterator[aiohttp.ClientSession]:
    """Return somebody who asks the services."""
    async with aiohttp.ClientSession() as session:
        yield session


async def _json(answer: aiohttp.ClientResponse) -> tuple[int, Any]:
    return answer.status, await answer.json()


async def test_fastapi_reads_and_changes(fastapi_url: str, browser: aiohttp.ClientSession, sandbox: Sandbox) -> None:
    """A person is shown and can be changed, through one client that the application keeps open."""
    kari = {"id": 1, "name": "Kari", "city": "", "is_stopped": False}
    assert await _json(await browser.get(f"{fastapi_url}/people/1")) == (200, kari)
    answer = await browser.patch(f"{fastapi_url}/people/1", json={"city": "OSLO"})
    assert await _json(answer) == (200, {**kari, "city": "OSLO"})
    assert [(contact["name"], contact["city"]) for contact in await sandbox.contacts()] == [("Kari", "OSLO")]


@pytest.mark.parametrize(
    ("fault", "status", "name"),
    [
        (None, 404, "NotFound"),
        (Fault(status=401, count=None), 502, "AuthenticationError"),
        (Fault(status=429, retry_after="120"), 503, "RateLimited"),
    ],
)
async def test_fastapi_maps_errors(
    fastapi_url: str, browser: aiohttp.ClientSession, sandbox: Sandbox, fault: Fault | None, status: int, name: str
) -> None:
    """Callers see a status that means something to them, the outcome, and the id that the logs have."""
    if fault is not None:
        sandbox.fail(fault)
    answer = await browser.get(f"{fastapi_url}/people/99")
    answered, said = await _json(answer)
    assert (answered, said["error"], said["outcome"]) == (status, name, "not_applied")
    assert said["request_id"] == sandbox.requests[-1].headers["x-request-id"]
    assert answer.headers.get("Retry-After") == (fault.retry_after if fault else None)


async def test_fastapi_refuses_what_breaks_a_rule(
    fastapi_url: str, browser: aiohttp.ClientSession, sandbox: Sandbox
) -> None:
    """A rule of the API that is broken is the caller's mistake, and nothing is written."""
    answered, said = await _json(await browser.patch(f"{fastapi_url}/people/1", json={"city": "O" * 101}))
    assert (answered, said["error"]) == (422, "ValidationError")
    assert {request.method for request in sandbox.requests} == {"GET"}


async def test_aiohttp_stops_a_person(aiohttp_url: str, browser: aiohttp.ClientSession, sandbox: Sandbox) -> None:
    """Who unsubscribes is on the stop list; who is unknown is a 404."""
    answer = await browser.post(f"{aiohttp_url}/people/1/stop")
    assert await _json(answer) == (200, {"id": 1, "is_stopped": True})
    assert [contact["stop"] for contact in await sandbox.contacts()] == [1]
    assert (await _json(await browser.post(f"{aiohttp_url}/people/99/stop")))[0] == 404
