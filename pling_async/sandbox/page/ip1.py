"""What the page shows of IP1: contacts, with who is blocked, and the blacklist."""

import sqlite3
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

import orjson

from pling_async.sandbox.ip1.metadata import PROPERTY, read_number
from pling_async.sandbox.page.people import Blocked, Book, Found, Group, Person, Tile, Wanted
from pling_async.sandbox.page.searching import Search, ids

_NAMES: Final = ("firstName", "lastName")
_FOUND: Final = f"""SELECT seq FROM ip1Contacts
    WHERE (:group IS NULL OR EXISTS (SELECT 1 FROM json_each(labels) WHERE value = :group))
    AND (:text = '' OR EXISTS (SELECT 1 FROM json_each(properties) WHERE instr(folded(value), :text)
        OR (:digits <> '' AND key = '{PROPERTY}' AND instr(digits(value), :digits))))
    ORDER BY seq"""  # noqa: S608 - a name of our own
_ROWS: Final = """SELECT properties, labels FROM ip1Contacts
    WHERE seq IN (SELECT value FROM json_each(?)) ORDER BY seq"""
_LABELS: Final = """SELECT value, count(*) FROM ip1Contacts, json_each(labels)
    GROUP BY value ORDER BY value COLLATE NOCASE, value"""
_BLOCKED: Final = """SELECT seq FROM ip1Blacklist
    WHERE :text = '' OR (:digits <> '' AND instr(msisdn, :digits)) ORDER BY seq"""
_ENTRIES: Final = """SELECT '+' || msisdn, created FROM ip1Blacklist
    WHERE seq IN (SELECT value FROM json_each(?)) ORDER BY seq"""
_COUNTS: Final = "SELECT (SELECT count(*) FROM ip1Contacts), (SELECT count(*) FROM ip1Blacklist)"
_AMONG: Final = "SELECT msisdn FROM ip1Blacklist WHERE msisdn IN (SELECT value FROM json_each(?))"


def _tiles(connection: sqlite3.Connection) -> Sequence[Tile]:
    contacts, blocked = connection.execute(_COUNTS).fetchone()
    return ("/page/ip1", contacts, "contacts"), ("/page/ip1/blacklist", blocked, "blocked numbers")


def _people(connection: sqlite3.Connection, wanted: Wanted) -> Found:
    total, shown = ids(connection, _FOUND, wanted)
    rows = [
        (orjson.loads(properties), orjson.loads(labels)) for properties, labels in connection.execute(_ROWS, (shown,))
    ]
    numbers = orjson.dumps([_msisdn(properties) for properties, _ in rows]).decode()
    blocked = {msisdn for (msisdn,) in connection.execute(_AMONG, (numbers,))}
    return Found(total=total, people=[_person(properties, labels, blocked) for properties, labels in rows])


def _person(properties: Mapping[str, Any], labels: Sequence[str], blocked: Collection[str]) -> Person:
    name = properties.get("name") or " ".join(str(properties[each]) for each in _NAMES if properties.get(each))
    used = {PROPERTY, "name"} if properties.get("name") else {PROPERTY, *_NAMES}
    return Person(
        numbers=[properties[PROPERTY]] if properties.get(PROPERTY) else [],
        name=name,
        groups=labels,
        details=[(key, value) for key, value in properties.items() if key not in used],
        marks=[("red", "blocked")] if _msisdn(properties) in blocked else [],
    )


def _msisdn(properties: Mapping[str, Any]) -> str:
    """Return the number by which the blacklist knows a contact, as the API's metadata has it."""
    return read_number(str(properties.get(PROPERTY))).msisdn


def _labels(connection: sqlite3.Connection) -> Sequence[Group]:
    return [Group(key=label, name=label, members=members) for label, members in connection.execute(_LABELS)]


def _blacklist(connection: sqlite3.Connection, search: Search) -> Blocked:
    total, shown = ids(connection, _BLOCKED, search)
    return Blocked(total=total, numbers=connection.execute(_ENTRIES, (shown,)).fetchall())


BOOK: Final = Book(title="IP1", tiles=_tiles, people=_people, group="Label", groups=_labels, blacklist=_blacklist)
