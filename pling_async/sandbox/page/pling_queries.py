"""What the page shows of Pling's store; jobs for the worker, so none of them runs in the event loop."""

import sqlite3
from collections.abc import Iterator, Mapping
from typing import Any, Final

import orjson
from attrs import frozen

from pling_async.sandbox.page.searching import PAGE_SIZE, Search, ids
from pling_async.sandbox.pling.groups import groups_of
from pling_async.sandbox.pling.store import ROW

Row = Mapping[str, Any]

_MATCHING: Final = """FROM contacts WHERE accountId = :account
    AND (NOT :stopped OR stop)
    AND (:group IS NULL OR id IN (SELECT contactId FROM memberships WHERE groupId = :group))
    AND (:text = '' OR instr(folded(
        coalesce(name, '') || char(10) || coalesce(firstName, '') || char(10) || coalesce(lastName, '') || char(10)
        || mobile || char(10) || coalesce(email, '') || char(10) || coalesce(address, '') || char(10)
        || coalesce(city, '') || char(10) || coalesce(speedDial, '') || char(10) || coalesce(comment, '')
    ), :text) OR (:digits <> '' AND instr(mobile, :digits)))"""
_FOUND: Final = f"SELECT id {_MATCHING} ORDER BY id"
_ROWS: Final = "SELECT * FROM contactRows WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id"
_GROUPS: Final = """SELECT id, name, created, (SELECT count(*) FROM memberships WHERE groupId = groups.id) AS members
    FROM groups WHERE accountId = ? ORDER BY name COLLATE NOCASE, id"""
_COUNTS: Final = """SELECT
    (SELECT count(*) FROM contacts WHERE accountId = :account) AS contacts,
    (SELECT count(*) FROM contacts WHERE accountId = :account AND stop) AS stopped,
    (SELECT count(*) FROM groups WHERE accountId = :account) AS groups,
    (SELECT count(*) FROM stopList WHERE accountId = :account) AS remembered"""
_REMEMBERED: Final = """SELECT mobile FROM stopList WHERE accountId = :account AND NOT EXISTS (
    SELECT 1 FROM contacts WHERE accountId = :account AND contacts.mobile = stopList.mobile AND stop)
    ORDER BY mobile LIMIT :size"""
_ACCOUNTS: Final = "SELECT accountId FROM contacts UNION SELECT accountId FROM groups"


@frozen(kw_only=True)
class Wanted(Search):
    """Which contacts are to be shown."""

    account: int
    group: int | None = None
    stopped: bool = False

    def values(self) -> Mapping[str, Any]:
        """Return the parameters of the statements."""
        return {**super().values(), "account": self.account, "group": self.group, "stopped": self.stopped}


@frozen(kw_only=True)
class Found:
    """A page of contacts."""

    total: int
    contacts: list[Row]


def contacts(connection: sqlite3.Connection, wanted: Wanted) -> Found:
    """Return a page of the contacts that match."""
    total, shown = ids(connection, _FOUND, wanted)
    names = group_names(connection, wanted.account)
    rows = (dict(zip(ROW, row, strict=True)) for row in connection.execute(_ROWS, (shown,)))
    return Found(total=total, contacts=[{**row, "groups": named(row["contactGroupIds"], names)} for row in rows])


def contact(connection: sqlite3.Connection, contact_id: int) -> Row | None:
    """Return a contact with the names of its groups, or None."""
    row = connection.execute("SELECT * FROM contactRows WHERE id = ?", (contact_id,)).fetchone()
    if row is None:
        return None
    found = dict(zip(ROW, row, strict=True))
    return {**found, "groups": named(found["contactGroupIds"], group_names(connection, found["accountId"]))}


def groups(connection: sqlite3.Connection, account: int) -> list[Row]:
    """Return the account's groups with how many members each has."""
    return list(_named_rows(connection.execute(_GROUPS, (account,))))


def group_names(connection: sqlite3.Connection, account: int) -> dict[int, str]:
    """Return the names of the account's groups by id."""
    return {group["id"]: group["name"] for group in groups_of(connection, account)}


def counts(connection: sqlite3.Connection, account: int) -> Row:
    """Return how many contacts, stopped ones, groups and remembered numbers the account has."""
    return next(_named_rows(connection.execute(_COUNTS, {"account": account})))


def remembered(connection: sqlite3.Connection, account: int) -> list[str]:
    """Return numbers that a stop list remembers although no stopped contact has them."""
    values = {"account": account, "size": PAGE_SIZE}
    return [mobile for (mobile,) in connection.execute(_REMEMBERED, values)]


def accounts(connection: sqlite3.Connection) -> list[int]:
    """Return the accounts that hold something."""
    return [account for (account,) in connection.execute(_ACCOUNTS)]


def mobiles(connection: sqlite3.Connection, account: int) -> set[str]:
    """Return the numbers that the account has."""
    return {mobile for (mobile,) in connection.execute("SELECT mobile FROM contacts WHERE accountId = ?", (account,))}


def named(group_ids: str, names: Mapping[int, str]) -> list[str]:
    """Return the names of groups given as JSON text; one that is gone is shown by its id."""
    return [names.get(group_id, f"#{group_id}") for group_id in orjson.loads(group_ids)]


def _named_rows(cursor: sqlite3.Cursor) -> Iterator[Row]:
    names = [column[0] for column in cursor.description]
    return (dict(zip(names, row, strict=True)) for row in cursor)
