"""A source that is read whole, whatever it is."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import polars as pl
import pytest

from pling_async.sources import Reading, Source, SourceInfo, SourceOptions

Read = Callable[..., Awaitable[tuple[pl.DataFrame, SourceInfo]]]
Write = Callable[..., Path]


@pytest.fixture
def read() -> Read:
    """Read a source to its end and return its frame and what is known about it."""

    async def read_all(
        source: Source, *, chunk_rows: int = 50_000, **options: object
    ) -> tuple[pl.DataFrame, SourceInfo]:
        reading = Reading(source, SourceOptions(**options), chunk_rows=chunk_rows)  # type: ignore[arg-type]
        frames = [part.frame async for part in reading.parts()]
        return pl.concat(frames, how="diagonal") if frames else pl.DataFrame(), reading.info

    return read_all


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a file and return its path."""

    def write_file(content: str | bytes, name: str = "list.csv", encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return write_file
