"""A digest of frames: the same whatever the locale, time zone, hash seed or chunking, and without a copy of them."""

import hashlib
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import IO, Any, Final, cast

import polars as pl

_TOGETHER: Final = 6
"""Columns that are hashed together, the others beside them."""
_FEW: Final = 1000
"""Rows up to which Python writes them out sooner than the queries on every column are planned."""


def digest(*frames: pl.DataFrame, **facts: object) -> str:
    """Return the SHA-256 of some facts and frames.

    The frames are hashed as CSV with every cell in quotes, which is unambiguous; a column of lists as their lengths and
    what they hold, and where there are nulls, which cells those are. Of a column with one value that value is enough.
    Frames of a few rows are hashed as Python writes their cells, which is as unambiguous.
    """
    said: list[object] = [sorted(facts.items())]
    tables: list[list[pl.Series]] = []
    for frame in frames:
        if frame.height <= _FEW:
            said.append((frame.schema, frame.rows()))
            continue
        parts = [part for column in frame.iter_columns() for part in _flat(column)]
        said.append((frame.schema, frame.height, [(part.len(), _only(part)) for part in parts]))
        several = [part for part in parts if _only(part) is None]
        for height in sorted({part.len() for part in several}):
            alike = [part for part in several if part.len() == height]
            tables.extend(alike[at : at + _TOGETHER] for at in range(0, len(alike), _TOGETHER))
    if tables:
        with ThreadPoolExecutor(min(4, os.cpu_count() or 1), thread_name_prefix="pling-digest") as pool:
            said.extend(pool.map(_hashed, tables))
    return hashlib.sha256(repr(said).encode()).hexdigest()


def _hashed(columns: list[pl.Series]) -> str:
    sha = _Sha()
    table = pl.DataFrame([column.alias(str(place)) for place, column in enumerate(columns)])
    table.write_csv(cast("IO[bytes]", sha), include_header=False, quote_style="always")
    return sha.hexdigest()


def _flat(cells: pl.Series) -> Iterator[pl.Series]:
    """Yield a column as columns of texts and numbers: its nulls if any, then its cells, or what its lists hold."""
    if cells.null_count():
        yield cells.is_null().cast(pl.UInt8)
    if isinstance(cells.dtype, pl.List):
        yield cells.list.len().fill_null(0)
        yield from _flat(cells.explode(empty_as_null=False, keep_nulls=False))
    elif cells.dtype == pl.Boolean:
        yield cells.cast(pl.UInt8).fill_null(0)
    else:
        yield cells.to_physical().fill_null("" if cells.dtype == pl.String else 0)


def _only(cells: pl.Series) -> object:
    """Return the one value that all cells have, or None."""
    return cells[0] if cells.len() and bool((cells == cells[0]).all()) else None


class _Sha:
    """A SHA-256 that can be written to like a file."""

    def __init__(self) -> None:
        self._sha = hashlib.sha256()

    def write(self, data: Any) -> int:
        self._sha.update(data)
        return len(data)

    def hexdigest(self) -> str:
        return self._sha.hexdigest()
