"""Options that several commands share, each set gathered into one value."""

import functools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from attrs import frozen

from pling_async.cli.output import FORMATS, Output

if TYPE_CHECKING:
    from pling_async.bulk import Guards, PrepareSettings

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


class _Limit(click.ParamType[Any]):
    """How many contacts may go: a count, or a share of the account."""

    name = "N|N%"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        digits = str(value).removesuffix("%")
        if not (digits.isascii() and digits.isdigit()):
            self.fail(f"{value!r} is neither a count such as 25 nor a share such as 5%", param, ctx)
        if not str(value).endswith("%"):
            return {"max_removals": int(digits), "max_removal_percent": 0}
        if int(digits) > 100:  # noqa: PLR2004 - per cent
            self.fail("a share is at most 100%", param, ctx)
        return {"max_removals": 0, "max_removal_percent": int(digits)}


class _Header(click.ParamType[Any]):
    """HEADER=attribute."""

    name = "HEADER=FIELD"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        header, _, attribute = str(value).rpartition("=")
        if not (header and attribute):
            self.fail(f"{value!r} is not HEADER=FIELD, as in --map 'Mobil privat=mobile'", param, ctx)
        return header, attribute


_READING: Mapping[str, Any] = {
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


def _settings(values: Values) -> "PrepareSettings":
    from pling_async.bulk import PrepareSettings  # noqa: PLC0415 - polars takes a while to import

    delimiter = {r"\t": "\t", "tab": "\t"}.get(values["delimiter"], values["delimiter"])
    return PrepareSettings(**{**values, "delimiter": delimiter, "mapping": dict(values["mapping"])})


reading_options = gathered("settings", _READING, _settings)
"""How a list is read; the command receives `settings`."""


@frozen
class PlanRequest:
    """What is to be planned."""

    file: str
    mode: str
    settings: "PrepareSettings"
    guards: "Guards"


_PLANNING: Mapping[str, Any] = {
    "file": click.argument("file", type=FILE),
    "mode": click.option(
        "--mode",
        type=click.Choice(["merge", "replace"]),
        default="merge",
        show_default=True,
        help="merge adds and changes; replace also removes contacts that the list does not have.",
    ),
    **_READING,
    "limit": click.option(
        "--max-removals",
        "limit",
        type=_Limit(),
        help="Most contacts that may be removed  [default: 10 or 10%, the larger]",
    ),
    "allow_empty": click.option("--allow-empty", is_flag=True, help="Take a list without a usable row at its word."),
    "despite": click.option(
        "--remove-despite-rejects", "despite", is_flag=True, help="Remove contacts although rows could not be read."
    ),
    "allow_group_removal": click.option(
        "--allow-group-removal", is_flag=True, help="Let groups go that nobody is left in."
    ),
    "keep_auto_created": click.option(
        "--keep-auto-created", is_flag=True, help="Keep contacts that incoming messages created."
    ),
    "min_rows": click.option("--min-rows", type=click.IntRange(min=1), help="Refuse a list with fewer usable rows."),
    "consent": click.option(
        "--consent",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="CSV with mobile,reference: who may leave the stop list, and where the written consent is kept.",
    ),
}


def _plan_request(values: Values) -> PlanRequest:
    from pling_async.bulk import Guards  # noqa: PLC0415 - polars takes a while to import
    from pling_async.cli.consent import read_consent  # noqa: PLC0415 - likewise

    guards = Guards(
        **values["limit"] or {},
        allow_empty=values["allow_empty"],
        removals_despite_rejects=values["despite"],
        allow_group_removal=values["allow_group_removal"],
        keep_auto_created=values["keep_auto_created"],
        min_rows=values["min_rows"],
        consent=read_consent(values["consent"], region=values["region"]) if values["consent"] else {},
    )
    settings = _settings({name: values[name] for name in _READING})
    return PlanRequest(values["file"], values["mode"], settings, guards)


planning_options = gathered("request", _PLANNING, _plan_request)
"""What is planned and within which guards; the command receives `request`."""


@frozen
class Applying:
    """How a plan is carried out."""

    strategy: str
    rejects: Path | None
    is_confirmed: bool


rejects_option = click.option(
    "--rejects",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the rows that cannot be used to this CSV: row, field, code, message.",
)

yes_option = click.option("--yes", "-y", "is_confirmed", is_flag=True, help="Do not ask; lifts no guard.")

_APPLYING: Mapping[str, Any] = {
    "strategy": click.option(
        "--strategy",
        type=click.Choice(["auto", "replace", "per_contact"]),
        default="auto",
        show_default=True,
        help="One call with the whole account, one call a contact, or what is cheaper.",
    ),
    "rejects": rejects_option,
    "is_confirmed": yes_option,
}

applying_options = gathered("applying", _APPLYING, lambda values: Applying(**values))
"""How a plan is carried out; the command receives `applying`."""

_OUTPUT: Mapping[str, Any] = {
    "output": click.option(
        "-o", "--output", type=click.Choice(FORMATS), default="table", show_default=True, help="How data is shown."
    )
}

output_option = gathered("output", _OUTPUT, lambda values: Output(values["output"]))
"""Where data goes; the command receives `output`."""


@frozen
class View:
    """How much of a plan is shown, and in what form."""

    output: Output
    details: int
    is_quiet: bool


_VIEWING: Mapping[str, Any] = {
    "details": click.option(
        "--details", type=click.IntRange(min=0), default=5, show_default=True, help="Contacts shown of each kind."
    ),
    "is_quiet": click.option("--quiet", "-q", "is_quiet", is_flag=True, help="Do not show the plan."),
    **_OUTPUT,
}

viewing_options = gathered(
    "view", _VIEWING, lambda values: View(Output(values["output"]), values["details"], values["is_quiet"])
)
"""How a plan is shown; the command receives `view`."""
