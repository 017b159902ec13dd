"""The items of a replace on their way into the account: staged in a temporary table, repeats and conflicts settled."""

import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple, Self

import orjson

from pling_async.sandbox.pling.errors import Invalid
from pling_async.sandbox.pling.merge import Row
from pling_async.sandbox.pling.semantics import Semantics
from pling_async.sandbox.pling.store import BATCH, SETTABLE

_CREATE: Final = """CREATE TEMP TABLE staged (
    number INTEGER PRIMARY KEY, mobile TEXT NOT NULL, speedDial TEXT, given BLOB, isValid INTEGER NOT NULL)"""
_INDEX: Final = "CREATE INDEX temp.stagedByMobile ON staged (mobile, isValid)"

_EXISTING: Final = ("id", "mobile", *SETTABLE, "contactGroupIds")
"""What a replace compares and changes."""
_READ: Final = f"""SELECT number, staged.mobile, given, {", ".join(f"contactRows.{name}" for name in _EXISTING)}
    FROM staged LEFT JOIN contactRows ON contactRows.accountId = ? AND contactRows.mobile = staged.mobile
    WHERE isValid AND number > ? ORDER BY number LIMIT ?"""  # noqa: S608 - names of our own

_REPEATED: Final = """SELECT number, mobile FROM staged WHERE isValid AND mobile IN
    (SELECT mobile FROM staged WHERE isValid GROUP BY mobile HAVING count(*) > 1) ORDER BY number"""

_CONFLICTS: Final = """
    WITH holders (number, dial) AS (
        SELECT -1, speedDial FROM contacts WHERE accountId = :account AND speedDial <> '' AND :keepsInvalid
            AND EXISTS (SELECT 1 FROM staged WHERE mobile = contacts.mobile AND NOT isValid)
            AND NOT EXISTS (SELECT 1 FROM staged WHERE mobile = contacts.mobile AND isValid)
        UNION ALL
        SELECT number, speedDial FROM staged WHERE isValid AND speedDial <> ''
        UNION ALL
        SELECT number, contacts.speedDial FROM staged JOIN contacts
            ON contacts.accountId = :account AND contacts.mobile = staged.mobile AND contacts.speedDial <> ''
            WHERE isValid AND staged.speedDial IS NULL AND :keepsOmitted
    )
    SELECT number FROM (
        SELECT number, row_number() OVER (
            PARTITION BY CASE WHEN :mindsCase THEN dial ELSE upper(dial) END ORDER BY number
        ) AS place FROM holders
    ) WHERE place > 1"""

_REMOVED: Final = """DELETE FROM contacts WHERE id IN (
    SELECT id FROM contacts WHERE accountId = :account
        AND NOT EXISTS (SELECT 1 FROM staged WHERE mobile = contacts.mobile AND (isValid OR :keepsInvalid))
        ORDER BY id LIMIT :limit) RETURNING id, mobile, name, stop, email, city"""
_GONE: Final = ("id", "mobile", "name", "stop", "email", "city")
"""What a removal returns."""


class Staged(NamedTuple):
    """One item that is to be applied, and the contact that it will change."""

    number: int
    mobile: str
    given: Row
    existing: Row | None


class Staging:
    """The items of one replace, by their number in the request; `errors` has what is wrong with the invalid ones."""

    def __init__(self, connection: sqlite3.Connection, account_id: int, semantics: Semantics) -> None:
        self.errors: dict[int, str] = {}
        self._connection = connection
        self._account_id = account_id
        self._semantics = semantics
        self._waiting: list[tuple[int, str, str | None, bytes | None, bool]] = []

    def __enter__(self) -> Self:
        self._connection.execute(_CREATE)
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.execute("DROP TABLE temp.staged")

    def add(self, number: int, mobile: str, given: dict[str, Any]) -> None:
        """Stage an item that is valid by itself."""
        self._waiting.append((number, mobile, given.get("speedDial"), orjson.dumps(given), True))
        if len(self._waiting) >= BATCH:
            self._flush()

    def add_invalid(self, number: int, mobile: str | None, error: str) -> None:
        """Note an invalid item; its mobile, if readable, may keep the existing contact."""
        self.errors[number] = error
        if mobile is not None:
            self._waiting.append((number, mobile, None, None, False))

    def finish(self) -> None:
        """Write the items that still wait in memory; no more will come."""
        self._flush()
        self._connection.execute(_INDEX)

    def _flush(self) -> None:
        self._connection.executemany("INSERT INTO staged VALUES (?, ?, ?, ?, ?)", self._waiting)
        self._waiting.clear()

    def settle_duplicates(self) -> None:
        """Leave one valid item for each mobile, or refuse them all."""
        by_mobile: dict[str, list[int]] = {}
        for number, mobile in self._connection.execute(_REPEATED):
            by_mobile.setdefault(mobile, []).append(number)
        if by_mobile and self._semantics.duplicates == "reject":
            raise Invalid("The request repeats a mobile number")
        is_last = self._semantics.duplicates == "last"
        losers = [number for numbers in by_mobile.values() for number in (numbers[:-1] if is_last else numbers[1:])]
        self._connection.executemany("DELETE FROM staged WHERE number = ?", ((number,) for number in losers))
        if self._semantics.duplicates == "invalid":
            self.errors.update(dict.fromkeys(losers, "Duplicate mobile number in the request"))

    def settle_speed_dials(self) -> None:
        """Refuse items whose speed dial another contact has in the end; those kept come before the request's order."""
        values = {
            "account": self._account_id,
            "keepsInvalid": self._semantics.invalid_existing == "keep",
            "keepsOmitted": self._semantics.omitted_in_replace == "keep",
            "mindsCase": self._semantics.speed_dial_case == "sensitive",
        }
        while losers := [number for (number,) in self._connection.execute(_CONFLICTS, values) if number >= 0]:
            self.refuse(losers)

    def refuse(self, numbers: Iterable[int]) -> None:
        """Turn staged items into invalid ones, for their speed dial."""
        for number in numbers:
            self.errors[number] = "Another contact has this speed dial"
            self._connection.execute("UPDATE staged SET isValid = 0 WHERE number = ?", (number,))

    def batches(self, size: int) -> Iterator[list[Staged]]:
        """Yield the valid items in the request's order, each batch read when the one before it has been written."""
        last = -1
        while batch := self._read(last, size):
            yield batch
            last = batch[-1].number

    def _read(self, last: int, size: int) -> list[Staged]:
        rows = self._connection.execute(_READ, (self._account_id, last, size))
        return [
            Staged(
                number, mobile, orjson.loads(given), dict(zip(_EXISTING, contact, strict=True)) if contact[0] else None
            )
            for number, mobile, given, *contact in rows
        ]

    def remove_others(self, limit: int) -> Iterator[Row]:
        """Remove the contacts that the request does not include, at most `limit` of them (-1: all), and yield them."""
        values = {
            "account": self._account_id,
            "keepsInvalid": self._semantics.invalid_existing == "keep",
            "limit": limit,
        }
        gone = self._connection.execute(_REMOVED, values)
        return (dict(zip(_GONE, row, strict=True)) for row in gone)
