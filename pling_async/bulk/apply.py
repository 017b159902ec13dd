"""Apply: carry out a reviewed plan, then list the account again and say whether it is what was promised."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial

import polars as pl
from attrs import field, frozen

from pling_async.bulk.execution import ApplySettings, Execution, Progress, account_held, begun, way_back
from pling_async.bulk.fields import row_count
from pling_async.bulk.guard_facts import NOTHING, Past
from pling_async.bulk.guards import enforce
from pling_async.bulk.history import forget_old
from pling_async.bulk.plan import Plan, Strategy
from pling_async.bulk.removed import removed_recently
from pling_async.bulk.run import Run
from pling_async.bulk.seen_stops import SeenStops
from pling_async.bulk.snapshot import is_unchanged
from pling_async.bulk.state import AccountFolder
from pling_async.bulk.used_consents import used_before, using_consents
from pling_async.errors import Problem, StalePlan, ValidationError
from pling_async.pling.client import PlingClient


@frozen(kw_only=True)
class TakenBack:
    """A run that was cut short, and is undone in place of being finished."""

    end: Callable[[], Awaitable[None]]
    """Ends it, once its undo has begun: what is taken back must not be carried on."""
    stops: pl.DataFrame = field(repr=row_count, eq=False)
    """Whom it knew on the stop list: nobody else will put back a stop that a request of it lost."""


async def apply(
    client: PlingClient,
    plan: Plan,
    *,
    strategy: Strategy | str = Strategy.AUTO,
    settings: ApplySettings | None = None,
    on_progress: Progress = lambda *_: None,
) -> Run:
    """Carry out a plan on the account it was made for, and verify the result by listing the account again.

    `strategy` "replace" sends the whole account in one call, "per_contact" one call for each contact that differs,
    "auto" what the plan's cost suggests. A plan that changes nothing sends nothing. Every request is journalled before
    it is sent, so that a run which is cut short can be resumed, and a finished one undone.

    Raises:
        ValidationError: a replace would leave the account empty; nothing was sent.
        StalePlan: the account is another one, or changed since the plan was made; nothing was sent.
        GuardRefused: a guard refuses the plan carried out in this way; nothing was sent.
        AccountBusy: another run writes to the account now; nothing was sent.
        RunInDoubt: nobody knows yet what an earlier replace did; nothing was sent.
        JournalError: the journal cannot be written; nothing more was sent.
        VerificationError: the account is not what the plan promised; the error's `run` has the differences.
        PlingError: the replace failed, or access was refused on the way; `outcome` says whether it may have
            happened, and `run`, where contacts were written one by one, what became of each.

    """
    chosen = plan.strategy if Strategy(strategy) is Strategy.AUTO else Strategy(strategy)
    run = Run(id=new_id(), plan=plan, strategy=chosen)
    return await carry_out(client, run, settings or ApplySettings(), on_progress)


async def carry_out(
    client: PlingClient,
    run: Run,
    settings: ApplySettings,
    on_progress: Progress,
    taken_back: TakenBack | None = None,
) -> Run:
    """Do what `apply` promises for a run that has not begun."""
    plan = run.plan
    check_account(client, plan)
    await _enforce(run, settings.confirm)
    if plan.counts.writes == 0:
        await check_fresh(client, plan)
        return run
    if run.strategy is Strategy.REPLACE and plan.wanted.is_empty():
        raise _empty_replace()
    account = AccountFolder.of(settings.state, plan.origin, plan.account_id)
    async with account_held(account, besides=run.id):
        await _enforce(run, settings.confirm, await asyncio.to_thread(_past, account, plan))
        await check_fresh(client, plan)
        await asyncio.to_thread(forget_old, account, settings.keep_days)
        folder = account.run(run.id)
        async with begun(folder, run) as journal, way_back(run):
            execution = Execution(client, journal, folder, settings, on_progress)
            return await using_consents(account, run, partial(_sent, run, execution, taken_back))


async def _sent(run: Run, execution: Execution, taken_back: TakenBack | None) -> Run:
    seen = SeenStops(run.plan, execution.journal)
    if taken_back is not None:
        await seen.see(taken_back.stops)
        await taken_back.end()
        return await execution.each_contact(run, seen.carried_by(run.plan.writes), seen)
    if run.strategy is Strategy.REPLACE:
        return await execution.whole_account(run, execution.sending(seen))
    return await execution.each_contact(run, run.plan.writes, seen)


def _empty_replace() -> ValidationError:
    message = "a replace cannot empty an account; choose per_contact, which deletes one by one"
    return ValidationError(f"nothing was sent: {message}", [Problem(field="strategy", code="empty", message=message)])


def _past(account: AccountFolder, plan: Plan) -> Past:
    return Past(removals=removed_recently(account), consents_used_by=used_before(account, plan))


async def _enforce(run: Run, confirmed: str | None, past: Past = NOTHING) -> None:
    verdicts = await asyncio.to_thread(run.plan.judged_for, run.strategy, past)
    enforce(verdicts, digest=run.plan.digest, confirmed=confirmed)


def new_id() -> str:
    """Return the id of a new run; ids sort by time, since the first four digits behind the second are its fraction."""
    now = datetime.now(tz=UTC)
    return f"{now:%Y%m%dT%H%M%S}-{now.microsecond * 0x10000 // 1_000_000:04x}{secrets.token_hex(2)}"


def check_account(client: PlingClient, plan: Plan) -> None:
    """Raise `StalePlan` unless the plan is for the client's account."""
    if (plan.origin, plan.account_id) != (client.origin, client.account_id):
        made_for = f"account {plan.account_id} at {plan.origin}"
        here = f"account {client.account_id} at {client.origin}"
        raise StalePlan(f"the plan was made for {made_for}, this is {here}; make a plan for this account")


async def check_fresh(client: PlingClient, plan: Plan) -> None:
    """Raise `StalePlan` unless the account is as it was when the plan was made."""
    if not await is_unchanged(client, fingerprint=plan.fingerprint, listing=plan.listing):
        raise StalePlan("the account changed since the plan was made; nothing was sent; make a new plan and review it")
