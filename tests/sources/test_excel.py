"""Workbooks, written by LibreOffice from files/kunder.fods; see there how they are made again."""

import io
import shutil
import sys
import zipfile
from collections.abc import Awaitable, Callable
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter

from pling_async import bulk
from pling_async.errors import ConfigurationError, MissingExtraError, SourceError
from pling_async.sources import SourceInfo, error_cells, excel

Read = Callable[..., Awaitable[tuple[pl.DataFrame, SourceInfo]]]
Write = Callable[..., Path]

FILES = Path(__file__).parent / "files"
EXAMPLES = Path(__file__).parents[2] / "examples"
# soffice --headless --convert-to xlsx kunder.fods; likewise ods and xls. For to_ark.xlsx, the sheet Notater was
# replaced by a sheet Svensker with one number. LibreOffice 7.4.


@pytest.mark.parametrize("name", ["kunder.xlsx", "kunder.ods", "kunder.xls"])
async def test_every_cell_is_text_as_a_person_sees_it(read: Read, name: str) -> None:
    """Whole numbers have no point, dates are ISO, 0663 stays what it is, flags are 1 and 0, formulas their values."""
    frame, info = await read(FILES / name)
    cells = frame.select("first_name", "mobile", "postal_code", "comment", "is_stopped")
    assert cells.with_columns(pl.all().replace("", None)).rows() == [
        ("Åse", "99999101", "0663", "2026-01-30", "0"),
        ("Ola", "4799999102", "663", "12.5", "1"),
        ("Kari", "+47 999 99 103", "5003", "ring etter kl. 16", "nei"),
        (None, None, None, None, None),
        ("Per", "479999910400000000", "7010", None, None),
        ("Lise", "4.79999E+09", "7010", None, None),
        ("Nils", "99999106", "7010", "2026-02-01T13:45:00", None),
        ("Eva", None, "7010", None, None),
    ]
    assert (info.kind, info.sheet, info.rows, info.encoding, info.delimiter) == ("excel", "Kunder", 8, None, None)
    assert info.mapping["Grupper"] == "contact_groups"


async def test_what_excel_ruined_is_rejected_or_warned_of() -> None:
    """Numbers that became quantities are rejects; a lost zero, an error and a hidden sheet are warnings (#109)."""
    found = await bulk.prepare(FILES / "kunder.xlsx")
    assert found.contacts["mobile"].to_list() == [f"+4799999{last}" for last in (101, 102, 103, 106)]
    assert found.rejects.select("row", "code").rows() == [(4, "blank_row"), (5, "too_long"), (6, "excel"), (8, "blank")]
    postal_codes, errors, hidden = found.source.warnings
    assert postal_codes.startswith("cells of 'Postnr' with fewer than four digits: 1, first in row 2")
    assert errors == "cells that show an error (#N/A and the like), read as blank: 1, first C9"
    assert hidden == "hidden sheets are only read with --sheet: 'Arkiv'"


async def test_the_example_workbook_is_the_example_list() -> None:
    """LibreOffice's workbook of examples/kunder.csv, every cell of it text, means the very same."""
    book, text = await bulk.prepare(EXAMPLES / "kunder.xlsx"), await bulk.prepare(EXAMPLES / "kunder.csv")
    assert all(getattr(book, name).equals(getattr(text, name)) for name in ("contacts", "rejects", "merges"))
    assert book.source.mapping == text.source.mapping


@pytest.mark.parametrize(
    ("sheet", "mobile"), [("Svensker", "+46 70-174 06 05"), ("2", "+46 70-174 06 05"), (3, "99999301"), (1, "99999101")]
)
async def test_a_sheet_is_chosen_by_name_or_number(read: Read, sheet: str | int, mobile: str) -> None:
    """Also a hidden one; numbers count from 1, as people do."""
    frame, _ = await read(FILES / "to_ark.xlsx", sheet=sheet)
    assert frame["mobile"][0] == mobile


@pytest.mark.parametrize(
    ("file", "sheet", "said"),
    [
        ("to_ark.xlsx", None, "several sheets have cells: 'Kunder', 'Svensker'; choose one with --sheet"),
        ("to_ark.xlsx", "kunder", "there is no sheet 'kunder'; the sheets are 'Kunder', 'Svensker', 'Arkiv'"),
        ("to_ark.xlsx", 0, "there is no sheet '0'"),
        ("kunder.xlsx", "Notater", "the sheet 'Notater' is empty"),
    ],
)
async def test_a_doubt_about_the_sheet_is_a_question(read: Read, file: str, sheet: str | int | None, said: str) -> None:
    """A replace with the wrong sheet would remove people, so none is guessed; the sheets are named."""
    with pytest.raises(SourceError, match=f"{file}: {said}"):
        await read(FILES / file, sheet=sheet)


@pytest.mark.parametrize("option", [{"delimiter": ";"}, {"encoding": "utf-8"}])
async def test_options_of_text_mean_nothing_to_a_workbook(read: Read, option: dict[str, str]) -> None:
    """An option that is ignored would be believed."""
    with pytest.raises(ConfigurationError, match=f"{next(iter(option))} means nothing to an Excel workbook"):
        await read(FILES / "kunder.xlsx", **option)


def _rewritten(change: Callable[[str, bytes], bytes | None]) -> bytes:
    """Return the workbook with some of its parts changed, or left out."""
    out = io.BytesIO()
    with zipfile.ZipFile(FILES / "kunder.xlsx") as book, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name in book.namelist():
            if (content := change(name, book.read(name))) is not None:
                made.writestr(name, content)
    return out.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        (FILES / "kunder.xlsx").read_bytes()[:3000],
        (FILES / "kunder.xls").read_bytes()[:3000],
        _rewritten(lambda name, part: part[: len(part) // 2] if "sheet1" in name else part),
        _rewritten(lambda name, part: None if "workbook" in name else part),
    ],
    ids=["cut off", "old and cut off", "broken XML", "no workbook"],
)
async def test_a_bad_workbook_is_refused(read: Read, write: Write, content: bytes) -> None:
    """Damaged, cut off or encrypted: nothing of it is believed (#94, #106)."""
    with pytest.raises(SourceError, match=r"list\.xlsx: not a workbook that can be read") as caught:
        await read(write(content, "list.xlsx"))
    assert "999" not in str(caught.value).replace(str(caught.value.place), "")


async def test_a_bomb_is_not_unpacked(read: Read, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is small on the disk must not fill memory."""
    monkeypatch.setattr(excel, "_HARMLESS", 1 << 20)
    bomb = _rewritten(lambda name, part: bytes(1 << 24) if "styles" in name else part)
    with pytest.raises(SourceError, match="more than 200 times its size"):
        await read(write(bomb, "list.xlsx"))


async def test_a_workbook_whose_parts_lie_elsewhere_is_searched_for_errors() -> None:
    """Relations may be absolute; where there is no such part, nothing is said."""
    found = _rewritten(
        lambda name, part: part.replace(b'"worksheets/', b'"/xl/worksheets/') if "rels" in name else part
    )
    assert list(error_cells.error_cells(found, "Kunder"))
    assert not list(error_cells.error_cells(found, "Notater"))
    assert not list(error_cells.error_cells(found, "Kunde"))


async def test_cells_that_are_merged_over_rows_are_warned_of(read: Read, write: Write) -> None:
    """Two people seem to be stopped, and one is: only the first row of such a cell holds it. A title is nothing."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        sheet = book.add_worksheet()
        sheet.write_column(0, 0, ["Mobil", "99999101", "99999102"])
        sheet.write(0, 1, "Stopp")
        sheet.merge_range("B2:B3", "ja")
        sheet.merge_range("D1:E1", "")
    frame, info = await read(write(out.getvalue(), "list.xlsx"))
    assert frame["is_stopped"].to_list() == ["ja", None]
    (said,) = info.warnings
    assert said.startswith("cells that are merged over several rows: 1, first B2:B3; only the first row")


async def test_without_the_library_the_extra_is_named(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    """The library is imported when a workbook is read, and not before."""
    monkeypatch.setitem(sys.modules, "fastexcel", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'pling-async\[excel\]'"):
        await read(FILES / "kunder.xlsx")


async def test_repeated_and_missing_headers_are_refused(read: Read, write: Write) -> None:
    """As in a CSV file (#97)."""
    with pytest.raises(SourceError, match="'Mobil' more than once"):
        await read(write(_rewritten(lambda _, part: part.replace(b">Postnr<", b">Mobil<")), "list.xlsx"))
    with pytest.raises(SourceError, match="no column is known to hold mobile numbers; the headers are 'Fornavn'"):
        await read(write(_rewritten(lambda _, part: part.replace(b">Mobil<", b">x<")), "list.xlsx"))


async def test_the_name_of_the_file_does_not_matter(read: Read, tmp_path: Path) -> None:
    """A workbook that is called .csv is a workbook (#106)."""
    shutil.copy(FILES / "kunder.xlsx", tmp_path / "list.csv")
    assert (await read(tmp_path / "list.csv"))[1].kind == "excel"
