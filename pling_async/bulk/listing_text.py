"""The text of a long listing, cut into pieces of contacts, without parsing it."""

import re
from collections.abc import Iterator
from typing import Final

import polars as pl
from attrs import frozen

_PIECE: Final = 1 << 22
"""Bytes of a piece, at most: copying one holds the interpreter for a few milliseconds."""

_LEAST: Final = 1 << 20
_SHARE: Final = 32
"""A piece is this part of a listing: reading one takes some twenty-five times its size."""

_SAMPLE: Final = 1 << 16
_HEAD: Final = re.compile(rb'\s*\{\s*"contacts"\s*:\s*\[\s*(?=\{)')
_SEAM: Final = re.compile(rb"\}( ?, ?)\{")
_SPACED: Final = re.compile(rb'[^"]*"[^"]*": ')
_TAIL: Final = re.compile(rb'\s*\]\s*,\s*(?="contactGroups"\s*:)')
_LONGEST_TAIL_START: Final = 64
_SPACE: Final = 0x20

NULL: Final = "\x04"
"""Stands for null, in quotes, so that a null takes as many quotes as a text."""
_BACKSLASH: Final = "\x01"
_QUOTE: Final = "\x02"
_BRACE: Final = "\x05"
MARKS: Final = (_BACKSLASH, _QUOTE, _BRACE, "\\")
"""What a marked text may have, besides nulls, that is not meant as it stands."""


class NotPlain(Exception):
    """The text is not laid out as a plain listing: the codec must read all of it."""


@frozen
class ListingText:
    """A listing whose array of contacts was found without parsing it."""

    _body: bytes
    _start: int
    _end: int
    _seam: bytes
    """What stands between two contacts, braces included."""
    _colon: str
    groups: bytes
    """The rest of the listing, as a listing without contacts."""

    @classmethod
    def find(cls, body: bytes) -> "ListingText | None":
        """Find the array, or return None when the listing is laid out in another way."""
        head, tail = _HEAD.match(body), body.rfind(b'"contactGroups"')
        if head is None or (end := _end_of_contacts(body, tail)) is None:
            return None
        seam = _SEAM.search(body, head.end(), head.end() + _SAMPLE)
        if seam is None or b'"contacts"' in body[tail:]:
            return None
        colon = ": " if _SPACED.match(body, head.end()) else ":"
        return cls(body, head.end(), end, seam[0], colon, b'{"contacts":[],' + body[tail:])

    @property
    def comma(self) -> bytes:
        """What stands between two contacts, without the braces."""
        return self._seam[1:-1]

    def bare(self, contacts: bytes) -> bytes:
        """Return marked contacts as they were, without the first comma."""
        return unmarked(contacts.removeprefix(self.comma))

    def contacts(self, marked: bytes) -> list[bytes]:
        """Return marked contacts one by one, without their last braces; any other brace is marked."""
        contacts: list[bytes] = []
        for part in marked.split(b"}"):
            if part.startswith(self.comma + b"{") or not contacts:
                contacts.append(part)
            else:
                contacts[-1] += _BRACE.encode() + part
        return contacts

    def pieces(self) -> Iterator[slice]:
        """Yield where the pieces are; each ends with a contact, save for its brace, if the seam is what it seems."""
        start, size = self._start, min(_PIECE, max(_LEAST, len(self._body) // _SHARE))
        while self._end - start > 2 * size:
            cut = self._body.find(self._seam, start + size, start + 2 * size)
            if cut < 0:
                break
            yield slice(start, cut)
            start = cut + len(self._seam) - 1
        yield slice(start, self._end - 1)

    def marked(self, place: slice) -> pl.Series:
        """Return a piece, a comma before every contact, as text in which every quote begins or ends a string.

        Other characters stand for null and for escapes that have a quote or a backslash. No such character is in a
        JSON text. Raises `NotPlain` when one is in this text all the same, or line breaks, or it is not UTF-8.
        """
        piece = b"".join([self.comma, memoryview(self._body)[place]])
        text = pl.Series("text", [piece], dtype=pl.Binary)
        if text.cast(pl.List(pl.UInt8)).explode().min() < _SPACE:  # type: ignore[operator]  # it is a byte
            raise NotPlain
        try:
            text = text.cast(pl.String)
        except pl.exceptions.PolarsError as error:
            raise NotPlain from error
        if b"\\" in piece:
            text = text.str.replace_all(r"\\", _BACKSLASH, literal=True).str.replace_all(r"\"", _QUOTE, literal=True)
        if f"{self._colon}null".encode() in piece:
            text = text.str.replace_all(f"{self._colon}null", f'{self._colon}"{NULL}"')
        return text


def unmarked(text: bytes) -> bytes:
    """Return a marked text as it was."""
    nulls = text.replace(f'"{NULL}"'.encode(), b"null")
    braces = nulls.replace(_BRACE.encode(), b"}")
    return braces.replace(_QUOTE.encode(), rb"\"").replace(_BACKSLASH.encode(), rb"\\")


def _end_of_contacts(body: bytes, tail: int) -> int | None:
    """Return where the array of contacts ends, when the groups are what follows it."""
    start = max(0, tail - _LONGEST_TAIL_START)
    bracket = body.rfind(b"]", start, max(tail, 0))
    found = _TAIL.match(body, bracket) if bracket >= 0 else None
    if found is None or found.end() != tail:
        return None
    end = start + len(body[start:bracket].rstrip())
    return end if body[end - 1 : end] == b"}" else None
