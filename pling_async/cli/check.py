"""`pling check`: what is in a list, before any account is involved."""

import asyncio
from typing import TYPE_CHECKING, Final

import click

from pling_async.cli.commands import Command, as_typed
from pling_async.cli.options import (
    READING,
    Listed,
    Reports,
    output_option,
    reading_options,
    rejects_option,
    source_options,
)
from pling_async.cli.output import Output, counted, note

if TYPE_CHECKING:
    from pling_async.bulk import Plan, Prepared, PrepareSettings

_SHOWN: Final = 20


@click.command(cls=Command)
@source_options
@reading_options
@rejects_option
@output_option
def check(listed: Listed, settings: "PrepareSettings", reports: Reports, output: Output) -> None:
    """Read a list and say what is in it; no account is involved.

      pling check customers.csv
      pling check customers.csv --rejects rejects.csv
      pling check customers.csv --map "Mobil privat=mobile"
      pling check customers.xlsx --sheet Kunder
      pling check --sql "SELECT mobile, name FROM people" --dsn sqlite:///crm.db
      cat customers.csv | pling check - -o json

    Shows how the file was read, what each column means, and which rows cannot be used and why. FILE "-" is stdin.
    Read are CSV, Excel, Parquet, Arrow, JSON, NDJSON and vCard, also packed with gzip; what a file is called does
    not matter.
    """
    from pling_async import bulk  # noqa: PLC0415 - polars takes a while to import

    prepared = asyncio.run(bulk.prepare(listed.source, settings=settings))
    save_rejects(prepared, reports)
    show_prepared(output, prepared)
    output.next_step("plan", *listed.words, *as_typed(READING))


def save_rejects(judged: "Plan | Prepared", reports: Reports) -> None:
    """Write the rows that cannot be used, if that was asked for."""
    from pling_async.bulk.report import write_rejects  # noqa: PLC0415 - polars takes a while to import

    if reports.rejects is not None:
        write_rejects(judged.rejects, reports.rejects, flavour=reports.flavour)
        note(f"{counted(judged.rejects['row'].n_unique(), 'row')} that cannot be used: {reports.rejects}")


def show_prepared(output: Output, prepared: "Prepared") -> None:
    """Print what a list holds."""
    from pling_async.bulk.fields import usable_rows  # noqa: PLC0415 - polars takes a while to import
    from pling_async.cli import source_view as view  # noqa: PLC0415 - likewise

    if not output.is_table:
        view.note_concerns(prepared.source)
    counts = {
        "contacts": prepared.contacts.height,
        "usable rows": usable_rows(prepared.contacts),
        "contacts united from several rows": prepared.merges["mobile"].n_unique(),
        "rejected rows": prepared.rejects["row"].n_unique(),
    }
    if output.format == "ndjson":
        output.records((), view.reject_records(prepared))
    elif output.format == "json":
        record = {"source": view.source_record(prepared.source), **view.concerns(prepared.source), "counts": counts}
        output.record({**record, "rejects": list(view.reject_records(prepared))})
    else:
        output.show(*view.source_lines(prepared.source), "", view.count_table(counts))
        if prepared.rejects.height:
            output.show("", view.reject_table(prepared, _SHOWN))
            output.show(*view.more(_SHOWN, prepared.rejects.height, "--rejects FILE writes all of them"))
