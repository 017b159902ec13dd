"""Rows that are objects, and frames: the same text as from a file."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from pling_async.errors import SourceError
from pling_async.pling.models import Contact
from pling_async.sources import Reading, SourceInfo, SourceOptions
from pling_async.sources.base import LIST_MARK

Read = Callable[..., Awaitable[tuple[pl.DataFrame, SourceInfo]]]


async def test_a_contact_is_text(read: Read) -> None:
    """Flags are 1 and 0, groups stay apart, and what is not given is null."""
    contact = Contact(
        mobile="+4799999001", postal_code="0663", is_stopped=True, is_active=False, contact_groups=("A;B", "C")
    )
    frame, info = await read([contact, Contact(mobile="+4799999002")])
    assert frame.rows(named=True) == [
        {
            "mobile": "+4799999001",
            "postal_code": "0663",
            "is_stopped": "1",
            "is_active": "0",
            "contact_groups": f"{LIST_MARK}A;B{LIST_MARK}C",
        },
        {"mobile": "+4799999002", "postal_code": None, "is_stopped": None, "is_active": None, "contact_groups": None},
    ]
    assert (info.name, info.rows) == ("list", 2)


async def test_a_contact_as_the_server_gives_it_can_be_read(read: Read) -> None:
    """Ids and dates are the server's, and are ignored."""
    contact = Contact(mobile="+4799999001", id=1, created=datetime(2024, 1, 30, tzinfo=UTC), contact_group_ids=(1,))
    frame, info = await read([contact])
    assert frame.columns == ["mobile"]
    assert set(info.ignored) == {"id", "created", "contact_group_ids"}


@pytest.mark.parametrize(
    "row",
    [
        {"mobile": 99999001, "name": "Ola"},
        {"Mobilnr": "99999001", "Navn": "Ola"},
        {"mobile": Decimal(99999001), "name": "Ola", "speedDial": float("nan"), "comment": None},
    ],
)
async def test_a_mapping_is_read_by_any_known_name(read: Read, row: dict[str, Any]) -> None:
    """Attribute names, the wire's names and known headers all do; NaN and None are blank."""
    frame, _ = await read([row])
    assert frame.select("mobile", "name").rows() == [("99999001", "Ola")]


async def test_other_values_are_written_as_text(read: Read) -> None:
    """A float that lost digits keeps its point, so that the damage is seen; dates and sets have one spelling."""
    frame, _ = await read([{"mobile": 1e15, "comment": date(2024, 1, 30), "groups": {"b", "a"}, "stop": True}])
    assert frame.row(0) == ("1000000000000000.0", "2024-01-30", "1", f"{LIST_MARK}a{LIST_MARK}b")


@pytest.mark.parametrize("source", [[{"mobile": 4799999001.0}], pl.DataFrame({"mobile": [4799999001.0]})])
async def test_a_whole_number_is_written_without_a_point(read: Read, source: Any) -> None:
    """Where a column has gaps, other programs make floats of its numbers; no digit is lost by it."""
    frame, _ = await read(source)
    assert frame["mobile"].to_list() == ["4799999001"]


async def test_a_float_of_half_the_size_holds_fewer_digits(read: Read) -> None:
    """What 32 bits cannot hold is shown as damaged, not as another number (#109)."""
    frame, _ = await read(
        pl.DataFrame({"mobile": [99999001.0, 16777215.0, float("nan")]}, schema={"mobile": pl.Float32})
    )
    assert frame["mobile"].to_list() == ["99999000.0", "16777215", None]


async def rows_later(rows: list[dict[str, Any]]) -> AsyncIterator[dict[str, Any]]:
    """Yield rows as an asynchronous source does."""
    for row in rows:
        yield row


@pytest.mark.parametrize("chunk_rows", [1, 2, 3, 10])
async def test_chunks_do_not_change_what_is_read(read: Read, chunk_rows: int) -> None:
    """Rows with other keys, and keys that only appear late, mean the same in every chunk."""
    rows = [
        {"Telefon": "1"},
        {"Mobil": "", "Telefon": "2"},
        {"Mobil": "3", "Telefon": "4", "Navn": "Ola"},
        {"Navn": "Kari"},
    ]
    expected = [("1", None), ("2", None), (f"{LIST_MARK}3{LIST_MARK}4", "Ola"), (None, "Kari")]
    for source in (rows, iter(rows), rows_later(rows)):
        frame, info = await read(source, chunk_rows=chunk_rows)
        assert frame.select("mobile", "name").rows() == expected
        assert info.mapping == {"Telefon": "mobile", "Mobil": "mobile", "Navn": "name"}
        assert info.rows == 4


async def test_the_hash_is_of_the_rows_and_not_of_their_keys_order(read: Read) -> None:
    """The same list has the same hash (I-29)."""
    hashes = [(await read([row]))[1].sha256 for row in ({"mobile": "1", "name": "a"}, {"name": "a", "mobile": "1"})]
    other = (await read([{"mobile": "1", "name": "b"}]))[1].sha256
    assert hashes[0] == hashes[1] != other


async def test_nothing_in_a_list_is_no_item(read: Read) -> None:
    """Nobody is in a group called None, whatever the list came as."""
    rows = [{"mobile": "1", "groups": ["A", None]}]
    lists: tuple[Any, ...] = (rows, pl.DataFrame(rows))
    for source in lists:
        frame, _ = await read(source)
        assert frame["contact_groups"].to_list() == [f"{LIST_MARK}A"]


async def test_no_rows_are_a_list_without_rows(read: Read) -> None:
    """What an empty list may do is for the guards (#96)."""
    for source in ([], rows_later([])):
        _, info = await read(source)
        assert (info.rows, info.mapping) == (0, {})


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([{"mobile": "1"}, ("2",)], "list, row 2: expected a Contact or a mapping, not tuple"),
        (
            [{"mobile": "1"}, {"mobile": {}}],
            "list, row 2, column 'mobile': a dict cannot be written as text; give a str",
        ),
        ([{"mobile": "1", "groups": [["A"]]}], "list, row 1, column 'groups': a list cannot be written as text"),
        ([{"mobile": "1", "groups": [b"A"]}], "list, row 1, column 'groups': a list cannot be written as text"),
        ([{"mobile": "\ud800"}], "list, row 1: a text with half a character"),
        ([{"name": "Ola"}], "no column is known to hold mobile numbers"),
        ([{"mobile": "1", "stop": 1, "stopp": 0}], "all mean is_stopped"),
    ],
)
async def test_what_is_no_row_is_told_with_its_row(read: Read, rows: list[Any], said: str) -> None:
    """The caller finds the row by its number."""
    with pytest.raises(SourceError, match=said.replace("(", r"\(")):
        await read(rows)


@pytest.mark.parametrize("source", [42, {"mobile": "1"}, b"mobile\n1\n", None])
async def test_what_is_no_source_is_refused(read: Read, source: Any) -> None:
    """A mapping is one row, not a list of them."""
    with pytest.raises(SourceError, match="cannot read a"):
        await read(source)


async def test_info_is_complete_only_at_the_end() -> None:
    """Half a reading has no facts to give."""
    reading = Reading([{"mobile": "1"}], SourceOptions())
    with pytest.raises(SourceError, match="not read to its end"):
        _ = reading.info


def frames() -> Iterator[Any]:
    """Yield the kinds of frame that are read."""
    frame = pl.DataFrame(
        {"Mobil": [4799999001, None], "stop": [True, False], "Grupper": [["A;B", "C"], []], "x": [{"a": 1}, None]},
        schema_overrides={"Grupper": pl.List(pl.String)},
    )
    yield frame
    yield frame.lazy()

    class Stream:
        """What pyarrow, pandas and others offer."""

        def __arrow_c_stream__(self, requested_schema: object = None) -> object:
            """Hand the frame over."""
            return frame.__arrow_c_stream__(requested_schema)

    yield Stream()


@pytest.mark.parametrize("source", list(frames()))
async def test_a_frame_is_text(read: Read, source: Any) -> None:
    """Polars, lazy or not, and any Arrow stream are read alike; columns nobody asks for are left alone."""
    frame, info = await read(source)
    assert frame.rows(named=True) == [
        {"mobile": "4799999001", "is_stopped": "1", "contact_groups": f"{LIST_MARK}A;B{LIST_MARK}C"},
        {"mobile": None, "is_stopped": "0", "contact_groups": ""},
    ]
    assert (info.name, info.rows, info.ignored, len(info.sha256)) == ("frame", 2, ("x",), 64)


async def test_a_column_that_is_no_text_is_refused(read: Read) -> None:
    """A struct has no one spelling."""
    with pytest.raises(SourceError, match="cast it"):
        await read(pl.DataFrame({"mobile": [{"a": 1}]}))
