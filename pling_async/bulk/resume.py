"""Resume: finish a run that was cut short, so that the account ends as if it had not been.

What the account shows decides, and the journal says what was sent. A contact that is as the plan wants it is done;
one that is as before is sent; one that is neither was changed by somebody else and is left alone.
"""

import asyncio
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, Final

import polars as pl
from attrs import evolve

from pling_async.bulk.apply import check_account, check_fresh
from pling_async.bulk.difference import Action
from pling_async.bulk.execution import ApplySettings, Earlier, Execution, Progress, account_held, closing, way_back
from pling_async.bulk.journal import Journal
from pling_async.bulk.journal_file import Intent, Record
from pling_async.bulk.per_contact import ALREADY, DRIFTED, STOPPED_AGAIN
from pling_async.bulk.plan import Plan, Strategy
from pling_async.bulk.reconcile import Conclusion, compared
from pling_async.bulk.recorded import (
    REPLACE,
    is_doubted,
    planned_intents,
    read_run,
    recorded,
    settled_before,
    withheld,
)
from pling_async.bulk.run import WRITTEN_SCHEMA, Run
from pling_async.bulk.seen_stops import SeenStops
from pling_async.bulk.snapshot import Snapshot, snapshot
from pling_async.bulk.state import AccountFolder
from pling_async.bulk.stops import noted
from pling_async.bulk.used_consents import using_consents
from pling_async.bulk.whole_account import LOST, judged
from pling_async.errors import Outcome, StalePlan
from pling_async.pling.client import PlingClient

_DRIFTED: Final = "somebody else changed the contact since; it was left alone; plan the list again"


async def resume(
    client: PlingClient,
    run_id: str,
    *,
    settings: ApplySettings | None = None,
    on_progress: Progress = lambda *_: None,
) -> Run:
    """Finish a run that was cut short; of one that had ended, return what it did and send nothing.

    A replace whose answer was lost is concluded first: the account is watched, and the plan is sent again only if it is
    as before, or partly as before and for the rest as planned. People who opted out since stay on the stop list.

    Raises what `apply` raises, and `StalePlan` when somebody else wrote to the account since; `JournalError` when the
    journal is damaged or of another version, account or plan.
    """
    settings = settings or ApplySettings()
    account = AccountFolder.of(settings.state, client.origin, client.account_id)
    folder = await asyncio.to_thread(account.known_run, run_id)
    async with account_held(account, besides=run_id):
        record, run = await asyncio.to_thread(read_run, folder)
        check_account(client, run.plan)
        if record.last("ended") is not None:
            return evolve(run, written=await asyncio.to_thread(recorded, run, record))
        journal = await Journal.reopen(folder.journal)
        async with closing(journal), way_back(run):
            await journal.note("resumed")
            execution = Execution(client, journal, folder, settings, on_progress)
            finish = _whole_account if run.strategy is Strategy.REPLACE else _each_contact
            return await using_consents(account, run, partial(finish, client, run, record, execution))


async def _whole_account(client: PlingClient, run: Run, record: Record, execution: Execution) -> Run:
    sent = [each for each in record.intents if each.path == REPLACE and each.outcome is not Outcome.NOT_APPLIED]
    known = await asyncio.to_thread(_noted, run.plan, record)
    sending = execution.sending(SeenStops(run.plan, execution.journal, known, withheld(record)))
    if not sent:
        await check_fresh(client, run.plan)
        return await execution.whole_account(run, sending)
    if any(each.outcome is Outcome.APPLIED for each in sent):
        written = await asyncio.to_thread(recorded, run, record)
        return await execution.verified(evolve(run, written=written), sending.seen)
    earlier = (record.last("conclusion") or {}).get("conclusion")
    conclusion = Conclusion.CONVERGED if earlier == Conclusion.CONVERGED else await execution.watched(sending)
    if conclusion is Conclusion.CONVERGED:
        written = await asyncio.to_thread(judged, run.plan, (), withheld(record))
        return await execution.verified(
            evolve(run, written=written, warnings=(LOST,), conclusion=conclusion), sending.seen
        )
    if conclusion is Conclusion.FOREIGN:
        raise StalePlan(
            f"the replace of run {run.id} was lost, and somebody else wrote to the account since; nothing was sent; "
            "plan the list again"
        )
    return await execution.whole_account(run, sending)


async def _each_contact(client: PlingClient, run: Run, record: Record, execution: Execution) -> Run:
    seen = SeenStops(run.plan, execution.journal, await asyncio.to_thread(_noted, run.plan, record))
    now = await snapshot(client, on_stops=seen.see_mobiles)
    await seen.see_account(now)
    earlier = await asyncio.to_thread(_earlier, run.plan, record, now)
    await execution.journal.note("decided", rows=earlier.decided.filter(pl.col("code") != "").rows())
    rows = run.plan.writes.join(earlier.decided, on="mobile", how="anti", maintain_order="left")
    return await execution.each_contact(run, seen.carried_by(rows), seen, earlier)


def _noted(plan: Plan, record: Record) -> pl.DataFrame | None:
    """Return the people whom an earlier process of the run saw opt out since the plan was made."""
    found = record.last("stops")
    return None if found is None else noted(plan, found["mobiles"])


def _earlier(plan: Plan, record: Record, now: Snapshot) -> Earlier:
    sent = planned_intents(plan, record)
    settled = settled_before(record)
    states, held = compared(plan, now), now.contacts.select("mobile", id_now="id", is_stopped_now="is_stopped")
    rows = plan.writes.select("mobile", "action", "id", "changed", "is_stopped", "moved_from")
    for side, suffix in (("mobile", ""), ("moved_from", "_old")):
        for found in (states, held):
            named = {name: f"{name}{suffix}" for name in found.columns if name != "mobile"}
            rows = rows.join(found.rename(named), left_on=side, right_on="mobile", how="left", maintain_order="left")
    return Earlier(
        decided=pl.DataFrame(list(decided_rows(rows, sent, settled)), schema=WRITTEN_SCHEMA, orient="row"),
        doubted=frozenset(mobile for mobile, intents in sent.items() if is_doubted(intents)),
    )


def decided_rows(
    rows: pl.DataFrame, sent: Mapping[str, list[Intent]], settled: Mapping[str, tuple[str, ...]]
) -> Iterator[tuple[str, ...]]:
    """Yield what the account and the requests so far say of rows; nothing of those that are still to be sent.

    `settled` is what an earlier process found done: it is not done again, whatever became of the contact since.
    """
    for row in rows.iter_rows(named=True):
        intents = sent.get(row["mobile"], [])
        if row["mobile"] in settled:
            yield settled[row["mobile"]]
        elif said := _decided(row, intents):
            yield (row["mobile"], row["action"], *said)


def _decided(row: Mapping[str, Any], intents: list[Intent]) -> tuple[str, str, str] | None:
    """Return outcome, code and message of a row, or None when it is to be sent."""
    outcomes = {intent.outcome for intent in intents}
    is_unsent = outcomes <= {Outcome.SKIPPED, Outcome.NOT_APPLIED}
    left = Outcome.SKIPPED.value if is_unsent else Outcome.UNKNOWN.value
    if Outcome.APPLIED in outcomes:
        return (Outcome.APPLIED.value, "", "")
    if row["as_wanted"] and not _is_to_be_freed(row):
        code, words = (ALREADY, "somebody else made it so") if is_unsent else ("found", "the account has it already")
        return (Outcome.APPLIED.value, code, words)
    if _is_to_be_freed(row) and is_doubted(intents):
        return (left, DRIFTED, STOPPED_AGAIN)
    if row["action"] == Action.REMOVE.value and row["is_stopped_now"] and not row["is_stopped"]:
        return (left, DRIFTED, "the person opted out since, and is kept")
    return (left, DRIFTED, _DRIFTED) if _is_drifted(row) else None


def _is_drifted(row: Mapping[str, Any]) -> bool:
    """Tell whether a contact is neither as before nor as planned, or is another one that was added since.

    Who has not got a new number yet is looked at under the old one; a stop there goes along.
    """
    if row["moved_from"] is not None and row["id_now"] is None:
        return row["id_now_old"] != row["id"] or not row["stop_aside_old"]
    is_another = None not in (row["id"], row["id_now"]) and row["id"] != row["id_now"]
    return is_another or not (row["as_before"] or row["as_wanted"])


def _is_to_be_freed(row: Mapping[str, Any]) -> bool:
    """Tell whether somebody whose consent is held is still on the stop list."""
    return "is_stopped" in row["changed"] and not row["is_stopped"] and bool(row["is_stopped_now"])
