"""Bodies in files: read in threads, never in the event loop."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO, Final

_CHUNK: Final = 256 * 1024


@asynccontextmanager
async def opened(
    path: Path, on_sent: Callable[[int, int], None] | None
) -> AsyncIterator[tuple[int, AsyncIterator[bytes]]]:
    """Yield a file's size and its content; `on_sent` is told bytes sent and bytes to send."""
    size = (await asyncio.to_thread(path.stat)).st_size
    with await asyncio.to_thread(path.open, "rb") as file:
        yield size, _chunks(file, size, on_sent)


async def _chunks(file: IO[bytes], size: int, on_sent: Callable[[int, int], None] | None) -> AsyncIterator[bytes]:
    sent = 0
    while chunk := await asyncio.to_thread(file.read, _CHUNK):
        yield chunk
        sent += len(chunk)
        if on_sent is not None:
            on_sent(sent, size)
