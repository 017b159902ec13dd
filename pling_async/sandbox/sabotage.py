"""What faults do to a request: answers of their own, cut connections, late application."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web
from aiohttp.payload import Payload
from aiohttp.typedefs import Handler

from pling_async.sandbox.faults import Action, Fault
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

    def __init__(self) -> None:
        self._late: set[asyncio.Task[None]] = set()
        self._hurry = asyncio.Event()

    async def perform(self, fault: Fault, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer a request as its fault demands."""
        await asyncio.sleep(fault.delay)
        return await _SABOTEURS[fault.action](self, fault, request, handler)

    async def settle(self) -> None:
        """Apply at once what is still held back."""
        self._hurry.set()
        await asyncio.gather(*self._late)
        self._hurry.clear()

    async def drop(self) -> None:
        """Forget what is still held back; it is never applied."""
        late = tuple(self._late)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    def hold_back(self, fault: Fault, request: web.Request, handler: Handler) -> None:
        """Apply a request after its fault's `late` seconds, or when `settle` is called."""
        task = asyncio.create_task(self._apply(fault.late, request, handler))
        self._late.add(task)
        task.add_done_callback(self._late.discard)

    async def _apply(self, seconds: float, request: web.Request, handler: Handler) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._hurry.wait(), seconds)
        await handler(request)


async def _answer(_: Sabotage, fault: Fault, __: web.Request, ___: Handler) -> web.StreamResponse:
    headers = {} if fault.retry_after is None else {"Retry-After": fault.retry_after}
    return web.Response(status=fault.status, body=fault.body, content_type=fault.content_type, headers=headers)


async def _answer_after(sabotage: Sabotage, fault: Fault, request: web.Request, handler: Handler) -> web.StreamResponse:
    await handler(request)
    return await _answer(sabotage, fault, request, handler)


async def _reset_before(_: Sabotage, __: Fault, request: web.Request, ___: Handler) -> web.StreamResponse:
    return cut(request)


async def _reset_after(_: Sabotage, __: Fault, request: web.Request, handler: Handler) -> web.StreamResponse:
    await handler(request)
    return cut(request)


async def _apply_late(sabotage: Sabotage, fault: Fault, request: web.Request, handler: Handler) -> web.StreamResponse:
    sabotage.hold_back(fault, request, handler)
    return cut(request)


async def _crash(_: Sabotage, fault: Fault, request: web.Request, handler: Handler) -> web.StreamResponse:
    request[CRASH_AFTER] = fault.rows
    with contextlib.suppress(Crashed):
        await handler(request)
    return cut(request)


async def _replace_body(_: Sabotage, fault: Fault, request: web.Request, handler: Handler) -> web.StreamResponse:
    answer = await handler(request)
    return web.Response(status=answer.status, body=fault.body, content_type=fault.content_type)


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
