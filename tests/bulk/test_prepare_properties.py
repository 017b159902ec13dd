"""Prepare, whatever the list: every row has one fate, and neither order nor chunks matter."""

import asyncio
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pling_async.bulk import Prepared, PrepareSettings, prepare
from pling_async.phones import normalise

MOBILES = ["+4799999001", "999 99 001", "99999002", "0047 99999003", "+46 70-174 06 05", "22222222", "", "n/a"]
TEXTS = ["", " ", "a", "b", "a" * 51, "x\x00"]

rows = st.lists(
    st.fixed_dictionaries(
        {"mobile": st.sampled_from(MOBILES)},
        optional={
            "first_name": st.sampled_from([*TEXTS, "c" * 50]),
            "last_name": st.sampled_from([*TEXTS, "d" * 50]),
            "name": st.sampled_from(TEXTS),
            "speed_dial": st.sampled_from(["", "A", "B", "a"]),
            "stop": st.sampled_from(["", "1", "0", "?"]),
            "active": st.sampled_from(["", "1", "0", "?"]),
            "groups": st.sampled_from(["", "VIP", "VIP;Kunder", "g" * 41]),
        },
    ),
    max_size=12,
)

with_several_numbers = st.tuples(rows, st.data()).map(lambda drawn: [_with_several(row, drawn[1]) for row in drawn[0]])


def _with_several(row: dict[str, Any], data: st.DataObject) -> dict[str, Any]:
    further = data.draw(st.lists(st.sampled_from(MOBILES), max_size=2))
    return {**row, "mobile": [row["mobile"], *further]} if further else row


def prepared(listed: list[dict[str, Any]], chunk_rows: int = 50_000) -> Prepared:
    """Prepare a list in chunks of a size."""
    return asyncio.run(prepare(listed, settings=PrepareSettings(chunk_rows=chunk_rows)))


@given(rows)
def test_every_row_is_in_exactly_one_place(listed: list[dict[str, Any]]) -> None:
    """No row is lost, none is both sent and rejected, and a number is there once (I-15)."""
    found = prepared(listed)
    sent = found.contacts["rows"].explode().drop_nulls().to_list()
    refused = found.rejects["row"].unique().to_list()
    assert sorted(sent + refused) == list(range(1, len(listed) + 1))
    assert found.contacts["mobile"].is_unique().all()
    assert found.source.rows == len(listed)


@given(rows)
def test_a_stop_alone_is_sent_whatever_else_there_is(listed: list[dict[str, Any]]) -> None:
    """Each of these numbers is stopped at the end, however hopeless the other rows are (I-4)."""
    found = prepared([*listed, *({"mobile": mobile, "stop": "1"} for mobile in MOBILES)])
    stopped = set(found.contacts.filter("is_stopped")["mobile"])
    assert stopped >= {"+4799999001", "+4799999002", "+4799999003", "+46701740605"}


@given(with_several_numbers)
def test_a_stop_is_one_for_every_number_of_its_row(listed: list[dict[str, Any]]) -> None:
    """Whatever is wrong with the row, nobody is sent as reachable by its numbers (I-4); no row is lost (I-15)."""
    found = prepared(listed)
    stopping = {at for at, row in enumerate(listed, 1) if row.get("stop") == "1"}
    reachable = set(found.contacts["mobile"])
    if "is_stopped" in found.contacts.columns:
        reachable -= set(found.contacts.filter("is_stopped")["mobile"])
    numbers = (cell for at in stopping for cell in _cells(listed[at - 1]))
    assert not reachable & {number for cell in numbers if (number := normalise(cell, "NO").e164)}
    sent = found.contacts["rows"].explode().drop_nulls().to_list()
    refused = set(found.rejects["row"])
    assert refused.union(sent) == set(range(1, len(listed) + 1))
    assert refused.intersection(sent).union(row for row in sent if sent.count(row) > 1) <= stopping


def _cells(row: dict[str, Any]) -> list[str]:
    return row["mobile"] if isinstance(row["mobile"], list) else [row["mobile"]]


@given(with_several_numbers, st.integers(1, 5))
def test_chunks_do_not_matter(listed: list[dict[str, Any]], chunk_rows: int) -> None:
    """Prepared chunk by chunk and reduced once is the same as prepared at once."""
    whole, parts = prepared(listed), prepared(listed, chunk_rows)
    assert whole.source == parts.source
    for name in ("contacts", "rejects", "merges"):
        one, other = getattr(whole, name), getattr(parts, name)
        assert one.equals(other.select(one.columns)), name


@given(rows)
def test_a_slow_reading_of_the_rules_comes_to_the_same(listed: list[dict[str, Any]]) -> None:
    """Row by row, in plain Python: the last row wins where it speaks, groups unite, a stop stays."""
    found = prepared(listed)
    refused = set(found.rejects["row"])
    for contact in found.contacts.to_dicts():
        mine = [listed[row - 1] for row in contact["rows"]]
        assert not refused & set(contact["rows"])
        for name in ("first_name", "last_name", "name", "speed_dial"):
            spoken = [row[name].strip() for row in mine if row.get(name, "").strip()]
            assert contact.get(name) == (spoken[-1] if spoken else None)
        stops = [row["stop"] for row in mine if row.get("stop")]
        assert contact.get("is_stopped") == ("1" in stops if stops else None)
        groups = [name for row in mine for name in row.get("groups", "").split(";") if name]
        assert contact.get("contact_groups") == (list(dict.fromkeys(groups)) or None)


@given(rows, st.randoms(use_true_random=False))
def test_the_order_of_different_numbers_does_not_matter(listed: list[dict[str, Any]], random: Any) -> None:
    """Shuffling a list in which every number is once changes nothing but row numbers (I-20)."""
    digits = ("".join(filter(str.isdigit, row["mobile"]))[-8:] for row in listed)
    distinct = list(dict(zip(digits, listed, strict=True)).values())
    shuffled = random.sample(distinct, len(distinct))
    one, other = (prepared(each).contacts.drop("rows") for each in (distinct, shuffled))
    assert one.equals(other.select(one.columns))


@pytest.mark.slow
async def test_a_large_list_is_checked_in_parts_with_the_same_result(tmp_path: Any) -> None:
    """A file of more rows than one part has is what its rows are, with their numbers."""
    lines = [f"9999{number % 10_000:04d},n{number}" for number in range(520_000)]
    (tmp_path / "list.csv").write_text("mobile,name\n" + "\n".join(lines))
    found = await prepare(tmp_path / "list.csv")
    last = found.contacts.select(pl.col("rows").list.last(), "name")
    assert found.contacts.height == 10_000
    assert (last["name"] == "n" + (last["rows"].cast(pl.Int64) - 1).cast(pl.String)).all()
