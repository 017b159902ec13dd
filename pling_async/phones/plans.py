"""What the scalar path says of whole blocks of numbers, so that a column can look it up.

Between two neighbouring edges phonenumbers treats all numbers alike: the first and the last are read by the scalar path
and speak for the rest. Should they differ, nothing is said, and the scalar path is asked about each number.
"""

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Collection, Iterator
from functools import lru_cache
from itertools import pairwise
from math import inf
from typing import Final, NamedTuple

import phonenumbers

from pling_async.phones.edges import NATIONAL, Block, edges, plan_of
from pling_async.phones.number import MESSAGES, POLICIES, Number, Policy, parsed, ruled, standing

LONGEST: Final = 17
"""Digits of the longest number that is looked up."""
SHORTEST: Final = 3
"""With fewer digits it depends on the spelling whether phonenumbers calls it a number."""
CODES: Final = (None, None, "unassigned", *MESSAGES)
"""The code of each verdict."""
UNSURE: Final = 0
ACCEPTED: Final = 1
WARNED: Final = 2

_FEW: Final = 100
"""Fewer numbers than this never justify a block."""

Said = tuple[tuple[int, ...], int]
"""Verdicts, one for each of `POLICIES`, and an offset; if that is not 0, the key and it are another key to look up."""


class Row(NamedTuple):
    """What is said of the keys from one on."""

    start: int
    verdict: int
    offset: int
    """The international number is the key plus this."""


_NOTHING: Final[Said] = ((UNSURE,) * len(POLICIES), 0)
_demand: Final[Counter[Block]] = Counter()


def is_worth_it(block: Block, count: int) -> bool:
    """Tell whether so many more numbers, with all that were asked about before, are worth the making of a block."""
    _demand[block] += count
    return _demand[block] >= _FEW and _demand[block] >= _price(block)


@lru_cache(maxsize=4096)
def _price(block: Block) -> float:
    """Return how many numbers are read to make a block; no number is enough when its patterns cannot be read."""
    try:
        return 2 * len(edges(block)[0])
    except ValueError:
        return inf


def table(blocks: Collection[Block], numbers: Policy) -> list[Row]:
    """Return all that is said about some blocks, by ascending start; what one block says of another is looked up."""
    said = dict.fromkeys((block.start + 10**block.size for block in blocks), _NOTHING)
    for block in blocks:
        said.update(_said(block))
    place = POLICIES.index(numbers)
    rows = [Row(start, verdicts[place], offset) for start, (verdicts, offset) in sorted(said.items())]
    starts = [row.start for row in rows]
    pairs = pairwise([*rows, Row(2 * NATIONAL, UNSURE, 0)])
    found = [each for row, after in pairs for each in _resolved(row, after.start, rows, starts)]
    return [row for before, row in pairwise([Row(0, UNSURE, 0), *found]) if row[1:] != before[1:]]


def _resolved(row: Row, end: int, rows: list[Row], starts: list[int]) -> Iterator[Row]:
    """Yield what is said of the keys from a row to an end, with the verdicts of the numbers that they stand for."""
    if not row.offset:
        yield row
        return
    first, last = bisect_right(starts, row.start + row.offset) - 1, bisect_left(starts, end + row.offset)
    for place in range(first, last):
        start, verdict, offset = rows[place] if place >= 0 else (0, UNSURE, 0)
        yield Row(max(row.start, start - row.offset), UNSURE if offset else verdict, row.offset)


def block_of(head: str, size: int) -> Block | None:
    """Return the block of international numbers that begin with these three digits, and have so many in all."""
    codes = (head[:length] for length in (1, 2, 3))
    code = next((code for code in codes if code and int(code) in phonenumbers.COUNTRY_CODE_TO_REGION_CODE), None)
    if code is None or not SHORTEST < size <= LONGEST:
        return None
    return Block(int(code), size - len(code))


@lru_cache(maxsize=32)
def has_plain_prefix(region: str) -> bool:
    """Tell whether 00 means + there, whatever country code follows."""
    prefix = plan_of(region).international_prefix or ""
    return prefix == "00" or prefix.startswith("00|")


@lru_cache(maxsize=4096)
def _said(block: Block) -> dict[int, Said]:
    found, holes = edges(block)
    return {
        first: _NOTHING if any(start <= first < end for start, end in holes) else _of_both(block, first, after - 1)
        for first, after in pairwise(found)
    }


def _of_both(block: Block, first: int, last: int) -> Said:
    of_one = _of_national if isinstance(block.of, str) else _of_international
    said = of_one(block, first)
    return said if first == last or said == of_one(block, last) else _NOTHING


def _of_international(_: Block, key: int) -> Said:
    found = parsed(f"+{key}", None)
    if isinstance(found, str):
        return _refused(found)
    rank = standing(found)
    if int(rank.e164) != key:
        return _NOTHING[0], int(rank.e164) - key
    return tuple(_verdict(ruled(rank, numbers)) for numbers in POLICIES), 0


def _of_national(block: Block, key: int) -> Said:
    """Say where the international number is, not what it is worth; that is the other block's to say."""
    region, digits = str(block.of), str(key)[-block.size :]
    prefix = re.match(plan_of(region).international_prefix or "$", digits)
    rest = digits[prefix.end() :] if prefix else ""
    if len(rest) >= SHORTEST and not rest.startswith("0"):
        return _NOTHING[0], int(rest) - key
    found = parsed(digits, region)
    if isinstance(found, str):
        return _refused(found)
    number = phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164)
    return (_NOTHING[0], int(number) - key) if len(number) <= LONGEST else _refused("too_long")


def _refused(code: str) -> Said:
    return (_verdict(Number(code=code)),) * len(POLICIES), 0


def _verdict(number: Number) -> int:
    if number.e164 is not None:
        return WARNED if number.code else ACCEPTED
    return CODES.index(number.code, WARNED + 1)
