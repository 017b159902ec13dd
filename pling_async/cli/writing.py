"""Carry something out on the account, show what became of it, and let Ctrl-C stop it well."""

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from pling_async.cli.connection import on_account
from pling_async.cli.exits import Interrupted
from pling_async.cli.options import Reports
from pling_async.cli.output import Output
from pling_async.cli.progress import Progress
from pling_async.cli.stopping import Stopping
from pling_async.errors import PlingError

if TYPE_CHECKING:
    from pling_async.bulk import ApplySettings, Run
    from pling_async.pling.client import PlingClient

Work = Callable[["PlingClient", "ApplySettings", Callable[[int, int, str], None]], Coroutine[Any, Any, "Run"]]


def carried_out(work: Work, output: Output, reports: Reports, *, settle: float, digest: str | None = None) -> int:
    """Do the work, show its run, also one that failed, and return its exit code; `digest` confirms a plan."""
    from pling_async.cli.run_view import check_report, finish  # noqa: PLC0415 - polars and rich take a while to import

    check_report(reports)
    stopped: list[bool] = []

    async def stoppable(client: "PlingClient") -> "Run":
        from pling_async.bulk import ApplySettings  # noqa: PLC0415 - polars takes a while to import

        stopping = Stopping()
        settings = ApplySettings(stop=stopping.event, confirm=digest, settle=settle)
        try:
            return await stopping.run(work(client, settings, progress.update))
        finally:
            stopped.append(stopping.event.is_set())

    try:
        with Progress("applying") as progress:
            run = on_account(stoppable)
    except PlingError as error:
        if error.run is not None:
            finish(output, error.run, reports)
        raise
    code = finish(output, run, reports)
    if any(stopped) and not run.is_complete:
        raise Interrupted(f"interrupted; finish it with: pling runs resume {run.id}")
    output.next_step(*_next(run))
    return code


def _next(run: "Run") -> tuple[str, ...]:
    if not run.plan.counts.writes:
        return ("contacts", "list")
    return ("runs", "undo" if run.is_complete else "show", run.id)
