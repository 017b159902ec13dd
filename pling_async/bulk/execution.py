"""Carry out a plan under its journal: what `apply`, `resume` and `undo` share."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
from attrs import evolve, field, frozen, validators

from pling_async._version import __version__
from pling_async.bulk.difference import Action
from pling_async.bulk.fields import row_count
from pling_async.bulk.journal import Journal
from pling_async.bulk.journal_file import is_in_doubt
from pling_async.bulk.journalled import HALTED, Journalled
from pling_async.bulk.lookout import Lookout
from pling_async.bulk.per_contact import DRIFTED, REFUSALS, PerContact, Written
from pling_async.bulk.plan_file import save_plan
from pling_async.bulk.reconcile import Conclusion
from pling_async.bulk.run import Run, written_frame
from pling_async.bulk.seen_stops import SeenStops
from pling_async.bulk.state import AccountFolder, RunFolder
from pling_async.bulk.verify import verify
from pling_async.bulk.whole_account import WholeAccount
from pling_async.bulk.workers import to_the_end
from pling_async.errors import JournalError, Outcome, PlingError, RunInDoubt, VerificationError
from pling_async.pling.client import PlingClient

Progress = Callable[[int, int, str], None]
"""Called with how much is done, how much there is to do, and of what: "contacts", or the "bytes" of a replace, or after
a lost answer the "seconds of watching the account", or before an undo the "seconds of waiting for late requests"."""


@frozen(kw_only=True)
class ApplySettings:
    """How a run is kept, and when it stops; every part of it is optional."""

    state: Path | None = None
    """Folder in which runs are kept; None means the user's state directory."""
    settle: float = field(default=150.0, validator=validators.ge(0))
    """Seconds for which the account is watched after a lost replace before it counts as untouched."""
    confirm: str | None = None
    """Digest of the plan that is confirmed, or at least its first 12 characters: lifts the limits on removals."""
    keep_days: int = field(default=90, validator=validators.ge(0))
    """Ended runs of the account that are older are deleted when the next one begins."""
    stop: asyncio.Event | None = field(default=None, eq=False)
    """Once set, no further contact is taken; what is under way is finished, and the run can be resumed."""


@asynccontextmanager
async def account_held(folder: AccountFolder, *, besides: str = "") -> AsyncIterator[None]:
    """Be the account's only writer; refuse while an earlier replace is in doubt (#79), save the run named `besides`."""
    async with folder.lock(besides):
        await asyncio.to_thread(_refuse_doubt, folder, besides)
        yield


def _refuse_doubt(folder: AccountFolder, besides: str) -> None:
    for run in folder.runs():
        if run.id != besides and is_in_doubt(run.journal):
            raise RunInDoubt(
                f"run {run.id} sent a replace and nobody knows what became of it; nothing is sent to the account "
                f"before that is known: pling runs resume {run.id} (bulk.resume)"
            )


@asynccontextmanager
async def begun(folder: RunFolder, run: Run) -> AsyncIterator[Journal]:
    """Keep the plan and start the journal, both durable, before anything is sent."""
    for keep in (folder.create, partial(save_plan, run.plan, folder.plan)):
        await to_the_end(asyncio.ensure_future(asyncio.to_thread(keep)))
    plan = run.plan
    journal = await Journal.create(
        folder.journal,
        {
            "version": __version__,
            "origin": plan.origin,
            "account_id": plan.account_id,
            "digest": plan.digest,
            "mode": plan.mode.value,
            "strategy": run.strategy.value,
            "source": plan.source.name,
            "undo_of": run.undo_of,
            "writes": plan.counts.writes,
            "removals": plan.counts.remove,
        },
    )
    async with closing(journal):
        yield journal


@asynccontextmanager
async def closing(journal: Journal) -> AsyncIterator[None]:
    """Close a journal at the end, whatever happens; what ended the run says more than a disk that is full, too."""
    try:
        yield
    except BaseException as error:
        try:
            await journal.close()
        except JournalError as unkept:
            error.add_note(str(unkept))
        raise
    await journal.close()


@asynccontextmanager
async def way_back(run: Run) -> AsyncIterator[None]:
    """Tell whoever cancels a run, or fails in its `on_progress`, how to finish it."""
    try:
        yield
    except BaseException as error:
        if not isinstance(error, PlingError):
            error.add_note(f"finish it with: pling runs resume {run.id} (bulk.resume)")
        raise


@frozen(kw_only=True)
class Earlier:
    """What earlier processes of a run that was cut short did, by its journal and by what the account shows."""

    decided: pl.DataFrame = field(factory=lambda: written_frame(()), repr=row_count, eq=False)
    """What needs no request any more: mobile, action, outcome, code, message."""
    doubted: frozenset[str] = field(default=frozenset(), repr=False)
    """Mobiles for which a request was sent that may still be carried out."""

    @property
    def is_failed(self) -> bool:
        """Whether some addition or change can not be known to be done: then nothing is deleted."""
        is_open = (pl.col("outcome") == Outcome.UNKNOWN.value) & (pl.col("action") != Action.REMOVE.value)
        return not self.decided.filter(is_open).is_empty()


def _may_be_found_out(run: Run, doubted: frozenset[str]) -> bool:
    """Tell whether resuming once more could decide what is unknown; not of what drifted, or is refused each time."""
    is_final = (pl.col("code") == DRIFTED) | (pl.col("code").is_in(REFUSALS) & pl.col("mobile").is_in(list(doubted)))
    return not run.written.filter((pl.col("outcome") == Outcome.UNKNOWN.value) & ~is_final).is_empty()


class Execution:
    """One run in progress."""

    def __init__(
        self, client: PlingClient, journal: Journal, folder: RunFolder, settings: ApplySettings, on_progress: Progress
    ) -> None:
        self._caller = Journalled(client.session, journal, settings.stop)
        self._client = client.over(self._caller, account_id=client.account_id, origin=client.origin)
        self.journal = journal
        self._folder = folder
        self._settings = settings
        self._on_progress = on_progress

    def sending(self, seen: SeenStops) -> WholeAccount:
        """Return what sends the run's replace, and watches what became of it."""
        return WholeAccount(self._client, self.journal, self._folder.path, self._on_progress, seen)

    async def whole_account(self, run: Run, sending: WholeAccount) -> Run:
        """Send one replace, conclude what it did, and verify."""
        if halted := self._caller.why_halted():
            outcome = Outcome.SKIPPED if sending.conclusion is None else Outcome.UNKNOWN  # an earlier one was lost
            return evolve(run, written=run.undecided(outcome, halted), conclusion=sending.conclusion)
        self._caller.is_finishing = True
        try:
            written, warnings = await sending.send(settle=self._settings.settle)
        except PlingError as error:
            unknown = run.undecided(error.outcome, str(error), type(error).__name__)
            written = unknown if sending.written is None else sending.written
            error.run = evolve(run, written=written, conclusion=sending.conclusion, requests=self._caller.requests)
            raise
        return await self.verified(
            evolve(run, written=written, warnings=warnings, conclusion=sending.conclusion), sending.seen
        )

    async def watched(self, sending: WholeAccount) -> Conclusion:
        """Conclude what an earlier process's replace did."""
        self._caller.is_finishing = True
        try:
            return await sending.watched(settle=self._settings.settle)
        finally:
            self._caller.is_finishing = False

    async def each_contact(self, run: Run, rows: pl.DataFrame, seen: SeenStops, earlier: Earlier | None = None) -> Run:
        """Send one request for each of the rows, and verify unless some were left out."""
        earlier = earlier or Earlier()
        lookout = Lookout(self._client, seen)
        sender = PerContact(
            self._client, self._caller, rows, lookout, doubted=earlier.doubted, is_failed=earlier.is_failed
        )
        before, written = earlier.decided, list[Written]()
        async with aclosing(sender.run()) as results:
            async for each in results:
                written.append(each)
                self._on_progress(before.height + len(written), run.plan.counts.writes, "contacts")
        new = await asyncio.to_thread(written_frame, written)
        run = evolve(run, written=pl.concat([before, new]), requests=self._caller.requests)
        if self._caller.fatal is not None:
            self._caller.fatal.run = run
            raise self._caller.fatal
        if (drifted := new.filter(code=DRIFTED)).height:
            await self._note(run, "decided", rows=pl.concat([before.filter(pl.col("code") != ""), drifted]).rows())
        if (left_out := new.filter(code=HALTED)).height:
            why = left_out.unique("action", keep="first").select("action", "message")
            await self._note(run, "halted", **dict(why.iter_rows()))
        if left_out.filter(message=self._caller.why_halted()).height:
            return run
        return await self.verified(run, seen, doubted=earlier.doubted)

    async def _note(self, run: Run, kind: str, **detail: Any) -> None:
        """Write down how the run stands."""
        await self._kept(run, self.journal.note(kind, **detail))

    async def _kept(self, run: Run, writing: Awaitable[None]) -> None:
        """Wait for the journal; when the disk is full, the error brings what was done."""
        try:
            await writing
        except JournalError as error:
            error.run, error.outcome = run, Outcome.UNKNOWN
            raise

    async def verified(self, run: Run, seen: SeenStops, doubted: frozenset[str] = frozenset()) -> Run:
        """List the account, repair lost stops, and say whether it is as promised."""
        self._caller.is_finishing = True
        try:
            verification = await verify(self._client, run.plan, seen, run.written)
        except PlingError as unverified:
            unverified.run = evolve(run, requests=self._caller.requests)
            raise
        run = evolve(run, verification=verification, requests=self._caller.requests)
        if _may_be_found_out(run, doubted):
            await self._kept(run, self.journal.flush())
        else:
            await self._note(run, "ended", complete=run.is_complete)
        applied_all = run.outcome_counts[Outcome.APPLIED] == run.written.height
        if run.verification is not None and not run.verification.is_clean and applied_all:
            error = VerificationError(f"the plan was sent, and the account is not what it promised: {run.verification}")
            error.run = run
            raise error
        return run
