"""Options that several commands share, each set gathered into one value."""

import functools
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

import click
from attrs import frozen
from click.core import ParameterSource

from pling_async.cli.files import DatabaseUrl
from pling_async.cli.output import FORMATS, Output

if TYPE_CHECKING:
    from pling_async.bulk import PrepareSettings, Query

Command = Callable[..., Any]
Decorator = Callable[[Command], Command]
Values = Mapping[str, Any]

_PASSWORD: Final = re.compile(
    r"://[^/?#@]*:.*@|[?&;]\w*(?:password|passwd|passphrase|pass|pwd|secret|token|api_?key)\s*=", re.IGNORECASE
)
"""In the URL of a database: after a user, or as a parameter. A password may hold what should be escaped in a URL."""
_FILE: Final = click.Path(exists=True, dir_okay=False, allow_dash=True)


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
        header, equals, attribute = str(value).rpartition("=")
        if not (equals and attribute):  # a header may be blank
            self.fail(f"{value!r} is not HEADER=FIELD, as in --map 'Mobil privat=mobile'", param, ctx)
        return header, attribute


@frozen
class Listed:
    """Where a list comes from, and the words of a command line that say so."""

    source: "str | Query"
    words: tuple[str, ...]


_SOURCE: Final[Mapping[str, Any]] = {
    "file": click.argument("file", type=_FILE, required=False),
    "sql": click.option("--sql", metavar="QUERY", help="Read the rows of a query instead of FILE; needs --dsn."),
    "dsn": click.option(
        "--dsn",
        type=DatabaseUrl(),
        metavar="URL",
        envvar="PLING_DSN",
        help="Database of --sql, as in sqlite:///crm.db; with credentials only in PLING_DSN.",
    ),
}


def _to_listed(values: Values) -> Listed:
    """Return where the list is, from the values of `_SOURCE`: a file or a query, and not both."""
    file, sql, dsn = values["file"], values["sql"], values["dsn"]
    if (file is None) == (sql is None):
        raise click.UsageError("Give the list as FILE, or as --sql QUERY with --dsn URL.")
    if file is not None:
        return Listed(file, (file,))
    if dsn is None:
        raise click.UsageError("--sql needs --dsn URL, or PLING_DSN, to know which database to ask.")
    if is_typed("dsn") and _PASSWORD.search(unquote(dsn)):
        raise click.UsageError("A password on the command line can be seen by others; give the URL in PLING_DSN.")
    from pling_async.bulk import Query  # noqa: PLC0415 - polars takes a while to import

    return Listed(Query(sql=sql, dsn=dsn), ("--sql", sql, "--dsn", "URL"))


def is_typed(option: str) -> bool:
    """Tell whether an option, by the name of its value, was given on the command line."""
    return click.get_current_context().get_parameter_source(option) is ParameterSource.COMMANDLINE


source_options = gathered("listed", _SOURCE, _to_listed)
"""Where a list comes from; the command receives `listed`."""

READING: Final[Mapping[str, Any]] = {
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
    "sheet": click.option("--sheet", metavar="NAME|NUMBER", help="Of a workbook that has several; counted from 1."),
    "mapping": click.option(
        "--map", "mapping", type=_Header(), multiple=True, help="What a column is; may be repeated."
    ),
    "groups": click.option(
        "--groups", metavar="NAMES", default="", help="Groups that everybody of the list joins, as in 'Kunder;VIP'."
    ),
    "keep": click.option(
        "--keep",
        type=click.Choice(["last", "first"]),
        default="last",
        show_default=True,
        help="Which row of a number wins, field by field.",
    ),
}


def to_settings(values: Values) -> "PrepareSettings":
    """Return how a list is read, from the values of `READING`."""
    from pling_async.bulk import PrepareSettings  # noqa: PLC0415 - polars takes a while to import

    delimiter = {r"\t": "\t", "tab": "\t"}.get(values["delimiter"], values["delimiter"])
    groups = tuple(filter(None, map(str.strip, re.split("[;,|]", values["groups"]))))
    read = {"delimiter": delimiter, "mapping": dict(values["mapping"]), "groups": groups}
    return PrepareSettings(**{**values, **read})


reading_options = gathered("settings", READING, to_settings)
"""How a list is read; the command receives `settings`."""


@frozen(kw_only=True)
class Reports:
    """Which CSV files are written, and for whom."""

    rejects: Path | None = None
    report: Path | None = None
    flavour: str = "spreadsheet"


_REJECTS: Final[Mapping[str, Any]] = {
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

REPORTS: Final[Mapping[str, Any]] = {
    **_REJECTS,
    "report": click.option(
        "--report",
        type=click.Path(dir_okay=False, path_type=Path),
        help="Write what became of every row, and of every removed contact, to this CSV.",
    ),
}

rejects_option = gathered("reports", _REJECTS, lambda values: Reports(**values))
"""The rejects file; the command receives `reports`."""

_REPORT_ALONE: Final[Mapping[str, Any]] = {name: REPORTS[name] for name in ("report", "flavour")}

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

OUTPUT: Final[Mapping[str, Any]] = {
    "output": click.option(
        "-o", "--output", type=click.Choice(FORMATS), default="table", show_default=True, help="How data is shown."
    )
}

output_option = gathered("output", OUTPUT, lambda values: Output(values["output"]))
"""Where data goes; the command receives `output`."""
