"""Any source as parts of text: which reader a source gets is decided here, once."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, Final

import polars as pl

from pling_async.errors import SourceError
from pling_async.pling.models import Contact
from pling_async.sources.base import Part, SourceInfo, SourceOptions
from pling_async.sources.blocks import name_of, read_blocks
from pling_async.sources.csv_file import CsvFile
from pling_async.sources.frames import read_frame
from pling_async.sources.objects import ObjectRows

Row = Contact | Mapping[str, Any]
Source = str | Path | pl.DataFrame | pl.LazyFrame | Iterable[Row] | AsyncIterable[Row]
"""A path ("-" is standard input), a frame or anything with an Arrow stream, or rows, also asynchronous ones."""

CHUNK_ROWS: Final = 50_000


class Reading:
    """One pass over a source; `info` is complete after the last part."""

    def __init__(self, source: Source, options: SourceOptions, *, chunk_rows: int = CHUNK_ROWS) -> None:
        self._source = source
        self._options = options
        self._chunk_rows = chunk_rows
        self._info: SourceInfo | None = None

    @property
    def info(self) -> SourceInfo:
        """What is known about the source; raises `SourceError` before the last part was read."""
        if self._info is None:
            raise SourceError("the source was not read to its end")
        return self._info

    async def parts(self) -> AsyncGenerator[Part]:
        """Yield parts in the order of the rows; the event loop never waits for a file or for CPU work.

        A synchronous iterable is consumed in worker threads, one chunk at a time.
        """
        source = self._source
        if isinstance(source, str | Path):
            file = CsvFile(name_of(source), self._options)
            parts = file.parts(await asyncio.to_thread(read_blocks, source))
            while (part := await asyncio.to_thread(next, parts, None)) is not None:
                yield part
            self._info = file.info
            return
        if isinstance(source, pl.DataFrame | pl.LazyFrame) or hasattr(source, "__arrow_c_stream__"):
            table = await asyncio.to_thread(read_frame, source, self._options)
            self._info = table.info
            yield Part(frame=table.frame)
            return
        rows = ObjectRows(type(source).__name__, self._options)
        async for chunk in _chunks(source, self._chunk_rows):
            yield Part(frame=await asyncio.to_thread(rows.frame, chunk))
        self._info = await asyncio.to_thread(rows.info)


async def _chunks(source: Iterable[Row] | AsyncIterable[Row], size: int) -> AsyncIterator[list[Row]]:
    if isinstance(source, AsyncIterable):
        chunk: list[Row] = []
        async for row in source:
            chunk.append(row)
            if len(chunk) == size:
                yield chunk
                chunk = []
        yield chunk
        return
    iterator = await asyncio.to_thread(_iterator, source)
    chunk = await asyncio.to_thread(list, islice(iterator, size))
    yield chunk
    while chunk := await asyncio.to_thread(list, islice(iterator, size)):
        yield chunk


def _iterator(source: Iterable[Row]) -> Iterator[Row]:
    if isinstance(source, Mapping | bytes) or not isinstance(source, Iterable):
        kind = type(source).__name__
        raise SourceError(f"cannot read a {kind}; give a path, a frame, or an iterable of contacts or mappings")
    return iter(source)
