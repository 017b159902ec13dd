"""Data on stdout as a table, JSON or NDJSON; everything else on stderr."""

import json
import shlex
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from errno import EPIPE
from textwrap import wrap
from typing import TYPE_CHECKING, Any, Final, TextIO

import click
from attrs import frozen

from pling_async.cli.exits import Interrupted
from pling_async.cli.streams import discard
from pling_async.cli.text import discreet, safe

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.table import Table

Record = Mapping[str, Any]

FORMATS: Final = ("table", "json", "ndjson")

_UNWRAPPED: Final = 10_000
"""Columns of a pipe: a line of a table stays one line for grep."""
_COPIED: Final = frozenset({"run"})
"""Headers of what people copy: it stays in one piece."""


def complain(message: str) -> None:
    """Say on stderr what went wrong, even when stdout takes no more."""
    try:
        sys.stdout.flush()
    except OSError:
        discard(sys.stdout)
    _say("pling: " + message)


def note(message: str) -> None:
    """Say on stderr what a person may want to know."""
    _say(message)


def counted(count: int, noun: str) -> str:
    """Return a count with its noun: 1 group, 2 groups."""
    return f"{count} {noun}" + ("" if count == 1 else "s")


def next_step(*words: object) -> None:
    """Name the command that usually comes next, fit to be copied, for the account that this one was told."""
    from pling_async.cli.configuration import chosen  # noqa: PLC0415 - a help text does without

    _say("\nNext: " + shlex.join(["pling", *map(str, words), *chosen()]))


def _say(message: str) -> None:
    sys.stdout.flush()
    lines = (safe(line) for line in discreet(message).split("\n"))
    try:
        click.echo("\n".join(_folded(line) for line in lines) if sys.stderr.isatty() else "\n".join(lines), err=True)
    except OSError:  # nobody can be told: no reason to do less
        discard(sys.stderr)


def _folded(line: str) -> str:
    """Fold a line between words, so that a terminal need not do it inside them."""
    width = shutil.get_terminal_size().columns
    return "\n".join(wrap(line, width, break_long_words=False, break_on_hyphens=False, subsequent_indent="  "))


def is_interactive() -> bool:
    """Return whether there is somebody to ask."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def confirm(question: str) -> None:
    """Go on only if a person says yes; without a terminal, say what to add instead."""
    if not is_interactive():
        raise click.UsageError(f"{question} Nobody is there to answer; add --yes to go on. Nothing was sent.")
    try:
        is_wanted = click.confirm(question, err=True)
    except click.Abort:
        note("")  # the question is still on the line
        raise Interrupted("interrupted; nothing was sent") from None
    if not is_wanted:
        raise Declined("Nothing was sent.")


class Declined(click.ClickException):
    """A person said no."""


@contextmanager
def shown_first() -> Iterator[None]:
    """Show what is about to be done; when whoever reads it goes away meanwhile, it is not done."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        discard(sys.stdout)
        raise Declined("the output was closed before all of it was shown; nothing was sent") from None


def console(stream: TextIO | None = None) -> "Console":
    """Return a rich console that takes text as text; NO_COLOR and COLUMNS are honoured."""
    from rich.console import Console  # noqa: PLC0415 - `pling --help` does without

    class Telling(Console):
        """Leaves the end of the process to us when a reader goes away."""

        def on_broken_pipe(self) -> None:
            raise BrokenPipeError(EPIPE, "the output was closed")

    made = Telling(file=stream or sys.stdout, markup=False, highlight=False, emoji=False, soft_wrap=False)
    if not made.is_terminal and "COLUMNS" not in made._environ:  # noqa: SLF001
        made.width = _UNWRAPPED
    return made


def cell(value: Any) -> str:
    """Return a value as a table shows it: escaped, blank for nothing, yes and no for flags."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(map(cell, value))
    return safe(_plain(value)) if isinstance(value, datetime) else safe(str(value))


def table(*headers: str, rows: Iterable[Sequence[Any]]) -> "Table":
    """Build a plain table."""
    from rich.table import Table  # noqa: PLC0415 - `pling --help` does without
    from rich.text import Text  # noqa: PLC0415 - likewise

    made = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="bold", show_header=any(headers))
    for header in headers:
        made.add_column(header, overflow="fold", no_wrap=header in _COPIED)
    for row in rows:
        made.add_row(*(Text(cell(value)) for value in row))
    return made


@frozen
class Output:
    """Where a command's data goes, in the format that was asked for."""

    format: str = "table"

    @property
    def is_table(self) -> bool:
        """Whether a person reads it."""
        return self.format == "table"

    def show(self, *parts: "RenderableType") -> None:
        """Print what a person reads."""
        out = console()
        for part in parts:
            out.print(part)

    def records(self, columns: Sequence[str], records: Iterable[Record]) -> None:
        """Print many records; a table shows the columns named, JSON everything."""
        if self.is_table:
            self.show(table(*columns, rows=([each.get(name) for name in columns] for each in records)))
        elif self.format == "ndjson":
            for each in records:
                click.echo(as_json(each))
        else:
            self._array(records)

    def record(self, record: Record) -> None:
        """Print one record, or whatever else is one JSON value."""
        if self.is_table:
            self.show(table("", "", rows=record.items()))
        else:
            click.echo(as_json(record, indent=2 if self.format == "json" else None))

    def done(self, record: Record) -> None:
        """Print what was just written to the account; a reader who went away does not undo it."""
        try:
            self.record(record)
        except BrokenPipeError:
            discard(sys.stdout)
            note("the output was closed; what was asked for is done")

    def next_step(self, *words: object) -> None:
        """Name the command that usually comes next, to people."""
        if self.is_table:
            next_step(*words)

    def _array(self, records: Iterable[Record]) -> None:
        opening = "["
        for each in records:
            click.echo(f"{opening}\n{as_json(each)}", nl=False)
            opening = ","
        click.echo("[]" if opening == "[" else "\n]")


def as_json(value: Any, *, indent: int | None = None) -> str:
    """Encode as JSON that is readable in Norwegian and harmless on a terminal."""
    lines = json.dumps(value, ensure_ascii=False, indent=indent, default=_plain).split("\n")
    return "\n".join(safe(line) for line in lines)


def _plain(value: Any) -> Any:
    """Turn what JSON has no word for into what it has: dates are ISO 8601 in UTC, the rest are sequences."""
    return (
        value.isoformat(timespec="milliseconds").replace("+00:00", "Z") if isinstance(value, datetime) else list(value)
    )
