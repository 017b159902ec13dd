"""Clients of real sandboxes, and of servers that say exactly what a test wants."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from itertools import cycle, islice
from typing import Any

import pytest
from aiohttp import web
from attrs import define, field

from pling_async import ClientSettings, RetryPolicy
from pling_async.ip1 import Contact, Ip1Client
from pling_async.sandbox import Ip1Semantics, Ip1Service, Sandbox
from pling_async.sandbox.ip1 import MountedIp1

NUMBERS = [f"+467017406{n:02}" for n in range(100)]


@define
class Served:
    """A sandbox with the IP1 service, and a client for it."""

    sandbox: Sandbox
    client: Ip1Client

    @property
    def ip1(self) -> MountedIp1:
        """The service as its owner sees it."""
        return self.sandbox.ip1

    def asked(self) -> list[tuple[str, str, int | None]]:
        """Return method, path below the base URL, and status of every request."""
        return [(each.method, each.path.removeprefix("/ip1/"), each.status) for each in self.sandbox.requests]

    async def fill(self, count: int, **members: Any) -> list[str]:
        """Put contacts into the store and return their ids; after a hundred the numbers come again."""
        known = await self.ip1.contacts()
        rows = [{"properties": {"phoneNumber": number}, **members} for number in islice(cycle(NUMBERS), count)]
        await self.ip1.seed(contacts=rows)
        return [each["id"] for each in (await self.ip1.contacts())[len(known) :]]


Serve = Callable[..., Awaitable[Served]]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Start sandboxes, each with a client; keywords that are switches make the semantics."""
    async with AsyncExitStack() as stack:

        async def start(*, settings: ClientSettings | None = None, import_delay: float = 0, **switches: Any) -> Served:
            service = Ip1Service(semantics=Ip1Semantics(**switches), import_delay=import_delay)
            sandbox = await stack.enter_async_context(Sandbox(services=(service,), deterministic=True))
            settings = settings or ClientSettings(retry=RetryPolicy(base=0, base_when_limited=0))
            client = Ip1Client(sandbox.ip1.token, base_url=sandbox.ip1.url, settings=settings)
            return Served(sandbox, await stack.enter_async_context(client))

        yield start


@pytest.fixture
async def served(serve: Serve) -> Served:
    """Start a sandbox with the default semantics."""
    return await serve()


@define
class Scripted:
    """A server whose n-th answer is the n-th of a list, the last one again and again."""

    answers: list[dict[str, Any]]
    requests: list[tuple[str, str]] = field(factory=list)
    headers: list[dict[str, str]] = field(factory=list)
    url: str = ""

    async def answer(self, request: web.Request) -> web.Response:
        """Answer one request; {url} in a header is the server's own base URL."""
        self.requests.append((request.method, request.raw_path))
        self.headers.append(dict(request.headers))
        answer = self.answers[min(len(self.requests), len(self.answers)) - 1]
        headers = {name: value.replace("{url}", self.url) for name, value in answer.get("headers", {}).items()}
        if "body" in answer:
            return web.Response(status=answer.get("status", 200), text=answer["body"], headers=headers)
        return web.json_response(answer.get("json"), status=answer.get("status", 200), headers=headers)


@pytest.fixture
async def scripted() -> AsyncIterator[Callable[..., Awaitable[tuple[Scripted, Ip1Client]]]]:
    """Start servers with their answers, each with a client that tries once."""
    async with AsyncExitStack() as stack:

        async def start(*answers: dict[str, Any], attempts: int = 1) -> tuple[Scripted, Ip1Client]:
            script = Scripted(list(answers))
            application = web.Application()
            application.router.add_route("*", "/{tail:.*}", script.answer)
            runner = web.AppRunner(application, access_log=None)
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            script.url = f"http://127.0.0.1:{runner.addresses[0][1]}/base/"
            settings = ClientSettings(retry=RetryPolicy(attempts=attempts, base=0, base_when_limited=0))
            client = Ip1Client("token", base_url=script.url, settings=settings)
            return script, await stack.enter_async_context(client)

        yield start


@pytest.fixture
def icarus() -> Contact:
    """Return a contact as a caller would write it."""
    return Contact(
        properties={"phoneNumber": NUMBERS[1], "firstName": "Icarus", "lastName": "Sol"}, labels=("Coworker",)
    )


def wire(number: int = 1, **members: Any) -> dict[str, Any]:
    """Return a contact as a server writes it."""
    return {"id": f"{number:024x}", "properties": {"phoneNumber": NUMBERS[number % 100]}, "labels": ["all"], **members}
