"""Contacts in the store: rows by wire names in, rows by wire names out, single or many at a time."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from operator import itemgetter
from typing import Any, Final

import orjson

from pling_async.sandbox.pling.merge import Row
from pling_async.sandbox.pling.schema import CONTACT_COLUMNS, DEFAULTS
from pling_async.sandbox.pling.semantics import Semantics

ROW: Final = (*CONTACT_COLUMNS, "contactGroupIds")

_INSERT: Final = """INSERT INTO contacts VALUES (
    :id, :lastModified, :created, :accountId, :name, :mobile, :comment, :speedDial, :address, :postalCode, :city,
    :stop, :autoCreated, :autoCreatedNumber, :firstName, :lastName, :email, :active)"""
SETTABLE: Final = tuple(name for name in CONTACT_COLUMNS if name in DEFAULTS)
"""The columns whose values are the request's, but mobile."""
_UPDATE: Final = f"UPDATE contacts SET lastModified = ?, {', '.join(f'{name} = ?' for name in SETTABLE)} WHERE id = ?"  # noqa: S608 - names of our own
_UPDATED: Final = itemgetter("lastModified", *SETTABLE, "id")
"""The values of `_UPDATE`, by place, which is a third faster than by name."""

BATCH: Final = 1000


def _as_row(values: Sequence[Any]) -> Row:
    """Return the selected columns of a contact by name."""
    return dict(zip(ROW, values, strict=True))


class Contacts:
    """The contacts of one account."""

    def __init__(self, connection: sqlite3.Connection, account_id: int, semantics: Semantics) -> None:
        self._connection = connection
        self._account_id = account_id
        self._is_sticky = semantics.stop_list == "sticky"
        self._minds_case = semantics.speed_dial_case == "sensitive"

    def by_mobile(self, mobile: str) -> Row | None:
        """Return the contact with a number."""
        found = self._connection.execute(
            "SELECT * FROM contactRows WHERE accountId = ? AND mobile = ?", (self._account_id, mobile)
        )
        return _first(found)

    def holder(self, speed_dial: str | None) -> int | None:
        """Return the id of the contact that has a speed dial."""
        rows = self._connection.execute(
            """SELECT id FROM contacts WHERE accountId = ? AND speedDial <> '' AND speedDial = ? COLLATE NOCASE
                AND (speedDial = ? OR NOT ?)""",
            (self._account_id, speed_dial, speed_dial, self._minds_case),
        )
        row = rows.fetchone()
        return row[0] if row else None

    def is_remembered(self, mobile: str) -> bool:
        """Return whether the number is on a stop list that outlives its contacts."""
        known = "SELECT 1 FROM stopList WHERE accountId = ? AND mobile = ?"
        return self._is_sticky and bool(self._connection.execute(known, (self._account_id, mobile)).fetchone())

    def insert(self, contacts: Sequence[Row], now: str) -> None:
        """Add contacts, giving them ids and dates unless they have them."""
        known = "SELECT seq FROM sqlite_sequence WHERE name = 'contacts'"
        next_id = self._connection.execute(known).fetchone()[0] + 1
        for contact_id, contact in enumerate(contacts, next_id):
            contact.setdefault("id", contact_id)
            contact.setdefault("created", now)
            contact.setdefault("lastModified", now)
            contact["accountId"] = self._account_id
        self._connection.executemany(_INSERT, contacts)
        self._join(contacts)
        self._remember(contacts)

    def update(self, changes: Sequence[tuple[Row, Row]], now: str) -> None:
        """Write contacts that have changed, each given as it was and as it is to be."""
        for _, contact in changes:
            contact["lastModified"] = now
        contacts = [contact for _, contact in changes]
        self._connection.executemany(_UPDATE, map(_UPDATED, contacts))
        renumbered = [contact for old, contact in changes if old["mobile"] != contact["mobile"]]
        self._connection.executemany("UPDATE contacts SET mobile = :mobile WHERE id = :id", renumbered)
        moved = [contact for old, contact in changes if old["contactGroupIds"] != contact["contactGroupIds"]]
        self._connection.executemany("DELETE FROM memberships WHERE contactId = :id", moved)
        self._join(moved)
        self._remember(contacts)

    def delete(self, contact_id: int) -> None:
        """Remove a contact."""
        self._connection.execute("DELETE FROM contacts WHERE id = ?", (contact_id,))

    def _join(self, contacts: Iterable[Row]) -> None:
        pairs = (
            (contact["id"], group_id)
            for contact in contacts
            if contact["contactGroupIds"] != "[]"
            for group_id in orjson.loads(contact["contactGroupIds"])
        )
        self._connection.executemany("INSERT INTO memberships (contactId, groupId) VALUES (?, ?)", pairs)

    def _remember(self, contacts: Sequence[Row]) -> None:
        if not self._is_sticky:
            return
        stopped = ((self._account_id, contact["mobile"]) for contact in contacts if contact["stop"])
        free = ((self._account_id, contact["mobile"]) for contact in contacts if not contact["stop"])
        self._connection.executemany("INSERT OR IGNORE INTO stopList (accountId, mobile) VALUES (?, ?)", stopped)
        self._connection.executemany("DELETE FROM stopList WHERE accountId = ? AND mobile = ?", free)


def contact_by_id(connection: sqlite3.Connection, contact_id: int) -> Row | None:
    """Return a contact of any account."""
    return _first(connection.execute("SELECT * FROM contactRows WHERE id = ?", (contact_id,)))


def _first(rows: sqlite3.Cursor) -> Row | None:
    row = rows.fetchone()
    return _as_row(row) if row else None


def contacts_of(
    connection: sqlite3.Connection, account_id: int, *, group_id: int | None = None, stop: int | None = None
) -> Iterator[list[Row]]:
    """Yield the account's contacts by id, in batches, of one group or with one stop flag where given."""
    cursor = connection.execute(
        """SELECT * FROM contactRows WHERE accountId = :account
            AND (:stop IS NULL OR stop = :stop)
            AND (:group IS NULL OR id IN (SELECT contactId FROM memberships WHERE groupId = :group))
            ORDER BY id""",
        {"account": account_id, "stop": stop, "group": group_id},
    )
    while batch := cursor.fetchmany(BATCH):
        yield [_as_row(values) for values in batch]
