"""Bodies of any size: in memory while small, in an unnamed temporary file beyond that."""

import io
import tempfile
import weakref
from typing import IO, Final

from aiohttp import web

from pling_async.sandbox.worker import Worker

IN_MEMORY: Final = 1 << 20
"""Bytes up to which a body stays in memory."""
HEAD: Final = 1 << 16


class Spool:
    """Collects bytes; not for the event loop once more than `IN_MEMORY` of them are written.

    Its file goes when nobody holds the spool any more, since a request that is applied late outlives its connection.
    """

    def __init__(self) -> None:
        self._file: IO[bytes] = io.BytesIO()
        self.size = 0
        self.head = b""
        """The first 64 kB."""
        self.is_whole = True
        """False when there was more than a request may have."""

    def write(self, data: bytes) -> None:
        """Append bytes, moving to a file when they pass the limit."""
        self.size += len(data)
        self.head += data[: HEAD - len(self.head)]
        if self.size > IN_MEMORY and isinstance(self._file, io.BytesIO):
            self._move(self._file)
        self._file.write(data)

    def rewind(self) -> IO[bytes]:
        """Return the bytes as a file, at its start."""
        self._file.seek(0)
        return self._file

    def content(self) -> bytes | IO[bytes]:
        """Return the bytes themselves while they are in memory, otherwise the file, at its start."""
        return self._file.getvalue() if isinstance(self._file, io.BytesIO) else self.rewind()

    def _move(self, small: io.BytesIO) -> None:
        large = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the spool
        large.write(small.getbuffer())
        weakref.finalize(self, large.close)
        self._file = large


async def receive(request: web.Request, worker: Worker) -> Spool:
    """Read a request's body, or as much of it as the application's client_max_size allows."""
    spool, waiting, limit = Spool(), bytearray(), request.client_max_size
    spool.is_whole = (request.content_length or 0) <= limit
    while spool.is_whole and (chunk := await request.content.readany()):
        waiting += chunk
        spool.is_whole = spool.size + len(waiting) <= limit
        if len(waiting) > IN_MEMORY:
            await worker.call(spool.write, bytes(waiting))
            waiting.clear()
    if spool.size:
        await worker.call(spool.write, bytes(waiting))
    else:
        spool.write(bytes(waiting))
    return spool
