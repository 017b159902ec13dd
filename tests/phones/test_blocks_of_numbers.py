"""Blocks of numbers: between two edges of phonenumbers' patterns all numbers are treated alike."""

import random
import re
from itertools import pairwise

import phonenumbers
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pling_async.phones import plans
from pling_async.phones.digits import compiled
from pling_async.phones.edges import Block, edges, plan_of

HOME = ["NO", "SE", "GB", "BR", "CN", "RU", "IT", "GG", "JP", "AU", "FI", "HU"]
ABROAD = [47, 46, 44, 55, 86, 7, 39, 61, 358, 800]
TYPES = ["general_desc", "mobile", "fixed_line", "toll_free", "premium_rate", "voip"]


@given(
    st.sampled_from(sorted(phonenumbers.SUPPORTED_REGIONS)),
    st.sampled_from(TYPES),
    st.integers(1, 14),
    st.randoms(use_true_random=False),
)
def test_ranges_are_what_the_pattern_matches(region: str, kind: str, size: int, rng: random.Random) -> None:
    """The numbers inside a range match, and those beside it and anywhere else do not."""
    desc = getattr(plan_of(region), kind)
    assume(desc is not None and desc.national_number_pattern)
    ranges = compiled(desc.national_number_pattern).ranges(size)
    near = [edge + step for both in ranges for edge in both for step in (-1, 0) if 0 <= edge + step < 10**size]
    for number in [*rng.sample(near, min(len(near), 20)), *(rng.randrange(10**size) for _ in range(5))]:
        is_inside = any(start <= number < end for start, end in ranges)
        assert is_inside == bool(re.fullmatch(desc.national_number_pattern, f"{number:0{size}}"))


@pytest.mark.parametrize("pattern", [r"\d+", "a", r"(?=1)\d", "[^1]", r"\D", "1*"])
def test_unknown_syntax_is_refused(pattern: str) -> None:
    """A pattern that would be misread is not read."""
    with pytest.raises(ValueError, match="unknown syntax"):
        compiled(pattern)


@pytest.mark.parametrize("of", [*HOME, *ABROAD])
def test_all_numbers_between_two_edges_are_treated_alike(of: str | int) -> None:
    """Whichever number is drawn there, the scalar path says what it said at the edges, under every policy."""
    rng = random.Random(6)  # noqa: S311 - nothing secret
    blocks = [block for block in (Block(of, size) for size in (6, 9, 10, 11, 13)) if len(edges(block)[0]) < 1000]
    for block in blocks:
        ranges = list(pairwise([*plans._said(block), block.start + 10**block.size]))
        for start, end in rng.sample(ranges, min(len(ranges), 50)):
            said = plans._said(block)[start]
            drawn = rng.randrange(start, end)
            assert said in (plans._NOTHING, plans._of_both(block, drawn, drawn))


@pytest.mark.parametrize(
    ("head", "size", "block"),
    [
        ("479", 10, Block(47, 8)),
        ("121", 11, Block(1, 10)),
        ("358", 12, Block(358, 9)),
        ("999", 12, None),
        ("47", 2, None),
        ("479", 18, None),
    ],
)
def test_the_country_code_makes_the_block(head: str, size: int, block: Block | None) -> None:
    """No country code is the beginning of another; what has none, or too few or too many digits, is in no block."""
    assert plans.block_of(head, size) == block


def test_the_table_of_a_home_country_leaves_nothing_open() -> None:
    """A number of the usual length is looked up once, whether it is written with its country code or without."""
    rows = plans.table([Block("NO", 8), Block(47, 8)], "mobile")
    verdicts = {row.verdict for row in rows if Block(47, 8).start <= row.start + row.offset < Block(48, 8).start}
    assert plans.UNSURE not in verdicts
    assert plans.ACCEPTED in verdicts
