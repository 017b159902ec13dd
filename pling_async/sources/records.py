"""CSV record by record: the strict reader, for what polars must not guess about."""

import csv
import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain, islice
from threading import Lock
from typing import Final, Self

import polars as pl
from attrs import frozen

from pling_async.sources.layout import Layout

_BATCH: Final = 20_000
_FIELD_SIZE: Final = Lock()
_FAULTS: Final = {
    "unexpected end of data": "a quote opens here and never closes, or the file is cut off; close it, or export again",
    "expected after": "text follows a closing quote; double the quotes inside a quoted cell, or export again",
}


@frozen(kw_only=True)
class Records:
    """What a stretch of a file holds; its records and blank lines are counted from its beginning."""

    frame: pl.DataFrame
    """One row a record, every column a String; records after a ragged one are left out."""
    count: int
    is_plain: bool = False
    """No cell holds a control character, a line end, or a blank other than the space."""
    ragged: tuple[tuple[int, int], ...] = ()
    """Records that are not as wide as the header, and their widths."""
    blank: int = 0
    """Blank lines before the last record."""
    blank_after: int = 0
    fault: str | None = None
    """Why nothing could be read after the last record that was counted."""


def read(window: bytes, more: Iterator[bytes], layout: Layout) -> Records:
    """Read a window that begins with a record, and as many further ones as the last record of each reaches into."""
    with _any_field_size():
        lines = _Lines(window, more)
        records = _Reading(lines, layout.delimiter)
        ragged: list[tuple[int, int]] = []
        frames = list(_frames(records, layout.schema, ragged))
    return Records(
        frame=pl.concat(frames),
        count=records.count,
        ragged=tuple(ragged),
        blank=records.blank,
        blank_after=records.blank_after,
        fault=records.fault,
    )


def _frames(
    records: "_Reading", columns: dict[str, type[pl.String]], ragged: list[tuple[int, int]]
) -> Iterator[pl.DataFrame]:
    """Yield frames of the records before the first ragged one, and note those that are."""
    yield pl.DataFrame(schema=columns)
    iterator = iter(records)
    for batch in iter(lambda: list(islice(iterator, _BATCH)), []):
        first = records.count - len(batch) + 1
        ragged += [(first + at, len(record)) for at, record in enumerate(batch) if len(record) != len(columns)]
        if not ragged:
            yield pl.DataFrame(dict(zip(columns, zip(*batch, strict=True), strict=True)), schema=columns)


@contextmanager
def _any_field_size() -> Iterator[None]:
    """Lift the csv module's limit, which is one for the whole process: a large cell is for the rules about length."""
    with _FIELD_SIZE:
        before = csv.field_size_limit(sys.maxsize)
        try:
            yield
        finally:
            csv.field_size_limit(before)


class _Lines:
    """The lines of windows; the next window is only opened when somebody asks for a line of it."""

    def __init__(self, window: bytes, more: Iterator[bytes]) -> None:
        self._windows = chain([window], more)
        self._lines: Iterator[str] = iter(())
        self._next: str | None = None
        self._open()

    @property
    def is_at_end(self) -> bool:
        """Whether no line is left in the windows that were opened."""
        return self._next is None

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        if self._next is None:
            self._open()
        line, self._next = self._next or "", next(self._lines, None)
        return line

    def _open(self) -> None:
        self._lines = io.TextIOWrapper(io.BytesIO(next(self._windows)), encoding="utf-8", newline="")
        self._next = next(self._lines, None)


class _Reading:
    """The records of some lines, counted; a blank line is not a record."""

    def __init__(self, lines: _Lines, delimiter: str) -> None:
        self._lines = lines
        self._reader = csv.reader(lines, delimiter=delimiter, strict=True)
        self.count = self.blank = self.blank_after = 0
        self.fault: str | None = None

    def __iter__(self) -> Iterator[list[str]]:
        """Yield records until a window ends with one."""
        try:
            while not self._lines.is_at_end:
                record = next(self._reader)
                if not record:
                    self.blank_after += 1
                    continue
                self.count += 1
                self.blank, self.blank_after = self.blank + self.blank_after, 0
                yield record
        except csv.Error as error:
            self.fault = next((told for part, told in _FAULTS.items() if part in str(error)), f"not CSV: {error}")
