"""Cells of a workbook that are read as blank though they show something, which must not go unnoticed.

They show an error such as #N/A, or what the first of them holds, since they were merged over several rows.
"""

import html
import io
import re
import zipfile
from collections.abc import Iterator
from typing import Final

_CELL: Final = re.compile(rb"<c\b(?=[^>]*\bt=\"e\")[^>]*>")
_MERGED: Final = re.compile(rb"<mergeCell\b[^>]*\bref=\"([A-Z]+(\d+):[A-Z]+(?!\2\")\d+)\"")
_SHEET: Final = re.compile(rb"<sheet\b[^>]*>")
_RELATION: Final = re.compile(rb"<Relationship\b[^>]*>")


def error_cells(data: bytes, sheet: str) -> Iterator[str]:
    """Yield warnings that count them; only the zipped XML of .xlsx and .xlsm is looked through."""
    if not zipfile.is_zipfile(io.BytesIO(data)):
        return
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        part = _part(archive, sheet)
    if found := _CELL.findall(part):
        first = _said(found[0], "r")
        yield f"cells that show an error (#N/A and the like), read as blank: {len(found)}, first {first}"
    if merged := [cells.decode() for cells, _ in _MERGED.findall(part)]:
        said = f"cells that are merged over several rows: {len(merged)}, first {merged[0]}"
        yield f"{said}; only the first row of each is read, so split them and fill in every row"


def _part(archive: zipfile.ZipFile, sheet: str) -> bytes:
    """Return the XML of a sheet, or nothing where the archive is another format."""
    names = {each.lower(): each for each in archive.namelist()}
    if not {"xl/workbook.xml", "xl/_rels/workbook.xml.rels"} <= names.keys():
        return b""
    key = next(
        (_said(tag, "r:id") for tag in _tags(archive, names["xl/workbook.xml"], _SHEET) if _said(tag, "name") == sheet),
        "",
    )
    relations = _tags(archive, names["xl/_rels/workbook.xml.rels"], _RELATION)
    target = next((_said(tag, "Target") for tag in relations if _said(tag, "Id") == key), "")
    path = target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
    return archive.read(names[path.lower()]) if path.lower() in names else b""


def _tags(archive: zipfile.ZipFile, name: str, tag: re.Pattern[bytes]) -> list[bytes]:
    return tag.findall(archive.read(name))


def _said(tag: bytes, attribute: str) -> str:
    found = re.search(rf"\s{attribute}=\"([^\"]*)\"".encode(), tag)
    return html.unescape(found[1].decode()) if found else ""
