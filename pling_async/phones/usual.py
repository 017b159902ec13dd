"""What most numbers of a list are: a few ranges, each written in one of a few forms, told by comparing integers.

Nothing is looked up, and hardly a text is touched.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

import polars as pl

from pling_async.phones.number import MAX_INPUT
from pling_async.phones.plans import ACCEPTED, UNSURE

_RAW: Final = pl.col("raw")
_NUMBER: Final = pl.col("number")
_FOUND: Final = pl.col("found")
_IS_E164: Final = pl.col("is_plain") & pl.col("has_sign") & (_FOUND == _NUMBER)
_VERDICT: Final = pl.when(_FOUND.is_null()).then(pl.lit(UNSURE, pl.UInt8)).otherwise(pl.lit(ACCEPTED, pl.UInt8))
_NO_CODE: Final = pl.lit(None, pl.String).alias("code")


class Usual(NamedTuple):
    """Numbers of a range, all accepted, that are written with a plus or not, in so many characters."""

    has_sign: bool
    size: int
    start: int
    """The first integer, as it is written."""
    end: int
    """The one after the last."""
    shift: int
    """The international number is the one written plus this."""


class Habits:
    """Reads what is usual in a list, and leaves the rest open."""

    def __init__(self, usual: Iterable[Usual]) -> None:
        self.usual = frozenset(usual)
        shifts: dict[int, pl.Expr] = {}
        for each in sorted(self.usual):
            is_inside = _is(each)
            shifts[each.shift] = shifts[each.shift] | is_inside if each.shift in shifts else is_inside
        found = [pl.when(is_inside).then(_NUMBER + shift) for shift, is_inside in shifts.items()]
        self._found = pl.coalesce(*found, pl.lit(None, pl.Int64))

    def read(self, raw: pl.Series) -> pl.DataFrame:
        """Return e164, code and verdict; where that is unsure the others mean nothing."""
        spelled = _spelled(raw).with_columns(is_plain=_NUMBER.is_not_null())
        left = (~spelled["is_plain"]).arg_true()
        compact = _spelled(_without_blanks(raw.gather(left)))
        spelled = spelled.with_columns(spelled[name].scatter(left, compact[name]) for name in compact.columns)
        asked = spelled.lazy().with_columns(found=self._found)
        found = asked.select("found", is_formed=_FOUND.is_not_null() & ~_IS_E164, verdict=_VERDICT).collect()
        formed = found.filter("is_formed").select(pl.format("+{}", "found")).to_series()
        e164 = raw.alias("e164").scatter(found["is_formed"].arg_true(), formed)
        return found.select(e164, _NO_CODE, "verdict")


def _spelled(raw: pl.Series) -> pl.DataFrame:
    """Return what numbers are told by; no number is one in which anything stands between the digits."""
    number, has_sign, size = _RAW.cast(pl.Int64, strict=False), _RAW < "0", _RAW.str.len_bytes()
    return raw.to_frame().select(number=number, has_sign=has_sign, size=size)


def _without_blanks(raw: pl.Series) -> pl.Series:
    text = pl.when(_RAW.str.len_bytes() <= MAX_INPUT).then("raw")
    return raw.to_frame().select(text.str.replace_all(" ", "", literal=True)).to_series()


def _is(usual: Usual) -> pl.Expr:
    has_sign = pl.col("has_sign")
    is_form = (has_sign if usual.has_sign else ~has_sign) & (pl.col("size") == usual.size)
    return is_form & _NUMBER.is_between(usual.start, usual.end, closed="left")
