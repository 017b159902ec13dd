"""Undo: a plan that takes back what a run did, and nothing that anybody did since.

What the run changed goes back field by field where the account still holds the run's value; what it removed is added
again; what it added is removed, unless the person opted out or the contact was changed since. Stops only go up here as
everywhere: a stop that the run set stays, unless consent is given.
"""

import asyncio
import math
from datetime import UTC, datetime
from functools import partial
from typing import Final

import polars as pl
from attrs import evolve

from pling_async.bulk.apply import TakenBack, carry_out, check_account, new_id
from pling_async.bulk.difference import Action, Mode, Reason, difference
from pling_async.bulk.execution import ApplySettings, Progress, closing
from pling_async.bulk.fields import WRITABLE
from pling_async.bulk.guards import Guards
from pling_async.bulk.journal import Journal
from pling_async.bulk.journal_file import Record
from pling_async.bulk.moves import moved
from pling_async.bulk.per_contact import ALREADY
from pling_async.bulk.plan import Plan, Strategy
from pling_async.bulk.reconcile import compared
from pling_async.bulk.recorded import planned_intents, read_run, recorded, withheld
from pling_async.bulk.run import Run
from pling_async.bulk.snapshot import Snapshot, snapshot
from pling_async.bulk.state import AccountFolder, RunFolder
from pling_async.bulk.stops import known_stops, noted
from pling_async.errors import Outcome
from pling_async.pling.client import PlingClient
from pling_async.sources import SourceInfo

_DONE: Final = (Outcome.APPLIED.value, Outcome.UNKNOWN.value)
"""What may have changed the account; the account itself shows whether it did."""
_UNLIMITED: Final = 2**31
"""The budget of a day is for lists; an undo removes what a run added, and nobody else."""
_WAITING: Final = "seconds of waiting for late requests"
_OLD_MOBILE: Final = pl.coalesce("moved_from", "mobile").alias("mobile")


async def plan_undo(
    client: PlingClient,
    run_id: str,
    *,
    guards: Guards | None = None,
    settings: ApplySettings | None = None,
    on_progress: Progress = lambda *_: None,
) -> Plan:
    """Plan what takes a run back; nothing is written. Without `guards` only what the run added may be removed.

    A request of the run whose answer was lost may still be carried out: it is waited for, as long as `settings.settle`
    says. Raises `JournalError` when the run's journal or plan is damaged or of another version.
    """
    settings = settings or ApplySettings()
    _, record, run = await _kept(client, run_id, settings)
    await _settled(run.plan, record, settings.settle, on_progress)
    return await _planned(client, record, run, guards)


async def undo(
    client: PlingClient,
    run_id: str,
    *,
    guards: Guards | None = None,
    settings: ApplySettings | None = None,
    on_progress: Progress = lambda *_: None,
) -> Run:
    """Take a run back, contact by contact, journalled and verified like any other; undoing that does it again.

    A run that was cut short has ended with that, and cannot be resumed any more.
    Ids and creation dates of contacts that the run had removed cannot come back: `Run.reissued` has their new ids.
    Raises what `plan_undo` and `apply` raise.
    """
    settings = settings or ApplySettings()
    folder, record, run = await _kept(client, run_id, settings)
    await _settled(run.plan, record, settings.settle, on_progress)
    plan = await _planned(client, record, run, guards)
    undoing = Run(id=new_id(), plan=plan, strategy=plan.strategy, undo_of=run_id)
    taken_back = None
    if record.last("ended") is None:
        stops = await asyncio.to_thread(_known_stops, run.plan, record)
        taken_back = TakenBack(end=partial(_end, folder, undoing.id), stops=stops)
    undone = await carry_out(client, undoing, settings, on_progress, taken_back)
    return evolve(undone, reissued=await _reissued(client, run.plan, undone))


async def _kept(client: PlingClient, run_id: str, settings: ApplySettings) -> tuple[RunFolder, Record, Run]:
    account = AccountFolder.of(settings.state, client.origin, client.account_id)
    folder = await asyncio.to_thread(account.known_run, run_id)
    record, run = await asyncio.to_thread(read_run, folder)
    check_account(client, run.plan)
    return folder, record, run


def _known_stops(plan: Plan, record: Record) -> pl.DataFrame:
    seen = noted(plan, (record.last("stops") or {"mobiles": ()})["mobiles"])
    return known_stops(plan, seen, withheld(record))


async def _end(folder: RunFolder, undoing: str) -> None:
    """Write down that a run which was cut short has ended with its undo."""
    journal = await Journal.reopen(folder.journal)
    async with closing(journal):
        await journal.note("ended", complete=False, undone_by=undoing)


async def _settled(plan: Plan, record: Record, settle: float, on_progress: Progress) -> None:
    """Wait while a request of the run whose answer was lost may still be carried out."""
    if seconds := await asyncio.to_thread(_unsettled, plan, record, settle):
        on_progress(0, math.ceil(seconds), _WAITING)
        await asyncio.sleep(seconds)


async def _planned(client: PlingClient, record: Record, run: Run, guards: Guards | None) -> Plan:
    now = await snapshot(client)
    written = await asyncio.to_thread(recorded, run, record)
    return await asyncio.to_thread(_plan, evolve(run, written=written), now, guards)


def _unsettled(plan: Plan, record: Record, settle: float) -> float:
    """Return for how many more seconds a request of the run may still be carried out."""
    sent = (intent for intents in planned_intents(plan, record).values() for intent in intents)
    lost = (each for each in sent if each.attempts > 1 or each.outcome in {None, Outcome.UNKNOWN})
    ages = ((datetime.now(tz=UTC) - each.at).total_seconds() for each in lost)
    return max(0.0, min(settle, max((settle - age for age in ages), default=0.0)))


async def _reissued(client: PlingClient, plan: Plan, undone: Run) -> pl.DataFrame:
    """Find the new ids of the contacts that were added again."""
    again = undone.written.filter(outcome=Outcome.APPLIED.value, action=Action.ADD.value).select("mobile")
    old = plan.removals.select("mobile", old_id="id").join(again, on="mobile", how="semi")
    if old.is_empty():
        return old.with_columns(new_id="old_id")
    now = await snapshot(client)
    return old.join(now.contacts.select("mobile", new_id="id"), on="mobile").filter(
        pl.col("old_id") != pl.col("new_id")
    )


def _plan(run: Run, now: Snapshot, guards: Guards | None) -> Plan:
    ours = run.written.filter(pl.col("outcome").is_in(_DONE) & (pl.col("code") != ALREADY))
    done = run.plan.contacts.join(ours.select("mobile"), on="mobile")
    added = _removable(run.plan, done, now)
    guards = guards or Guards(
        max_removals=len(added), max_removals_per_day=_UNLIMITED, allow_empty=True, allow_group_removal=True
    )
    rejects = run.plan.rejects.clear()
    compare = partial(difference, _listed(done, now, run.strategy), rejects=rejects, mode=Mode.REPLACE, guards=guards)
    contacts = moved(compare(now.contacts), now.contacts, compare, _pairs(done, now))
    name, sha256 = f"undo of {run.id}", run.plan.digest
    made = Plan(
        mode=Mode.UNDO,
        origin=now.origin,
        account_id=now.account_id,
        fingerprint=now.fingerprint,
        listing=now.listing,
        source=SourceInfo(name=name, sha256=sha256, rows=done.height, encoding=None, delimiter=None, mapping={}),
        guards=guards,
        contacts=_restricted(contacts, added, done),
        groups=now.groups,
        rejects=rejects,
        merges=run.plan.merges.clear(),
    )
    _ = made.digest, made.verdicts  # computed here, in the thread, and kept
    return made


def _removable(plan: Plan, done: pl.DataFrame, now: Snapshot) -> list[str]:
    """Return the mobiles that the run added, and that are as it left them."""
    added = done.filter(pl.col("action") == Action.ADD.value).select("mobile", was_stopped="is_stopped")
    found = added.join(now.contacts.select("mobile", "is_stopped"), on="mobile")
    same = found.join(compared(plan, now).filter("as_wanted"), on="mobile", how="semi")
    return same.filter(~pl.col("is_stopped") | pl.col("was_stopped"))["mobile"].to_list()


def _listed(done: pl.DataFrame, now: Snapshot, strategy: Strategy) -> pl.DataFrame:
    """Return what a list would say to take the changes and removals back; a field changed since is not spoken for.

    A contact with another id was added since by somebody else, unless a replace gave it.
    """
    row = pl.concat_list(pl.int_range(1, pl.len() + 1, dtype=pl.UInt32))
    names = {f"{name}_now": name for name in ("id", *WRITABLE)}
    found = now.contacts.select("mobile", **names)
    changed = done.filter(pl.col("action").is_in([Action.CHANGE.value, Action.MOVE.value])).join(found, on="mobile")
    if strategy is Strategy.PER_CONTACT:
        changed = changed.filter(pl.col("id") == pl.col("id_now"))
    removed = done.filter(pl.col("action") == Action.REMOVE.value).join(found, on="mobile", how="anti")
    both = [
        changed.select(_OLD_MOBILE, *(_taken_back(name).alias(name) for name in WRITABLE)),
        removed.select("mobile", *WRITABLE),
    ]
    return pl.concat(both).with_columns(rows=row)


def _pairs(done: pl.DataFrame, now: Snapshot) -> pl.DataFrame:
    """Return who gets the old number back: whoever has the new one, unless somebody else has the old one by now."""
    gone = done.filter(pl.col("action") == Action.MOVE.value).select(
        _OLD_MOBILE, moved_from="mobile", moved_by=pl.lit("undo")
    )
    here = now.contacts.select("mobile")
    return gone.join(here, left_on="moved_from", right_on="mobile", how="semi").join(here, on="mobile", how="anti")


def _taken_back(name: str) -> pl.Expr:
    is_ours = pl.col("changed").list.contains(name) & (pl.col(f"{name}_now") == pl.col(name))
    return pl.when(is_ours).then(pl.col("before").struct.field(name))


def _restricted(contacts: pl.DataFrame, added: list[str], done: pl.DataFrame) -> pl.DataFrame:
    """Let nobody go but those whom the run added; give the removed ones what a list cannot say."""
    is_added, is_unlisted = pl.col("mobile").is_in(added), pl.col("rows").list.len() == 0
    action = pl.when(is_added).then(pl.lit(Action.REMOVE.value)).otherwise(pl.lit(Action.KEEP.value))
    reason = pl.when(is_unlisted & ~is_added).then(pl.lit(Reason.NOT_OF_RUN.value))
    kept = done.filter(pl.col("action") == Action.REMOVE.value).select(
        "mobile", extra_before="extra", auto_created_before="auto_created"
    )
    return (
        contacts.with_columns(
            action=pl.when(is_unlisted).then(action).otherwise("action"),
            reason=pl.when(is_unlisted).then(reason).otherwise("reason"),
        )
        .join(kept, on="mobile", how="left", maintain_order="left")
        .with_columns(
            extra=pl.coalesce("extra", "extra_before"), auto_created=pl.coalesce("auto_created", "auto_created_before")
        )
        .drop("extra_before", "auto_created_before")
    )
