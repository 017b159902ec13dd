"""Apply: carry out a reviewed plan, then list the account again and say whether it is what was promised."""

import asyncio
import secrets
from collections.abc import Callable
from datetime import UTC, datetime

from attrs import evolve

from pling_async.bulk.guards import enforce
from pling_async.bulk.per_contact import PerContact, Written
from pling_async.bulk.plan import Plan, Strategy
from pling_async.bulk.run import Run, written_frame
from pling_async.bulk.snapshot import snapshot
from pling_async.bulk.verify import verify
from pling_async.bulk.whole_account import replace_account
from pling_async.errors import Outcome, StalePlan, VerificationError
from pling_async.pling.client import PlingClient

Progress = Callable[[int, int, str], None]
"""Called with how much is done, how much there is to do, and of what: "contacts", or the "bytes" of a replace."""


async def apply(
    client: PlingClient,
    plan: Plan,
    *,
    strategy: Strategy | str = Strategy.AUTO,
    on_progress: Progress = lambda *_: None,
) -> Run:
    """Carry out a plan on the account it was made for, and verify the result by listing the account again.

    `strategy` "replace" sends the whole account in one call, "per_contact" one call for each contact that differs,
    "auto" what the plan's cost suggests. A plan that changes nothing sends nothing.

    Raises:
        StalePlan: the account is another one, or changed since the plan was made; nothing was sent.
        GuardRefused: a guard refuses the plan carried out in this way; nothing was sent.
        VerificationError: the account is not what the plan promised; the error's `run` has the differences.
        PlingError: the replace failed, or access was refused on the way; `outcome` says whether it may have
            happened, and `run`, where contacts were written one by one, what became of each.

    """
    chosen = plan.strategy if Strategy(strategy) is Strategy.AUTO else Strategy(strategy)
    _check_account(client, plan)
    enforce(await asyncio.to_thread(plan.judged_for, chosen))
    await _check_fresh(client, plan)
    run = Run(id=_new_id(), plan=plan, strategy=chosen)
    if plan.counts.writes == 0:
        return run
    if chosen is Strategy.REPLACE:
        written, warnings = await replace_account(client, plan, lambda sent, size: on_progress(sent, size, "bytes"))
        run = evolve(run, written=written, warnings=warnings)
    else:
        run = await _each_contact(client, run, on_progress)
    return _checked(evolve(run, verification=await verify(client, plan)))


def _new_id() -> str:
    return f"{datetime.now(tz=UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(4)}"


def _check_account(client: PlingClient, plan: Plan) -> None:
    if (plan.origin, plan.account_id) != (client.origin, client.account_id):
        made_for = f"account {plan.account_id} at {plan.origin}"
        here = f"account {client.account_id} at {client.origin}"
        raise StalePlan(f"the plan was made for {made_for}, this is {here}; make a plan for this account")


async def _check_fresh(client: PlingClient, plan: Plan) -> None:
    if (await snapshot(client)).fingerprint != plan.fingerprint:
        raise StalePlan("the account changed since the plan was made; nothing was sent; make a new plan and review it")


async def _each_contact(client: PlingClient, run: Run, on_progress: Progress) -> Run:
    sender, written = PerContact(client, run.plan), list[Written]()
    async for each in sender.run():
        written.append(each)
        on_progress(len(written), run.plan.counts.writes, "contacts")
    run = evolve(run, written=await asyncio.to_thread(written_frame, written))
    if sender.fatal is not None:
        sender.fatal.run = run
        raise sender.fatal
    return run


def _checked(run: Run) -> Run:
    """Return a run whose account is as promised, or whose own outcomes already say why it is not."""
    applied_all = run.outcome_counts[Outcome.APPLIED] == run.written.height
    if run.verification is not None and not run.verification.is_clean and applied_all:
        error = VerificationError(f"the plan was sent, and the account is not what it promised: {run.verification}")
        error.run = run
        raise error
    return run
