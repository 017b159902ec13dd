"""Prepare: from any source to one row a mobile, ready to be planned; a pure function of the source and the settings."""

import asyncio
import os
from collections import deque
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from typing import Final

import polars as pl
from attrs import evolve, field, frozen

from pling_async.bulk.columns import Checked, check
from pling_async.bulk.dedupe import collapse
from pling_async.bulk.fields import row_count
from pling_async.bulk.settings import PrepareSettings
from pling_async.sources import Part, Reading, Source, SourceInfo

_PART_ROWS: Final = 250_000
_THREADS: Final = min(4, os.cpu_count() or 1)


@frozen(kw_only=True)
class Prepared:
    """A list that may be planned. Every row of the source is in `contacts.rows` or in `rejects.row`.

    It is in exactly one, unless it has several numbers and says STOP: it stops each, and is in the rows of each.
    """

    contacts: pl.DataFrame = field(repr=row_count)
    """One row a mobile, sorted: mobile, the fields that the source has (null: not given), and rows: List(UInt32)."""
    rejects: pl.DataFrame = field(repr=row_count)
    """row, field, code, message, mobile: one line for each problem; mobile is null unless it was readable."""
    merges: pl.DataFrame = field(repr=row_count)
    """mobile, rows, field, kept_row: where several rows met (field null), and each field in which they disagree."""
    source: SourceInfo = field(repr=False)
    settings: PrepareSettings = field(repr=False)


async def prepare(source: Source, *, settings: PrepareSettings | None = None) -> Prepared:
    """Read, normalise, check and de-duplicate a list; nothing is sent.

    Bad rows become rejects. A source that cannot be read, or cannot be trusted to be whole, raises `SourceError`.
    """
    settings = settings or PrepareSettings()
    reading = Reading(source, settings.source_options, chunk_rows=settings.chunk_rows)
    chunks = await _checked(reading, settings)
    return await asyncio.to_thread(_reduced, chunks, reading.info, settings)


async def _checked(reading: Reading, settings: PrepareSettings) -> list[Checked]:
    """Check part by part, as many side by side as there are processors, while the next ones are read."""
    found: list[Checked] = []
    ahead: deque[asyncio.Task[Checked]] = deque()
    rows = 0
    try:
        async with aclosing(_sized(reading)) as parts:
            async for part in parts:
                if len(ahead) == _THREADS:
                    found.append(await ahead.popleft())
                ahead.append(asyncio.create_task(asyncio.to_thread(check, part, settings, rows + 1)))
                rows += part.frame.height
        found += [await task for task in ahead]
    finally:
        for task in ahead:
            task.cancel()
    return found


async def _sized(reading: Reading) -> AsyncGenerator[Part]:
    """Cut parts that are too large for one thread."""
    async with aclosing(reading.parts()) as parts:
        async for part in parts:
            for at in range(0, max(1, part.frame.height), _PART_ROWS):
                yield evolve(part, frame=part.frame.slice(at, _PART_ROWS))


def _reduced(chunks: list[Checked], source: SourceInfo, settings: PrepareSettings) -> Prepared:
    """Unite the chunks, which are let go on the way."""
    rejects = [chunk.rejects for chunk in chunks]
    warnings = tuple(_warnings(chunks))
    collapsed = collapse(chunks, settings.keep)
    return Prepared(
        contacts=collapsed.contacts,
        rejects=pl.concat([*rejects, collapsed.rejects]).sort("row", maintain_order=True),
        merges=collapsed.merges,
        source=evolve(source, warnings=(*source.warnings, *warnings)),
        settings=settings,
    )


def _warnings(chunks: list[Checked]) -> Iterator[str]:
    if unassigned := sum(chunk.unassigned for chunk in chunks):
        yield f"{unassigned} numbers are not in a series in use; they are accepted because of numbers='lenient'"
    if spare := sum(chunk.spare for chunk in chunks):
        yield f"rows with a further usable number, which is left out: {spare}; give each number a row of its own"
