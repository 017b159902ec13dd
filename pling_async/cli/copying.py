"""Carry a copy over to another system, show what became of everybody, and let Ctrl-C stop it well."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, aclosing, nullcontext
from typing import TYPE_CHECKING

from pling_async.cli.connection import on_account
from pling_async.cli.exits import Interrupted
from pling_async.cli.options import Reports
from pling_async.cli.output import Output
from pling_async.cli.progress import Progress
from pling_async.cli.stopping import Stopping
from pling_async.cli.tally import Tally
from pling_async.errors import VerificationError

if TYPE_CHECKING:
    from pling_async.pling.client import PlingClient
    from pling_async.targets import CopyPlan, Target

Opened = Callable[[], AbstractAsyncContextManager["Target"]]


def carried_over(plan: "CopyPlan", opened: Opened, output: Output, reports: Reports) -> int:
    """Do what a plan says, show it, and return the exit code; the worst that happened decides."""
    from pling_async.cli.copy_view import finish_copy  # noqa: PLC0415 - polars and rich take a while to import
    from pling_async.cli.run_view import check_report  # noqa: PLC0415 - likewise
    from pling_async.targets.written import WrittenRows  # noqa: PLC0415 - likewise

    check_report(reports)
    tally, words = Tally(reported=WrittenRows() if reports.report else None), "interrupted"
    try:
        with Progress("copying") as progress:
            on_account(lambda client: _stoppable(client, plan, opened, tally, progress))
    except VerificationError:
        tally.is_stopped = True
        finish_copy(output, plan, tally, reports)
        raise
    except Interrupted as interrupted:
        tally.is_stopped, words = True, str(interrupted)
    code = finish_copy(output, plan, tally, reports)
    if tally.is_stopped:
        raise Interrupted(f"{words}; the same command does the rest: what is there already is not written again")
    return code


async def _stoppable(client: "PlingClient", plan: "CopyPlan", opened: Opened, tally: Tally, progress: Progress) -> None:
    stopping = Stopping(grace=None)
    await stopping.run(_fold(client, plan, opened, tally, progress, stopping.event))
    tally.is_stopped = stopping.event.is_set() and tally.written < plan.write_count


async def _fold(
    client: "PlingClient", plan: "CopyPlan", opened: Opened, tally: Tally, progress: Progress, stop: asyncio.Event
) -> None:
    from pling_async import targets  # noqa: PLC0415 - polars takes a while to import

    async with (
        _alone(plan),
        opened() as target,
        aclosing(targets.apply(client, plan, target, stop=stop)) as outcomes,
    ):
        async for each in outcomes:
            tally.add(each)
            if tally.written:
                progress.update(tally.written, plan.write_count, "contacts")


def _alone(plan: "CopyPlan") -> AbstractAsyncContextManager[None]:
    """Let no other copy of the account add people there meanwhile, on this machine, if they could be there twice."""
    from pling_async.bulk.state import AccountFolder  # noqa: PLC0415 - polars takes a while to import

    if plan.target_count is None or not plan.counts["add"]:
        return nullcontext()
    return AccountFolder.of(None, plan.target_origin, plan.account_id).lock()
