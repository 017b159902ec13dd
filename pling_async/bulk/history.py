"""The runs that are kept: what they were, how they stand, and forgetting them."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Final

from attrs import frozen

from pling_async.bulk.journal_file import Record, has_ended, is_in_doubt, read_journal
from pling_async.bulk.removed import forget
from pling_async.bulk.state import AccountFolder, RunFolder, accounts, started
from pling_async.errors import JournalError, Place, RunInDoubt, SourceError

_LONGEST_REST: Final = timedelta(days=30)
"""No more is believed to have passed since the newest run: a clock that is years ahead must not delete them all."""


class Status(StrEnum):
    """How a run stands."""

    RUNNING = "running"
    """Some process writes to its account for it now."""
    IN_DOUBT = "in doubt"
    """Nobody knows what its replace did; `resume` finds out, and no other run may write before that."""
    INTERRUPTED = "interrupted"
    """It ended early; `resume` finishes it."""
    COMPLETE = "complete"
    """Everything was applied, and the account is as promised."""
    INCOMPLETE = "incomplete"
    """It ended, and some of it was not applied."""
    DAMAGED = "damaged"
    """Its journal cannot be read; no other run may write before `purge` forgets it by force."""


@frozen(kw_only=True)
class KeptRun:
    """One run that is kept; of a damaged one only its id and when it began are known."""

    id: str
    origin: str = ""
    account_id: int | None = None
    mode: str = ""
    strategy: str = ""
    source: str = ""
    writes: int | None = None
    """Contacts that its plan adds, changes or removes."""
    removals: int | None = None
    status: Status
    undo_of: str | None = None

    @property
    def started(self) -> datetime:
        """When it began, by the clock of this machine."""
        return started(self.id)


def runs(state: Path | None = None) -> Iterator[KeptRun]:
    """Yield the runs kept for every account, oldest first within an account; reads files, so call it in a thread."""
    for account in accounts(state):
        at_work = account.run_at_work()
        for folder in account.runs():
            kept = _kept(folder, at_work)
            if folder.journal.exists():  # it may have been forgotten meanwhile
                yield kept


def find_run(run_id: str, state: Path | None = None) -> RunFolder:
    """Return the folder of a run, whatever its account; raises `SourceError` when there is none."""
    for account in accounts(state):
        if (folder := account.run(run_id)).journal.exists():
            return folder
    raise SourceError("there is no such run; `pling runs list` shows them", Place(source=run_id))


def purge(run_id: str, state: Path | None = None, *, force: bool = False) -> Status:
    """Delete what is kept of a run, and return how it stood; it can be neither resumed nor undone afterwards.

    How many contacts it removed still counts for 24 hours. Raises `AccountBusy` while some run writes to its account.

    Raises `RunInDoubt` while it is in doubt and `JournalError` when its journal is damaged, unless `force` is given.
    Then nobody watches any more what becomes of its replace, which may still be carried out, nor puts back stops that
    it takes away; and what a damaged one removed no longer counts.
    """
    account = AccountFolder(find_run(run_id, state).path.parent.parent)
    with account.locked():
        folder = account.known_run(run_id)
        status = _kept(folder).status
        if not force:
            _refuse_open_questions(folder)
        forget(account, folder)
    return status


def _refuse_open_questions(folder: RunFolder) -> None:
    read_journal(folder.journal, with_intents=False)
    if is_in_doubt(folder.journal):
        raise RunInDoubt(
            f"nobody knows yet what the replace of run {folder.id} did: pling runs resume {folder.id}; "
            f"or give it up: pling runs purge {folder.id} --force (bulk.purge)"
        )


def forget_old(account: AccountFolder, keep_days: int) -> None:
    """Delete ended runs of an account that are older than so many days, and what never became a run.

    Call it as the account's only writer. After a long rest the latest runs stay until the next time.
    """
    for unborn in account.unborn_runs():
        unborn.remove()
    kept = list(account.runs())
    for folder in kept:
        now = min(datetime.now(tz=UTC), started(kept[-1].id) + _LONGEST_REST)
        if now - started(folder.id) > timedelta(days=keep_days) and has_ended(folder.journal):
            forget(account, folder)


def _kept(folder: RunFolder, at_work: str | None = None) -> KeptRun:
    with suppress(JournalError):
        record = read_journal(folder.journal, with_intents=False)
        names = ("origin", "account_id", "mode", "strategy", "source", "writes", "removals", "undo_of")
        facts = {name: record.facts[name] for name in names}
        return KeptRun(id=folder.id, status=_status(folder, record, is_at_work=folder.id == at_work), **facts)
    return KeptRun(id=folder.id, status=Status.DAMAGED)


def _status(folder: RunFolder, record: Record, *, is_at_work: bool) -> Status:
    if ended := record.last("ended"):
        return Status.COMPLETE if ended["complete"] else Status.INCOMPLETE
    if is_at_work:
        return Status.RUNNING
    return Status.IN_DOUBT if is_in_doubt(folder.journal) else Status.INTERRUPTED
