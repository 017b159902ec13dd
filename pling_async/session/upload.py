"""Request bodies as a transport takes them; files are read in threads, never in the event loop."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO, Any, Final

_CHUNK: Final = 256 * 1024


@asynccontextmanager
async def content(body: bytes | Path | None) -> AsyncIterator[tuple[Any, dict[str, str]]]:
    """Yield the data for the transport and the headers that describe it; a file is read in threads."""
    headers = {} if body is None else {"Content-Type": "application/json"}
    if not isinstance(body, Path):
        yield body, headers
        return
    size = (await asyncio.to_thread(body.stat)).st_size
    with await asyncio.to_thread(body.open, "rb") as file:
        yield _chunks(file), {**headers, "Content-Length": str(size)}


async def _chunks(file: IO[bytes]) -> AsyncIterator[bytes]:
    while chunk := await asyncio.to_thread(file.read, _CHUNK):
        yield chunk
