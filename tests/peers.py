"""What tests talk to: a server that answers with exact bytes, and time that only sleeping moves."""

import asyncio
import socket
import ssl
import struct
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Self

Step = bytes | Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]] | None


def reply(status: int = 200, body: bytes | None = None, *headers: str, kind: str = "application/json") -> bytes:
    """Write an answer as an honest server would; 200 has a body unless another is given."""
    body = (b'{"ok":1}' if status == 200 else b"") if body is None else body
    lines = [f"HTTP/1.1 {status} Words", f"Content-Type: {kind}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def break_off(writer: asyncio.StreamWriter) -> None:
    """End a connection with a TCP reset."""
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


class Listener:
    """A server on a free port of the loopback interface, which leaves no connection behind."""

    def __init__(self, *, tls: ssl.SSLContext | None = None) -> None:
        self.connections = 0
        self.tasks: set[asyncio.Task[None]] = set()
        self._tls = tls
        self.server: asyncio.Server

    @property
    def port(self) -> int:
        """Return the port that was free."""
        return int(self.server.sockets[0].getsockname()[1])

    async def __aenter__(self) -> Self:
        self.server = await asyncio.start_server(self._accept, "127.0.0.1", 0, ssl=self._tls)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.server.close()
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.tasks.add(task)
        self.connections += 1
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await self.converse(reader, writer)
        writer.close()
        self.tasks.discard(task)

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        raise NotImplementedError


class Peer(Listener):
    """Answers each request with the next step: exact bytes, None to hang up, or a coroutine; the last one repeats."""

    def __init__(self, *steps: Step, before_read: Step = None, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(tls=tls)
        self._steps = steps
        self._before_read = before_read
        self._scheme = "https" if tls else "http"
        self.asked = asyncio.Event()
        self.requests: list[bytes] = []
        self.bodies: list[bytes] = []

    @property
    def url(self) -> str:
        """Return the base URL of the API."""
        return f"{self._scheme}://127.0.0.1:{self.port}/api/"

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Play one step for each request."""
        if callable(self._before_read):
            await self._before_read(reader, writer)
        while await self._answer(reader, writer):
            pass

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Read one request and play its step; False ends the connection."""
        head = await reader.readuntil(b"\r\n\r\n")
        self.requests.append(head)
        self.asked.set()
        step = self._steps[min(len(self.requests), len(self._steps)) - 1]
        if callable(step):
            await step(reader, writer)
            return True
        self.bodies.append(await reader.readexactly(_content_length(head)))
        if step is None:
            return False
        writer.write(step)
        await writer.drain()
        return True


def _content_length(head: bytes) -> int:
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
