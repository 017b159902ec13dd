"""Where runs are kept: one folder for each account, one writer at a time, private throughout.

    <state>/accounts/<key>/lock                     held while a run writes to the account
    <state>/accounts/<key>/removed.json             how many contacts forgotten runs removed lately
    <state>/accounts/<key>/consents.json            hashes of the consents that runs used
    <state>/accounts/<key>/runs/<run>/journal.sqlite
    <state>/accounts/<key>/runs/<run>/plan.zip

The folders hold personal data: everything is readable by its owner alone, and `purge` removes it.
"""

import asyncio
import hashlib
import re
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from attrs import frozen

from pling_async.bulk.lock_file import LockFile, run_at_work, take
from pling_async.errors import ConfigurationError, Place, SourceError

_RUN_ID: Final = re.compile(r"[0-9]{8}T[0-9]{6}-[0-9a-f]{8}")


def default_state() -> Path:
    """Return the user's state directory for this package, as the operating system has it."""
    from platformdirs import user_state_path  # noqa: PLC0415 - only runs need it

    return user_state_path("pling-async", appauthor=False)


@frozen
class RunFolder:
    """What is kept of one run."""

    path: Path

    @property
    def id(self) -> str:
        """The run's id."""
        return self.path.name

    @property
    def journal(self) -> Path:
        """What was about to be sent, and what became of it."""
        return self.path / "journal.sqlite"

    @property
    def plan(self) -> Path:
        """The plan that is carried out."""
        return self.path / "plan.zip"

    def create(self) -> None:
        """Make the folder, which must be new."""
        _make_private(self.path)

    def remove(self) -> None:
        """Delete everything that is kept of the run; whoever reads the journal meanwhile adds and removes files."""
        for is_last in (False, False, True):
            shutil.rmtree(self.path, ignore_errors=not is_last)
            if not self.path.exists():
                return


@frozen
class AccountFolder:
    """What is kept of the runs of one account at one origin."""

    path: Path

    @classmethod
    def of(cls, state: Path | None, origin: str, account_id: int) -> "AccountFolder":
        """Return the folder of an account; it need not exist yet."""
        key = hashlib.sha256(f"{origin}\n{account_id}".encode()).hexdigest()[:16]
        return cls((state or default_state()) / "accounts" / key)

    @property
    def removed(self) -> Path:
        """How many contacts runs removed that are forgotten."""
        return self.path / "removed.json"

    @property
    def consents(self) -> Path:
        """Which consents runs used."""
        return self.path / "consents.json"

    def run(self, run_id: str) -> RunFolder:
        """Return the folder of a run, which need not exist."""
        if not _RUN_ID.fullmatch(run_id):
            raise ConfigurationError("this is no run id; `pling runs list` shows them")
        return RunFolder(self.path / "runs" / run_id)

    def known_run(self, run_id: str) -> RunFolder:
        """Return the folder of a run that exists; raises `SourceError` otherwise."""
        folder = self.run(run_id)
        if not folder.journal.exists():
            words = "there is no such run of this account; `pling runs list -o json` says whose each run is"
            raise SourceError(words, Place(source=run_id))
        return folder

    def runs(self) -> Iterator[RunFolder]:
        """Yield the runs, oldest first."""
        return (folder for folder in self._folders() if folder.journal.exists())

    def unborn_runs(self) -> Iterator[RunFolder]:
        """Yield the folders of runs that were cut short before they were kept; nothing was sent then."""
        return (folder for folder in self._folders() if not folder.journal.exists())

    def _folders(self) -> Iterator[RunFolder]:
        return (RunFolder(path) for path in sorted((self.path / "runs").glob("*")) if _RUN_ID.fullmatch(path.name))

    @asynccontextmanager
    async def lock(self, run_id: str = "") -> AsyncIterator[None]:
        """Be the account's only writer on this machine (I-10), for a run; raises `AccountBusy` almost at once."""
        taking = asyncio.create_task(asyncio.to_thread(self._take, run_id))
        try:
            held = await asyncio.shield(taking)
        except asyncio.CancelledError:
            taking.add_done_callback(_let_go)
            await asyncio.wait([taking])  # it takes a moment, and afterwards nobody holds the lock
            raise
        try:
            yield
        finally:
            held.close()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Let no run write to the account meanwhile; for threads."""
        held = self._take("")
        try:
            yield
        finally:
            held.close()

    def run_at_work(self) -> str | None:
        """Return the id of the run that writes to the account now."""
        return run_at_work(self.path / "lock")

    def _take(self, run_id: str) -> LockFile:
        _make_private(self.path)
        return take(self.path / "lock", run_id)


def accounts(state: Path | None) -> Iterator[AccountFolder]:
    """Yield the folders of every account that something is kept of."""
    for path in sorted(((state or default_state()) / "accounts").glob("*")):
        if path.is_dir():
            yield AccountFolder(path)


def started(run_id: str) -> datetime:
    """Return the time that a run's id begins with."""
    return datetime.strptime(run_id.partition("-")[0], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)


def _let_go(taking: "asyncio.Task[LockFile]") -> None:
    if not taking.cancelled() and taking.exception() is None:
        taking.result().close()


def _make_private(folder: Path) -> None:
    try:
        for each in (*reversed(folder.parents), folder):
            each.mkdir(exist_ok=True, mode=0o700)
    except OSError as error:
        raise ConfigurationError(f"{folder} cannot be made: {error.strerror}; give another `state` folder") from error
    if folder.is_symlink():
        raise ConfigurationError(f"{folder} is a link, and is not followed; remove it, or give another `state` folder")
