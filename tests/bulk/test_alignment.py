"""Sorting by number and aligning two frames say what polars' own sort and join say, only sooner."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from pling_async.bulk.alignment import aligned, by_mobile

NUMBERS = st.from_regex(r"\+[1-9][0-9]{0,14}", fullmatch=True)
MOBILES = st.lists(st.one_of(NUMBERS, st.text(max_size=5), st.just("+" + "9" * 30)), max_size=12, unique=True)


def frame(mobiles: list[str], column: str) -> pl.DataFrame:
    """Give each of some mobiles a number."""
    return pl.DataFrame(
        {"mobile": mobiles, column: range(len(mobiles))}, schema={"mobile": pl.String, column: pl.Int64}
    )


@given(MOBILES)
def test_contacts_are_sorted_as_text(mobiles: list[str]) -> None:
    """Numbers, and whatever else a server calls a mobile, come in the order of their text."""
    contacts = frame(mobiles, "row")
    assert_frame_equal(by_mobile(contacts), contacts.sort("mobile"))


@given(MOBILES, MOBILES)
def test_aligning_is_a_full_join(left: list[str], right: list[str]) -> None:
    """Each mobile of either side has one row, in order, null where a side lacks it."""
    sides = frame(sorted(left), "left"), frame(sorted(right), "right")
    assert_frame_equal(aligned(*sides), sides[0].join(sides[1], on="mobile", how="full", coalesce=True).sort("mobile"))
