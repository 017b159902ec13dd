"""CSV read by polars, where its structure is beyond doubt: polars and the strict reader must read the same."""

import codecs
from typing import Final

import polars as pl

from pling_async.sources.layout import Layout
from pling_async.sources.records import Records

_ODD: Final = bytes((*range(0x20), 0x7F, 0xC2, 0xE1, 0xE2, 0xE3))
"""Control characters, and what the blanks of Unicode begin with in UTF-8."""
_PIECE: Final = 1 << 20


def is_plainly_quoted(window: bytes, delimiter: str) -> bool:
    """Return whether quotes stand around whole cells, in pairs, no line is blank, and a record ends where it ends."""
    mark = f"\\x{ord(delimiter):02x}"
    quoted, bare = '"(?:[^"]|"")*"', rf'[^"{mark}\r\n]'
    first, rest = f"(?:{quoted}|{bare}+|{mark}(?:{quoted}|{bare}*))", f"(?:{mark}(?:{quoted}|{bare}*))*"
    text = pl.Series([window], dtype=pl.Binary).cast(pl.String)
    return bool(text.str.contains(rf"^(?:{first}{rest}(?:\r?\n|$))*$").item())


def read(window: bytes, layout: Layout) -> Records | None:
    """Return a window's records, or None when polars' table does not account for all of it.

    The window holds whole records, its quotes stand plainly. Polars refuses rows that are too long, but fills short
    ones with blanks, and drops a mark at the beginning, a delimiter at the very end, and carriage returns before line
    ends.
    """
    if _has_bare_returns(window) or window.startswith(codecs.BOM_UTF8) or window.endswith(layout.delimiter.encode()):
        return None
    frame = _by_polars(window, layout)
    if frame is None or (frame.width == 1 and (frame.to_series() == "").any()):
        return None
    quotes = window.count(b'"') if b'"' in window else 0
    if _is_plain(frame, window, quotes):
        return Records(frame=frame, count=frame.height, is_plain=True)
    is_whole = _accounts_for_quoted if quotes else _accounts_for
    return Records(frame=frame, count=frame.height) if is_whole(frame, window, layout.delimiter) else None


def _has_bare_returns(window: bytes) -> bool:
    """Tell whether carriage returns end lines as on old Macs, or stand alone where nothing is quoted."""
    if b"\r" not in window:
        return False
    return b"\n" not in window or (b'"' not in window and window.count(b"\r") != window.count(b"\r\n"))


def _by_polars(window: bytes, layout: Layout) -> pl.DataFrame | None:
    try:
        return pl.read_csv(
            window,
            has_header=False,
            separator=layout.delimiter,
            schema=dict.fromkeys(layout.columns, pl.String),
            infer_schema=False,
            empty_string_is_null=False,
        )
    except pl.exceptions.PolarsError:
        return None


def _is_plain(frame: pl.DataFrame, window: bytes, quotes: int) -> bool:
    """Return whether the table accounts for every byte, the odd ones all being line ends.

    A short row lacks delimiters, and an odd byte in a cell is counted twice; each makes the file too short.
    """
    odd = len(window) - len(window.translate(None, _ODD))
    if quotes:
        quotes -= frame.select(pl.all().str.count_matches('"', literal=True).sum()).sum_horizontal().item() or 0
    return len(window) == _cells(frame) + odd + quotes


def _accounts_for(frame: pl.DataFrame, window: bytes, _: str) -> bool:
    """Compare the bytes, of which none is a quote, with those of full rows whose lines all end in the same way."""
    lines = frame.height - (not window.endswith(b"\n"))
    returns = window.count(b"\r")
    is_even = returns in (0, lines) and window.count(b"\r\n") == returns and window.count(b"\n") == lines
    return is_even and len(window) == _cells(frame) + lines + returns


def _cells(frame: pl.DataFrame) -> int:
    """Return the bytes of a table's cells and the delimiters between them."""
    cells = frame.select(pl.all().str.len_bytes().cast(pl.Int64).sum()).sum_horizontal().item() or 0
    return int(cells) + frame.height * (frame.width - 1)


def _accounts_for_quoted(frame: pl.DataFrame, window: bytes, delimiter: str) -> bool:
    """Compare the delimiters outside quotes with those of full rows."""
    found, is_open = 0, False
    for at in range(0, len(window), _PIECE):
        parts = window[at : at + _PIECE].split(b'"')
        found += sum(part.count(delimiter.encode()) for part in parts[is_open::2])
        is_open ^= len(parts) % 2 == 0
    return found == frame.height * (frame.width - 1)
