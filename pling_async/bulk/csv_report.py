"""CSV for programs and CSV for spreadsheets, which take a cell that begins with = + - or @ for a formula (CWE-1236).

Every E.164 number begins with a plus, so one file cannot be both exact and harmless. `exchange` is exact: texts stand
as they are, and what is in a column of numbers is E.164 and nothing else. `spreadsheet` is harmless: a text that could
be calculated gets an apostrophe in front. Reading a list takes that apostrophe off a number, and leaves other texts
alone: the city 's-Hertogenbosch has one of its own.
"""

from enum import StrEnum
from typing import BinaryIO, Final

import polars as pl

_SLICE: Final = 100_000
"""Rows encoded at a time."""

_NUMBERS: Final = frozenset({"mobile", "moved_from"})
"""Columns that hold E.164 and nothing else."""
_E164: Final = r"\A\+[1-9][0-9]{6,14}\z"

_CALCULATED: Final = "=+\\-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b"
"""What begins a formula, as it is, full-width and small; the inside of a character class."""
_TRIGGER: Final = rf"[{_CALCULATED}|\uff5c\t\r\n\x00]"
_SKIPPED: Final = r"[\s\p{Z}\p{C}]"
"""Blanks, controls and zero-width characters, which some spreadsheets drop before they look."""

_STARTS: Final = rf"\A{_SKIPPED}*{_TRIGGER}"
_WITHIN: Final = rf'([,;\t\r\n]["\s\p{{Z}}\p{{C}}]*)([{_CALCULATED}])'
"""A spreadsheet that expects another delimiter begins a cell here."""


class Flavour(StrEnum):
    """Who reads a CSV file."""

    SPREADSHEET = "spreadsheet"
    """People, in Excel or the like: nothing is calculated."""
    EXCHANGE = "exchange"
    """Programs: what is read back is what was written."""


def write_csv(frame: pl.DataFrame, out: BinaryIO, flavour: Flavour) -> None:
    """Write a frame of texts and numbers as RFC 4180 has it (CRLF, quotes where they are needed), in UTF-8."""
    cells = frame.select(_cell(name, dtype, flavour) for name, dtype in frame.schema.items())
    out.write(cells.clear().write_csv(line_terminator="\r\n").encode())
    out.writelines(
        part.write_csv(include_header=False, line_terminator="\r\n").encode() for part in cells.iter_slices(_SLICE)
    )


def _cell(name: str, dtype: pl.DataType, flavour: Flavour) -> pl.Expr:
    cell = pl.col(name)
    if dtype != pl.String():
        return cell
    if flavour is Flavour.SPREADSHEET:
        cell = neutralised(cell)
    elif name in _NUMBERS:
        cell = pl.when(cell.str.contains(_E164)).then(cell)
    return pl.when(cell != "").then(cell).alias(name)


def neutralised(cell: pl.Expr) -> pl.Expr:
    """Put an apostrophe before a text that a spreadsheet could take for a formula.

    Within it that is done behind a comma, semicolon, tab or line end.
    """
    within = cell.str.replace_all(_WITHIN, "${1}'${2}")
    return pl.when(cell.str.contains(_STARTS)).then("'" + within).otherwise(within)
