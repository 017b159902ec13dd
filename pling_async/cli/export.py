"""`pling export`: the contacts of the account as a file."""

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import click

from pling_async.cli.commands import Command
from pling_async.cli.connection import on_account
from pling_async.cli.output import counted, next_step, note
from pling_async.cli.text import safe
from pling_async.errors import NotFound

if TYPE_CHECKING:
    from pling_async.bulk.csv_report import Flavour
    from pling_async.bulk.export import Export, Format, Loss
    from pling_async.pling.client import PlingClient

_FORMATS: Final = ("csv", "json", "ndjson", "parquet", "xlsx")
_BINARY: Final = frozenset({"parquet", "xlsx"})
_SUFFIXES: Final = {**{f".{form}": form for form in _FORMATS}, ".jsonl": "ndjson"}
_SHOWN_GROUPS: Final = 20


@click.command(cls=Command)
@click.option("--out", default="-", show_default=True, metavar="FILE", help='Where to; "-" is stdout.')
@click.option("--format", "form", type=click.Choice(_FORMATS), help="Told by FILE's name unless given; csv on stdout.")
@click.option(
    "--flavour",
    type=click.Choice(["exchange", "spreadsheet"]),
    default="exchange",
    show_default=True,
    help="CSV and workbooks that are exact, or CSV in which a spreadsheet calculates nothing.",
)
@click.option("--group", metavar="NAME", help="Only members of this group, stopped ones too.")
@click.option("--stopped/--not-stopped", default=None, help="Only those on the stop list, or only the others.")
@click.option("--force", is_flag=True, help="Overwrite a FILE that exists.")
def export(out: str, form: str | None, flavour: str, force: bool, **chosen: Any) -> None:  # noqa: FBT001 - click's
    """Write the contacts of the account to a file that only you can read.

      pling export --out contacts.csv
      pling export --out contacts.xlsx
      pling export --out contacts.csv --flavour spreadsheet --group VIP
      pling export --out contacts.parquet --not-stopped
      pling export --format ndjson | jq -r .mobile

    What is written can be read again: `pling plan contacts.csv` then finds nothing to change. In CSV and Excel
    is_stopped is blank for people who are not stopped, so that an old file makes nobody reachable who opted out since.
    In an Excel workbook every cell is a text. With --flavour spreadsheet a text that could be a formula gets an
    apostrophe, which stays when it is read.
    """
    target = None if out == "-" else Path(out)
    _check_target(target, force=force)
    form = form or _told_by(target)
    _check_form(form, is_shown=target is None and sys.stdout.isatty())
    made = on_account(lambda client: _exported(client, chosen))
    with _opened(target) as file:
        made.write(file, _format(form), _flavour(flavour))
    _say_loss(made.loss)
    note(counted(made.contacts.height, "contact") + (f": {target}" if target else ""))
    if target is not None:
        next_step("plan", target)


def _told_by(target: Path | None) -> str:
    """Return the format that a name tells; one that promises another must not get CSV."""
    if target is None:
        return "csv"
    if (form := _SUFFIXES.get(target.suffix.lower())) is None:
        raise click.UsageError(f"{target.name} is no name that tells a format ({', '.join(_SUFFIXES)}); add --format.")
    return form


async def _exported(client: "PlingClient", only: dict[str, Any]) -> "Export":
    from pling_async.bulk.export import export as exported  # noqa: PLC0415 - polars takes a while to import

    made = await exported(client, **only)
    if only["group"] is not None and made.contacts.is_empty():
        await _check_group(client, only["group"])
    return made


async def _check_group(client: "PlingClient", name: str) -> None:
    """Raise `NotFound` for a group that the account does not have: an empty file would look like an empty group."""
    names = sorted(group.name for group in await client.groups.list() if group.name)
    if name in names:
        return
    others = f", and {len(names) - _SHOWN_GROUPS} more (pling groups list)" if len(names) > _SHOWN_GROUPS else ""
    there = f"there are {', '.join(map(repr, names[:_SHOWN_GROUPS]))}{others}" if names else "it has none"
    raise NotFound(f"the account has no group {name!r}; {there}; nothing was written")


def _check_form(form: str, *, is_shown: bool) -> None:
    """Refuse what cannot be shown, or cannot be written here, before anybody is asked for anything."""
    if form in _BINARY and is_shown:
        raise click.UsageError(f"{form} is not for terminals; give --out FILE.")
    if form == "xlsx":
        from pling_async.bulk.workbook import check_writer  # noqa: PLC0415 - polars takes a while to import

        check_writer()


def _format(name: str) -> "Format":
    from pling_async.bulk.export import Format  # noqa: PLC0415 - polars takes a while to import

    return Format(name)


def _flavour(name: str) -> "Flavour":
    from pling_async.bulk.csv_report import Flavour  # noqa: PLC0415 - polars takes a while to import

    return Flavour(name)


def _check_target(target: Path | None, *, force: bool) -> None:
    """Refuse before anybody is asked for anything."""
    from pling_async.bulk.private_files import check_place  # noqa: PLC0415 - polars takes a while to import

    if target is None:
        return
    if target.exists() and not force:
        raise click.UsageError(f"{target} exists already; --force overwrites it. Nothing was read.")
    check_place(target)


@contextmanager
def _opened(target: Path | None) -> Iterator[BinaryIO]:
    from pling_async.bulk.private_files import private_file  # noqa: PLC0415 - polars takes a while to import

    if target is not None:
        with private_file(target) as file:
            yield file
    elif sys.stdout.isatty():
        shown = io.BytesIO()
        yield shown
        click.echo("\n".join(map(safe, shown.getvalue().decode().splitlines())))
    else:
        stdout = sys.stdout.buffer
        yield stdout
        stdout.flush()


def _say_loss(lost: "Loss") -> None:
    if lost.rejected:
        note(
            f"{counted(lost.rejected, 'contact')} would be rejected when this is read as a list: `pling check` says why"
        )
    if lost.altered:
        note(f"{counted(lost.altered, 'contact')} would be read without the blanks around a text, or the like")
