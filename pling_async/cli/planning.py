"""What `plan`, `show`, `apply` and `import` are asked: options for it, each set gathered into one value."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
from attrs import frozen

from pling_async.cli.options import (
    OUTPUT,
    READING,
    REPORTS,
    Reports,
    Values,
    gathered,
    settle_option,
    to_settings,
    yes_option,
)
from pling_async.cli.output import Output

if TYPE_CHECKING:
    from pling_async.bulk import Guards, PrepareSettings


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


@frozen
class Within:
    """How a list is read and planned, wherever it comes from."""

    mode: str
    settings: "PrepareSettings"
    guards: "Guards"


WITHIN: Final[Mapping[str, Any]] = {
    "mode": click.option(
        "--mode",
        type=click.Choice(["merge", "replace"]),
        default="merge",
        show_default=True,
        help="merge adds and changes; replace also removes contacts that the list does not have.",
    ),
    **READING,
    "limit": click.option(
        "--max-removals",
        "limit",
        type=_Limit(),
        help="Most contacts that may be removed.  [default: 10 or 10%, the larger]",
    ),
    "per_day": click.option(
        "--max-removals-per-day",
        "per_day",
        type=click.IntRange(min=0),
        help="Most contacts that all runs of 24 hours may remove.  [default: 3 times the limit of one]",
    ),
    "accounts": click.option(
        "--only-account", "accounts", type=int, multiple=True, help="Refuse any other account; may be repeated."
    ),
    "find_moves": click.option(
        "--moves/--no-moves", "find_moves", default=True, help="Find people whose number changed.  [default: find]"
    ),
    "allow_empty": click.option("--allow-empty", is_flag=True, help="Accept a list without a usable row."),
    "despite": click.option(
        "--remove-despite-rejects", "despite", is_flag=True, help="Remove contacts although rows could not be read."
    ),
    "allow_group_removal": click.option(
        "--allow-group-removal", is_flag=True, help="Let groups that nobody is left in be deleted."
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


def _within(values: Values) -> Within:
    from pling_async.bulk import Guards  # noqa: PLC0415 - polars takes a while to import
    from pling_async.cli.consent import read_consent  # noqa: PLC0415 - likewise

    guards = Guards(
        **values["limit"] or {},
        max_removals_per_day=values["per_day"],
        accounts=values["accounts"] or None,
        find_moves=values["find_moves"],
        allow_empty=values["allow_empty"],
        removals_despite_rejects=values["despite"],
        allow_group_removal=values["allow_group_removal"],
        keep_auto_created=values["keep_auto_created"],
        min_rows=values["min_rows"],
        consent=read_consent(values["consent"], region=values["region"]) if values["consent"] else {},
    )
    settings = to_settings({name: values[name] for name in READING})
    return Within(values["mode"], settings, guards)


within_options = gathered("within", WITHIN, _within)
"""How what is read is planned, and within which guards; the command receives `within`."""


@frozen
class Applying:
    """How a plan is carried out."""

    strategy: str
    reports: Reports
    is_confirmed: bool
    settle: float


_APPLYING: Final[Mapping[str, Any]] = {
    "strategy": click.option(
        "--strategy",
        type=click.Choice(["auto", "replace", "per_contact"]),
        default="auto",
        show_default=True,
        help="One call with the whole account, one call per contact, or whichever is cheaper.",
    ),
    **REPORTS,
    "is_confirmed": yes_option,
    "settle": settle_option,
}


def _applying(values: Values) -> Applying:
    reports = Reports(**{name: values[name] for name in REPORTS})
    return Applying(values["strategy"], reports, values["is_confirmed"], values["settle"])


applying_options = gathered("applying", _APPLYING, _applying)
"""How a plan is carried out; the command receives `applying`."""


@frozen
class View:
    """How much of a plan is shown, and in what form."""

    output: Output
    details: int
    is_quiet: bool
    html: Path | None
    """Where the page goes."""
    is_redacted: bool


_VIEWING: Final[Mapping[str, Any]] = {
    "details": click.option(
        "--details", type=click.IntRange(min=0), default=5, show_default=True, help="Contacts shown of each kind."
    ),
    "html": click.option(
        "--html",
        type=click.Path(dir_okay=False, path_type=Path),
        help="Write the plan as a page to look at: one private file, for any browser.",
    ),
    "is_redacted": click.option(
        "--redact", "is_redacted", is_flag=True, help="In the page mask numbers and hide names and all other values."
    ),
    "is_quiet": click.option("--quiet", "-q", "is_quiet", is_flag=True, help="Do not show the plan."),
    **OUTPUT,
}


def _view(values: Values) -> View:
    if values["is_redacted"] and values["html"] is None:
        raise click.UsageError("--redact is for a page; add --html FILE")
    return View(**{**values, "output": Output(values["output"])})


viewing_options = gathered("view", _VIEWING, _view)
"""How a plan is shown; the command receives `view`."""
