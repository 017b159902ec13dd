"""CSV: read by polars when its structure is beyond doubt, else record by record, so that no row is lost in silence."""

import hashlib
import os
import stat
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import polars as pl
from attrs import evolve

from pling_async.errors import Place, SourceError
from pling_async.sources import records
from pling_async.sources.base import SourceInfo, SourceOptions, Table
from pling_async.sources.headers import Columns, recognised, resolve
from pling_async.sources.records import Layout
from pling_async.sources.text import decode, refuse_other_formats

STDIN: Final = "-"
_DELIMITERS: Final = (";", ",", "\t", "|")
_HEAD: Final = 1 << 16
"""Bytes within which the header must end."""


def read_csv(path: str | Path, options: SourceOptions) -> Table:
    """Read a file, or "-" for standard input, whole; raises `SourceError` when it cannot be trusted to be whole."""
    name = "stdin" if str(path) == STDIN else str(path)
    data = sys.stdin.buffer.read() if str(path) == STDIN else _read(Path(path), name)
    return parse_csv(data, options, name)


def parse_csv(data: bytes, options: SourceOptions, name: str) -> Table:
    """Make a table of a CSV file's bytes."""
    refuse_other_formats(data, name)
    with ThreadPoolExecutor(1) as beside:
        digest = beside.submit(hashlib.sha256, data)
        return _parsed(data, options, name, digest)


def _parsed(data: bytes, options: SourceOptions, name: str, digest: "Future[Any]") -> Table:
    text = decode(data, options.encoding, name)
    if not text.utf8 or text.utf8.isspace():
        raise SourceError("the file is empty; nothing was read", Place(source=name))
    layout = _layout(text.utf8, options.delimiter, name)
    columns = _columns(layout, options, name)
    cells, warnings = _cells(text.utf8, layout, name)
    info = SourceInfo(
        name=name,
        sha256=digest.result().hexdigest(),
        rows=cells.height,
        encoding=text.encoding,
        delimiter=layout.delimiter,
        mapping=columns.mapping,
        ignored=columns.ignored,
        warnings=(*text.warnings, *columns.warnings(layout.headers), *warnings),
    )
    return Table(frame=pick(cells, columns, cells.columns), info=info)


def pick(cells: pl.DataFrame, columns: Columns, names: list[str]) -> pl.DataFrame:
    """Name the columns by attribute; where several feed one, take the first cell that is not blank."""
    return cells.select(
        _first_filled([names[place] for place in places]).alias(attribute)
        for attribute, places in columns.by_attribute.items()
    )


def _first_filled(names: list[str]) -> pl.Expr:
    if len(names) == 1:
        return pl.col(names[0])
    return pl.coalesce(pl.when(pl.col(name).str.strip_chars() != "").then(name) for name in names)


def _read(path: Path, name: str) -> bytes:
    """Read a file and check that it was the same before and after (#95)."""
    try:
        with path.open("rb") as file:
            before = os.fstat(file.fileno())
            data = file.read()
            after, named = os.fstat(file.fileno()), path.stat()
    except OSError as error:
        raise SourceError(f"cannot be read: {error.strerror}", Place(source=name)) from error
    same = all(
        (each.st_ino, each.st_size, each.st_mtime_ns) == (before.st_ino, len(data), before.st_mtime_ns)
        for each in (after, named)
    )
    if stat.S_ISREG(before.st_mode) and not same:
        raise SourceError(
            "the file changed while it was read; wait until it is written, and try again", Place(source=name)
        )
    return data


def _layout(utf8: bytes, delimiter: str | None, name: str) -> Layout:
    head = utf8[:_HEAD].decode(errors="ignore")
    first = head.split("\n", 1)[0].strip().lower()
    skipped = 1 if first.startswith("sep=") else 0
    if skipped:
        delimiter, head = delimiter or first[4:5] or "\t", head.split("\n", 1)[-1]
    layouts = [_header(head, each) for each in ([delimiter] if delimiter else _DELIMITERS)]
    best = max(layouts, key=lambda layout: (recognised(layout.headers), len(layout.headers)))
    if not best.headers:
        message = "the first line is no header: a quote opens and never closes, or closes inside a cell"
        raise SourceError(message, Place(source=name))
    return evolve(best, lines=best.lines + skipped)


def _header(head: str, delimiter: str) -> Layout:
    headers, lines = records.first_record(head, delimiter)
    return Layout(headers=[header.strip() for header in headers], delimiter=delimiter, lines=lines)


def _columns(layout: Layout, options: SourceOptions, name: str) -> Columns:
    repeated = sorted({header for header in layout.headers if header and layout.headers.count(header) > 1})
    if repeated:
        seen = ", ".join(map(repr, repeated))
        raise SourceError(f"the header has {seen} more than once; rename or remove one", Place(source=name))
    if len(layout.headers) == 1 and (other := [each for each in _DELIMITERS if each in layout.headers[0]]):
        message = f"the whole header is one column with delimiter={layout.delimiter!r}; try delimiter={other[0]!r}"
        raise SourceError(message, Place(source=name))
    if mixed := _mixed_in(layout):
        message = f"the header mixes the delimiters {layout.delimiter!r} and {mixed!r}; export the list again with one"
        raise SourceError(message, Place(source=name))
    return resolve(layout.headers, options.mapping, name)


def _mixed_in(layout: Layout) -> str:
    """Return another delimiter that stands between headers that are known, or nothing."""
    others = (each for each in _DELIMITERS if each != layout.delimiter)
    return next((each for each in others if any(recognised(cell.split(each)[1:]) for cell in layout.headers)), "")


def _cells(utf8: bytes, layout: Layout, name: str) -> tuple[pl.DataFrame, Iterator[str]]:
    columns = [f"column_{place}" for place in range(len(layout.headers))]
    if utf8.endswith((b"\n\n", b"\n\r\n")):
        utf8 = utf8.rstrip(b"\r\n") + b"\n"
    is_whole = records.proof(utf8, layout) if len(columns) > 1 else None
    if is_whole and (frame := _by_polars(utf8, layout, columns)) is not None and is_whole(frame):
        return frame, iter(())
    return records.read(utf8, layout, columns, name)


def _by_polars(utf8: bytes, layout: Layout, columns: list[str]) -> pl.DataFrame | None:
    try:
        return pl.read_csv(
            utf8,
            has_header=False,
            skip_lines=layout.lines,
            separator=layout.delimiter,
            schema=dict.fromkeys(columns, pl.String),
            infer_schema=False,
            empty_string_is_null=False,
        )
    except pl.exceptions.PolarsError:
        return None
