"""What the page shows of Front's Core API: contacts with their handles, lists and custom fields."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import orjson

from pling_async.sandbox.page.handles import Handles, handles_of
from pling_async.sandbox.page.people import Book, Found, Group, Person, Tile, Wanted
from pling_async.sandbox.page.searching import ids
from pling_async.sandbox.switches import spelled

_FOUND: Final = """SELECT id FROM frontContacts
    WHERE (:group IS NULL OR id IN (SELECT contactId FROM frontMembers WHERE listId = :group))
    AND (:text = '' OR instr(folded(name || char(10) || description), :text)
        OR EXISTS (SELECT 1 FROM json_each(customFields) WHERE instr(folded(value), :text))
        OR id IN (SELECT contactId FROM frontHandles
            WHERE instr(folded(handle), :text) OR (:digits <> '' AND instr(digits(handle), :digits))))
    ORDER BY id"""
_ROWS: Final = """SELECT id, name, description, links, customFields, isPrivate FROM frontContacts
    WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id"""
_HANDLES: Final = """SELECT contactId, source, handle FROM frontHandles
    WHERE contactId IN (SELECT value FROM json_each(?)) ORDER BY id"""
_LISTS_OF: Final = """SELECT name FROM frontMembers JOIN frontLists ON frontLists.id = listId
    WHERE contactId = ? ORDER BY listId"""
_LISTS: Final = """SELECT id, name, count(contactId) FROM frontLists LEFT JOIN frontMembers ON listId = id
    GROUP BY id ORDER BY name COLLATE NOCASE, id"""
_STOP: Final = "stop"
_YES: Final = frozenset({"true", "1", "yes", "ja"})


def _tiles(connection: sqlite3.Connection) -> Sequence[Tile]:
    return (("/page/front", connection.execute("SELECT count(*) FROM frontContacts").fetchone()[0], "contacts"),)


def _people(connection: sqlite3.Connection, wanted: Wanted) -> Found:
    total, shown = ids(connection, _FOUND, wanted)
    handles = handles_of(connection, _HANDLES, shown)
    rows = connection.execute(_ROWS, (shown,)).fetchall()
    return Found(total=total, people=[_person(connection, handles[row[0]], *row) for row in rows])


def _person(connection: sqlite3.Connection, handles: Handles, *row: Any) -> Person:
    number, name, description, links, custom_fields, is_private = row
    fields = orjson.loads(custom_fields)
    said = [("description", description)] if description else []
    return Person(
        numbers=handles.numbers,
        name=name,
        groups=[each for (each,) in connection.execute(_LISTS_OF, (number,))],
        details=[*handles.others, *said, *_said(fields), *(("link", link) for link in orjson.loads(links))],
        marks=[*_stops(fields), *([("", "private")] if is_private else [])],
    )


def _said(fields: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield from ((name, spelled(value)) for name, value in fields.items())


def _stops(fields: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the mark of whoever has a custom field Stop that says yes, which is how a copy marks the stopped."""
    is_stopped = any(name.casefold() == _STOP and str(value).casefold() in _YES for name, value in fields.items())
    return [("red", "marked stopped")] if is_stopped else []


def _lists(connection: sqlite3.Connection) -> Sequence[Group]:
    return [Group(key=str(key), name=name, members=members) for key, name, members in connection.execute(_LISTS)]


BOOK: Final = Book(title="Front", tiles=_tiles, people=_people, group="List", groups=_lists)
