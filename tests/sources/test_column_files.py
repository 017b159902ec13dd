"""Parquet and Arrow: files and streams that polars and pyarrow wrote."""

from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet
import pytest

from pling_async.errors import ConfigurationError, MissingExtraError, SourceError
from pling_async.sources import SourceInfo
from pling_async.sources.base import LIST_MARK

Read = Callable[..., Awaitable[tuple[pl.DataFrame, SourceInfo]]]
Write = Callable[..., Path]

TABLE = pa.table(
    {
        "Mobil": pa.array([4799999101, None, 4799999103], pa.int64()),
        "Navn": pa.array(["Åse", "Ola", None]).dictionary_encode(),
        "Postnr": ["0663", "5003", ""],
        "Kommentar": [date(2026, 1, 30), None, None],
        "Stopp": [True, False, None],
        "Grupper": [["A;B", "C"], [], None],
        "speed_dial": [Decimal(17), None, None],
        "Bilde": [b"\x00", None, None],
    }
)
ROWS = [
    ("4799999101", "Åse", "17", "2026-01-30", "0663", "1", f"{LIST_MARK}A;B{LIST_MARK}C"),
    (None, "Ola", None, None, "5003", "0", ""),
    ("4799999103", None, None, None, "", None, None),
]


def _by_pyarrow(path: Path) -> None:
    pyarrow.parquet.write_table(TABLE, path, row_group_size=2)


def _by_polars(path: Path) -> None:
    pl.DataFrame(TABLE).write_parquet(path)


def _feather(path: Path) -> None:
    pyarrow.feather.write_feather(TABLE, path)


@pytest.mark.parametrize(("write_to", "kind"), [(_by_pyarrow, "parquet"), (_by_polars, "parquet"), (_feather, "arrow")])
async def test_a_file_of_columns_is_text(
    read: Read, tmp_path: Path, write_to: Callable[[Path], None], kind: str
) -> None:
    """Whoever wrote it; what nobody asks for may hold anything."""
    write_to(tmp_path / "list")
    frame, info = await read(tmp_path / "list")
    assert frame.rows() == ROWS
    assert (info.kind, info.rows, info.ignored, len(info.sha256)) == (kind, 3, ("Bilde",), 64)


def _streams() -> Iterator[object]:
    """Yield what other programs hand over."""
    yield TABLE
    yield TABLE.to_batches()[0]
    yield pa.RecordBatchReader.from_batches(TABLE.schema, TABLE.to_batches(max_chunksize=1))
    yield pl.DataFrame(TABLE)
    yield pl.DataFrame(TABLE).lazy()


@pytest.mark.parametrize("source", list(_streams()), ids=lambda source: type(source).__name__)
async def test_whatever_has_an_arrow_stream_is_text(read: Read, source: object) -> None:
    """As a file of the same columns is."""
    frame, info = await read(source)
    assert frame.rows() == ROWS
    assert info.kind == "frame"


@pytest.mark.parametrize("write_to", [_by_pyarrow, _feather])
@pytest.mark.parametrize("part", [0.02, 0.5, 0.99])
async def test_a_file_that_is_cut_off_is_refused(
    read: Read, tmp_path: Path, write_to: Callable[[Path], None], part: float
) -> None:
    """What is there could be read, and is not enough (#94)."""
    path = tmp_path / "list"
    write_to(path)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * part)])
    with pytest.raises(SourceError, match=r"list: this is not a whole (Parquet|Arrow) file: it is damaged or cut off"):
        await read(path)


async def test_points_in_time_are_iso(read: Read) -> None:
    """As the same value is in a row of a program, with its zone if it has one."""
    at = datetime(2026, 1, 30, 13, 45, tzinfo=UTC)
    frame = pl.DataFrame({"mobile": ["1", "2"], "name": [at, None], "comment": [at.replace(tzinfo=None), None]})
    rows = [{"mobile": "1", "name": at, "comment": at.replace(tzinfo=None)}, {"mobile": "2"}]
    assert (await read(frame))[0].rows() == (await read(rows))[0].rows()


async def test_a_stream_that_breaks_off_is_refused(read: Read) -> None:
    """Half a list is none."""

    def batches() -> Iterator[pa.RecordBatch]:
        yield from TABLE.to_batches()
        raise ValueError("+4799999101")

    with pytest.raises(SourceError, match="the Arrow stream of a RecordBatchReader broke off") as caught:
        await read(pa.RecordBatchReader.from_batches(TABLE.schema, batches()))
    assert "999" not in str(caught.value)


@pytest.mark.parametrize(
    ("error", "expected", "said"),
    [
        (ImportError("pyarrow"), MissingExtraError, "a Frame of this library needs pyarrow"),
        (pa.ArrowTypeError("+4799999101"), SourceError, "frame: a Frame with columns that are not of one type each"),
    ],
)
async def test_a_frame_that_cannot_hand_itself_over_is_told(
    read: Read, error: Exception, expected: type[Exception], said: str
) -> None:
    """Pandas needs pyarrow for it, and pyarrow wants one type a column; a cell that is quoted goes no further."""

    class Frame:
        """Fails as pandas does."""

        def __arrow_c_stream__(self, requested_schema: object = None) -> object:
            """Fail."""
            raise error

    with pytest.raises(expected, match=said) as caught:
        await read(Frame())
    assert caught.value.__cause__ is None


async def test_a_column_that_is_no_text_is_refused_by_name(read: Read, tmp_path: Path) -> None:
    """Bytes could be text in any encoding."""
    pyarrow.parquet.write_table(pa.table({"mobile": ["1"], "name": [b"Ola"]}), tmp_path / "list.parquet")
    with pytest.raises(SourceError, match=r"list.parquet, column 'name': a column of Binary cannot be read as text"):
        await read(tmp_path / "list.parquet")


@pytest.mark.parametrize(
    "items", [[[{"id": 1}], [{"id": 2}]], [[b"a"], [b"\xff"]], [[["A"]], [["B"]]]], ids=["structs", "bytes", "lists"]
)
async def test_a_list_of_what_is_no_text_is_refused_by_name(read: Read, tmp_path: Path, items: list[object]) -> None:
    """An object is no group's name, and a list of bytes is no damage; what is not read may hold anything."""
    pl.DataFrame({"mobile": ["1", "2"], "Grupper": items, "Annet": items}).write_parquet(tmp_path / "list.parquet")
    with pytest.raises(SourceError, match=r"column 'Grupper': a column of List\(.*\) cannot be read as text; cast it"):
        await read(tmp_path / "list.parquet")
    _, info = await read(tmp_path / "list.parquet", mapping={"Grupper": "ignore"})
    assert info.ignored == ("Grupper", "Annet")


@pytest.mark.parametrize("option", ["encoding", "delimiter", "sheet"])
async def test_options_of_other_kinds_mean_nothing(read: Read, tmp_path: Path, option: str) -> None:
    """Neither to a file of columns nor to a frame."""
    _by_polars(tmp_path / "list")
    for source in (tmp_path / "list", TABLE, [{"mobile": "1"}]):
        with pytest.raises(ConfigurationError, match=f"{option} means nothing to"):
            await read(source, **{option: ";"})
