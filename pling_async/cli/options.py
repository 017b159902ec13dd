"""Options that several commands share, each set gathered into one value."""

import functools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from attrs import frozen

from pling_async.cli.output import FORMATS, Output

if TYPE_CHECKING:
    from pling_async.bulk import PrepareSettings

Command = Callable[..., Any]
Decorator = Callable[[Command], Command]
Values = Mapping[str, Any]

FILE = click.Path(exists=True, dir_okay=False, allow_dash=True)


def gathered(name: str, options: Mapping[str, Decorator], gather: Callable[[Values], Any]) -> Decorator:
    """Return a decorator that adds options to a command and hands their values over as one argument."""

    def decorate(command: Command) -> Command:
        @functools.wraps(command)
        def gathering(**values: Any) -> Any:
            mine = {key: values.pop(key) for key in options}
            return command(**values, **{name: gather(mine)})

        decorated: Command = gathering
        for option in reversed(list(options.values())):
            decorated = option(decorated)
        return decorated

    return decorate


class _Header(click.ParamType[Any]):
    """HEADER=attribute."""

    name = "HEADER=FIELD"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        header, _, attribute = str(value).rpartition("=")
        if not (header and attribute):
            self.fail(f"{value!r} is not HEADER=FIELD, as in --map 'Mobil privat=mobile'", param, ctx)
        return header, attribute


READING: Mapping[str, Any] = {
    "region": click.option("--region", default="NO", show_default=True, help="Country of numbers without one."),
    "numbers": click.option(
        "--numbers",
        type=click.Choice(["mobile", "lenient", "possible"]),
        default="mobile",
        show_default=True,
        help="Which numbers are usable: mobiles; also series not yet in use; anything possible.",
    ),
    "encoding": click.option("--encoding", metavar="NAME", help="As in cp1252; detected unless given."),
    "delimiter": click.option("--delimiter", metavar="CHAR", help="As in ';'; detected unless given."),
    "mapping": click.option(
        "--map", "mapping", type=_Header(), multiple=True, help="What a column is; may be repeated."
    ),
}


def to_settings(values: Values) -> "PrepareSettings":
    """Return how a list is read, from the values of `READING`."""
    from pling_async.bulk import PrepareSettings  # noqa: PLC0415 - polars takes a while to import

    delimiter = {r"\t": "\t", "tab": "\t"}.get(values["delimiter"], values["delimiter"])
    return PrepareSettings(**{**values, "delimiter": delimiter, "mapping": dict(values["mapping"])})


reading_options = gathered("settings", READING, to_settings)
"""How a list is read; the command receives `settings`."""


@frozen(kw_only=True)
class Reports:
    """Which CSV files are written, and for whom."""

    rejects: Path | None = None
    report: Path | None = None
    flavour: str = "spreadsheet"


REJECTS: Mapping[str, Any] = {
    "rejects": click.option(
        "--rejects",
        type=click.Path(dir_okay=False, path_type=Path),
        help="Write the rows that cannot be used to this CSV: row, field, code, message.",
    ),
    "flavour": click.option(
        "--report-flavour",
        "flavour",
        type=click.Choice(["spreadsheet", "exchange"]),
        default="spreadsheet",
        show_default=True,
        help="CSV in which a spreadsheet calculates nothing, or CSV for programs.",
    ),
}

REPORTS: Mapping[str, Any] = {
    **REJECTS,
    "report": click.option(
        "--report",
        type=click.Path(dir_okay=False, path_type=Path),
        help="Write what became of every row, and of every removed contact, to this CSV.",
    ),
}

rejects_option = gathered("reports", REJECTS, lambda values: Reports(**values))
"""The rejects file; the command receives `reports`."""

_REPORT_ALONE: Mapping[str, Any] = {name: REPORTS[name] for name in ("report", "flavour")}

report_options = gathered("reports", _REPORT_ALONE, lambda values: Reports(**values))
"""The report without the rejects, for runs of which the list is gone; the command receives `reports`."""

yes_option = click.option("--yes", "-y", "is_confirmed", is_flag=True, help="Do not ask; lifts no guard.")

settle_option = click.option(
    "--settle",
    type=click.FloatRange(min=0),
    default=150,
    show_default=True,
    metavar="SECONDS",
    help="How long to watch the account when the answer to a replace is lost.",
)

OUTPUT: Mapping[str, Any] = {
    "output": click.option(
        "-o", "--output", type=click.Choice(FORMATS), default="table", show_default=True, help="How data is shown."
    )
}

output_option = gathered("output", OUTPUT, lambda values: Output(values["output"]))
"""Where data goes; the command receives `output`."""
