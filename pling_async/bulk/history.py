"""The runs that are kept: what they were, how they stand, and forgetting them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

from attrs import frozen

from pling_async.bulk.journal_file import Record, is_in_doubt, read_journal, removals
from pling_async.bulk.state import AccountFolder, RunFolder, accounts
from pling_async.errors import AccountBusy, Place, RunInDoubt, SourceError


class Status(StrEnum):
    """How a run stands."""

    RUNNING = "running"
    """Some process writes to its account now."""
    IN_DOUBT = "in doubt"
    """Nobody knows what its replace did; `resume` finds out, and no other run may write before that."""
    INTERRUPTED = "interrupted"
    """It ended early; `resume` finishes it."""
    COMPLETE = "complete"
    """Everything was applied, and the account is as promised."""
    INCOMPLETE = "incomplete"
    """It ended, and some of it was not applied."""


@frozen(kw_only=True)
class KeptRun:
    """One run that is kept."""

    id: str
    origin: str
    account_id: int
    mode: str
    strategy: str
    source: str
    writes: int
    """Contacts that its plan adds, changes or removes."""
    removals: int
    status: Status
    undo_of: str | None

    @property
    def started(self) -> datetime:
        """When it began, by the clock of this machine."""
        return started(self.id)


def started(run_id: str) -> datetime:
    """Return the time that a run's id begins with."""
    return datetime.strptime(run_id.partition("-")[0], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)


def runs(state: Path | None = None) -> Iterator[KeptRun]:
    """Yield the runs kept for every account, oldest first within an account; reads files, so call it in a thread."""
    for account in accounts(state):
        is_held = account.is_locked()
        for folder in account.runs():
            yield _kept(folder, is_held=is_held)


def find_run(run_id: str, state: Path | None = None) -> RunFolder:
    """Return the folder of a run, whatever its account; raises `SourceError` when there is none."""
    for account in accounts(state):
        if (folder := account.run(run_id)).journal.exists():
            return folder
    raise SourceError("there is no such run; `pling runs list` shows them", Place(source=run_id))


def purge(run_id: str, state: Path | None = None) -> None:
    """Delete what is kept of a run; it can be neither resumed nor undone afterwards.

    Raises `AccountBusy` while some run writes to its account, and `RunInDoubt` while it is in doubt.
    """
    folder = find_run(run_id, state)
    if AccountFolder(folder.path.parent.parent).is_locked():
        raise AccountBusy("a run writes to this account now; purge when it has ended")
    if is_in_doubt(folder.journal):
        raise RunInDoubt(f"nobody knows yet what the replace of run {run_id} did: pling runs resume {run_id}")
    folder.remove()


def forget_old(account: AccountFolder, keep_days: int) -> None:
    """Delete ended runs of an account that are older than so many days, and what never became a run."""
    for unborn in account.unborn_runs():
        unborn.remove()
    oldest = datetime.now(tz=UTC) - timedelta(days=keep_days)
    for folder in account.runs():
        if started(folder.id) < oldest and read_journal(folder.journal, with_intents=False).last("ended") is not None:
            folder.remove()


def removed_recently(account: AccountFolder) -> int:
    """Return how many contacts the account's runs of the last 24 hours removed, or may have removed."""
    since = datetime.now(tz=UTC) - timedelta(days=1)
    return sum(removals(folder.journal) for folder in account.runs() if started(folder.id) >= since)


def _kept(folder: RunFolder, *, is_held: bool) -> KeptRun:
    record = read_journal(folder.journal, with_intents=False)
    names = ("origin", "account_id", "mode", "strategy", "source", "writes", "removals", "undo_of")
    facts = {name: record.facts[name] for name in names}
    return KeptRun(id=folder.id, status=_status(folder, record, is_held=is_held), **facts)


def _status(folder: RunFolder, record: Record, *, is_held: bool) -> Status:
    if ended := record.last("ended"):
        return Status.COMPLETE if ended["complete"] else Status.INCOMPLETE
    if is_held and folder.id == _newest(folder):
        return Status.RUNNING
    return Status.IN_DOUBT if is_in_doubt(folder.journal) else Status.INTERRUPTED


def _newest(folder: RunFolder) -> str:
    return max(path.name for path in folder.path.parent.iterdir())
