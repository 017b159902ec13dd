"""A column of numbers as E.164: digits are looked up, texts are understood, and what is left is read one by one.

Three ways to decide, each for what the one before it left open; all say what the scalar path says. No processes share
the work: what is left is too little to pay for their start, and a library that starts some may run its caller's script
anew (spawn) or hang (fork, beside the threads of polars).
"""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Final

import polars as pl

from pling_async.phones.lookup import Lookup, shared_lookup
from pling_async.phones.number import Number, Policy, read
from pling_async.phones.plans import ACCEPTED, CODES, UNSURE, WARNED
from pling_async.phones.texts import TWO_NUMBERS, compacted, understood
from pling_async.phones.usual import Habits

_FEW: Final = 100
"""Fewer rows are read one by one sooner than anything else is planned."""
_SAMPLE: Final = 4096
_NOT_MANY: Final = 6
"""When more than one in so many numbers is not usual, others may have become so."""
_BATCH: Final = 131_072
"""Rows that a thread takes at a time."""
_THREADS: Final = min(4, os.cpu_count() or 1)
_SHORT: Final = 32
_VERDICT: Final = pl.col("verdict")

Way = Callable[[pl.Series], pl.DataFrame]
"""Turns spellings into e164, code and verdict; unsure are those that it leaves open."""


def normalise_column(raw: pl.Series, region: str, numbers: Policy) -> pl.DataFrame:
    """See `pling_async.phones.normalise_column`."""
    lookup = shared_lookup(region, numbers)
    ways: tuple[Way, ...] = (
        lambda part: _by_habit(part, lookup),
        lambda part: _by_digits(part, lookup),
        lambda part: _by_text(part, lookup),
        lambda part: _one_by_one(part, region, numbers),
    )
    texts = raw.cast(pl.String).fill_null("").alias("raw")
    return _decided(texts, ways[-1:] if texts.len() < _FEW else ways)


def _decided(raw: pl.Series, ways: Sequence[Way]) -> pl.DataFrame:
    found = ways[0](raw)
    left = found["verdict"].eq(UNSURE).arg_true()
    if left.is_empty():
        return found.select("e164", "code")
    rest = _decided(raw.gather(left), ways[1:])
    return pl.DataFrame([found[name].scatter(left, rest[name]) for name in ("e164", "code")])


def _by_habit(raw: pl.Series, lookup: Lookup) -> pl.DataFrame:
    habits = lookup.habits
    found = _read_by(habits, raw)
    if found["verdict"].eq(UNSURE).sum() * _NOT_MANY <= raw.len():
        return found
    weight = max(1, raw.len() // _SAMPLE)
    sample = compacted(raw.gather_every(weight).to_frame().lazy()).collect().lazy()
    lookup.learn(sample, weight)
    others = lookup.habits_of(sample)
    if others.usual <= habits.usual:
        return found
    lookup.habits = others
    return _read_by(others, raw)


def _read_by(habits: Habits, raw: pl.Series) -> pl.DataFrame:
    if not habits.usual:
        return raw.alias("e164").to_frame().with_columns(code=pl.lit(None, pl.String), verdict=pl.lit(UNSURE, pl.UInt8))
    if raw.len() <= _BATCH:
        return habits.read(raw)
    parts = [part.to_series() for part in raw.to_frame().iter_slices(_BATCH)]
    with ThreadPoolExecutor(_THREADS) as pool:
        return pl.concat(pool.map(habits.read, parts), rechunk=True)


def _by_digits(raw: pl.Series, lookup: Lookup) -> pl.DataFrame:
    return _collected(raw.to_frame(), lambda part: _answers(lookup.judged(compacted(part))))


def _by_text(raw: pl.Series, lookup: Lookup) -> pl.DataFrame:
    texts = _collected(raw.to_frame(), understood)
    lookup.learn(texts.lazy())
    is_two = pl.col("has_two") & (_VERDICT > WARNED)
    verdict = pl.coalesce("said", pl.when(is_two).then(pl.lit(TWO_NUMBERS, pl.UInt8)).otherwise("verdict"))
    return _collected(texts, lambda part: _answers(lookup.judged(part).with_columns(verdict=verdict)))


def _one_by_one(raw: pl.Series, region: str, numbers: Policy) -> pl.DataFrame:
    spellings = raw.unique().sort()  # country by country, or phonenumbers compiles the patterns of each again and again
    found = [_remembered(spelling, region, numbers) for spelling in spellings]
    answers = {"e164": [number.e164 for number in found], "code": [number.code for number in found]}
    schema = {"e164": pl.String, "code": pl.String}
    said = pl.DataFrame(answers, schema=schema).with_columns(spellings, verdict=pl.lit(ACCEPTED, pl.UInt8))
    return raw.to_frame().join(said, on="raw", how="left", maintain_order="left")


def _remembered(spelling: str, region: str, numbers: Policy) -> Number:
    """Read a text, which the next part of a list may have, too; only a short one is kept in mind."""
    return (_kept if len(spelling) <= _SHORT else read)(spelling, region, numbers)


@lru_cache(maxsize=4096)
def _kept(spelling: str, region: str, numbers: Policy) -> Number:
    return read(spelling, region, numbers)


def _answers(judged: pl.LazyFrame) -> pl.LazyFrame:
    """Turn verdicts into E.164 and codes."""
    is_accepted = _VERDICT.is_between(ACCEPTED, WARNED)
    is_written = is_accepted & pl.col("is_written")
    number = pl.format("+{}", pl.when(is_accepted & ~is_written).then("number"))
    return judged.select(
        "verdict",
        e164=pl.when(is_written).then("compact").otherwise(number),
        code=pl.lit(pl.Series(CODES, dtype=pl.String)).gather("verdict"),
    )


def _collected(frame: pl.DataFrame, work: Callable[[pl.LazyFrame], pl.LazyFrame]) -> pl.DataFrame:
    """Do the work of all parts at once; polars gives each of them a thread."""
    parts = list(frame.iter_slices(_BATCH)) or [frame]
    return pl.concat(pl.collect_all([work(part.lazy()) for part in parts]), rechunk=True)
