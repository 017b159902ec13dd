"""Bytes to text: the encoding, and whether it looks damaged."""

import codecs
from collections.abc import Iterator
from typing import Final

import polars as pl
from attrs import frozen

from pling_async.errors import ConfigurationError, Place, SourceError
from pling_async.sources.misread import Misread, is_mixed, misread

_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_UTF8: Final = frozenset({"utf-8", "ascii", "utf-8-sig"})
_FALLBACK: Final = "cp1252"
_FIX_ROWS: Final = (
    "fix this row and those like it, or give --encoding cp1252, or encoding='cp1252', if all of it is that"
)
_MOJIBAKE: Final = (b"\xc3\x83\xc2", b"\xc3\x83\xcb\x9c", b"\xc3\x83\xe2\x80", b"\xc3\xa2\xe2\x82\xac")
"""UTF-8 of what appears when UTF-8 was read as cp1252: the first halves of ø, å, Å, Ø and of a dash."""


@frozen(kw_only=True)
class Text:
    """The text of a file as blocks of UTF-8 without a mark, and the encoding that it had."""

    blocks: list[bytes]
    encoding: str
    warnings: tuple[str, ...] = ()


def decode(blocks: list[bytes], encoding: str | None, source: str) -> Text:
    """Return the text as UTF-8, in the encoding given or found: a mark, then utf-8, then cp1252.

    What was found is refused where the bytes speak against it; what was given is believed.
    """
    name = _canonical(encoding) if encoding else _detected(blocks, source)
    has_mark = blocks[:1] != [] and blocks[0].startswith(codecs.BOM_UTF8)
    if name in _UTF8:
        if (encoding or has_mark) and not is_utf8(blocks):
            raise _undecodable(blocks, name, source)
        utf8 = [blocks[0].removeprefix(codecs.BOM_UTF8), *blocks[1:]] if has_mark else blocks
        return Text(blocks=utf8, encoding="utf-8-sig" if has_mark else name, warnings=_damage(utf8[:1]))
    strange = None if encoding or name != _FALLBACK else misread(blocks)
    if strange and strange.is_sure:
        raise SourceError(_advice(strange), Place(source=source, row=_row(blocks, strange) or None))
    try:
        utf8 = [text.encode() for text in _texts(blocks, name)]
    except UnicodeError as error:
        raise _undecodable(blocks, name, source) from error
    is_doubtful = has_mark or (encoding is not None and not _is_ascii(blocks) and is_utf8(blocks))
    doubt = (f"read as {name}, but the bytes are valid utf-8; check names with æøå",) if is_doubtful else ()
    looks = (f"row {_row(blocks, strange)}: {_advice(strange)}",) if strange else ()
    return Text(blocks=utf8, encoding=name, warnings=doubt or _damage(utf8) or looks)


def is_utf8(blocks: list[bytes]) -> bool:
    """Return whether blocks are valid UTF-8, without making Python strings of them."""
    return all(block.isascii() or _is_utf8(block) for block in blocks)


def _is_utf8(block: bytes) -> bool:
    try:
        pl.Series([block], dtype=pl.Binary).cast(pl.String)
    except pl.exceptions.PolarsError:
        return False
    return True


def _is_ascii(blocks: list[bytes]) -> bool:
    return all(block.isascii() for block in blocks)


def _texts(blocks: list[bytes], name: str) -> Iterator[str]:
    """Decode block by block, without the mark that the text may begin with."""
    decoder = codecs.getincrementaldecoder(name)()
    for at, block in enumerate(blocks):
        text = decoder.decode(block)
        yield text if at else text.removeprefix("\ufeff")
    yield decoder.decode(b"", final=True)


def _canonical(encoding: str) -> str:
    try:
        "".encode(encoding)
        name = codecs.lookup(encoding).name
    except LookupError as error:
        raise ConfigurationError(f"unknown encoding {encoding!r}; use utf-8, utf-16 or cp1252") from error
    return name


def _detected(blocks: list[bytes], source: str) -> str:
    head = b"".join(blocks[:1])
    for bom, name in _BOMS:
        if head.startswith(bom):
            return name
    if head.count(0) * 4 > len(head):
        message = "full of zero bytes: UTF-16 without a mark, or not text; if it is text, give encoding='utf-16-le'"
        raise SourceError(message, Place(source=source))
    if is_utf8(blocks):
        return "utf-8"
    if is_mixed(blocks):
        raise _undecodable(blocks, "utf-8", source, "most of the list is utf-8, but here it is not; " + _FIX_ROWS)
    return _FALLBACK


def _advice(strange: Misread) -> str:
    """Name the way to read what is strange as cp1252, without a word of it."""
    if strange.encoding is None:
        return "symbols stand where letters do in cp1252; check the names, and give the encoding it was saved in"
    way = f"--encoding {strange.encoding}, or encoding={strange.encoding!r}"
    return f"what are symbols in cp1252 are letters in {strange.encoding}; give {way}, or cp1252 if they are symbols"


def _row(blocks: list[bytes], strange: Misread) -> int:
    """Return the row of what is strange; old Macs end lines with a carriage return."""
    end = b"\n" if any(b"\n" in block for block in blocks) else b"\r"
    before = sum(block.count(end) for block in blocks[: strange.block])
    return before + blocks[strange.block].count(end, 0, strange.at)


def _undecodable(blocks: list[bytes], name: str, source: str, message: str | None = None) -> SourceError:
    """Say in which row decoding fails; rows are counted by line ends, which is near enough to look."""
    row = 0
    texts = _texts(blocks, name)
    try:
        for block in blocks:
            next(texts)
            row += block.count(b"\n")
        next(texts)
    except UnicodeDecodeError as error:
        row += error.object.count(b"\n", 0, error.start)
    except UnicodeError:
        row = 0
    hint = "give encoding='cp1252' if Excel saved it" if name in _UTF8 else "give the encoding it was saved in"
    return SourceError(message or f"the bytes are not {name}; {hint}", Place(source=source, row=row or None))


def _damage(blocks: list[bytes]) -> tuple[str, ...]:
    if any(mark in block for block in blocks for mark in _MOJIBAKE):
        return ("garbled letters: UTF-8 was read as cp1252 once; check names with æøå, and export the list again",)
    return ()
