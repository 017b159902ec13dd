"""The header of a CSV file: its delimiter, its cells, and the columns that they mean."""

import csv
import io
from typing import Final

import polars as pl
from attrs import evolve, frozen

from pling_async.errors import Place, SourceError
from pling_async.sources.base import SourceOptions
from pling_async.sources.headers import NO_HEADER, Columns, may_be_shown, recognised, resolve

_DELIMITERS: Final = (";", ",", "\t", "|")
_HEAD: Final = 1 << 16
"""Bytes within which the header must end."""


@frozen(kw_only=True)
class Layout:
    """The header, and how to read what follows it."""

    headers: list[str]
    delimiter: str
    size: int
    """Bytes before the first row."""
    is_quoted: bool = False
    """The header begins with a quote."""

    @property
    def columns(self) -> list[str]:
        """Names for the cells' columns, which the headers are not fit for."""
        return [f"column_{place}" for place in range(len(self.headers))]

    @property
    def schema(self) -> dict[str, type[pl.String]]:
        """The cells' columns, all of them text."""
        return dict.fromkeys(self.columns, pl.String)


def find_layout(blocks: list[bytes], delimiter: str | None, name: str) -> Layout:
    """Read the header of a file, with the delimiter given or the one that makes most sense of it."""
    if all(not block or block.isspace() for block in blocks):
        raise SourceError("the file is empty; nothing was read", Place(source=name))
    head = _beginning(blocks).decode(errors="ignore")
    first = head.split("\n", 1)[0].strip().strip('"').lower()
    skipped = head[: head.find("\n") + 1] if first.startswith("sep=") else ""
    if skipped:
        delimiter, head = delimiter or first[4:5] or "\t", head[len(skipped) :]
    layouts = [_header(head, each) for each in ([delimiter] if delimiter else _DELIMITERS)]
    best = max(layouts, key=lambda layout: (recognised(layout.headers), len(layout.headers)))
    if not best.headers:
        message = "the first line is not a header: a quote opens and never closes, or closes inside a cell"
        raise SourceError(message, Place(source=name))
    return evolve(best, size=best.size + len(skipped.encode()))


def _beginning(blocks: list[bytes]) -> bytes:
    found = b""
    for block in blocks:
        found += block[: _HEAD - len(found)]
        if len(found) == _HEAD:
            break
    return found


def _header(head: str, delimiter: str) -> Layout:
    headers, size = _first_record(head, delimiter)
    is_quoted = head.lstrip().startswith('"')
    return Layout(headers=[header.strip() for header in headers], delimiter=delimiter, size=size, is_quoted=is_quoted)


def _first_record(head: str, delimiter: str) -> tuple[list[str], int]:
    """Return the header's cells, and how many bytes it takes; no cells when it cannot be read with this delimiter."""
    lines = list(io.StringIO(head, newline=""))
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    try:
        for record in reader:
            if any(cell.strip() for cell in record):
                return record, len("".join(lines[: reader.line_num]).encode())
    except csv.Error:
        pass
    return [], 0


def find_columns(layout: Layout, options: SourceOptions, name: str) -> Columns:
    """Return which columns to read, or raise `SourceError` when the header leaves a doubt."""
    refuse_repeated(layout.headers, name)
    if len(layout.headers) == 1 and (other := [each for each in _DELIMITERS if each in layout.headers[0]]):
        way = f"with delimiter={layout.delimiter!r}; try delimiter={other[0]!r}"
        if layout.is_quoted:
            way = (
                f"in quotes, with {other[0]!r} in it; export the list again without quotes, or with quotes around cells"
            )
        message = f"the whole header is one column {way}"
        raise SourceError(message, Place(source=name))
    if mixed := _mixed_in(layout):
        message = f"the header mixes the delimiters {layout.delimiter!r} and {mixed!r}; export the list again with one"
        raise SourceError(message, Place(source=name))
    return resolve(layout.headers, options.mapping, name)


def refuse_repeated(headers: list[str], name: str) -> None:
    """Raise `SourceError` when two columns have one header: which of them is meant is not for us to guess."""
    if repeated := sorted({header for header in headers if header and headers.count(header) > 1}):
        seen = ", ".join(map(repr, repeated)) if may_be_shown(headers) else "a name"
        hint = "" if may_be_shown(headers) else f"; {NO_HEADER}"
        raise SourceError(f"the header has {seen} more than once; rename or remove one{hint}", Place(source=name))


def _mixed_in(layout: Layout) -> str:
    """Return another delimiter that stands between headers that are known, or nothing."""
    others = (each for each in _DELIMITERS if each != layout.delimiter)
    return next((each for each in others if any(recognised(cell.split(each)[1:]) for cell in layout.headers)), "")
