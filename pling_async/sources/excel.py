"""Workbooks: one sheet of them, every cell as text."""

import io
import zipfile
from collections.abc import Iterator
from typing import Any, Final

import polars as pl
from attrs import frozen

from pling_async.errors import Place, SourceError
from pling_async.sources.base import SourceInfo, SourceOptions, Table
from pling_async.sources.error_cells import error_cells
from pling_async.sources.extras import needed
from pling_async.sources.headers import Columns, resolve
from pling_async.sources.layout import refuse_repeated
from pling_async.sources.picking import Picking

_MIDNIGHT: Final = r"^(\d{4}-\d\d-\d\d)[ T]00:00:00$"
_TIME: Final = r"^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)$"
_SHORT: Final = r"^\d{1,3}$"
_MOST_GROWTH: Final = 200
_HARMLESS: Final = 1 << 28
_UNREADABLE: Final = (
    "not a workbook that can be read: it is another kind of zip, damaged, cut off or with a password; save it again"
)
_PLAN: Final = "this is a plan, not a list: `pling show` shows it, and `pling apply` carries it out"
_FIRST: Final = b"plan.json"
"""What stands first in the file of a plan, which is a zip, too."""


@frozen
class _Sheet:
    """A sheet and its cells, the header among them."""

    name: str
    cells: pl.DataFrame
    is_visible: bool


def read_workbook(data: bytes, name: str, options: SourceOptions) -> Table:
    """Return a sheet's known columns as text: of the sheet chosen, or of the only visible one that has cells."""
    options.only("sheet", kind="an Excel workbook")
    sheets = list(_sheets(data, name))
    sheet = _chosen(sheets, options.sheet, name)
    headers = [(header or "").strip() for header in sheet.cells.row(0)] if sheet.cells.height else []
    refuse_repeated(headers, name)
    columns = resolve(headers, options.mapping, name)
    picking = Picking(columns, headers, sheet.cells.columns)
    cells = sheet.cells.slice(1).with_columns(pl.all().str.replace(_MIDNIGHT, "$1").str.replace(_TIME, "${1}T$2"))
    picked = picking.pick(cells)
    picking.check(name)
    info = SourceInfo(
        name=name,
        sha256="",
        rows=cells.height,
        sheet=sheet.name,
        mapping=columns.mapping,
        ignored=columns.ignored,
        warnings=(
            *picking.warnings(),
            *_short_codes(cells, columns, headers),
            *error_cells(data, sheet.name),
            *_unseen(sheets),
        ),
    )
    return Table(frame=picked, info=info)


def _sheets(data: bytes, name: str) -> Iterator[_Sheet]:
    library = needed("fastexcel", extra="excel", source="an Excel workbook")
    _refuse_bombs(data, name)
    try:
        reader = library.read_excel(data)
        for each in reader.sheet_names:
            yield _sheet(reader.load_sheet(each, header_row=None, dtypes="string", skip_whitespace_tail_rows=True))
    except library.FastExcelError as error:
        raise SourceError(_PLAN if _FIRST in data[:64] else _UNREADABLE, Place(source=name)) from error


def _sheet(loaded: Any) -> _Sheet:
    cells = pl.DataFrame(loaded) if loaded.width else pl.DataFrame()
    return _Sheet(loaded.name, cells, loaded.visible == "visible")


def _refuse_bombs(data: bytes, name: str) -> None:
    """Raise `SourceError` for what is small on the disk and would fill memory."""
    if not zipfile.is_zipfile(io.BytesIO(data)):
        return
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        size = sum(each.file_size for each in archive.infolist())
    if size > max(_HARMLESS, _MOST_GROWTH * len(data)):
        message = f"the workbook unpacks to more than {_MOST_GROWTH} times its size; save it again, or as CSV"
        raise SourceError(message, Place(source=name))


def _chosen(sheets: list[_Sheet], choice: str | int | None, name: str) -> _Sheet:
    if choice is not None:
        return _named(sheets, str(choice), name)
    filled = [sheet for sheet in sheets if sheet.is_visible and sheet.cells.height]
    if not filled:
        raise SourceError(f"no visible sheet has cells; the sheets are {_names(sheets)}", Place(source=name))
    if len(filled) > 1:
        message = f"several sheets have cells: {_names(filled)}; choose one with --sheet NAME, or sheet='NAME'"
        raise SourceError(message, Place(source=name))
    return filled[0]


def _named(sheets: list[_Sheet], choice: str, name: str) -> _Sheet:
    found = [sheet for sheet in sheets if sheet.name == choice]
    if not found and choice.isdecimal() and 1 <= int(choice) <= len(sheets):
        found = [sheets[int(choice) - 1]]
    if not found:
        raise SourceError(f"there is no sheet {choice!r}; the sheets are {_names(sheets)}", Place(source=name))
    if not found[0].cells.height:
        raise SourceError(f"the sheet {found[0].name!r} is empty; nothing was read", Place(source=name))
    return found[0]


def _names(sheets: list[_Sheet]) -> str:
    return ", ".join(repr(sheet.name) for sheet in sheets)


def _unseen(sheets: list[_Sheet]) -> Iterator[str]:
    if hidden := [sheet for sheet in sheets if not sheet.is_visible and sheet.cells.height]:
        yield f"hidden sheets are only read with --sheet: {_names(hidden)}"


def _short_codes(cells: pl.DataFrame, columns: Columns, headers: list[str]) -> Iterator[str]:
    """Find postal codes that lost a zero: a number has none in front, whatever the cell looks like in Excel."""
    for place in columns.by_attribute.get("postal_code", ()):
        short = cells.to_series(place).str.contains(_SHORT).fill_null(value=False).arg_true()
        if short.len():
            yield (
                f"cells of {headers[place]!r} with fewer than four digits: {short.len()}, first in row {short[0] + 1}; "
                "a number loses the zeros in front of it, so format the column as text"
            )
