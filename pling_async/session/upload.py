"""Large bodies, sent in pieces; those in files are read in threads, never in the event loop."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO, Final

PIECE: Final = 256 * 1024


@asynccontextmanager
async def opened(
    path: Path, on_sent: Callable[[int, int], None] | None
) -> AsyncIterator[tuple[int, AsyncIterator[bytes]]]:
    """Yield a file's size and its content; `on_sent` is told bytes sent and bytes to send."""
    size = (await asyncio.to_thread(path.stat)).st_size
    with await _open(path) as file:
        yield size, _chunks(file, size, on_sent)


async def _open(path: Path) -> IO[bytes]:
    """Open a file in a thread; whoever is cancelled meanwhile leaves it closed."""
    opening = asyncio.ensure_future(asyncio.to_thread(path.open, "rb"))
    try:
        return await asyncio.shield(opening)
    except asyncio.CancelledError:
        await asyncio.wait([opening])
        if opening.exception() is None:
            opening.result().close()
        raise


async def _chunks(file: IO[bytes], size: int, on_sent: Callable[[int, int], None] | None) -> AsyncIterator[bytes]:
    sent = 0
    while chunk := await asyncio.to_thread(file.read, PIECE):
        yield chunk
        sent += len(chunk)
        if on_sent is not None:
            on_sent(sent, size)


async def pieces(body: bytes) -> AsyncIterator[bytes]:
    """Yield a body in pieces, between which others get their turn."""
    for at in range(0, len(body), PIECE):
        yield body[at : at + PIECE]
