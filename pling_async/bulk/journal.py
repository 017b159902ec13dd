"""The journal of one run: nothing is sent before its intent is on the disk, and what became of it follows.

A SQLite file in WAL mode with synchronous=FULL: a committed row survives a killed process and a power cut. Rows that
wait at the same time are committed together, by one thread of the journal's own. An intent without an outcome means
UNKNOWN: the request may have been sent. It holds personal data, and is readable by its owner alone.
"""

import asyncio
import json
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final, Self, TypeVar

from pling_async.bulk.journal_file import TABLES, VERSION, connect, explained
from pling_async.bulk.private_files import create_private, sync_folder
from pling_async.bulk.workers import to_the_end
from pling_async.errors import JournalError, Outcome

T = TypeVar("T")

_INTEND: Final = """
    INSERT INTO intent (number, method, path, subject, payload, at, is_repair) VALUES (?, ?, ?, ?, ?, ?, ?)
"""
_SETTLE: Final = "UPDATE intent SET outcome = ?, code = ?, message = ?, attempts = ? WHERE number = ?"
_GATHERING: Final = 0.002
"""Seconds; a commit costs about as much for many rows as for one, and workers are more than requests in flight."""
_NOTE: Final = "INSERT INTO event (after, at, kind, detail) VALUES (?, ?, ?, ?)"


class Journal:
    """An open journal; `intend` and `note` return once their row is durable."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="pling-journal")
        self._connection: sqlite3.Connection | None = None
        self._rows: list[tuple[str, tuple[Any, ...]]] = []
        self._waiting: list[asyncio.Future[None]] = []
        self._writer: asyncio.Task[None] | None = None
        self._number = 0
        self._failure: JournalError | None = None

    @classmethod
    async def create(cls, path: Path, facts: Mapping[str, Any]) -> Self:
        """Start the journal of a new run."""
        journal = cls(path)
        await journal._opened(lambda: journal._create(facts))
        return journal

    @classmethod
    async def reopen(cls, path: Path) -> Self:
        """Continue the journal of a run that was cut short."""
        journal = cls(path)
        await journal._opened(journal._reopen)
        return journal

    async def _opened(self, work: Callable[[], None]) -> None:
        """Open the file; whoever fails or is cancelled meanwhile leaves it closed, and nothing that appears later."""
        try:
            await to_the_end(self._in_thread(work))
        except BaseException:
            await self.close()
            raise

    async def intend(
        self, *, method: str, path: str, subject: str | None, payload: str, is_repair: bool = False
    ) -> int:
        """Say what is about to be sent; returns its number once that is on the disk.

        Raises `JournalError` when it cannot be written, and ever after: nothing must be sent then.
        """
        number = self._number = self._number + 1
        self._rows.append((_INTEND, (number, method, path, subject, payload, _now(), is_repair)))
        try:
            await self._durable()
        except asyncio.CancelledError:
            self.settle(number, Outcome.NOT_APPLIED, code="cancelled")
            raise
        return number

    def settle(self, number: int, outcome: Outcome, *, code: str = "", message: str = "", attempts: int = 0) -> None:
        """Say what became of an intent; written with what follows, or on closing.

        A process that is killed before may have told `on_progress` an outcome that its journal does not know: it is
        UNKNOWN then, and resuming asks the account.
        """
        self._rows.append((_SETTLE, (outcome.value, code, message, attempts, number)))

    async def note(self, kind: str, **detail: Any) -> None:
        """Write down an event; returns once it is on the disk."""
        self._rows.append((_NOTE, (self._number, _now(), kind, json.dumps(detail, sort_keys=True))))
        await self._durable()

    async def flush(self) -> None:
        """Return once everything said so far is on the disk."""
        if self._rows:
            await self._durable()

    async def close(self) -> None:
        """Write what is left and close the file."""
        try:
            if self._failure is None:
                await self.flush()
        finally:
            closed = self._in_thread(self._close)
            self._thread.shutdown(wait=False)
            await to_the_end(closed)

    async def _durable(self) -> None:
        if self._failure is not None:
            raise self._failure
        done = asyncio.get_running_loop().create_future()
        self._waiting.append(done)
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write_waiting())
        await done

    async def _write_waiting(self) -> None:
        """Commit whatever waits, and let nobody wait for ever when that fails."""
        try:
            await self._write()
        except JournalError as error:
            self._failure = error
        except BaseException as error:
            self._failure = JournalError(f"the journal {self._path}: {type(error).__name__}; resume the run")
            self._failure.__cause__ = error
            if not isinstance(error, Exception):
                raise
        finally:
            self._tell(len(self._waiting))

    async def _write(self) -> None:
        """Commit again and again until nothing waits; when much comes, let some more come first."""
        together = 0
        while self._waiting:
            if together > 1:
                await asyncio.sleep(_GATHERING)
            together, rows = len(self._waiting), self._rows
            self._rows = []
            await self._in_thread(partial(self._commit, rows))
            self._tell(together)

    def _tell(self, count: int) -> None:
        """Tell those who wait longest that their rows are on the disk, or never will be."""
        told, self._waiting = self._waiting[:count], self._waiting[count:]
        for done in told:
            if not done.done():
                _resolve(done, self._failure)

    def _in_thread(self, work: Callable[[], T]) -> "asyncio.Future[T]":
        return asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _create(self, facts: Mapping[str, Any]) -> None:
        """Make the file under another name: it appears only once it is whole, whenever the process is killed."""
        made = self._path.with_suffix(".new")
        create_private(made).close()
        with explained(made), closing(connect(made)) as connection:
            connection.executescript(f"{TABLES}; PRAGMA user_version = {VERSION};")
            pairs = [(name, json.dumps(value)) for name, value in facts.items()]
            with connection:
                connection.executemany("INSERT INTO run VALUES (?, ?)", pairs)
        made.rename(self._path)
        sync_folder(self._path.parent)
        self._reopen()

    def _reopen(self) -> None:
        with explained(self._path):
            self._connection = connect(self._path)
            (last,) = self._connection.execute("SELECT coalesce(max(number), 0) FROM intent").fetchone()
        self._number = last

    def _commit(self, rows: Iterable[tuple[str, tuple[Any, ...]]]) -> None:
        with explained(self._path):
            if self._connection is None:
                raise sqlite3.ProgrammingError("closed")
            with self._connection as transaction:
                for statement, values in rows:
                    transaction.execute(statement, values)

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _resolve(done: "asyncio.Future[None]", failure: JournalError | None) -> None:
    if failure is None:
        done.set_result(None)
    else:
        done.set_exception(failure)


def _now() -> str:
    return datetime.now(tz=UTC).isoformat()
