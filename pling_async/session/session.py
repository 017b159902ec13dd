"""One session per client, one operation per call: what resources call."""

import asyncio
from collections.abc import Callable
from typing import Protocol, TypeVar

from pling_async.errors import ConfigurationError
from pling_async.session.attempts import Attempts
from pling_async.session.protocol import Request, Transport
from pling_async.session.settings import ClientSettings, Runtime

T = TypeVar("T")


class Caller(Protocol):
    """What resources call: a session, or something in front of one."""

    @property
    def settings(self) -> ClientSettings:
        """How the session behind it behaves."""
        ...

    async def call(self, request: Request, decode: Callable[[bytes], T]) -> T:
        """See `Session.call`."""
        ...


class Session:
    """Calls operations: gates, attempts, retries, and one truthful error at the end.

    Transport, clock, sleep and randomness are arguments, so that a simulation can run it without sockets or time.
    Sessions that are `shared_as` the same pass the same gates, for servers that count the requests of all of them. The
    origin is what hooks are told.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        settings: ClientSettings,
        runtime: Runtime | None = None,
        shared_as: str | None = None,
        origin: str = "",
    ) -> None:
        self.settings = settings
        self._transport = transport
        self._attempts = Attempts(
            transport, settings=settings, runtime=runtime or Runtime(), shared_as=shared_as, origin=origin
        )
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False

    async def close(self) -> None:
        """Close what was opened here; a second time does nothing."""
        if not self._closed:
            self._closed = True
            await self._transport.close()

    async def call(self, request: Request, decode: Callable[[bytes], T]) -> T:
        """Return the decoded answer of one operation, or raise the error that ended it.

        Decoding is part of an attempt; a body above 256 kB is decoded in a thread.
        """
        self._check_usable()
        return await self._attempts.run(request, decode)

    def _check_usable(self) -> None:
        if self._closed:
            raise ConfigurationError("the client is closed; make a new one, or send inside its `async with`")
        loop = asyncio.get_running_loop()
        self._loop = self._loop or loop
        if self._loop is not loop:
            raise ConfigurationError("the client belongs to another event loop; make one client per loop")
