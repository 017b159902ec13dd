"""Excel workbooks in which every cell is a text, so that no number loses its plus or its zeros and nothing is calculated."""

import io
from datetime import datetime
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import polars as pl

from pling_async.bulk.csv_report import Flavour, neutralised
from pling_async.errors import MissingExtraError, Problem, ValidationError

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

SHEET: Final = "contacts"
_MOST_ROWS: Final = 1_048_575
"""Rows that a sheet can hold below its header."""
_LONGEST: Final = 32_767
"""Characters that a cell can hold."""
_SLICE: Final = 50_000
"""Rows made Python texts at a time."""
_WIDTH: Final = 18
_TEXT: Final = 49
"""Excel's own number for the format @."""
_MADE: Final = datetime(2000, 1, 1)  # noqa: DTZ001 - the same for every workbook, so that the same contacts are the same bytes
_HINT: Final = "writing an Excel workbook needs xlsxwriter; install it with: pip install 'pling-async[excel]'"


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


def _fill(sheet: "Worksheet", cells: pl.DataFrame, text: Any) -> None:
    for column, name in enumerate(cells.columns):
        sheet.write_string(0, column, name, text)
    row = 0
    for part in cells.iter_slices(_SLICE):
        for row, values in enumerate(part.iter_rows(), row + 1):
            for column, value in enumerate(values):
                if value:
                    sheet.write_string(row, column, value, text)


def _check_size(cells: pl.DataFrame) -> None:
    if cells.height > _MOST_ROWS:
        raise _refused("too_many", f"a sheet holds {_MOST_ROWS} rows and not {cells.height}; write CSV or Parquet")
    for column in cells.iter_columns():
        if (column.str.len_chars().max() or 0) > _LONGEST:
            raise _refused("too_long", f"a cell of {column.name} is longer than {_LONGEST} characters; write CSV")


def _refused(code: str, message: str) -> ValidationError:
    return ValidationError(f"no workbook was written: {message}", [Problem(field="", code=code, message=message)])


def _library() -> Any:
    try:
        import xlsxwriter  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        raise MissingExtraError(_HINT) from error
    return xlsxwriter
