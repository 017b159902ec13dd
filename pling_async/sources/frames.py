"""Frames: polars, and whatever hands over an Arrow stream, as text."""

import hashlib
from typing import Any, Final

import polars as pl

from pling_async.errors import Place, SourceError
from pling_async.sources.base import LIST_MARK, SourceInfo, SourceOptions, Table
from pling_async.sources.csv_file import pick
from pling_async.sources.headers import resolve

_NAME: Final = "frame"
_ROWS: Final = 20_000


def read_frame(source: Any, options: SourceOptions) -> Table:
    """Return a frame's known columns as text; a list column keeps its items apart."""
    frame = source.collect() if isinstance(source, pl.LazyFrame) else pl.DataFrame(source)
    columns = resolve(frame.columns, options.mapping, _NAME)
    texts = frame.select(_text(name, frame.schema[name]) for name in columns.mapping)
    info = SourceInfo(
        name=_NAME,
        sha256=_digest(texts),
        rows=frame.height,
        mapping=columns.mapping,
        ignored=columns.ignored,
        warnings=tuple(columns.warnings(frame.columns)),
    )
    return Table(frame=pick(texts, columns, frame.columns), info=info)


def _text(name: str, kind: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if kind == pl.Boolean:
        return pl.when(column).then(pl.lit("1")).when(~column).then(pl.lit("0")).alias(name)
    if isinstance(kind, pl.List):
        marked = column.cast(pl.List(pl.String)).list.eval(LIST_MARK + pl.element())
        return marked.list.join("").alias(name)
    if kind in _UNREADABLE:
        message = f"a column of {kind} cannot be read as text; cast it to pl.String"
        raise SourceError(message, Place(source=_NAME, field=name))
    return column.cast(pl.String)


_UNREADABLE: Final = (pl.Struct, pl.Array, pl.Object, pl.Binary)


def _digest(texts: pl.DataFrame) -> str:
    """Hash the rows' JSON, some at a time: as one text it would take more room than the list."""
    sha = hashlib.sha256()
    for some in texts.iter_slices(_ROWS):
        sha.update(some.write_ndjson().encode())
    return sha.hexdigest()
