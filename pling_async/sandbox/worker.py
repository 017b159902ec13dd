"""The one thread on which the sandbox does its SQLite, file and CPU work."""

import asyncio
import errno
import os
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TypeVar

T = TypeVar("T")

MEMORY: Final = ":memory:"
APPLICATION_ID: Final = 0x506C6E67
"""Marks a database file as the sandbox's own ("Plng")."""
SCHEMA_VERSION: Final = 1
_HEAD: Final = b"SQLite format 3\0"
"""What every database file that is not empty begins with."""

_PRAGMAS: Final = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = NORMAL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA cache_size = -65536",
    "PRAGMA secure_delete = OFF",
)


class Worker:
    """Runs jobs one after the other beside the event loop, on a connection of its own."""

    def __init__(self) -> None:
        self._thread: ThreadPoolExecutor | None = None
        self._connection: sqlite3.Connection | None = None

    async def start(self, database: str | Path) -> None:
        """Open the database, a file created for its owner only, or ":memory:"."""
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sandbox")
        self._connection = await self.call(_connect, database)

    async def call(self, job: Callable[..., T], *arguments: object) -> T:
        """Run a job that needs no database."""
        if self._thread is None:
            raise RuntimeError("the sandbox is not running")
        return await asyncio.get_running_loop().run_in_executor(self._thread, job, *arguments)

    async def run(self, job: Callable[..., T], *arguments: object) -> T:
        """Run a job in one transaction, with the connection as its first argument."""
        return await self.call(self._in_transaction, job, *arguments)

    async def stop(self) -> None:
        """Finish the jobs under way and close the database; may be called again."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await self.call(connection.close)
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.shutdown(wait=False)

    def _in_transaction(self, job: Callable[..., T], *arguments: object) -> T:
        if self._connection is None:
            raise RuntimeError("the sandbox is not running")
        with transaction(self._connection):
            return job(self._connection, *arguments)


class Crashed(Exception):
    """A job died half way, as a fault told it to; `keeps` says whether its work so far survives."""

    def __init__(self, *, keeps: bool) -> None:
        super().__init__("the server died in the middle of its work")
        self.keeps = keeps


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Commit what the block did, or nothing of it when it raises."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException as error:
        keeps = isinstance(error, Crashed) and error.keeps
        connection.execute("COMMIT" if keeps else "ROLLBACK")
        raise
    connection.execute("COMMIT")


def _connect(database: str | Path) -> sqlite3.Connection:
    if str(database) != MEMORY:
        _own(Path(database))
    connection = sqlite3.connect(database, isolation_level=None)
    try:
        _mark(connection, database)
        for pragma in _PRAGMAS:
            connection.execute(pragma)
    except BaseException:
        connection.close()
        raise
    return connection


def _own(path: Path) -> None:
    """Create the file, or take it over, readable for its owner only; links and files of other kinds are refused."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise OSError(errno.ELOOP, "it is a symbolic link, which is not followed", str(path)) from None
        raise
    with os.fdopen(descriptor, "rb") as file:
        head = file.read(len(_HEAD))
    if head not in {b"", _HEAD}:
        raise _foreign(path)
    path.chmod(0o600)


def _mark(connection: sqlite3.Connection, database: str | Path) -> None:
    """Mark a database that is new, both numbers at once, or refuse it unless it is ours."""
    with transaction(connection):
        found = (_pragma(connection, "application_id"), _pragma(connection, "user_version"))
        is_new = found == (0, 0) and not connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
        if is_new:
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        elif found != (APPLICATION_ID, SCHEMA_VERSION):
            raise _foreign(database)


def _foreign(database: str | Path) -> ValueError:
    return ValueError(f"{database} is not a database of this version of the sandbox")


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    value: int = connection.execute(f"PRAGMA {name}").fetchone()[0]
    return value
