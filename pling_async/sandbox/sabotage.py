"""What faults do to a request: answers of their own, cut connections, late application."""

import contextlib
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

from aiohttp import web
from aiohttp.payload import Payload
from aiohttp.typedefs import Handler

from pling_async.sandbox.clock import Clock, Nap
from pling_async.sandbox.faults import Action, Fault
from pling_async.sandbox.later import Later
from pling_async.sandbox.worker import Crashed

Saboteur = Callable[["Sabotage", Fault, web.Request, Handler], Awaitable[web.StreamResponse]]

CRASH_AFTER: Final = web.RequestKey("crash_after", int)
"""How many items a replace may apply before the server dies under it."""


class Cut(web.Response):
    """Stands for a connection that was reset; nothing of it is sent."""


def cut(request: web.Request) -> Cut:
    """Reset the request's connection."""
    if request.transport is not None:
        connection = request.transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        request.transport.abort()
    return Cut()


class Sabotage:
    """Carries out faults, and holds back the requests that are to be applied late."""

    def __init__(self, clock: Clock, later: Later) -> None:
        self._clock = clock
        self._later = later
        self._silent: set[Nap] = set()

    async def perform(self, fault: Fault, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer a request as its fault demands; after the end of all silence it is reset instead."""
        async with self._silence(fault.delay) as is_ended:
            pass
        if is_ended:
            return cut(request)
        return await _SABOTEURS[fault.action](self, fault, request, handler)

    def end_silence(self) -> None:
        """Reset the connections that are silent."""
        ended, self._silent = self._silent, set()
        for nap in ended:
            nap.wake()

    def hold_back(self, fault: Fault, request: web.Request, handler: Handler) -> None:
        """Apply a request after its fault's `late` seconds, or when `settle` is called."""
        self._later.run(fault.late, lambda: handler(request))

    async def cut(self, fault: Fault, request: web.Request) -> Cut:
        """Reset a request's connection after its fault's silence."""
        async with self._silence(fault.silence):
            return cut(request)

    @contextlib.asynccontextmanager
    async def _silence(self, seconds: float) -> AsyncIterator[bool]:
        """Wait for so long, or until all silence is ended; yields whether it was."""
        nap = self._clock.nap(seconds)
        self._silent.add(nap)
        try:
            async with nap:
                yield nap not in self._silent
        finally:
            self._silent.discard(nap)


async def _answer(_: Sabotage, fault: Fault, __: web.Request, ___: Handler) -> web.StreamResponse:
    headers = {} if fault.retry_after is None else {"Retry-After": fault.retry_after}
    return web.Response(status=fault.status, body=fault.body, headers={"Content-Type": fault.content_type, **headers})


async def _answer_after(sabotage: Sabotage, fault: Fault, request: web.Request, handler: Handler) -> web.StreamResponse:
    await handler(request)
    return await _answer(sabotage, fault, request, handler)


async def _reset_before(sabotage: Sabotage, fault: Fault, request: web.Request, _: Handler) -> web.StreamResponse:
    return await sabotage.cut(fault, request)


async def _reset_after(sabotage: Sabotage, fault: Fault, request: web.Request, handler: Handler) -> web.StreamResponse:
    await handler(request)
    return await sabotage.cut(fault, request)


async def _apply_late(sabotage: Sabotage, fault: Fault, request: web.Request, handler: Handler) -> web.StreamResponse:
    sabotage.hold_back(fault, request, handler)
    return await sabotage.cut(fault, request)


async def _crash(sabotage: Sabotage, fault: Fault, request: web.Request, handler: Handler) -> web.StreamResponse:
    request[CRASH_AFTER] = fault.rows
    with contextlib.suppress(Crashed):
        await handler(request)
    return await sabotage.cut(fault, request)


async def _replace_body(_: Sabotage, fault: Fault, request: web.Request, handler: Handler) -> web.StreamResponse:
    answer = await handler(request)
    return web.Response(status=answer.status, body=fault.body, headers={"Content-Type": fault.content_type})


async def _truncate(_: Sabotage, fault: Fault, request: web.Request, handler: Handler) -> web.StreamResponse:
    whole = await handler(request)
    body = await _bytes(whole)
    broken = web.StreamResponse(status=whole.status, headers=whole.headers)
    broken.content_length = max(len(body), fault.keep + 1)
    broken.force_close()
    await broken.prepare(request)
    await broken.write(body[: fault.keep])
    return broken


async def _bytes(response: web.StreamResponse) -> bytes:
    body = response.body if isinstance(response, web.Response) else None
    return await body.as_bytes() if isinstance(body, Payload) else bytes(body or b"")


async def _pass(_: Sabotage, __: Fault, request: web.Request, handler: Handler) -> web.StreamResponse:
    return await handler(request)


_SABOTEURS: Final[dict[Action, Saboteur]] = {
    "answer": _answer,
    "answer_after_commit": _answer_after,
    "reset_before_commit": _reset_before,
    "reset_after_commit": _reset_after,
    "apply_late": _apply_late,
    "truncate_body": _truncate,
    "replace_body": _replace_body,
    "crash": _crash,
    "delay": _pass,
}
