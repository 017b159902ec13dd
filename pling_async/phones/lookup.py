"""Looks up columns of digits, as integers, in what the scalar path says of blocks of numbers."""

from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache
from threading import Lock
from typing import Final, NamedTuple

import polars as pl

from pling_async.phones.edges import NATIONAL, Block
from pling_async.phones.number import Policy
from pling_async.phones.plans import (
    ACCEPTED,
    LONGEST,
    SHORTEST,
    UNSURE,
    Row,
    block_of,
    has_plain_prefix,
    is_worth_it,
    table,
)
from pling_async.phones.usual import Habits, Usual

_SIZES: Final = range(SHORTEST, LONGEST + 2)
_LOW: Final = pl.Series([10 ** (size - 2) if size in _SIZES else None for size in range(LONGEST + 3)])
"""By the length of a text, the least integer that fills all places but the first; null where there is no key."""
_COMPACT: Final = pl.col("compact")
_NUMBER: Final = pl.col("number")
_HAS_SIGN: Final = _COMPACT < "0"
"""Comes before the digits, as plus and minus do."""
_RARE: Final = 100
"""A range with less than one in so many numbers is not usual: to ask about it would cost more than it saves."""


class _Known(NamedTuple):
    """Some blocks and all that is said of them; never altered, for other threads may be reading it."""

    blocks: frozenset[Block]
    rows: list[Row]
    starts: pl.Expr
    verdicts: pl.Expr
    offsets: pl.Expr


class Lookup:
    """The blocks that are worth knowing; an answer never depends on which they are.

    A spelled frame has `compact`, digits behind a plus or nothing, and `number`, their integer; null is no number.
    """

    def __init__(self, region: str, numbers: Policy) -> None:
        self._region = region
        self._numbers: Policy = numbers
        self._known = _known(frozenset(), [])
        self._learning = Lock()
        self.habits = Habits(())

    def learn(self, spelled: pl.LazyFrame, weight: int = 1) -> None:
        """Get to know the blocks of a sample, whose rows stand for so many each; parts of a list do it in turn."""
        with self._learning:
            self._learn(spelled, weight)

    def _learn(self, spelled: pl.LazyFrame, weight: int) -> None:
        keys = spelled.select(key=self._key(_HAS_SIGN)).drop_nulls()
        unsure = _found(keys, self._known).filter(verdict=UNSURE).select("key").collect()
        if unsure.is_empty():
            return
        home = (unsure["key"].filter(unsure["key"] >= NATIONAL) - NATIONAL).cast(pl.String).str.len_bytes() - 1
        self._add((Block(self._region, size), count * weight) for size, count in home.value_counts().rows())
        found = _found(unsure.lazy(), self._known).filter(verdict=UNSURE).select(_NUMBER.cast(pl.String))
        heads = found.group_by(head=_NUMBER.str.slice(0, 3), size=_NUMBER.str.len_bytes()).len().collect()
        self._add((block_of(head, size), count * weight) for head, size, count in heads.rows())

    def habits_of(self, spelled: pl.LazyFrame) -> Habits:
        """Return what reads the numbers that are usual in a sample."""
        known = self._known
        form = known.starts.search_sorted(self._key(_HAS_SIGN), side="right"), _HAS_SIGN, _COMPACT.str.len_bytes()
        counts = spelled.group_by(place=form[0], has_sign=form[1], size=form[2]).len().collect()
        usual = counts.filter(pl.col("len") * _RARE >= counts["len"].sum()).drop_nulls().sort(pl.all())
        return Habits(each for row in usual.drop("len").rows() for each in _usual(known.rows, *row))

    def judged(self, spelled: pl.LazyFrame) -> pl.LazyFrame:
        """Add verdict, and is_written where the text is E.164 already and number the integer of it where it is not."""
        frame = spelled.with_columns(has_sign=_HAS_SIGN)
        frame = _found(frame.with_columns(key=self._key(pl.col("has_sign"))), self._known)
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

    def _add(self, asked: Iterable[tuple[Block | None, int]]) -> None:
        counts: Counter[Block] = Counter()
        for block, count in asked:
            if block is not None and block.size <= LONGEST:
                counts[block] += count
        blocks = self._known.blocks
        if found := {block for block, count in counts.items() if is_worth_it(block, count)} - blocks:
            self._known = _known(blocks | found, table(blocks | found, self._numbers))


@lru_cache(maxsize=64)
def shared_lookup(region: str, numbers: Policy) -> Lookup:
    """Return the lookup of all lists of a region: what was learned from one is known to the next."""
    return Lookup(region, numbers)


def _known(blocks: frozenset[Block], rows: list[Row]) -> _Known:
    return _Known(
        blocks=blocks,
        rows=rows,
        starts=pl.lit(pl.Series([row.start for row in rows], dtype=pl.Int64)),
        verdicts=pl.lit(pl.Series([UNSURE, *(row.verdict for row in rows)], dtype=pl.UInt8)),
        offsets=pl.lit(pl.Series([0, *(row.offset for row in rows)], dtype=pl.Int64)),
    )


def _found(keyed: pl.LazyFrame, known: _Known) -> pl.LazyFrame:
    frame = keyed.with_columns(place=known.starts.search_sorted(pl.col("key"), side="right"))
    frame = frame.with_columns(verdict=known.verdicts.gather("place"), offset=known.offsets.gather("place"))
    return frame.with_columns(number=pl.col("key") + pl.col("offset"))


def _usual(rows: list[Row], place: int, has_sign: bool, size: int) -> Iterator[Usual]:  # noqa: FBT001 - as in the row
    """Yield the range at a place, of which 0 is before the first, if it is accepted."""
    start, verdict, offset = rows[place - 1] if place else (0, UNSURE, 0)
    if verdict == ACCEPTED:
        base = NATIONAL + 10**size if start >= NATIONAL else 0
        least = 0 if base else 10 ** (size - 2 if has_sign else size - 3)
        end = rows[place].start - base
        yield Usual(has_sign, size, max(start - base, least), min(end, 10 * least or end), offset + base)
