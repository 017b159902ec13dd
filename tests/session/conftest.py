"""A raw socket server that answers with exact bytes, and a clock that only moves when somebody sleeps."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from typing import Any, Self

import pytest

from pling_async.session.auth import BasicAuth
from pling_async.session.protocol import Request
from pling_async.session.retry import RetryLaw, RetryPolicy
from pling_async.session.session import AiohttpTransport, Session
from pling_async.session.settings import BaseUrl, ClientSettings, Runtime, Timeouts

Step = bytes | Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]] | None


class RawServer:
    """Answers the n-th request with the n-th step: exact bytes, None to close, or a coroutine; the last one repeats."""

    def __init__(self, *steps: Step, before_read: Step = b"") -> None:
        self.steps = list(steps)
        self.before_read = before_read
        self.connections = 0
        self.requests: list[bytes] = []
        self.bodies: list[bytes] = []
        self.asked = asyncio.Event()
        self.server: asyncio.Server
        self.tasks: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        """Return the port that was free."""
        return int(self.server.sockets[0].getsockname()[1])

    @property
    def url(self) -> str:
        """Return a base URL with a path."""
        return f"http://127.0.0.1:{self.port}/api/"

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        task = asyncio.current_task()
        assert task is not None
        self.tasks.add(task)
        self.connections += 1
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            if callable(self.before_read):
                await self.before_read(reader, writer)
            while await self.answer(reader, writer):
                pass
        writer.close()
        self.tasks.discard(task)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Read one request and play its step; False ends the connection."""
        head = await reader.readuntil(b"\r\n\r\n")
        self.requests.append(head)
        self.asked.set()
        step = self.steps[min(len(self.requests), len(self.steps)) - 1]
        if callable(step):
            await step(reader, writer)
            return True
        self.bodies.append(await reader.readexactly(content_length(head)))
        if step is None:
            return False
        writer.write(step)
        await writer.drain()
        return True

    async def __aenter__(self) -> Self:
        self.server = await asyncio.start_server(self.accept, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.server.close()
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)


def content_length(head: bytes) -> int:
    """Return the announced length of a request's body."""
    lines = (line.partition(b":") for line in head.split(b"\r\n"))
    return next((int(value) for name, _, value in lines if name.lower() == b"content-length"), 0)


class FakeTime:
    """Time that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def clock(self) -> float:
        """Return the time."""
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Move the time, and let others run."""
        self.slept.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)


@pytest.fixture
def fake_time() -> FakeTime:
    """Return a clock and a sleep that cost nothing."""
    return FakeTime()


@pytest.fixture
def runtime(fake_time: FakeTime) -> Runtime:
    """Return a runtime without waiting and without chance: every backoff is the longest possible."""
    return Runtime(clock=fake_time.clock, sleep=fake_time.sleep, random=lambda: 1.0)


@pytest.fixture
async def serve() -> AsyncIterator[Callable[..., Awaitable[RawServer]]]:
    """Start raw servers on loopback."""
    async with AsyncExitStack() as stack:

        async def start(*steps: Step, **options: Any) -> RawServer:
            return await stack.enter_async_context(RawServer(*steps, **options))

        yield start


@pytest.fixture
async def connect(runtime: Runtime) -> AsyncIterator[Callable[..., Session]]:
    """Open sessions with short timeouts, closed after the test."""
    sessions: list[Session] = []

    def make(url: str, *, http: Any = None, runtime: Runtime = runtime, **changes: Any) -> Session:
        timeout = changes.pop("timeout", Timeouts(total=30, connect=0.2, read=0.2))
        settings = ClientSettings(timeout=timeout, retry=changes.pop("retry", RetryPolicy()), **changes)
        headers = {"Authorization": BasicAuth("user", "open sesame").header_value(), "Accept-Version": "1.0.*"}
        transport = AiohttpTransport(BaseUrl.parse(url), headers=headers, settings=settings, http=http)
        sessions.append(Session(transport, settings=settings, runtime=runtime))
        return sessions[-1]

    yield make
    for session in sessions:
        await session.close()


@pytest.fixture
def once() -> RetryPolicy:
    """Return a policy that never tries again."""
    return RetryPolicy(attempts=1)


@pytest.fixture
def get() -> Request:
    """Return a request that changes nothing."""
    return Request(method="GET", path="things/1", law=RetryLaw.SAFE)


@pytest.fixture
def put() -> Request:
    """Return a request whose repetition leaves what it leaves once."""
    return Request(method="PUT", path="things/1", law=RetryLaw.CONVERGENT, body=b'{"a":1}')


@pytest.fixture
def post() -> Request:
    """Return a request that must not be repeated once it may have been sent."""
    return Request(method="POST", path="things", law=RetryLaw.UNSENT, body=b'{"a":1}', expected=frozenset({200, 201}))


@pytest.fixture
def delete() -> Request:
    """Return a deletion."""
    return Request(
        method="DELETE",
        path="things/1",
        law=RetryLaw.CONVERGENT,
        expected=frozenset({200, 204}),
        answers_json=False,
        missing_is_done=True,
    )


@pytest.fixture
def reply() -> Callable[..., bytes]:
    """Return how an honest server would write an answer."""

    def build(status: int = 200, body: bytes = b'{"ok":1}', *headers: str, kind: str = "application/json") -> bytes:
        lines = [f"HTTP/1.1 {status} Words", f"Content-Type: {kind}", f"Content-Length: {len(body)}", *headers]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body

    return build


@pytest.fixture
def reset() -> Step:
    """Return a step that breaks the connection with a TCP reset."""

    async def step(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        sock = writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()
        raise ConnectionResetError

    return step


@pytest.fixture
def silence() -> Step:
    """Return a step that never answers."""

    async def step(_: asyncio.StreamReader, __: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    return step
