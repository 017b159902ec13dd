"""A digest of frames: the same whatever the locale, time zone, hash seed or chunking, and without a copy of them."""

import hashlib
from collections.abc import Iterator
from typing import IO, Any, cast

import polars as pl


def digest(*frames: pl.DataFrame, **facts: object) -> str:
    """Return the SHA-256 of some facts and frames.

    The frames are hashed as CSV with every cell in quotes, which is unambiguous and which polars writes in threads of
    its own; a column of lists as their lengths and their elements, and where there are nulls, which cells those are.
    """
    sha = _Sha(repr(sorted(facts.items())).encode())
    for frame in frames:
        sha.write(repr((frame.schema, frame.height)).encode())
        flat = [part for column in frame.iter_columns() for part in _flat(column)]
        for height in sorted({part.len() for part in flat}):
            texts = [part.alias(str(place)) for place, part in enumerate(flat) if part.len() == height]
            sha.write(repr([each.name for each in texts]).encode())
            pl.DataFrame(texts).write_csv(cast("IO[bytes]", sha), include_header=False, quote_style="always")
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


class _Sha:
    """A SHA-256 that can be written to like a file."""

    def __init__(self, start: bytes) -> None:
        self._sha = hashlib.sha256(start)

    def write(self, data: Any) -> int:
        self._sha.update(data)
        return len(data)

    def hexdigest(self) -> str:
        return self._sha.hexdigest()
