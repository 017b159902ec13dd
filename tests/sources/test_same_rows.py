"""One list in every kind of source: what is prepared is the same."""

import asyncio
import csv
import gzip
import io
import json
import zipfile
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any, Final

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pling_async import bulk

HEADER: Final = ("Mobil", "Navn", "Postnr", "Stopp", "Grupper", "Kortnummer")
Rows = list[tuple[str, ...]]

_ODD: Final = st.text(st.characters(min_codepoint=32, exclude_categories=["Cs", "Cn"]), max_size=12)
ROW: Final = st.tuples(
    st.sampled_from(["99999101", "+47 999 99 102", "0047 999 99 101", "22 22 22 22", "4,79999E+10", "", " 99999103 "]),
    _ODD,
    st.sampled_from(["0663", "663", " ", "0150 OSLO SENTRUM", ""]),
    st.sampled_from(["", "ja", "nei", "0", "1", "kanskje"]),
    st.sampled_from(["", "Kunder;VIP", "VIP ::: Kunder", "=1+1"]),
    st.sampled_from(["", "A1", "a1", "007"]),
)
_SHEET: Final = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{}</sheetData></worksheet>'
)
_TYPES: Final = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="xml" ContentType="application/xml"/></Types>'
)
_RELATIONS: Final = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{}" Target="{}"/></Relationships>'
)
_BOOK: Final = (
    '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats'
    '.org/officeDocument/2006/relationships"><sheets><sheet name="A" sheetId="1" r:id="r1"/></sheets></workbook>'
)


def _workbook(rows: Rows, path: Path) -> Path:
    """Write the least that is a workbook."""
    lines = (
        "".join(
            f'<c r="{"ABCDEF"[at]}{line}" t="inlineStr"><is><t xml:space="preserve">{escape(cell)}</t></is></c>'
            for at, cell in enumerate(row)
            if cell
        )
        for line, row in enumerate([HEADER, *rows], start=1)
    )
    sheet = "".join(f'<row r="{line}">{cells}</row>' for line, cells in enumerate(lines, start=1))
    with zipfile.ZipFile(path, "w") as book:
        book.writestr("[Content_Types].xml", _TYPES)
        book.writestr("_rels/.rels", _RELATIONS.format("officeDocument", "xl/workbook.xml"))
        book.writestr("xl/workbook.xml", _BOOK)
        book.writestr("xl/_rels/workbook.xml.rels", _RELATIONS.format("worksheet", "worksheets/sheet1.xml"))
        book.writestr("xl/worksheets/sheet1.xml", _SHEET.format(sheet))
    return path


def _text(rows: Rows) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows([HEADER, *rows])
    return text.getvalue().encode()


def _records(rows: Rows) -> list[dict[str, str]]:
    return [dict(zip(HEADER, row, strict=True)) for row in rows]


def _frame(rows: Rows) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=dict.fromkeys(HEADER, pl.String), orient="row")


def _written(content: bytes, path: Path) -> Path:
    path.write_bytes(content)
    return path


def _parquet(rows: Rows, path: Path) -> Path:
    _frame(rows).write_parquet(path)
    return path


KINDS: Final[dict[str, Callable[[Rows, Path], Any]]] = {
    "excel": _workbook,
    "parquet": _parquet,
    "arrow": lambda rows, _: pa.Table.from_pylist(
        _records(rows), schema=pa.schema([(each, pa.string()) for each in HEADER])
    ),
    "json": lambda rows, path: _written(json.dumps(_records(rows)).encode(), path),
    "ndjson": lambda rows, path: _written("\n".join(map(json.dumps, _records(rows))).encode(), path),
    "gzip": lambda rows, path: _written(gzip.compress(_text(rows)), path),
    "objects": lambda rows, _: _records(rows),
    "frame": lambda rows, _: _frame(rows),
}


@settings(max_examples=12)
@example(
    [
        ("99999101", "é\u00a0", "0663", "ja", "Kunder;VIP", "A1"),
        ("", "", "", "", "", ""),
        ("99999101", "", "", "", "", ""),
    ]
)
@given(st.lists(ROW, min_size=1, max_size=8))
def test_the_same_rows_mean_the_same(tmp_path_factory: pytest.TempPathFactory, rows: Rows) -> None:
    """Contacts, rejects with their rows and merges do not depend on where a list was kept (I-29)."""
    rows = [*rows, ("99999104", "Sist", "", "", "", "")]  # a sheet has no end but its last filled row
    asyncio.run(_compare(rows, tmp_path_factory.getbasetemp()))


async def _compare(rows: Rows, folder: Path) -> None:
    expected = await bulk.prepare(_written(_text(rows), folder / "list.csv"))
    for kind, made in KINDS.items():
        found = await bulk.prepare(made(rows, folder / f"list.{kind}"))
        assert found.source.mapping == expected.source.mapping, kind
        assert found.source.rows == expected.source.rows, kind
        for name in ("contacts", "rejects", "merges"):
            assert getattr(found, name).equals(getattr(expected, name)), (kind, name)
