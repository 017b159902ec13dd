"""Columns without a header: text in them is refused by its place, and nothing else is."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter

from pling_async.errors import SourceError
from pling_async.sources import SourceInfo
from pling_async.sources.nameless import letters

Read = Callable[..., Awaitable[tuple[pl.DataFrame, SourceInfo]]]
Write = Callable[..., Path]


async def test_text_under_no_header_is_refused_by_its_place(read: Read, write: Write) -> None:
    """A cell that says ja in the third column may be a stop; what it says is not shown (#97)."""
    with pytest.raises(SourceError) as caught:
        await read(write("mobil;navn;\n1;Ola;\n2;Kari;ja\n3;Per;ja\n"))
    said = "row 2: column 3 (C) has no header, and cells with text: 2, first in row 2; give it a header, or"
    assert said in str(caught.value)
    with pytest.raises(SourceError, match=r"column 3 \(C\) .*; column 4 \(D\)"):
        await read(write("mobil;navn;;\n1;Ola;ja;x\n"))


async def test_rows_are_counted_over_all_parts(read: Read, write: Write) -> None:
    """A list is read in parts; the row is the list's."""
    rows = "1;Ola;\n" * 700_000
    with pytest.raises(SourceError, match=r"row 700001: column 3 \(C\)"):
        await read(write(f"mobil;navn;\n{rows}2;Kari;x\n"))


@pytest.mark.parametrize("header", ["", " ", "\u00a0", "\u200b"])
async def test_an_empty_column_without_a_header_is_nothing(read: Read, write: Write, header: str) -> None:
    """Exports often end each row with a delimiter."""
    frame, info = await read(write(f"mobil;navn;{header}\n1;Ola;\n2;Kari; \n"))
    assert frame.columns == ["mobile", "name"]
    assert info.ignored == ()


async def test_a_merged_header_is_refused(read: Read, tmp_path: Path) -> None:
    """Of merged cells only the first has the text, so the columns beside it have no header."""
    with xlsxwriter.Workbook(tmp_path / "merged.xlsx") as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["Navn", "Mobil"])
        sheet.merge_range(0, 2, 0, 3, "Reservert")
        sheet.write_row(1, 0, ["Ola", "99999101", "", "x"])
    with pytest.raises(SourceError, match=r"row 1: column 4 \(D\) has no header"):
        await read(tmp_path / "merged.xlsx")


async def test_frames_and_objects_are_no_exception(read: Read, write: Write) -> None:
    """A key of JSON and a column of Parquet can be blank as well."""
    with pytest.raises(SourceError, match=r"column 2 \(B\) has no header"):
        await read(pl.DataFrame({"mobile": ["1"], "": ["ja"]}))
    with pytest.raises(SourceError, match="rows with text under a key that is blank: 1; give it a name"):
        await read(write('[{"mobile": "1"}, {"mobile": "2", "": "ja"}, {"mobile": "3", "": null}]'))
    _, info = await read(write('[{"mobile": "1", "": ""}]'))
    assert info.ignored == ()


async def test_a_mapping_decides_about_the_first_of_them(read: Read, write: Write) -> None:
    """A program may know what the column is."""
    frame, _ = await read(write("mobil;\n1;ja\n"), mapping={"": "is_stopped"})
    assert frame["is_stopped"].to_list() == ["ja"]


def test_columns_are_called_as_in_a_spreadsheet() -> None:
    """Z is followed by AA."""
    assert [letters(place) for place in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]
