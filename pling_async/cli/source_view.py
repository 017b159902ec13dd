"""How a list that was read is shown: where it comes from, what its columns mean, what cannot be used."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from rich.text import Text

from pling_async.bulk.report import REJECT_COLUMNS
from pling_async.cli.output import cell, note, table

if TYPE_CHECKING:
    from rich.table import Table

    from pling_async.bulk import Prepared
    from pling_async.sources import SourceInfo


def source_record(source: "SourceInfo") -> dict[str, Any]:
    """Return what JSON says about a source."""
    return {
        "file": source.name,
        "sha256": source.sha256,
        "rows": source.rows,
        "kind": source.kind,
        "encoding": source.encoding,
        "delimiter": source.delimiter,
        "sheet": source.sheet,
        "mapping": dict(source.mapping),
    }


def concerns(source: "SourceInfo", warnings: Iterable[str] = ()) -> dict[str, list[str]]:
    """Return what JSON says, in the same place for every command, of what should be looked at."""
    return {"ignored": list(source.ignored), "warnings": [*source.warnings, *warnings]}


def note_concerns(source: "SourceInfo") -> None:
    """Say on stderr what should be looked at, where no table on stdout says it."""
    if source.ignored:
        note(f"ignored: {cell(source.ignored)}")
    for warning in source.warnings:
        note(f"warning: {warning}")


def source_lines(source: "SourceInfo") -> Iterator[Text]:
    """Say in a few lines what was read and how."""
    read_as = (
        source.kind,
        source.encoding,
        f"delimiter {source.delimiter!r}" if source.delimiter else None,
        f"sheet {cell(source.sheet)!r}" if source.sheet else None,
        f"{source.rows} rows",
    )
    yield Text.assemble((cell(source.name), "bold"), "  ", ", ".join(filter(None, read_as)))
    becomes = ", ".join(f"{cell(header)}={attribute}" for header, attribute in source.mapping.items())
    yield labelled("columns", becomes)
    if source.ignored:
        yield labelled("ignored", ", ".join(map(cell, source.ignored)))
    for warning in source.warnings:
        yield labelled("warning", cell(warning), style="yellow")


def labelled(label: str, words: str, *, style: str = "dim") -> Text:
    """Return a line that begins with a label."""
    return Text.assemble((f"{label}: ", style), words)


def count_table(counts: Mapping[str, int]) -> "Table":
    """Return counts as a table, what is zero in grey."""
    made = table("", "", rows=())
    made.columns[1].justify = "right"
    for words, count in counts.items():
        style = "bold" if count else "dim"
        made.add_row(Text("  " + words, style=style), Text(str(count), style=style))
    return made


def reject_records(prepared: "Prepared") -> Iterator[dict[str, Any]]:
    """Yield one record for each problem of a rejected row, without the row's values."""
    return prepared.rejects.select(REJECT_COLUMNS).iter_rows(named=True)


def reject_table(prepared: "Prepared", limit: int) -> "Table":
    """Return the first rejects as a table."""
    return table(*REJECT_COLUMNS, rows=prepared.rejects.select(REJECT_COLUMNS).head(limit).iter_rows())


def more(shown: int, total: int, where: str) -> Iterator[Text]:
    """Yield a line that says what a list leaves out, if it leaves out anything."""
    if total > shown:
        yield Text(f"  … {total - shown} more; {where}", style="dim")
