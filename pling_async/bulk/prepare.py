"""Prepare: from any source to one row a mobile, ready to be planned; a pure function of the source and the settings."""

import asyncio
import os
from collections.abc import AsyncIterator
from typing import Final

import polars as pl
from attrs import evolve, field, frozen

from pling_async.bulk.columns import Checked, check
from pling_async.bulk.dedupe import collapse
from pling_async.bulk.settings import PrepareSettings
from pling_async.sources import Reading, Source, SourceInfo

_PART_ROWS: Final = 250_000
_BESIDE: Final = min(4, os.cpu_count() or 1)


def _rows(frame: pl.DataFrame) -> str:
    return f"<{frame.height} rows>"


@frozen(kw_only=True)
class Prepared:
    """A list that may be planned. Every row of the source is in `contacts.rows` or in `rejects.row`, in exactly one."""

    contacts: pl.DataFrame = field(repr=_rows)
    """One row a mobile, sorted: mobile, the fields that the source has (null: not given), and rows: List(UInt32)."""
    rejects: pl.DataFrame = field(repr=_rows)
    """row, field, code, message, mobile: one line for each problem; mobile is null unless it was readable."""
    merges: pl.DataFrame = field(repr=_rows)
    """mobile, rows, field, kept_row: where several rows met (field null), and each field in which they disagree."""
    source: SourceInfo = field(repr=False)
    settings: PrepareSettings = field(repr=False)


async def prepare(source: Source, *, settings: PrepareSettings | None = None) -> Prepared:
    """Read, normalise, check and de-duplicate a list; nothing is sent.

    Bad rows become rejects. A source that cannot be read, or cannot be trusted to be whole, raises `SourceError`.
    """
    settings = settings or PrepareSettings()
    reading = Reading(source, settings.source_options, chunk_rows=settings.chunk_rows)
    chunks = [chunk async for chunk in _checked(reading, settings)]
    return await asyncio.to_thread(_reduced, chunks, reading.info, settings)


async def _checked(reading: Reading, settings: PrepareSettings) -> AsyncIterator[Checked]:
    """Check frame by frame, and a large frame in parts, as many side by side as there are processors."""
    rows = 0
    async for frame in reading.frames():
        starts = range(0, max(1, frame.height), _PART_ROWS)
        for beside in range(0, len(starts), _BESIDE):
            parts = ((frame.slice(at, _PART_ROWS), rows + at + 1) for at in starts[beside : beside + _BESIDE])
            checks = (asyncio.to_thread(check, part, settings, first) for part, first in parts)
            for checked in await asyncio.gather(*checks):
                yield checked
        rows += frame.height


def _reduced(chunks: list[Checked], source: SourceInfo, settings: PrepareSettings) -> Prepared:
    """Unite the chunks; they are let go before the large frames are copied, which halves the memory it takes."""
    rejects = [chunk.rejects for chunk in chunks]
    unassigned = sum(chunk.unassigned for chunk in chunks)
    stopped = pl.concat([chunk.perhaps_stopped for chunk in chunks])
    rows = [chunk.rows for chunk in chunks]
    chunks.clear()
    collapsed = collapse(rows, stopped)
    warning = f"{unassigned} numbers are not in a series in use; they are accepted because of numbers='lenient'"
    return Prepared(
        contacts=collapsed.contacts,
        rejects=pl.concat([*rejects, collapsed.rejects]).sort("row", maintain_order=True),
        merges=collapsed.merges,
        source=evolve(source, warnings=(*source.warnings, warning)) if unassigned else source,
        settings=settings,
    )
