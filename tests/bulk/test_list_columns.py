"""Lists of texts are compared and tidied as Python would do it, list by list."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pling_async.bulk.list_columns import differ, patched, tidy

CELL = st.one_of(st.none(), st.lists(st.sampled_from(["A", "B", "", "Å"]), max_size=3))
PAIRS = st.lists(st.tuples(CELL, CELL), max_size=8)


def column(cells: list[list[str] | None]) -> pl.Series:
    """Return a column of lists."""
    return pl.Series("groups", cells, dtype=pl.List(pl.String))


@given(PAIRS)
def test_lists_differ_where_they_do(pairs: list[tuple[list[str] | None, list[str] | None]]) -> None:
    """Order counts, and a null list is like an empty one."""
    left, right = (column([pair[side] for pair in pairs]) for side in (0, 1))
    assert differ(left, right).to_list() == [(one or []) != (other or []) for one, other in pairs]


@pytest.mark.parametrize("distinct", [True, False])
@given(cells=st.lists(CELL, max_size=8))
def test_lists_are_tidied_one_by_one(cells: list[list[str] | None], *, distinct: bool) -> None:
    """Each list is sorted, repeated texts are dropped if so asked, and nulls stay."""
    wanted = [cell if cell is None else sorted(set(cell) if distinct else cell) for cell in cells]
    assert tidy(column(cells), distinct=distinct).to_list() == wanted


def test_some_lists_are_replaced() -> None:
    """Only the places named get another list."""
    found = patched(column([["A"], None, []]), pl.Series([2, 0]), column([["B"], []]))
    assert found.to_list() == [[], None, ["B"]]
