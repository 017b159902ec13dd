"""The file of a journal: its tables, what can be read back from it, and its errors with their way out."""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from attrs import field, frozen

from pling_async.errors import JournalError, Outcome

VERSION: Final = 1
"""Of the tables; a file of another one is refused."""
TABLES: Final = """
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
_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)
_FULL: Final = {"SQLITE_FULL", "SQLITE_IOERR_WRITE", "SQLITE_IOERR_FSYNC"}
_IN_DOUBT: Final = """
    SELECT count(*) FROM intent WHERE path = 'contacts/replace' AND coalesce(outcome, 'unknown') = 'unknown'
    AND number > (SELECT coalesce(max(after), 0) FROM event WHERE kind IN ('conclusion', 'ended'))
"""
_ENDED: Final = "SELECT count(*) FROM event WHERE kind = 'ended'"
_PLANNED: Final = "SELECT CAST(value AS INTEGER) FROM run WHERE name = 'removals'"
_REMOVED: Final = """
    SELECT count(DISTINCT path) FILTER (WHERE method = 'DELETE')
    + (count(*) FILTER (WHERE path = 'contacts/replace') > 0)
    * (SELECT CAST(value AS INTEGER) FROM run WHERE name = 'removals')
    FROM intent WHERE coalesce(outcome, 'unknown') IN ('applied', 'unknown')
"""


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
    at: datetime = _LONG_AGO
    """When it was written down, by the machine's clock."""
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
    """resumed, stops, decided, withheld, result, conclusion, halted or ended."""
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


def read_journal(path: Path, *, with_intents: bool = True) -> Record:
    """Read a journal back; raises `JournalError` when it is damaged or of another version (#92)."""
    with explained(path), closing(connect(path)) as connection:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version != VERSION:
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
    """Tell whether a replace was sent, or may have been, and nobody concluded what it did.

    Raises `JournalError` when the journal is damaged, unless it still says that the run had ended.
    """
    try:
        return bool(_asked(path, _IN_DOUBT))
    except JournalError:
        if has_ended(path):
            return False
        raise


def has_ended(path: Path) -> bool:
    """Tell whether a run is known to have ended; a damaged journal may not say it."""
    with suppress(JournalError):
        return bool(_asked(path, _ENDED))
    return False


def removals(path: Path) -> int:
    """Return how many contacts a run removed, or may have removed; what was planned when only that can be read."""
    try:
        return int(_asked(path, _REMOVED))
    except JournalError:
        return int(_asked(path, _PLANNED))


def _asked(path: Path, question: str) -> Any:
    with explained(path), closing(connect(path)) as connection:
        ((answer,),) = connection.execute(question).fetchall()
    return answer


def _intents(connection: sqlite3.Connection) -> Iterator[Intent]:
    columns = "number, method, path, subject, payload, at, is_repair, outcome, code, message, attempts"
    for number, method, path, subject, payload, at, is_repair, outcome, code, message, attempts in connection.execute(
        f"SELECT {columns} FROM intent ORDER BY number"  # noqa: S608 - the columns are written above
    ):
        yield Intent(
            number=number,
            method=method,
            path=path,
            subject=subject,
            payload=payload,
            at=datetime.fromisoformat(at),
            is_repair=bool(is_repair),
            outcome=None if outcome is None else Outcome(outcome),
            code=code or "",
            message=message or "",
            attempts=attempts or 0,
        )


def connect(path: Path) -> sqlite3.Connection:
    """Open the file of a journal; what is committed is on the disk."""
    if path.is_symlink():
        raise JournalError(f"the journal {path} is a link, and is not followed; plan the list again")
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    return connection


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn the errors of SQLite into ours, with the way out."""
    try:
        yield
    except (sqlite3.DatabaseError, ValueError) as error:
        raise JournalError(f"the journal {path}: {_way_out(error, path.parent.name)}") from error


def _way_out(error: Exception, run_id: str) -> str:
    name = getattr(error, "sqlite_errorname", None) or type(error).__name__
    if name in _FULL:
        return "the disk is full; make room, then resume the run"
    if isinstance(error, sqlite3.OperationalError):
        return f"it cannot be used ({name}); check the folder and its permissions"
    return (
        "it is damaged, and nothing is written to the account before its run is forgotten: "
        f"pling runs purge {run_id} --force (bulk.purge); then plan the list again"
    )
