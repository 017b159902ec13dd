"""Frames: polars, whatever hands over an Arrow stream, and files of columns, as text."""

import hashlib
import io
from collections.abc import Callable
from typing import Any, Final

import polars as pl
from attrs import evolve

from pling_async.errors import MissingExtraError, Place, SourceError
from pling_async.sources import kinds
from pling_async.sources.base import EXACT, LIST_MARK, SourceInfo, SourceOptions, Table
from pling_async.sources.headers import resolve
from pling_async.sources.picking import Picking

_NAME: Final = "frame"
_ROWS: Final = 20_000
_EXACT: Final = {pl.Float32: 1 << 24, pl.Float64: EXACT}
_UNREADABLE: Final = (pl.Struct, pl.Array, pl.Object, pl.Binary, pl.Duration)
_NO_ITEM: Final = (*_UNREADABLE, pl.List)
_SCANS: Final[dict[str, Callable[[io.BytesIO], pl.LazyFrame]]] = {
    kinds.PARQUET: pl.scan_parquet,
    kinds.ARROW: pl.scan_ipc,
}


def read_frame(source: Any, options: SourceOptions) -> Table:
    """Return a frame's known columns as text; a list column keeps its items apart."""
    options.only(kind="a frame")
    table, texts = _read(_lazy(source), options, _NAME)
    return evolve(table, info=evolve(table.info, kind=_NAME, sha256=_digest(texts)))


def _lazy(source: Any) -> pl.LazyFrame:
    """Return the frame that another library hands over; its own errors, which may quote a cell, are not shown."""
    if isinstance(source, pl.LazyFrame):
        return source
    kind = type(source).__name__
    try:
        return pl.DataFrame(source).lazy()
    except ImportError:
        raise MissingExtraError(
            f"a {kind} of this library needs pyarrow; install it with: pip install pyarrow"
        ) from None
    except pl.exceptions.PolarsError:
        raise SourceError(f"the Arrow stream of a {kind} broke off", Place(source=_NAME)) from None
    except (TypeError, ValueError):
        message = f"a {kind} with columns that are not of one type each; convert them to text, as with astype(str)"
        raise SourceError(message, Place(source=_NAME)) from None


def read_columns(kind: str, data: bytes, name: str, options: SourceOptions) -> Table:
    """Return the known columns of a Parquet or Arrow file as text; only those are unpacked."""
    options.only(kind=f"{kind.capitalize()} files")
    try:
        return _read(_SCANS[kind](io.BytesIO(data)), options, name)[0]
    except (pl.exceptions.PolarsError, OSError) as error:
        message = f"this is not a whole {kind.capitalize()} file: it is damaged or cut off; write it again"
        raise SourceError(message, Place(source=name)) from error


def _read(frame: pl.LazyFrame, options: SourceOptions, name: str) -> tuple[Table, pl.DataFrame]:
    schema = frame.collect_schema()
    headers = schema.names()
    columns = resolve(headers, options.mapping, name)
    picking = Picking(columns, headers, headers)
    read = [headers[place] for place in picking.places]
    texts = frame.select(_text(header, schema[header], name) for header in read).collect()
    picked = picking.pick(texts)
    picking.check(name)
    info = SourceInfo(
        name=name,
        sha256="",
        rows=texts.height,
        mapping=columns.mapping,
        ignored=columns.ignored,
        warnings=tuple(picking.warnings()),
    )
    return Table(frame=picked, info=info), texts


def _text(header: str, kind: pl.DataType, name: str) -> pl.Expr:
    if isinstance(kind, _UNREADABLE) or (isinstance(kind, pl.List) and isinstance(kind.inner, _NO_ITEM)):
        message = f"a column of {kind} cannot be read as text; cast it to pl.String"
        raise SourceError(message, Place(source=name, field=header))
    column = pl.col(header)
    if kind == pl.Boolean:
        return pl.when(column).then(pl.lit("1")).when(~column).then(pl.lit("0")).alias(header)
    if isinstance(kind, pl.List):
        marked = column.cast(pl.List(pl.String)).list.eval(LIST_MARK + pl.element())
        return marked.list.join("").alias(header)
    if isinstance(kind, pl.Datetime):
        return column.dt.to_string(f"%Y-%m-%dT%H:%M:%S%.f{'%:z' if kind.time_zone else ''}")
    if isinstance(kind, pl.Float32 | pl.Float64):
        return _float(column, _EXACT[type(kind)])
    return column.cast(pl.String)


def _float(column: pl.Expr, exact: int) -> pl.Expr:
    """Write whole numbers as such, as long as every digit of them is known; NaN is blank."""
    column = column.fill_nan(None)
    is_whole = (column == column.round()) & (column.abs() < exact)
    return pl.when(is_whole).then(column.cast(pl.Int64, strict=False).cast(pl.String)).otherwise(column.cast(pl.String))


def _digest(texts: pl.DataFrame) -> str:
    """Hash the rows' JSON, some at a time: as one text it would take more room than the list."""
    sha = hashlib.sha256()
    for some in texts.iter_slices(_ROWS):
        sha.update(some.write_ndjson().encode())
    return sha.hexdigest()
