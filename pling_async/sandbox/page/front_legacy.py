"""What the page shows of Front's deprecated API: contacts with their handles; it knows no lists and no marks."""

import sqlite3
from collections.abc import Sequence
from typing import Final

import orjson

from pling_async.sandbox.page.handles import Handles, handles_of
from pling_async.sandbox.page.people import Book, Found, Person, Tile, Wanted
from pling_async.sandbox.page.searching import ids

_FOUND: Final = """SELECT id FROM legacyContacts
    WHERE :text = '' OR instr(folded(name || char(10) || description), :text)
        OR id IN (SELECT contactId FROM legacyHandles
            WHERE instr(folded(handle), :text) OR (:digits <> '' AND instr(digits(handle), :digits)))
    ORDER BY id"""
_ROWS: Final = """SELECT id, name, description, links FROM legacyContacts
    WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id"""
_HANDLES: Final = """SELECT contactId, source, handle FROM legacyHandles
    WHERE contactId IN (SELECT value FROM json_each(?)) ORDER BY id"""


def _tiles(connection: sqlite3.Connection) -> Sequence[Tile]:
    count = connection.execute("SELECT count(*) FROM legacyContacts").fetchone()[0]
    return (("/page/front-legacy", count, "contacts"),)


def _people(connection: sqlite3.Connection, wanted: Wanted) -> Found:
    total, shown = ids(connection, _FOUND, wanted)
    handles = handles_of(connection, _HANDLES, shown)
    rows = connection.execute(_ROWS, (shown,)).fetchall()
    return Found(total=total, people=[_person(handles[number], *row) for number, *row in rows])


def _person(handles: Handles, name: str, description: str, links: str) -> Person:
    said = [("description", description)] if description else []
    details = [*handles.others, *said, *(("link", link) for link in orjson.loads(links))]
    return Person(numbers=handles.numbers, name=name, details=details)


BOOK: Final = Book(title="Front (legacy)", tiles=_tiles, people=_people)
