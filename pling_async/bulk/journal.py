"""The journal of one run: nothing is sent before its intent is on the disk, and what became of it follows.

A SQLite file in WAL mode with synchronous=FULL: a committed row survives a killed process and a power cut. Rows that
wait at the same time are committed together, by one thread of the journal's own. An intent without an outcome means
UNKNOWN: the request may have been sent. It holds personal data, and is readable by its owner alone.
"""

import asyncio
import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final, Self, TypeVar

from attrs import field, frozen

from pling_async.bulk.private_files import create_private, sync_folder
from pling_async.errors import JournalError, Outcome

T = TypeVar("T")

_VERSION: Final = 1
_TABLES: Final = """
    CREATE TABLE run (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
    CREATE TABLE intent (
        number INTEGER PRIMARY KEY, method TEXT NOT NULL, path TEXT NOT NULL, subject TEXT, payload TEXT NOT NULL,
        at TEXT NOT NULL, is_repair INTEGER NOT NULL, outcome TEXT, code TEXT, message TEXT, attempts INTEGER
    ) STRICT;
    CREATE INDEX replace ON intent (number) WHERE path = 'contacts/replace';
    CREATE TABLE event (
        number INTEGER PRIMARY KEY, after INTEGER NOT NULL, at TEXT NOT NULL, kind TEXT NOT NULL, detail TEXT NOT NULL
    ) STRICT;
"""
_INTEND: Final = """
    INSERT INTO intent (number, method, path, subject, payload, at, is_repair) VALUES (?, ?, ?, ?, ?, ?, ?)
"""
_SETTLE: Final = "UPDATE intent SET outcome = ?, code = ?, message = ?, attempts = ? WHERE number = ?"
_FULL: Final = {"SQLITE_FULL", "SQLITE_IOERR_WRITE", "SQLITE_IOERR_FSYNC"}
_IN_DOUBT: Final = """
    SELECT count(*) FROM intent WHERE path = 'contacts/replace' AND coalesce(outcome, 'unknown') = 'unknown'
    AND number > (SELECT coalesce(max(after), 0) FROM event WHERE kind IN ('conclusion', 'ended'))
"""
_DELETED: Final = "SELECT count(*) FROM intent WHERE method = 'DELETE' AND outcome IS NOT 'not_applied'"
_REPLACED: Final = "SELECT count(*) FROM intent WHERE path = 'contacts/replace' AND outcome IS NOT 'not_applied'"
_NOTE: Final = "INSERT INTO event (after, at, kind, detail) VALUES (?, ?, ?, ?)"


@frozen(kw_only=True)
class Intent:
    """One mutating operation, as the journal knows it."""

    number: int
    method: str
    path: str
    subject: str | None = field(repr=False)
    """E.164 of the contact; None for a deletion, whose path has the id, and for a replace."""
    payload: str
    """SHA-256 of the exact body."""
    is_repair: bool = False
    """Whether it puts a lost stop back, and says nothing of what the plan wants."""
    outcome: Outcome | None = None
    """None when the process ended before it was known: it may have been sent."""
    code: str = ""
    message: str = field(default="", repr=False)
    attempts: int = 0


@frozen(kw_only=True)
class Event:
    """Something that happened to the whole run."""

    kind: str
    """begun, resumed, result, conclusion, verified or ended."""
    detail: Mapping[str, Any]


@frozen(kw_only=True)
class Record:
    """Everything that a journal says."""

    facts: Mapping[str, Any]
    intents: tuple[Intent, ...] = field(repr=lambda intents: f"<{len(intents)} intents>")
    events: tuple[Event, ...]

    def last(self, kind: str) -> Mapping[str, Any] | None:
        """Return the detail of the last event of a kind."""
        return next((each.detail for each in reversed(self.events) if each.kind == kind), None)


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
        await journal._in_thread(lambda: journal._create(facts))
        return journal

    @classmethod
    async def reopen(cls, path: Path) -> Self:
        """Continue the journal of a run that was cut short."""
        journal = cls(path)
        await journal._opened(journal._reopen)
        return journal

    async def _opened(self, work: Callable[[], None]) -> None:
        """Open the file; whoever is cancelled meanwhile leaves it closed."""
        opening = asyncio.ensure_future(self._in_thread(work))
        try:
            await asyncio.shield(opening)
        except asyncio.CancelledError:
            await asyncio.wait([opening])
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
        """Say what became of an intent; written with what follows, or on closing."""
        self._rows.append((_SETTLE, (outcome.value, code, message, attempts, number)))

    async def note(self, kind: str, **detail: Any) -> None:
        """Write down an event; returns once it is on the disk."""
        self._rows.append((_NOTE, (self._number, _now(), kind, json.dumps(detail, sort_keys=True))))
        await self._durable()

    async def close(self) -> None:
        """Write what is left and close the file."""
        try:
            if self._rows and self._failure is None:
                await self._durable()
        finally:
            await self._in_thread(self._close)
            self._thread.shutdown(wait=False)

    async def _durable(self) -> None:
        if self._failure is not None:
            raise self._failure
        done = asyncio.get_running_loop().create_future()
        self._waiting.append(done)
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write_waiting())
        await done

    async def _write_waiting(self) -> None:
        """Commit whatever waits, again and again until nothing does."""
        while self._waiting:
            rows, waiting = self._rows, self._waiting
            self._rows, self._waiting = [], []
            try:
                await self._in_thread(partial(self._commit, rows))
            except JournalError as error:
                self._failure = error
            for done in waiting:
                if not done.done():
                    _resolve(done, self._failure)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _create(self, facts: Mapping[str, Any]) -> None:
        """Make the file under another name: it appears only once it is whole, whenever the process is killed."""
        made = self._path.with_suffix(".new")
        create_private(made).close()
        with _explained(made), closing(_connect(made)) as connection:
            connection.executescript(f"{_TABLES}; PRAGMA user_version = {_VERSION};")
            pairs = [(name, json.dumps(value)) for name, value in facts.items()]
            with connection:
                connection.executemany("INSERT INTO run VALUES (?, ?)", pairs)
        made.rename(self._path)
        sync_folder(self._path.parent)
        self._reopen()

    def _reopen(self) -> None:
        with _explained(self._path):
            self._connection = _connect(self._path)
            (last,) = self._connection.execute("SELECT coalesce(max(number), 0) FROM intent").fetchone()
        self._number = last

    def _commit(self, rows: Iterable[tuple[str, tuple[Any, ...]]]) -> None:
        with _explained(self._path):
            if self._connection is None:
                raise sqlite3.ProgrammingError("closed")
            with self._connection as transaction:
                for statement, values in rows:
                    transaction.execute(statement, values)

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def read_journal(path: Path, *, with_intents: bool = True) -> Record:
    """Read a journal back; raises `JournalError` when it is damaged or of another version (#92)."""
    with _explained(path), closing(_connect(path)) as connection:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version != _VERSION:
            raise JournalError(f"{path} was written by another version; use that version for its run")
        if with_intents and connection.execute("PRAGMA quick_check").fetchone() != ("ok",):
            raise sqlite3.DatabaseError("quick_check")
        facts = {name: json.loads(value) for name, value in connection.execute("SELECT name, value FROM run")}
        events = connection.execute("SELECT kind, detail FROM event ORDER BY number")
        return Record(
            facts=facts,
            intents=tuple(_intents(connection)) if with_intents else (),
            events=tuple(Event(kind=kind, detail=json.loads(detail)) for kind, detail in events),
        )


def is_in_doubt(path: Path) -> bool:
    """Tell whether a replace was sent, or may have been, and nobody concluded what it did."""
    with _explained(path), closing(_connect(path)) as connection:
        (doubtful,) = connection.execute(_IN_DOUBT).fetchone()
    return bool(doubtful)


def removals(path: Path) -> int:
    """Return how many contacts a run removed, or may have removed."""
    with _explained(path), closing(_connect(path)) as connection:
        (deleted,) = connection.execute(_DELETED).fetchone()
        (replaced,) = connection.execute(_REPLACED).fetchone()
        ((planned,),) = connection.execute("SELECT value FROM run WHERE name = 'removals'").fetchall()
    return int(deleted) + (int(json.loads(planned)) if replaced else 0)


def _intents(connection: sqlite3.Connection) -> Iterator[Intent]:
    columns = "number, method, path, subject, payload, is_repair, outcome, code, message, attempts"
    for number, method, path, subject, payload, is_repair, outcome, code, message, attempts in connection.execute(
        f"SELECT {columns} FROM intent ORDER BY number"  # noqa: S608 - the columns are written above
    ):
        yield Intent(
            number=number,
            method=method,
            path=path,
            subject=subject,
            payload=payload,
            is_repair=bool(is_repair),
            outcome=None if outcome is None else Outcome(outcome),
            code=code or "",
            message=message or "",
            attempts=attempts or 0,
        )


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    return connection


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turn the errors of SQLite into ours, with the way out."""
    try:
        yield
    except (sqlite3.DatabaseError, ValueError) as error:
        raise JournalError(f"the journal {path}: {_way_out(error)}") from error


def _way_out(error: Exception) -> str:
    name = getattr(error, "sqlite_errorname", None) or type(error).__name__
    if name in _FULL:
        return "the disk is full; make room, then resume the run"
    if isinstance(error, sqlite3.OperationalError):
        return f"it cannot be used ({name}); check the folder and its rights"
    return "it is damaged and is not used; plan the list again"


def _resolve(done: "asyncio.Future[None]", failure: JournalError | None) -> None:
    if failure is None:
        done.set_result(None)
    else:
        done.set_exception(failure)


def _now() -> str:
    return datetime.now(tz=UTC).isoformat()
