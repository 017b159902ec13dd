"""Numbers as people write them: expressions that find the digits in a text, or see that it has none to find.

What they say is what the scalar path would say. Where that takes more than expressions, they say that they are unsure.
"""

import re
from typing import Final

import polars as pl

from pling_async.phones.number import INVISIBLE, MAX_INPUT, SHORTHAND, SPACES
from pling_async.phones.plans import CODES, UNSURE

TWO_NUMBERS: Final = CODES.index("two_numbers")

_CHARACTERS: Final = "".join(map(chr, range(0x10000)))
_MARKS: Final[list[str]] = re.findall(f"[{INVISIBLE}]", _CHARACTERS)
_BLANKS: Final[list[str]] = re.findall(f"[{SPACES}]", _CHARACTERS)
_ENDS: Final = " \x1c\x1d\x1e\x1f\x85"
"""Python counts these control characters as blanks, too: no fault at the ends of a text."""
_LETTER: Final = "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u00ff"
_DASHES: Final = "\u2010-\u2015\u2212"
_STRANGE: Final = rf"[^\x20-\x7e{_LETTER}{_DASHES}]"
"""Other scripts have letters, digits and dashes of their own."""
_CONTROL: Final = r"[\x00-\x1f\x7f-\x9f]"
_EXCEL: Final = r"^[^+0-9]*\+?[0-9]+(?:(?:[.,][0-9]*)?[eE]\+?[0-9]+|[.,]0+)$"
_EXTENSION: Final = r"(?i)[#~*]|;.*[0-9]|[0-9].*,.*[0-9]|(?:x|xtn?|xtensi[oó]n?|anexo|int)[:.]?[ ,-]*[0-9]"
"""What phonenumbers may take for an extension, or for the context of a number."""
_LETTERS: Final = f"[+0-9].*[{_LETTER}]"
_MISPLACED: Final = r"""[+0-9].*[:@!?%$^={}<>"'`\\_|&].*[0-9]|[0-9].*\+.*[0-9]"""
"""Characters that make it no number when they are inside."""
_BETWEEN: Final = rf" ().\[\]/{_DASHES}-"
_PLAIN: Final = rf"^[^+0-9]*\+?[{_BETWEEN}]*[0-9][0-9{_BETWEEN}]*[^+0-9#{_LETTER}]*$"
"""A label or nothing, a number in digits, and what phonenumbers cuts off at the end."""
_TWO: Final = r"(?:[0-9][^0-9/]*){7}.*/.*(?:[0-9][^0-9/]*){7}"
_ENOUGH_FOR_TWO: Final = r"(?:[0-9][^0-9]*){14}"
_RAW: Final = pl.col("raw")
_TEXT: Final = pl.col("text")
_NUMBER: Final = pl.col("number")


def compacted(raw: pl.LazyFrame) -> pl.LazyFrame:
    """Add compact (without marks, blanks, hyphens and parentheses), and number if that is a sign and digits at most."""
    frame = raw.with_columns(number=_RAW.cast(pl.Int64, strict=False))
    text = pl.when(_NUMBER.is_null() & (_RAW.str.len_bytes() <= MAX_INPUT)).then("raw")
    frame = frame.with_columns(compact=pl.coalesce(text.str.replace_many([*_MARKS, *_BLANKS, *"-()"], [""]), "raw"))
    number = pl.when(_NUMBER.is_null()).then("compact").cast(pl.Int64, strict=False)
    return frame.with_columns(number=pl.coalesce("number", number))


def understood(raw: pl.LazyFrame) -> pl.LazyFrame:
    """Add compact and number as before, has_two, and said: a verdict that takes no number, null when it takes one."""
    text = _RAW.str.replace_many(_MARKS, [""]).str.replace_many(_BLANKS, [" "]).str.strip_chars(_ENDS)
    frame = raw.with_columns(full=text).with_columns(text=pl.when(_RAW.str.len_chars() <= MAX_INPUT).then("full"))
    frame = frame.with_columns(said=_said(), has_two=_TEXT.str.contains(_TWO))
    digits = pl.when(pl.col("said").is_null()).then("text").str.replace_all("[^+0-9]", "")
    frame = frame.with_columns(compact=digits.fill_null(""))
    return frame.with_columns(number=pl.col("compact").cast(pl.Int64, strict=False))


def _said() -> pl.Expr:
    """Ask in the order of the scalar path."""
    may_be_two = _TEXT.str.contains(_ENOUGH_FOR_TWO)
    return (
        pl.when(pl.col("full") == "")
        .then(_verdict("blank"))
        .when(_TEXT.is_null())
        .then(_verdict("too_long"))
        .when(_TEXT.str.contains(_CONTROL))
        .then(_verdict("control_characters"))
        .when(_TEXT.str.contains(_STRANGE))
        .then(_verdict(None))
        .when(_TEXT.str.contains(_EXCEL))
        .then(_verdict("excel"))
        .when(_TEXT.str.contains(SHORTHAND))
        .then(_verdict("two_numbers"))
        .when(~_TEXT.str.contains("[+0-9]"))
        .then(_verdict("not_a_number"))
        .when(_TEXT.str.contains(_EXTENSION))
        .then(_verdict(None))
        .when(_TEXT.str.contains(_LETTERS))
        .then(pl.when(may_be_two).then(_verdict(None)).otherwise(_verdict("letters")))
        .when(_TEXT.str.contains(_MISPLACED))
        .then(
            pl.when(may_be_two & _TEXT.str.contains("[/|&]")).then(_verdict(None)).otherwise(_verdict("not_a_number"))
        )
        .when(~_TEXT.str.contains(_PLAIN))
        .then(_verdict(None))
    )


def _verdict(code: str | None) -> pl.Expr:
    return pl.lit(CODES.index(code) if code else UNSURE, dtype=pl.UInt8)
