"""An account as a file, in a form that a list is read in: read back, it plans no change."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import BinaryIO, Final

import orjson
import polars as pl
from attrs import field, frozen

from pling_async.bulk.csv_report import Flavour, write_csv
from pling_async.bulk.fields import TEXTS, WRITABLE, canonical, row_count
from pling_async.bulk.prepare import prepare
from pling_async.bulk.settings import PrepareSettings
from pling_async.bulk.snapshot import last_snapshot
from pling_async.bulk.workbook import write_workbook
from pling_async.pling.client import PlingClient
from pling_async.sources.base import LIST_MARK

_SLICE: Final = 50_000
"""Contacts written at a time."""

_COLUMNS: Final = ("mobile", "id", *TEXTS, "is_stopped", "is_active", "contact_groups", "auto_created")
_SEPARATORS: Final = (",", ";", "|", ":::", LIST_MARK)
"""What reading takes for the end of a group's name."""


class Format(StrEnum):
    """What an export is written as."""

    CSV = "csv"
    JSON = "json"
    NDJSON = "ndjson"
    PARQUET = "parquet"
    XLSX = "xlsx"


@frozen(kw_only=True)
class Loss:
    """What reading an export back would not bring back as it is."""

    rejected: int
    """Contacts whose number or fields break a rule of lists."""
    altered: int
    """Contacts with blanks around a text, or the like."""


@frozen(kw_only=True)
class Export:
    """Contacts of an account, by mobile."""

    contacts: pl.DataFrame = field(repr=row_count, eq=False)
    loss: Loss

    def write(self, out: BinaryIO, form: Format, flavour: Flavour = Flavour.EXCHANGE) -> None:
        """Write the contacts; `flavour` is about CSV and workbooks."""
        if form is Format.CSV:
            write_csv(as_texts(self.contacts), out, flavour)
        elif form is Format.XLSX:
            write_workbook(as_texts(self.contacts), out, flavour)
        elif form is Format.PARQUET:
            self.contacts.clone().write_parquet(out)  # see plan_file.save_plan
        else:
            out.writelines(_json(self.contacts, is_array=form is Format.JSON))


async def export(client: PlingClient, *, stopped: bool | None = None, group: str | None = None) -> Export:
    """Read the account, or those who are stopped or not, or in a group; and read the export once as a list."""
    contacts = (await last_snapshot(client)).contacts.select(_COLUMNS)
    if stopped is not None:
        contacts = contacts.filter(pl.col("is_stopped") == stopped)
    if group is not None:
        contacts = contacts.filter(pl.col("contact_groups").list.contains(group))
    return Export(contacts=contacts, loss=await _loss(contacts))


def as_texts(contacts: pl.DataFrame) -> pl.DataFrame:
    """Return contacts as the cells of CSV, or of a sheet.

    A contact that is not stopped has a blank: who opts out later must not be made reachable by an older file. A group
    whose name holds a separator makes its cell begin with the mark of exact lists.
    """
    groups = pl.col("contact_groups")
    is_odd = pl.any_horizontal(groups.list.join("\n").str.contains(each, literal=True) for each in _SEPARATORS)
    exact = LIST_MARK + groups.list.join(LIST_MARK)
    return contacts.with_columns(
        is_stopped=pl.when("is_stopped").then(pl.lit("1")),
        is_active=pl.col("is_active").cast(pl.Int8),
        contact_groups=pl.when(is_odd).then(exact).otherwise(groups.list.join(";")),
        auto_created=pl.col("auto_created").dt.strftime("%Y-%m-%dT%H:%M:%S%.3fZ"),
    )


async def _loss(contacts: pl.DataFrame) -> Loss:
    """Read an export as a list is read, and say what does not come back."""
    if contacts.is_empty():
        return Loss(rejected=0, altered=0)
    prepared = await prepare(contacts.select("mobile", *WRITABLE), settings=PrepareSettings())
    found = prepared.contacts
    missing = [name for name in WRITABLE if name not in found.columns]
    read = found.with_columns(pl.lit(None, contacts.schema[name]).alias(name) for name in missing)
    both = canonical(contacts).join(read.select("mobile", *WRITABLE), on="mobile", suffix="_read")
    differs = pl.any_horizontal(_differs(name, contacts.schema[name]) for name in WRITABLE)
    return Loss(rejected=contacts.height - both.height, altered=both.filter(differs).height)


def _differs(name: str, dtype: pl.DataType) -> pl.Expr:
    """Tell where what was read, if it says anything, is not what was held."""
    held, read = pl.col(name), pl.col(f"{name}_read")
    if isinstance(dtype, pl.List):
        held, read = held.list.join(LIST_MARK), read.list.join(LIST_MARK)
    return read.is_not_null() & (held != read)


def _json(contacts: pl.DataFrame, *, is_array: bool) -> Iterator[bytes]:
    options = orjson.OPT_UTC_Z
    opening = b"[\n" if is_array else b""
    for part in contacts.iter_slices(_SLICE):
        for record in part.iter_rows(named=True):
            yield opening + orjson.dumps(_given(record), option=options)
            opening = b",\n" if is_array else b"\n"
    yield (b"[]\n" if opening == b"[\n" else b"\n]\n") if is_array else (b"\n" if contacts.height else b"")


def _given(record: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in record.items() if value is not None}
