"""Files: what they hold, not what they are called, decides how they are read."""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, Final

from attrs import evolve

from pling_async.sources import kinds
from pling_async.sources.base import Part, Parts, SourceOptions, Table
from pling_async.sources.blocks import digest_of, name_of, read_blocks
from pling_async.sources.csv_file import CsvFile
from pling_async.sources.excel import read_workbook
from pling_async.sources.frames import read_columns
from pling_async.sources.json_rows import read_json
from pling_async.sources.objects import ObjectRows
from pling_async.sources.packed import is_packed, unpacked
from pling_async.sources.text import Text, decode
from pling_async.sources.vcard import Cards


def file_parts(path: str | Path, options: SourceOptions, chunk_rows: int) -> Parts:
    """Read a file, or "-" for standard input, and yield its rows in order."""
    name, blocks = name_of(path), read_blocks(path)
    is_gzip = is_packed(blocks)
    if is_gzip:
        blocks = unpacked(blocks, name)
    kind = kinds.kind_of(blocks, name)
    if kind == kinds.CSV:
        info = yield from CsvFile(name, options).parts(blocks)
    elif kind in _TABLES:
        info = yield from _table(blocks, _TABLES[kind], name, options)
    else:
        info = yield from _rows(blocks, kind, name, options, chunk_rows)
    return evolve(info, kind=f"{kind}.gz" if is_gzip else kind)


def row_parts(rows: Iterator[Any], reader: ObjectRows, chunk_rows: int) -> Parts:
    """Yield the rows of an iterator in order, at least one part."""
    yield Part(frame=reader.frame(islice(rows, chunk_rows)))
    while chunk := list(islice(rows, chunk_rows)):
        yield Part(frame=reader.frame(chunk))
    return reader.info()


_ReadTable = Callable[[bytes, str, SourceOptions], Table]

_TABLES: Final[dict[str, _ReadTable]] = {
    kinds.EXCEL: read_workbook,
    kinds.PARQUET: partial(read_columns, kinds.PARQUET),
    kinds.ARROW: partial(read_columns, kinds.ARROW),
}


def _table(blocks: list[bytes], read: _ReadTable, name: str, options: SourceOptions) -> Parts:
    digest = digest_of(blocks)
    data = b"".join(blocks)
    blocks.clear()
    table = read(data, name, options)
    yield Part(frame=table.frame)
    return evolve(table.info, sha256=digest)


def _rows(blocks: list[bytes], kind: str, name: str, options: SourceOptions, chunk_rows: int) -> Parts:
    options.only("encoding", kind=_CALLED[kind])
    digest = digest_of(blocks)
    text = decode(blocks, options.encoding, name)
    reader = ObjectRows(name, options)
    info = yield from (_cards if kind == kinds.VCARD else _objects)(text, reader, chunk_rows)
    return evolve(info, sha256=digest, encoding=text.encoding, warnings=(*text.warnings, *info.warnings))


_CALLED: Final = {kinds.JSON: "JSON", kinds.NDJSON: "NDJSON", kinds.VCARD: "vCard files"}


def _objects(text: Text, reader: ObjectRows, chunk_rows: int) -> Parts:
    return (yield from row_parts(read_json(text.blocks, reader.name), reader, chunk_rows))


def _cards(text: Text, reader: ObjectRows, chunk_rows: int) -> Parts:
    cards = Cards(text.blocks, reader.name)
    info = yield from row_parts(cards.rows(), reader, chunk_rows)
    return evolve(info, warnings=(*info.warnings, *cards.warnings()))
