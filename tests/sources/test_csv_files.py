"""CSV files as people and programs write them: what is read, and what is detected."""

import csv
import hashlib
import io
import re
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from unittest.mock import patch

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pling_async.errors import SourceError
from pling_async.sources import SourceInfo, SourceOptions, records, windows
from pling_async.sources.base import LIST_MARK
from pling_async.sources.blocks import blocks
from pling_async.sources.csv_file import CsvFile
from pling_async.sources.layout import Layout

Read = Callable[..., Awaitable[tuple[pl.DataFrame, SourceInfo]]]
Write = Callable[..., Path]

ROWS = [("Åse", "99999001", "0663"), ("Øyvind", "99999002", "")]
HEADER = "Fornavn;Mobil;Postnr\r\n"
BODY = "Åse;99999001;0663\r\nØyvind;99999002;\r\n"


def garbled(name: str) -> str:
    """Return what a name looks like when its utf-8 was read as cp1252."""
    return name.encode().decode("cp1252")


@pytest.mark.parametrize(
    ("encoding", "found"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8-sig"), ("utf-16", "utf-16"), ("cp1252", "cp1252"), ("utf-32", "utf-32")],
)
async def test_the_encoding_is_found_and_reported(read: Read, write: Write, encoding: str, found: str) -> None:
    """Whatever Excel saves, the same text is read, and a mark never becomes part of a header (#100)."""
    path = write(HEADER + BODY, encoding=encoding)
    frame, info = await read(path)
    assert frame.select("first_name", "mobile", "postal_code").rows() == ROWS
    assert (info.encoding, info.delimiter, info.rows, info.name) == (found, ";", 2, str(path))
    assert info.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
async def test_the_delimiter_is_found_and_reported(read: Read, write: Write, delimiter: str) -> None:
    """The header tells, also when cells hold other delimiters."""
    others = "".join({",", ";", "\t", "|"} - {delimiter})
    lines = ["mobile/comment/postalCode", f"99999001/a{others}b/0663"]
    frame, info = await read(write("\n".join(line.replace("/", delimiter) for line in lines)))
    assert info.delimiter == delimiter
    assert frame["postal_code"].to_list() == ["0663"]


async def test_excels_own_line_about_the_delimiter_is_obeyed(read: Read, write: Write) -> None:
    """A first line `sep=;` is no header and no row."""
    frame, info = await read(write(f"sep=;\r\n{HEADER}{BODY}"))
    assert frame["mobile"].to_list() == ["99999001", "99999002"]
    assert (info.rows, info.delimiter) == (2, ";")


async def test_every_column_is_text(read: Read, write: Write) -> None:
    """A postal code keeps its zero, a number its digits, and NA is somebody's name."""
    frame, _ = await read(write("mobile,postalCode,name,stop\n0099999001,0663,NA,true\n"))
    assert set(frame.dtypes) == {pl.String}
    assert frame.row(0, named=True) == {
        "mobile": "0099999001",
        "name": "NA",
        "postal_code": "0663",
        "is_stopped": "true",
    }


async def test_quotes_may_hold_delimiters_line_ends_and_quotes(read: Read, write: Write) -> None:
    """A cell over several lines is one cell."""
    frame, info = await read(write('mobile,comment\n99999001,"a ""b"", c\nd"\n99999002,\n'))
    assert frame["comment"].to_list() == ['a "b", c\nd', ""]
    assert info.rows == 2


@pytest.mark.parametrize(
    "content", ["mobile,name\r1,a\r2,b\r", "mobile,name\n1,a\r\n2,b", "\nmobile,name\n\n1,a\n\n2,b\n\n"]
)
async def test_line_ends_of_all_kinds_are_read(read: Read, write: Write, content: str) -> None:
    """Old Macs, mixtures and blank lines lose no row."""
    frame, _ = await read(write(content))
    assert frame.select("mobile", "name").rows() == [("1", "a"), ("2", "b")]


async def test_skipped_blank_lines_are_told(read: Read, write: Write) -> None:
    """Rows are numbered without blank lines, which the user should know."""
    _, info = await read(write("mobile,name\n1,a\n\n2,b\n"))
    assert info.warnings == ("1 blank lines were skipped; rows are counted without them",)


async def test_all_numbers_of_a_row_are_kept_in_the_order_of_preference(read: Read, write: Write) -> None:
    """Which of them is usable is decided later; a blank mobile falls back to the telephone, row by row."""
    frame, _ = await read(write("Telefon,Mobil\n1,2\n3, \n ,\n"))
    assert frame["mobile"].to_list() == [f"{LIST_MARK}2{LIST_MARK}1", "3", ""]


async def test_one_column_is_enough(read: Read, write: Write) -> None:
    """A list of bare numbers is a list."""
    frame, info = await read(write("mobile\n99999001\n\n99999002\n"))
    assert frame["mobile"].to_list() == ["99999001", "99999002"]
    assert info.rows == 2


async def test_a_header_over_two_lines_and_with_blanks_is_read(read: Read, write: Write) -> None:
    """Headers are recognised whatever their line ends and blanks; an empty column without one is nothing."""
    frame, info = await read(write('"Mobil\nnummer", Navn ,\n99999001,Ola,\n'))
    assert frame.rows() == [("99999001", "Ola")]
    assert info.ignored == ()


async def test_a_quote_inside_a_cell_is_a_character(read: Read, write: Write) -> None:
    """What starts without a quote may hold one."""
    frame, _ = await read(write('mobile,address\n99999001,Storgata 5" B\n'))
    assert frame["address"].to_list() == ['Storgata 5" B']


async def test_a_large_cell_and_many_rows_are_read(read: Read, write: Write) -> None:
    """Size is no fault of a source; rules about length are for the rows."""
    rows = "".join(f"{number},x\n" for number in range(70_000))
    frame, info = await read(write(f"mobile,comment\n1,{'y' * 200_000}\n{rows}\n2,z\n\n"))
    assert info.rows == frame.height == 70_002


async def test_a_cp1252_file_read_as_such_is_warned_about_when_it_is_utf8(read: Read, write: Write) -> None:
    """An explicit encoding is obeyed, but not in silence (#101)."""
    frame, info = await read(write(HEADER + BODY), encoding="cp1252")
    assert frame["first_name"].to_list() == [garbled("Åse"), garbled("Øyvind")]
    assert "valid utf-8" in info.warnings[0]


@pytest.mark.parametrize("name", ["Øyvind", "øyvind", "Åse", "blåbær"])
async def test_garbled_letters_are_warned_about(read: Read, write: Write, name: str) -> None:
    """A list that was decoded wrongly before still is text, so only a warning can help."""
    _, info = await read(write(f"mobile,name\n99999001,{garbled(name)}\n"))
    assert "garbled" in info.warnings[0]


def test_stdin_is_read_when_the_path_is_a_dash() -> None:
    """A pipe is a source like any other."""
    code = (
        "import asyncio; from pling_async.sources import *\n"
        "async def main():\n"
        "    reading = Reading('-', SourceOptions())\n"
        "    frames = [part.frame async for part in reading.parts()]\n"
        "    print(frames[0].rows(), reading.info.name)\n"
        "asyncio.run(main())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], input="mobile,name\n1,a\n", capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[('1', 'a')] stdin"


SIZES = st.integers(1, 40) | st.just(1 << 22)


def cells(data: bytes, size: int, **options: str) -> tuple[list[tuple[str, ...]], SourceInfo]:
    """Read the bytes of a file in blocks of a size."""
    file = CsvFile("list", SourceOptions(**options))  # type: ignore[arg-type]
    parts, rows = file.parts(list(blocks(io.BytesIO(data), size))), []
    while True:
        try:
            rows += next(parts).frame.rows()
        except StopIteration as end:
            return rows, end.value


@settings(deadline=None)
@given(st.lists(st.sampled_from(["a", "\n", '"', "\r", "æ"])), SIZES, st.sampled_from([0, 20]))
def test_windows_are_whole_lines_and_nothing_is_lost(text: list[str], size: int, far: int) -> None:
    """Each but the last ends with a line; put together they are the file."""
    data = "".join(text).encode()
    with patch.object(windows, "_FAR", far):
        found = list(windows.windows(blocks(io.BytesIO(data), size)))
    assert b"".join(found) == data
    assert all(window.endswith((b"\n", b"\r")) for window in found[:-1])


@settings(deadline=None)
@given(st.text(), st.integers(1, 9))
def test_a_block_ends_where_a_character_does(text: str, size: int) -> None:
    """So that each block can be decoded by itself."""
    found = list(blocks(io.BytesIO(text.encode()), size))
    assert "".join(block.decode() for block in found) == text
    assert all(size <= len(block) <= size + 3 for block in found[:-1])


CELLS = st.text(st.one_of(st.sampled_from(' ,;"\r\n\tæø€0'), st.characters(exclude_categories=["Cs"])), max_size=6)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=12),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
    SIZES,
)
def test_what_is_written_is_read(
    rows: list[tuple[str, str, str]], delimiter: str, end: str, quoting: int, size: int
) -> None:
    """The fast reader and the strict one both return exactly the cells that a CSV writer wrote (I-27)."""
    if quoting == csv.QUOTE_MINIMAL:
        rows = [(a.replace("\r", ""), b.replace("\r", ""), c.replace("\r", "")) for a, b, c in rows]
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=quoting)  # type: ignore[arg-type]
    writer.writerows([("mobile", "name", "comment"), *rows])
    found, info = cells(text.getvalue().encode(), size, delimiter=delimiter, encoding="utf-8")
    assert found == rows
    assert info.rows == len(rows)


LINES = st.lists(
    st.lists(st.sampled_from(["", "a", "\r", '"', '"b"', "æ", "\t", '"\n"', '"\r"']), max_size=4).map(",".join)
)


@settings(max_examples=100, deadline=None)
@given(LINES, st.integers(1, 3), st.sampled_from(["\n", "\r\n"]), SIZES, st.sampled_from([0, 20, windows._FAR]))
@example([",,"], 3, "\n", 99, 99)
@example([",\r,"], 3, "\n", 99, 99)
@example(["\r,"], 2, "\n", 99, 99)
@example([",", ",,,"], 3, "\n", 99, 99)
@example(['"b","b",', ',","', 'a,"b",a,'], 3, "\n", 99, 99)
@example(["a", "", "a"], 1, "\n", 99, 99)
@example(['a"', '"a', '"', '"'], 1, "\n", 4, 4)
def test_the_fast_reader_is_only_trusted_with_what_both_read_alike(
    lines: list[str], width: int, end: str, size: int, far: int
) -> None:
    """Whatever the bytes and the blocks, the answer is the strict reader's: the same rows, or a refusal (I-30)."""
    header = ["mobile", "name", "city"][:width]
    data = end.join([",".join(header), *lines]).encode()
    layout = Layout(headers=header, delimiter=",", size=0)
    strict = records.read(data, iter(()), layout)
    with patch.object(windows, "_FAR", far):
        _compare(strict, data, size)


def _compare(strict: records.Records, data: bytes, size: int) -> None:
    """Read a file in blocks, and at once, and compare with what the strict reader made of it."""
    if strict.fault is not None or strict.ragged:
        with pytest.raises(SourceError) as caught:
            cells(data, size, delimiter=",")
        assert caught.value.place is not None
        assert strict.fault is None or caught.value.place.row == strict.count
        with pytest.raises(SourceError, match=f"^{re.escape(str(caught.value))}$"):
            cells(data, len(data), delimiter=",")
        return
    found, info = cells(data, size, delimiter=",")
    assert found == strict.frame.rows()[1:]
    blank = [each for each in info.warnings if "blank lines" in each]
    assert blank == (
        [f"{strict.blank} blank lines were skipped; rows are counted without them"] if strict.blank else []
    )
