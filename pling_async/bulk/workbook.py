"""Excel workbooks of nothing but texts: no number loses its plus or its zeros, and nothing is calculated."""

import io
from datetime import datetime
from itertools import chain
from typing import Any, BinaryIO, Final

import polars as pl

from pling_async.bulk.csv_report import Flavour, neutralised
from pling_async.errors import Problem, ValidationError
from pling_async.sources.extras import needed

SHEET: Final = "contacts"
_MOST_ROWS: Final = 1_048_575
"""Rows that a sheet can hold below its header."""
_LONGEST: Final = 32_767
"""Characters that a cell can hold."""
_WIDTH: Final = 18
_TEXT: Final = 49
"""Excel's own number for the format @."""
_MADE: Final = datetime(2000, 1, 1)  # noqa: DTZ001 - the same for every workbook, so that the same contacts are the same bytes


def check_writer() -> None:
    """Raise `MissingExtraError` where workbooks cannot be written: before the work whose result is one."""
    _library()


def write_workbook(frame: pl.DataFrame, out: BinaryIO, flavour: Flavour) -> None:
    """Write a frame as one sheet of texts, deterministically, or raise `ValidationError` for what no sheet can hold.

    Excel is told that each cell is a text and was typed as one, so editing a cell makes no formula of it either. The
    spreadsheet's flavour adds the apostrophes that a workbook needs once somebody saves it as CSV.
    """
    cells = frame.select(pl.all().cast(pl.String))
    _check_size(cells)
    if flavour is Flavour.SPREADSHEET:
        cells = cells.select(neutralised(pl.col(name)).alias(name) for name in cells.columns)
    whole = io.BytesIO()  # its parts would be written to shared temporary files otherwise
    with _library().Workbook(whole, {"in_memory": True}) as workbook:
        workbook.set_properties({"created": _MADE})
        text = workbook.add_format({"num_format": _TEXT, "quote_prefix": True})
        sheet = workbook.add_worksheet(SHEET)
        sheet.set_column(0, max(cells.width - 1, 0), _WIDTH)
        sheet.freeze_panes(1, 0)
        _fill(sheet, cells, text)
    out.write(whole.getbuffer())


def _fill(sheet: Any, cells: pl.DataFrame, text: Any) -> None:
    for row, values in enumerate(chain([cells.columns], cells.iter_rows())):
        for column, value in enumerate(values):
            if value:
                sheet.write_string(row, column, value, text)


def _check_size(cells: pl.DataFrame) -> None:
    if cells.height > _MOST_ROWS:
        raise _refused("too_many", f"a sheet holds {_MOST_ROWS} rows and not {cells.height}; write CSV or Parquet")
    for name, longest in cells.select(pl.all().str.len_chars().max()).row(0, named=True).items():
        if (longest or 0) > _LONGEST:
            raise _refused("too_long", f"a cell of {name} is longer than {_LONGEST} characters; write CSV")


def _refused(code: str, message: str) -> ValidationError:
    return ValidationError(f"no workbook was written: {message}", [Problem(field="", code=code, message=message)])


def _library() -> Any:
    return needed("xlsxwriter", extra="excel", source="writing an Excel workbook")
