"""`pling plan`, `show`, `apply` and `import`: from a list to the state of an account."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pling_async.cli.check import save_rejects
from pling_async.cli.commands import Command, as_typed
from pling_async.cli.connection import on_account
from pling_async.cli.exits import Exit
from pling_async.cli.options import Listed, output_option, source_options
from pling_async.cli.output import Output, confirm, note, shown_first
from pling_async.cli.planning import (
    WITHIN,
    Applying,
    View,
    Within,
    applying_options,
    viewing_options,
    within_options,
)
from pling_async.cli.writing import carried_out

if TYPE_CHECKING:
    from pling_async.bulk import Plan


@click.command(cls=Command)
@source_options
@within_options
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Keep the plan in this file, for apply.")
@click.option("--detailed-exitcode", is_flag=True, help="End with 3 when the plan would change something.")
@viewing_options
def plan(listed: Listed, within: Within, out: Path | None, detailed_exitcode: bool, view: View) -> int:  # noqa: FBT001 - click's
    """Say what a list would do to the account; nothing is written.

      pling plan customers.csv
      pling plan customers.csv --mode replace --out customers.plan
      pling plan customers.csv --mode replace --html plan.html
      pling plan customers.csv --mode replace --max-removals 5%

    The default mode is merge: nobody is removed. Guards look at the plan, and --yes lifts none of them.
    """
    made = _planned(listed, within)
    show_made(view, made)
    if out is not None:
        save_made(made, out)
    enforce_guards(made, "auto")
    if out is not None:
        view.output.next_step("apply", out)
    elif made.counts.writes:
        view.output.next_step("plan", *listed.words, *as_typed(WITHIN), "--out", "PLAN")
    else:
        view.output.next_step("contacts", "list")
    return Exit.DIFFERENCES if detailed_exitcode and made.counts.writes else Exit.OK


@click.command(cls=Command)
@click.argument("file", metavar="PLAN", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@viewing_options
def show(file: Path, view: View) -> None:
    """Show a plan that was written to a file.

    pling show customers.plan
    pling show customers.plan --details 100
    pling show customers.plan --html plan.html --redact
    pling show customers.plan -o ndjson
    """
    made = _loaded(file)
    show_made(view, made)
    view.output.next_step("apply", file)


@click.command(cls=Command)
@click.argument("file", metavar="PLAN", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--confirm", "digest", metavar="DIGEST", help="Confirm the plan with this digest; asks no more.")
@applying_options
@output_option
def apply(file: Path, digest: str | None, applying: Applying, output: Output) -> int:
    """Carry out a plan that was written to a file.

      pling apply customers.plan
      pling apply customers.plan --confirm 3f2a9c41b7de
      pling apply customers.plan --yes --report outcomes.csv

    Refused when the account changed since the plan was made. Afterwards the account is listed again and compared.
    """
    made = _loaded(file)
    enforce_guards(made, applying.strategy, digest)
    return _carried_out(made, applying, output, digest)


@click.command("import", cls=Command)
@source_options
@within_options
@applying_options
@viewing_options
def import_(listed: Listed, within: Within, applying: Applying, view: View) -> int:
    """Plan a list, show the plan, ask, and carry it out.

      pling import customers.csv
      pling import customers.csv --mode replace --rejects rejects.csv --report outcomes.csv
      pling import customers.csv --yes -o json < /dev/null

    The default mode is merge: nobody is removed. With -o json or ndjson only the result is printed, and what should be
    looked at in the list is said on stderr.
    """
    return confirmed(_planned(listed, within), applying, view)


def confirmed(made: "Plan", applying: Applying, view: View) -> int:
    """Show a plan, ask, and carry it out."""
    with shown_first():
        _write_page(view, made)
        _print(view, made, is_wanted=view.output.is_table)
    enforce_guards(made, applying.strategy)
    return _carried_out(made, applying, view.output)


def _planned(listed: Listed, within: Within) -> "Plan":
    """Read the list first: when it cannot be read, nobody is asked anything."""
    from pling_async import bulk  # noqa: PLC0415 - polars takes a while to import

    prepared = asyncio.run(bulk.prepare(listed.source, settings=within.settings))
    return on_account(
        lambda client: bulk.plan(client, prepared, mode=within.mode, guards=within.guards),
        interrupted=lambda: "nothing was sent",
    )


def show_made(view: View, made: "Plan") -> None:
    """Print a plan, unless that is not wanted, and write its page where it is."""
    _write_page(view, made)
    _print(view, made)


def _write_page(view: View, made: "Plan") -> None:
    if view.html is not None:
        from pling_async.cli.page.assembly import write_page  # noqa: PLC0415 - jinja2 and polars take a while to import

        write_page(made, view.html, is_redacted=view.is_redacted)
        note(
            f"The plan as a page: {view.html}"
            + ("" if view.is_redacted else "  (personal data, readable for you alone)")
        )


def _print(view: View, made: "Plan", *, is_wanted: bool = True) -> None:
    """Print a plan if anybody wants it; what should be looked at in the list is said in any case."""
    from pling_async.cli.plan_view import show_plan  # noqa: PLC0415 - polars and rich take a while to import
    from pling_async.cli.source_view import note_concerns  # noqa: PLC0415 - likewise

    if view.is_quiet or not view.output.is_table:
        note_concerns(made.source)
    if is_wanted and not view.is_quiet:
        show_plan(view.output, made, view.details)


def _loaded(file: Path) -> "Plan":
    from pling_async.bulk import load_plan  # noqa: PLC0415 - polars takes a while to import

    return load_plan(file)


def save_made(made: "Plan", out: Path) -> None:
    """Keep a plan in a file."""
    from pling_async.bulk import save_plan  # noqa: PLC0415 - polars takes a while to import

    save_plan(made, out)


def enforce_guards(made: "Plan", strategy: str, digest: str | None = None) -> None:
    """Raise `GuardRefused` if a guard refuses the plan."""
    from pling_async.bulk import Strategy  # noqa: PLC0415 - polars takes a while to import
    from pling_async.bulk.guards import enforce  # noqa: PLC0415 - likewise

    chosen = Strategy(strategy)
    verdicts = made.judged_for(made.strategy if chosen is Strategy.AUTO else chosen)
    enforce(verdicts, digest=made.digest, confirmed=digest)


def _carried_out(made: "Plan", applying: Applying, output: Output, digest: str | None = None) -> int:
    from pling_async import bulk  # noqa: PLC0415 - polars takes a while to import

    save_rejects(made, applying.reports)
    if made.counts.writes and not applying.is_confirmed and digest is None:
        confirm(_question(made))
    return carried_out(
        lambda client, settings, progress: bulk.apply(
            client, made, strategy=applying.strategy, settings=settings, on_progress=progress
        ),
        output,
        applying.reports,
        settle=applying.settle,
        digest=digest,
    )


def _question(made: "Plan") -> str:
    counts = made.counts
    what = f"Add {counts.add}, change {counts.change + counts.move} and remove {counts.remove} contacts"
    return f"{what} in account {made.account_id} at {made.origin}?"
