"""Request bodies as a transport takes them; files are read in threads, never in the event loop."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO, Any, Final

from pling_async.session.protocol import Request

_CHUNK: Final = 256 * 1024


@asynccontextmanager
async def content(request: Request) -> AsyncIterator[tuple[Any, dict[str, str]]]:
    """Yield a request's data for the transport and the headers that describe it; a file is read in threads."""
    body = request.body
    headers = {} if body is None else {"Content-Type": "application/json"}
    if not isinstance(body, Path):
        yield body, headers
        return
    size = (await asyncio.to_thread(body.stat)).st_size
    with await asyncio.to_thread(body.open, "rb") as file:
        yield _chunks(file, size, request.on_sent), {**headers, "Content-Length": str(size)}


async def _chunks(file: IO[bytes], size: int, on_sent: Callable[[int, int], None] | None) -> AsyncIterator[bytes]:
    sent = 0
    while chunk := await asyncio.to_thread(file.read, _CHUNK):
        yield chunk
        sent += len(chunk)
        if on_sent is not None:
            on_sent(sent, size)
