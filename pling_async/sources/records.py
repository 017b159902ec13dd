"""CSV record by record: the strict reader for what polars must not guess about, and the check of what it may read."""

import csv
import io
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from threading import Lock
from typing import Final, Self

import polars as pl
from attrs import frozen

from pling_async.errors import Place, SourceError

_BATCH: Final = 20_000
_FIELD_SIZE: Final = Lock()
_SHOWN: Final = 3
"""Faulty rows that an error names."""


@frozen(kw_only=True)
class Layout:
    """The header, and how to read what follows it."""

    headers: list[str]
    delimiter: str
    lines: int
    """Lines before the first row."""


def proof(utf8: bytes, layout: Layout) -> Callable[[pl.DataFrame], bool] | None:
    """Return what tells whether polars' table accounts for the whole file; None when polars should not read it at all.

    Polars refuses rows that are too long, but fills short ones with blanks. Each delimiter that it so invents is one
    that the file does not have, so a table is whole when its delimiters are as many as the file's. A lone carriage
    return, which polars drops, would pass for the end of a line there, and a delimiter at the very end, which it drops
    too, for one that it invented.
    """
    start = _after_lines(utf8, layout.lines)
    if utf8.endswith(layout.delimiter.encode()) or (b"\r" in utf8 and utf8.count(b"\r") != utf8.count(b"\r\n")):
        return None
    if b'"' not in utf8:
        return lambda frame: _accounts_for(frame, utf8, start)
    outside = _quoted_delimiters(utf8[start:], layout.delimiter.encode())
    return None if outside is None else lambda frame: outside == frame.height * (frame.width - 1)


def _after_lines(utf8: bytes, lines: int) -> int:
    start = 0
    for _ in range(lines):
        start = utf8.find(b"\n", start) + 1 or len(utf8)
    return start


def _accounts_for(frame: pl.DataFrame, utf8: bytes, start: int) -> bool:
    """Compare the file's bytes with those of a table of full rows, whose lines all end in the same way."""
    cells = frame.select(pl.all().str.len_bytes().cast(pl.Int64).sum()).sum_horizontal().item() or 0
    returns = utf8.count(b"\r", start) if b"\r" in utf8 else 0
    lines = frame.height - (frame.height > 0 and not utf8.endswith(b"\n"))
    expected = int(cells) + frame.height * (frame.width - 1) + lines + returns
    return returns in (0, lines) and expected == len(utf8) - start


def _quoted_delimiters(body: bytes, mark: bytes) -> int | None:
    """Count the delimiters outside quotes; None unless quotes stand around whole cells, in pairs."""
    parts = body.split(b'"')
    outside = parts[::2]
    starts = {part[:1] for part in outside[1:]}
    ends = {part[-1:] for part in outside[:-1]}
    is_plain = len(parts) % 2 == 1 and starts <= {b"", mark, b"\n", b"\r"} and ends <= {b"", mark, b"\n"}
    return sum(part.count(mark) for part in outside) if is_plain else None


def first_record(head: str, delimiter: str) -> tuple[list[str], int]:
    """Return the header's cells, and how many lines it takes; no cells when it cannot be read with this delimiter."""
    reader = csv.reader(io.StringIO(head, newline=""), delimiter=delimiter, strict=True)
    try:
        for record in reader:
            if any(cell.strip() for cell in record):
                return record, reader.line_num
    except csv.Error:
        pass
    return [], 0


def read(utf8: bytes, layout: Layout, columns: list[str], name: str) -> tuple[pl.DataFrame, Iterator[str]]:
    """Read every record, or raise `SourceError` naming the first rows that are not whole."""
    with _any_field_size():
        return _read(_Records(utf8, layout, name), columns, name)


def _read(reader: "_Records", columns: list[str], name: str) -> tuple[pl.DataFrame, Iterator[str]]:
    schema = dict.fromkeys(columns, pl.String)
    frames = [pl.DataFrame(schema=schema)]
    faulty: list[tuple[int, int]] = []
    for batch in iter(lambda: list(islice(reader, _BATCH)), []):
        first = reader.rows - len(batch) + 1
        faulty += [(first + at, len(record)) for at, record in enumerate(batch) if len(record) != len(columns)]
        if not faulty:
            frames.append(pl.DataFrame(dict(zip(columns, zip(*batch, strict=True), strict=True)), schema=schema))
    if faulty:
        raise _ragged(faulty, reader.rows, len(columns), name)
    blank = [f"{reader.blank} blank lines were skipped; rows are counted without them"] if reader.blank else []
    return pl.concat(frames), iter(blank)


@contextmanager
def _any_field_size() -> Iterator[None]:
    """Lift the csv module's limit, which is one for the whole process: a large cell is for the rules about length."""
    with _FIELD_SIZE:
        before = csv.field_size_limit(sys.maxsize)
        try:
            yield
        finally:
            csv.field_size_limit(before)


class _Records:
    """The records after the header, counted; a blank line is not a record."""

    def __init__(self, utf8: bytes, layout: Layout, name: str) -> None:
        text = io.TextIOWrapper(io.BytesIO(utf8), encoding="utf-8", newline="")
        self._reader = csv.reader(text, delimiter=layout.delimiter, strict=True)
        self._lines = layout.lines
        self._name = name
        self.rows = 0
        self.blank = 0

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> list[str]:
        while True:
            try:
                record = next(self._reader)
            except csv.Error as error:
                message = next((told for part, told in _FAULTS.items() if part in str(error)), f"not CSV: {error}")
                raise SourceError(message, Place(source=self._name, row=self.rows + 1)) from error
            if self._reader.line_num <= self._lines:
                continue
            if record:
                self.rows += 1
                return record
            self.blank += 1


_FAULTS: Final = {
    "unexpected end of data": "a quote opens here and never closes, or the file is cut off; close it, or export again",
    "expected after": "text follows a closing quote; double the quotes inside a quoted cell, or export again",
}


def _ragged(faulty: list[tuple[int, int]], rows: int, columns: int, name: str) -> SourceError:
    named = ", ".join(f"row {row} has {fields}" for row, fields in faulty[:_SHOWN])
    more = f", and {len(faulty) - _SHOWN} more rows" if len(faulty) > _SHOWN else ""
    cut = "; the file may be cut off" if faulty[-1] == (rows, faulty[-1][1]) and faulty[-1][1] < columns else ""
    message = (
        f"the header has {columns} fields, but {named}{more}{cut}; "
        "mixed delimiters, or a cell with a delimiter that is not quoted? Correct the rows, or export again"
    )
    return SourceError(message, Place(source=name, row=faulty[0][0]))
