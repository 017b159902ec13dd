"""`pling runs`: what was carried out, and finishing, taking back or forgetting it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from pling_async.cli.commands import Group
from pling_async.cli.connection import on_account
from pling_async.cli.options import Reports, output_option, report_options, settle_option, yes_option
from pling_async.cli.output import Output, confirm, counted, next_step, note, shown_first
from pling_async.cli.writing import carried_out

if TYPE_CHECKING:
    from pling_async.bulk import KeptRun, Plan

_COLUMNS: Final = ("run", "account_id", "mode", "writes", "removals", "status", "list")
"""What a terminal has room for; a run's id begins with its time, and JSON has the rest.

With runs of several servers the server follows, since each may have an account of the same number.
"""
_WARNINGS: Final = {
    "in doubt": "warning: its replace may have been carried out, and may still be; nobody watches the account now, nor "
    "puts back the stops that a late replace takes away: look at the account before you write to it",
    "damaged": "warning: nobody knows what the run did, and its removals do not count towards the limit of a day: "
    "look at the account before you write to it",
}
"""By status of a run that was forgotten by force."""


@click.group(cls=Group)
def runs() -> None:
    """List what was carried out; resume, undo or forget it.

    pling runs list
    pling runs show 20261122T031702-2588feb2
    pling runs resume 20261122T031702-2588feb2
    pling runs undo 20261122T031702-2588feb2
    pling runs purge --older-than 30
    """


@runs.command("list")
@output_option
def list_(output: Output) -> None:
    """List the runs that are kept on this machine, of every account, oldest first.

    pling runs list
    pling runs list -o json
    """
    kept = [_record(each) for each in sorted(_kept(), key=lambda each: each.id)]
    servers = {each["origin"] for each in kept if each["origin"]}
    if output.is_table and not kept:
        note("no runs are kept yet; `pling import FILE` makes one")
        next_step("import", "FILE")
        return
    output.records((*_COLUMNS, "origin") if len(servers) > 1 else _COLUMNS, kept)
    output.next_step("runs", "show", kept[-1]["run"] if kept else "RUN")


@runs.command()
@click.argument("run_id", metavar="RUN")
@report_options
@output_option
def show(run_id: str, reports: Reports, output: Output) -> int:
    """Show what became of every contact that a run wrote; no account is asked.

    pling runs show 20261122T031702-2588feb2 -o ndjson
    pling runs show 20261122T031702-2588feb2 --report outcomes.csv
    """
    from attrs import evolve  # noqa: PLC0415 - `pling --help` does without

    from pling_async.bulk.history import find_run  # noqa: PLC0415 - polars takes a while to import
    from pling_async.bulk.recorded import read_run, recorded  # noqa: PLC0415 - likewise
    from pling_async.cli.run_view import save_outcomes, show_run  # noqa: PLC0415 - likewise

    record, run = read_run(find_run(run_id))
    told = evolve(run, written=recorded(run, record))
    saved = save_outcomes(told, reports)
    show_run(output, told)
    output.next_step("runs", *(("undo", run_id) if run.is_complete else ("list",)))
    return saved


@runs.command()
@click.argument("run_id", metavar="RUN")
@settle_option
@report_options
@output_option
def resume(run_id: str, settle: float, reports: Reports, output: Output) -> int:
    """Finish a run that was cut short; what it did already is not sent again.

      pling runs resume 20261122T031702-2588feb2

    After a replace whose answer was lost the account is watched first, for some minutes if need be.
    """
    from pling_async import bulk  # noqa: PLC0415 - polars takes a while to import

    return carried_out(
        lambda client, settings, progress: bulk.resume(client, run_id, settings=settings, on_progress=progress),
        output,
        reports,
        settle=settle,
    )


@runs.command()
@click.argument("run_id", metavar="RUN")
@yes_option
@settle_option
@report_options
@output_option
def undo(run_id: str, is_confirmed: bool, settle: float, reports: Reports, output: Output) -> int:  # noqa: FBT001 - click's
    """Take a run back, and nothing that anybody did since.

      pling runs undo 20261122T031702-2588feb2

    Changed fields, removed and added contacts are put back. Stops stay set. Removed contacts come back with new ids.
    A request whose answer was lost may still be carried out, and is waited for first.
    """
    from pling_async import bulk  # noqa: PLC0415 - polars takes a while to import

    waiting = bulk.ApplySettings(settle=settle)
    made = on_account(
        lambda client: bulk.plan_undo(client, run_id, settings=waiting, on_progress=_waits),
        interrupted=lambda: "nothing was sent",
    )
    if not made.counts.writes:
        note("there is nothing to take back: the account has nothing of this run any more")
        next_step("runs", "list")
        return 0
    with shown_first():
        _show(output, made)
    if not is_confirmed:
        confirm(f"Take back {counted(made.counts.writes, 'contact')} in account {made.account_id} at {made.origin}?")
    return carried_out(
        lambda client, settings, progress: bulk.undo(client, run_id, settings=settings, on_progress=progress),
        output,
        reports,
        settle=settle,
    )


def _waits(_: int, seconds: int, what: str) -> None:
    note(f"{seconds} {what}: an answer was lost, and its request may still be carried out (--settle)")


@runs.command()
@click.argument("run_id", metavar="[RUN]", required=False)
@click.option("--older-than", type=click.IntRange(min=0), metavar="DAYS", help="Forget every ended run that is older.")
@click.option("--force", "is_forced", is_flag=True, help="Forget a run that is in doubt, or damaged, too.")
def purge(run_id: str | None, older_than: int | None, is_forced: bool) -> None:  # noqa: FBT001 - click's
    """Forget runs, and the personal data that is kept of them.

      pling runs purge 20261122T031702-2588feb2
      pling runs purge --older-than 30
      pling runs purge 20261122T031702-2588feb2 --force

    They cannot be undone afterwards. A run in doubt blocks its account until it is resumed, or given up with --force.
    """
    from pling_async import bulk  # noqa: PLC0415 - polars takes a while to import

    if (run_id is None) == (older_than is None):
        raise click.UsageError("name a RUN, or use --older-than DAYS")
    if is_forced and run_id is None:
        raise click.UsageError("--force is for one RUN that is named")
    chosen = [run_id] if run_id is not None else [each.id for each in _ended(older_than or 0)]
    for each in chosen:
        if warning := _WARNINGS.get(bulk.purge(each, force=is_forced).value):
            note(warning)
    note(f"forgotten: {counted(len(chosen), 'run')}")
    next_step("runs", "list")


def _kept() -> Iterator["KeptRun"]:
    from pling_async import bulk  # noqa: PLC0415 - polars takes a while to import

    return bulk.runs()


def _ended(days: int) -> Iterator["KeptRun"]:
    from pling_async.bulk import Status  # noqa: PLC0415 - polars takes a while to import

    oldest = datetime.now(tz=UTC) - timedelta(days=days)
    return (each for each in _kept() if each.status in {Status.COMPLETE, Status.INCOMPLETE} and each.started < oldest)


def _record(kept: "KeptRun") -> dict[str, Any]:
    names = ("started", "account_id", "origin", "mode", "strategy", "writes", "removals", "source", "undo_of")
    said = {name: getattr(kept, name) for name in names}
    return {"run": kept.id, "status": kept.status.value, "list": Path(kept.source).name, **said}


def _show(output: Output, made: "Plan") -> None:
    from pling_async.cli.plan_view import show_plan  # noqa: PLC0415 - polars and rich take a while to import

    if output.is_table:
        show_plan(output, made, details=5)
