"""Any source as parts of text: which reader a source gets is decided here, once."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Generator, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import polars as pl

from pling_async.errors import SourceError
from pling_async.pling.models import Contact
from pling_async.sources.base import Part, Parts, SourceInfo, SourceOptions
from pling_async.sources.files import file_parts, row_parts
from pling_async.sources.frames import read_frame
from pling_async.sources.frontapp import FrontContacts
from pling_async.sources.ip1 import Ip1Contacts
from pling_async.sources.objects import ObjectRows, united
from pling_async.sources.sql import Query, query_parts

Row = Contact | Mapping[str, Any]
Source = str | Path | Query | pl.DataFrame | pl.LazyFrame | Iterable[Row] | AsyncIterable[Row]
"""A path ("-" is standard input), a query, a frame or anything with an Arrow stream, or rows, perhaps asynchronous."""

CHUNK_ROWS: Final = 50_000

_OBJECTS: Final = 1000
"""Rows that are kept as objects while they come one by one; in columns they take a tenth of the memory."""


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
        if isinstance(source, AsyncIterable):
            async for each in self._awaited(source):
                yield each
            return
        parts = self._kept(self._parts(source))
        try:
            while (part := await asyncio.to_thread(_next, parts)) is not None:
                yield part
        finally:
            await asyncio.to_thread(_close, parts)

    def _kept(self, parts: Parts) -> Generator[Part]:
        self._info = yield from parts

    def _parts(self, source: Any) -> Parts:
        if isinstance(source, str | Path):
            return file_parts(source, self._options, self._chunk_rows)
        if isinstance(source, Query):
            return query_parts(source, self._options, self._chunk_rows)
        if isinstance(source, pl.DataFrame | pl.LazyFrame) or hasattr(source, "__arrow_c_stream__"):
            return _frame_parts(source, self._options)
        return row_parts(_iterator(source), self._rows(source), self._chunk_rows)

    async def _awaited(self, source: AsyncIterable[Row]) -> AsyncGenerator[Part]:
        rows = self._rows(source)
        frames: list[pl.DataFrame] = []
        async for chunk in _chunks(source, min(_OBJECTS, self._chunk_rows)):
            if sum(frame.height for frame in frames) >= self._chunk_rows:
                yield Part(frame=united(frames))
                frames = []
            frames.append(await asyncio.to_thread(rows.frame, chunk))
        yield Part(frame=united(frames))
        self._info = await asyncio.to_thread(rows.info)

    def _rows(self, source: object) -> ObjectRows:
        self._options.only(kind="an iterable of rows")
        if isinstance(source, Ip1Contacts | FrontContacts):
            return ObjectRows(source.title, self._options, has_custom_fields=True)
        return ObjectRows(type(source).__name__, self._options, has_custom_fields=False)


def _next(parts: Iterator[Part]) -> Part | None:
    return next(parts, None)


def _close(parts: Generator[Part]) -> None:
    """Let go of files and connections; a thread that nobody waits for any more does so when it ends."""
    with suppress(ValueError):  # it is running
        parts.close()


def _frame_parts(source: Any, options: SourceOptions) -> Parts:
    table = read_frame(source, options)
    yield Part(frame=table.frame)
    return table.info


async def _chunks(source: AsyncIterable[Row], size: int) -> AsyncIterator[list[Row]]:
    chunk: list[Row] = []
    async for row in source:
        chunk.append(row)
        if len(chunk) == size:
            yield chunk
            chunk = []
    yield chunk


def _iterator(source: Iterable[Row]) -> Iterator[Row]:
    if isinstance(source, Mapping | bytes) or not isinstance(source, Iterable):
        kind = type(source).__name__
        raise SourceError(
            f"cannot read a {kind}; give a path, a query, a frame, or an iterable of contacts or mappings"
        )
    return iter(source)
