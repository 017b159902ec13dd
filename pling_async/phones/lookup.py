"""Looks up columns of digits, as integers, in what the scalar path says of blocks of numbers."""

from collections import Counter
from collections.abc import Iterable
from typing import Final

import polars as pl

from pling_async.phones.edges import NATIONAL, Block
from pling_async.phones.number import Policy
from pling_async.phones.plans import LONGEST, SHORTEST, UNSURE, Row, block_of, has_plain_prefix, is_worth_it, table

_SIZES: Final = range(SHORTEST, LONGEST + 2)
_LOW: Final = pl.Series([10 ** (size - 2) if size in _SIZES else None for size in range(LONGEST + 3)])
"""By the length of a text, the least integer that fills all places but the first; null where there is no key."""
_COMPACT: Final = pl.col("compact")
_NUMBER: Final = pl.col("number")
_HAS_SIGN: Final = _COMPACT < "0"
"""Comes before the digits, as plus and minus do."""


class Lookup:
    """The blocks that are worth knowing for a list; an answer never depends on which they are.

    A spelled frame has `compact`, digits behind a plus or nothing, and `number`, their integer; null is no number.
    """

    def __init__(self, region: str, numbers: Policy) -> None:
        self._region = region
        self._numbers: Policy = numbers
        self._blocks: frozenset[Block] = frozenset()
        self._rows([])

    def learn(self, spelled: pl.LazyFrame, weight: int = 1) -> None:
        """Get to know the blocks of a sample, whose rows stand for so many each."""
        keys = spelled.select(number=self._key(_HAS_SIGN)).collect().get_column("number").drop_nulls()
        home = (keys.filter(keys >= NATIONAL) - NATIONAL).cast(pl.String).str.len_bytes() - 1
        self._add((Block(self._region, size), count * weight) for size, count in home.value_counts().rows())
        found = self._found(keys.to_frame("key").lazy()).filter(verdict=UNSURE).select(_NUMBER.cast(pl.String))
        heads = found.group_by(head=_NUMBER.str.slice(0, 3), size=_NUMBER.str.len_bytes()).len().collect()
        self._add((block_of(head, size), count * weight) for head, size, count in heads.rows())

    def judged(self, spelled: pl.LazyFrame) -> pl.LazyFrame:
        """Add verdict, and is_written where the text is E.164 already and number the integer of it where it is not."""
        frame = spelled.with_columns(has_sign=_HAS_SIGN)
        frame = self._found(frame.with_columns(key=self._key(pl.col("has_sign"))))
        return frame.with_columns(is_written=pl.col("has_sign") & (pl.col("offset") == 0))

    def _key(self, has_sign: pl.Expr) -> pl.Expr:
        """Return the key of a number; a minus has none, nor has a plus with zeros behind it."""
        low = pl.lit(_LOW).gather(_COMPACT.str.len_bytes().clip(upper_bound=LONGEST + 2))
        is_foreign = _NUMBER.is_between(low // 10, low, closed="left") & has_plain_prefix(self._region)
        return (
            pl.when(has_sign)
            .then(pl.when(_NUMBER.ge(low)).then("number"))
            .when(is_foreign)
            .then("number")
            .otherwise(_NUMBER + low * 100 + NATIONAL)
        )

    def _found(self, keyed: pl.LazyFrame) -> pl.LazyFrame:
        frame = keyed.with_columns(place=self._starts.search_sorted(pl.col("key"), side="right"))
        frame = frame.with_columns(verdict=self._verdicts.gather("place"), offset=self._offsets.gather("place"))
        return frame.with_columns(number=pl.col("key") + pl.col("offset"))

    def _add(self, asked: Iterable[tuple[Block | None, int]]) -> None:
        counts: Counter[Block] = Counter()
        for block, count in asked:
            if block is not None and block.size <= LONGEST:
                counts[block] += count
        if found := {block for block, count in counts.items() if is_worth_it(block, count)} - self._blocks:
            self._blocks |= found
            self._rows(table(self._blocks, self._numbers))

    def _rows(self, rows: list[Row]) -> None:
        self._starts = pl.lit(pl.Series([row.start for row in rows], dtype=pl.Int64))
        self._verdicts = pl.lit(pl.Series([UNSURE, *(row.verdict for row in rows)], dtype=pl.UInt8))
        self._offsets = pl.lit(pl.Series([0, *(row.offset for row in rows)], dtype=pl.Int64))
