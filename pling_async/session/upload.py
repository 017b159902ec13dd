"""Large bodies, sent in pieces; those in files are read in threads, never in the event loop."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO, Final

from attrs import define, field

PIECE: Final = 256 * 1024


class CallerFailed(Exception):
    """The caller's own code raised while a body was sent; whoever counts attempts raises that in its place."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self._error = error
        self._traceback = error.__traceback__

    def original(self) -> Exception:
        """Return the error as the caller raised it, without the way it took through aiohttp."""
        return self._error.with_traceback(self._traceback)


@define
class Upload:
    """A body on its way; what `on_sent` raises is kept, since aiohttp would call it a lost connection."""

    size: int
    _file: IO[bytes] = field(repr=False)
    _on_sent: Callable[[int, int], None] | None = field(repr=False)
    _failure: CallerFailed | None = field(default=None, init=False)

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield the content; `on_sent` is told bytes sent and bytes to send."""
        sent = 0
        while chunk := await asyncio.to_thread(self._file.read, PIECE):
            yield chunk
            sent += len(chunk)
            if self._on_sent is not None:
                self._tell(self._on_sent, sent)

    def _tell(self, on_sent: Callable[[int, int], None], sent: int) -> None:
        try:
            on_sent(sent, self.size)
        except Exception as error:
            self._failure = CallerFailed(error)
            raise

    def check(self) -> None:
        """Raise what the caller's own code raised."""
        if self._failure is not None:
            raise self._failure


@asynccontextmanager
async def opened(path: Path, on_sent: Callable[[int, int], None] | None) -> AsyncIterator[Upload]:
    """Open a file to be sent."""
    size = (await asyncio.to_thread(path.stat)).st_size
    with await _open(path) as file:
        yield Upload(size, file, on_sent)


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


async def pieces(body: bytes) -> AsyncIterator[bytes]:
    """Yield a body in pieces, between which others get their turn."""
    for at in range(0, len(body), PIECE):
        yield body[at : at + PIECE]
