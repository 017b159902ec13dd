"""What kind of file it is: told by its first bytes, whatever the file is called."""

import codecs
from typing import Final

from pling_async.errors import Place, SourceError

CSV: Final = "csv"
EXCEL: Final = "excel"
PARQUET: Final = "parquet"
ARROW: Final = "arrow"
JSON: Final = "json"
NDJSON: Final = "ndjson"
VCARD: Final = "vcard"

_MAGIC: Final = (
    (b"PK\x03\x04", EXCEL),
    (b"\xd0\xcf\x11\xe0", EXCEL),
    (b"PAR1", PARQUET),
    (b"ARROW1", ARROW),
)
_OPENINGS: Final = (("[", JSON), ("{", NDJSON), ("begin:vcard", VCARD))
_REFUSED: Final = (
    (b"\x1f\x8b", "packed with gzip twice; unpack it first"),
    (b"BZh", "compressed with bzip2; unpack it first, or use gzip"),
    (b"\xfd7zXZ", "compressed with xz; unpack it first, or use gzip"),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd; unpack it first, or use gzip"),
    (b"%PDF", "a PDF; export the list as CSV or Excel"),
    (b"SQLite format 3", "a SQLite database; query it with --sql QUERY --dsn sqlite:///FILE"),
)
_MARKS: Final = (
    codecs.BOM_UTF32_LE,
    codecs.BOM_UTF32_BE,
    codecs.BOM_UTF16_LE,
    codecs.BOM_UTF16_BE,
    codecs.BOM_UTF8,
)


def kind_of(blocks: list[bytes], name: str) -> str:
    """Return the kind of a file, CSV if nothing else shows; raises `SourceError` for what is certainly no list."""
    head = b"".join(blocks[:1])[:256]
    opening = _text(head).lstrip().lower()
    told = [kind for magic, kind in _REFUSED if head.startswith(magic)]
    told += ["HTML or XML; was a web page saved instead of the export?"] if opening.startswith("<") else []
    if told:
        raise SourceError(f"this is {told[0]}", Place(source=name))
    found = [kind for magic, kind in _MAGIC if head.startswith(magic)]
    found += [kind for words, kind in _OPENINGS if opening.startswith(words)]
    return found[0] if found else CSV


def _text(head: bytes) -> str:
    """Decode the beginning of a file far enough to see how it opens: in UTF-16 and UTF-32, ASCII has zeros between."""
    mark = next((each for each in _MARKS if head.startswith(each)), b"")
    return head.removeprefix(mark).replace(b"\0", b"").decode("latin-1")
