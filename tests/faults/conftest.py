"""A slow or breaking line to a real sandbox, and clients with injected time."""

import asyncio
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from typing import Any, Self

import orjson
import pytest
from attrs import frozen

from pling_async import ClientSettings, PlingClient, RetryPolicy
from pling_async.sandbox import Sandbox
from pling_async.session.auth import BasicAuth
from pling_async.session.session import Session
from pling_async.session.settings import BaseUrl, Runtime
from pling_async.session.transport import AiohttpTransport
from tests.peers import FakeTime, Listener, break_off

ACCOUNT = 12345


class Line(Listener):
    """A connection to another port of this machine, as slow or as short-lived as it is told to be."""

    def __init__(
        self, target: int, *, pause: Callable[[int], float] = lambda _: 0.0, breaks_after: float = float("inf")
    ) -> None:
        super().__init__()
        self._target = target
        self._pause = pause
        self._breaks_after = breaks_after
        self.carried = 0
        """Bytes that went up."""

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        for each in self.server.sockets:  # a line has little room of its own, or it would not slow anybody down
            each.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
        return self

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry bytes both ways until one end closes."""
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
        await asyncio.gather(self._up(reader, far_writer, writer), _carry(far_reader, writer, self._pause))

    async def _up(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, back: asyncio.StreamWriter) -> None:
        async for count in _carried(source, sink, self._pause):
            self.carried += count
            if self.carried > self._breaks_after:
                break_off(back)
                break_off(sink)


async def _carry(source: asyncio.StreamReader, sink: asyncio.StreamWriter, pause: Callable[[int], float]) -> None:
    async for _ in _carried(source, sink, pause):
        pass


async def _carried(
    source: asyncio.StreamReader, sink: asyncio.StreamWriter, pause: Callable[[int], float]
) -> AsyncIterator[int]:
    """Carry chunk by chunk until one end closes, and close the other."""
    with suppress(ConnectionError):
        while chunk := await source.read(1 << 15):
            await asyncio.sleep(pause(len(chunk)))
            sink.write(chunk)
            await sink.drain()
            yield len(chunk)
    sink.close()


@frozen
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


@pytest.fixture
def line(stack: AsyncExitStack) -> Callable[..., Awaitable[Line]]:
    """Lay lines to a port."""

    async def lay(target: int, **options: Any) -> Line:
        return await stack.enter_async_context(Line(target, **options))

    return lay


@pytest.fixture
def connect(stack: AsyncExitStack) -> Callable[..., Awaitable[PlingClient]]:
    """Connect clients that do not wait between attempts, or, with `time`, wait in that time and as long as can be."""

    async def make(url: str, *, time: FakeTime | None = None, **changes: Any) -> PlingClient:
        settings = ClientSettings(**{"retry": RetryPolicy() if time else RetryPolicy(longest=0), **changes})
        if time is None:
            client = PlingClient("user", "open sesame", account_id=ACCOUNT, base_url=url, settings=settings)
            return await stack.enter_async_context(client)
        headers = {"Authorization": BasicAuth("user", "open sesame").header_value()}
        transport = AiohttpTransport(BaseUrl.parse(url), headers=headers, settings=settings)
        runtime = Runtime(clock=time.clock, sleep=time.sleep, random=lambda: 1.0)
        session = Session(transport, settings=settings, runtime=runtime)
        stack.push_async_callback(session.close)
        return PlingClient.over(session, account_id=ACCOUNT, origin=BaseUrl.parse(url).origin)

    return make


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    """Serve a real account."""
    async with Sandbox(deterministic=True) as server:
        yield server


@pytest.fixture
async def pling(sandbox: Sandbox) -> AsyncIterator[PlingClient]:
    """Talk to the sandbox with retries that do not wait."""
    settings = ClientSettings(retry=RetryPolicy(longest=0))
    async with PlingClient(
        sandbox.username, sandbox.password, account_id=sandbox.account_id, base_url=sandbox.url, settings=settings
    ) as client:
        yield client


@pytest.fixture
def wire() -> Callable[..., bytes]:
    """Return a contact as the server writes it."""

    def build(**changes: Any) -> bytes:
        contact = {"id": 7, "accountId": ACCOUNT, "mobile": "+4799999001", "stop": 0, "active": 1, "name": "Ola"}
        return orjson.dumps({**contact, **changes})

    return build


@pytest.fixture
def process() -> Callable[..., Awaitable[Ended]]:
    """Run Python with arguments in a process of its own."""

    async def ran(*arguments: object, **streams: Any) -> Ended:
        pipes = {"stdin": asyncio.subprocess.DEVNULL, "stdout": asyncio.subprocess.PIPE, **streams}
        started = await asyncio.create_subprocess_exec(
            sys.executable, *map(str, arguments), stderr=asyncio.subprocess.PIPE, **pipes
        )
        out, err = await started.communicate()
        return Ended(int(started.returncode or 0), (out or b"").decode(), err.decode())

    return ran
