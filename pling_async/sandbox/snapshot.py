"""The whole store as JSON, out and in."""

import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any, Final

_IDS: Final = "sqlite_sequence"

Snapshot = dict[str, Any]
"""Rows (objects by column) under each table's name, and the clock's ticks."""


def dump(connection: sqlite3.Connection, tables: Iterable[str], ticks: float) -> Snapshot:
    """Return everything the tables hold, the ids to come, and the time."""
    return {"ticks": ticks, "tables": {table: list(_rows(connection, table)) for table in (*tables, _IDS)}}


def clear(connection: sqlite3.Connection, tables: Iterable[str]) -> None:
    """Empty the tables and forget the ids."""
    for table in reversed((*tables, _IDS)):
        connection.execute(f"DELETE FROM {table}")  # noqa: S608 - a name of our own


def load(connection: sqlite3.Connection, tables: Iterable[str], snapshot: Snapshot) -> None:
    """Make the tables hold what a snapshot has; what else is in it is passed over."""
    tables = tuple(tables)
    clear(connection, tables)
    for table in tables:
        _insert(connection, table, snapshot["tables"].get(table, ()))
    connection.execute(f"DELETE FROM {_IDS}")  # the inserts have begun to count  # noqa: S608
    _insert(connection, _IDS, snapshot["tables"][_IDS])


def _rows(connection: sqlite3.Connection, table: str) -> Iterator[dict[str, Any]]:
    cursor = connection.execute(f"SELECT * FROM {table}")  # noqa: S608 - a name of our own
    names = [column[0] for column in cursor.description]
    for row in cursor:
        yield dict(zip(names, row, strict=True))


def _insert(connection: sqlite3.Connection, table: str, rows: Iterable[dict[str, Any]]) -> None:
    columns = connection.execute(f"SELECT * FROM {table} LIMIT 0").description  # noqa: S608 - a name of our own
    places = ", ".join(f":{column[0]}" for column in columns)
    connection.executemany(f"INSERT INTO {table} VALUES ({places})", rows)  # noqa: S608 - likewise
