"""The map that an upsert keeps of what it added."""

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pling_async.bulk.id_table import IdTable

NUMBERS = st.one_of(st.integers(1, 40), st.integers(4799999000, 4799999999), st.integers(1, 10**15 - 1))


@given(st.lists(st.tuples(NUMBERS, st.integers(0, 2**53)), max_size=3_000), st.lists(NUMBERS))
def test_it_answers_like_a_dict(pairs: list[tuple[int, int]], asked: list[int]) -> None:
    """Whatever was set, in whatever order and how often, is found as it was set last, and nothing else is."""
    table = IdTable()
    for number, value in pairs:
        table[number] = value
    told = dict(pairs)
    numbers = [*told, *asked, 0]
    assert [table.get(number) for number in numbers] == [told.get(number) for number in numbers]


def test_it_grows_and_stays_small() -> None:
    """All of 5,000 numbers in a row are found, in less than half of what a dict needs while it grows."""
    tracemalloc.start()
    table = IdTable()
    for number in range(4790000000, 4790005000):
        table[number] = number + 1
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert all(table.get(number) == number + 1 for number in range(4790000000, 4790005000))
    assert peak < 240_000


@pytest.mark.parametrize("step", [1, 7, 128, 1000])
def test_it_grows_a_little_at_a_time(step: int) -> None:
    """What moves when one number is added is a hundredth of all, so that a million stop no event loop (#86)."""
    table = IdTable()
    for number in range(4790000000, 4790000000 + 50_000 * step, step):
        table[number] = 1
    sizes = [part._count for part in table._parts]
    assert sum(sizes) == 50_000
    assert max(sizes) <= 500
