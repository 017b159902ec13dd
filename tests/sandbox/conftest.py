"""A sandbox of one's own, and a client that does nothing but HTTP."""

import asyncio
import contextlib
import io
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import orjson
import pytest
from attrs import frozen

from pling_async.sandbox import Sandbox, Semantics

JSON = {"Content-Type": "application/json"}


@frozen
class Reply:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body's JSON."""
        return orjson.loads(self.body)


@frozen
class Api:
    """Calls a sandbox over a real socket; `path` is below the base URL, or absolute."""

    sandbox: Sandbox
    http: aiohttp.ClientSession

    async def send(self, method: str, path: str, **options: Any) -> Reply:
        """Send one request and read the whole answer."""
        async with self.http.request(method, path, **options) as answer:
            return Reply(answer.status, {k.lower(): v for k, v in answer.headers.items()}, await answer.read())

    async def call(self, method: str, path: str, body: object = None, status: int | None = None) -> Any:
        """Send JSON, check the status, and return the answer's JSON, None when it has no body."""
        options = {} if body is None else {"data": io.BytesIO(orjson.dumps(body)), "headers": JSON}
        reply = await self.send(method, path, **options)
        assert status is None or reply.status == status, (reply.status, reply.body)
        return reply.json if reply.body else None

    async def begin(self, method: str, path: str, **options: Any) -> "asyncio.Task[Reply]":
        """Send a request, and return its answer to come when the sandbox has read it."""
        known = len(self.sandbox.requests)
        sent = asyncio.create_task(self.send(method, path, **options))
        while not any(entry.body_size for entry in self.sandbox.requests[known:]):  # noqa: ASYNC110 - no event is set
            await asyncio.sleep(0.002)
        return sent

    async def add(self, mobile: str = "+4799999901", **fields: Any) -> Any:
        """Add a contact and return it."""
        body = {"accountId": 12345, "mobile": mobile, **fields}
        reply = await self.send("POST", "contacts", json=body)
        assert reply.status in {200, 201}, reply.body
        return reply.json

    async def replace(self, *contacts: dict[str, Any]) -> Any:
        """Replace the account's contacts and return the counts."""
        return await self.call("POST", "contacts/replace?accountId=12345", list(contacts), 200)

    async def by_mobile(self) -> dict[str, dict[str, Any]]:
        """Return the store's contacts by mobile."""
        return {contact["mobile"]: contact for contact in await self.sandbox.contacts()}


Serve = Callable[..., Awaitable[Api]]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Start sandboxes, deterministic unless told otherwise; keywords that are switches make the semantics."""
    async with contextlib.AsyncExitStack() as stack:

        async def start(**options: Any) -> Api:
            switches = {switch.name for switch in Semantics.switches()}
            semantics = Semantics(**{name: options.pop(name) for name in switches & options.keys()})
            sandbox = Sandbox(**{"semantics": semantics, "deterministic": True, **options})
            await stack.enter_async_context(sandbox)
            headers = {"Authorization": aiohttp.encode_basic_auth(sandbox.username, sandbox.password)}
            session = aiohttp.ClientSession(sandbox.url, headers=headers)
            return Api(sandbox, await stack.enter_async_context(session))

        yield start


@pytest.fixture
async def api(serve: Serve) -> Api:
    """Start a sandbox with the default semantics."""
    return await serve()
