"""The account's groups in the store, and the way from the names and ids on a contact to groups (section 2.2)."""

import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any, Final

import orjson

from pling_async.sandbox.pling.errors import Invalid
from pling_async.sandbox.pling.merge import Row
from pling_async.sandbox.pling.schema import GROUP_COLUMNS
from pling_async.sandbox.pling.semantics import Semantics

_SELECT: Final = "SELECT id, lastModified, created, accountId, name FROM groups"


def groups_of(connection: sqlite3.Connection, account_id: int) -> Iterator[Row]:
    """Yield the account's groups by id."""
    for row in connection.execute(f"{_SELECT} WHERE accountId = ? ORDER BY id", (account_id,)):
        yield dict(zip(GROUP_COLUMNS, row, strict=True))


def group_by_id(connection: sqlite3.Connection, group_id: int) -> Row | None:
    """Return a group of any account."""
    row = connection.execute(f"{_SELECT} WHERE id = ?", (group_id,)).fetchone()
    return dict(zip(GROUP_COLUMNS, row, strict=True)) if row else None


def add_group(connection: sqlite3.Connection, account_id: int, name: str, now: str) -> int:
    """Add a group and return its id."""
    values = (now, now, account_id, name)
    added = connection.execute(
        "INSERT INTO groups (lastModified, created, accountId, name) VALUES (?, ?, ?, ?) RETURNING id", values
    )
    group_id: int = added.fetchone()[0]
    return group_id


def rename_group(connection: sqlite3.Connection, group_id: int, name: str, now: str) -> None:
    """Give a group another name."""
    connection.execute("UPDATE groups SET name = ?, lastModified = ? WHERE id = ?", (name, now, group_id))


def remove_group(connection: sqlite3.Connection, group_id: int, now: str) -> None:
    """Remove a group; its members leave it, and are thereby modified."""
    connection.execute(
        "UPDATE contacts SET lastModified = ? WHERE id IN (SELECT contactId FROM memberships WHERE groupId = ?)",
        (now, group_id),
    )
    connection.execute("DELETE FROM groups WHERE id = ?", (group_id,))


def unused_groups(connection: sqlite3.Connection, account_id: int, semantics: Semantics) -> list[int]:
    """Return the ids of the account's groups that no contact keeps in use."""
    rows = connection.execute(
        """SELECT id FROM groups WHERE accountId = ? AND NOT EXISTS (
            SELECT 1 FROM memberships JOIN contacts ON contacts.id = contactId
            WHERE groupId = groups.id AND (? OR NOT stop))""",
        (account_id, semantics.group_in_use == "any_member"),
    )
    return [group_id for (group_id,) in rows]


def canonical(group_ids: Iterable[int]) -> str:
    """Return group ids as the store compares them: JSON text, sorted, each once."""
    return orjson.dumps(sorted(set(group_ids))).decode()


class GroupFinder:
    """Turns the groups given on an account's contacts into ids, creating those whose name is new."""

    def __init__(self, connection: sqlite3.Connection, account_id: int, now: str, semantics: Semantics) -> None:
        self._connection = connection
        self._account_id = account_id
        self._now = now
        self._ignores_case = semantics.group_name_case == "insensitive"
        self._by_name: dict[str, int] = {}
        self._known: dict[int, bool] = {}
        self._resolved: dict[tuple[object, ...], str] = {}

    def resolve(self, given: dict[str, Any]) -> None:
        """Put the groups of a request's fields into contactGroupIds, in canonical form, if any are given."""
        ids: list[int] | None = given.get("contactGroupIds")
        names: list[str] | None = given.pop("contactGroups", None)
        if ids is None and names is None:
            return
        key = (*(ids or ()), *(names or ()))
        if key not in self._resolved:
            self._resolved[key] = self._canonical(ids or (), names or ())
        given["contactGroupIds"] = self._resolved[key]

    def _canonical(self, ids: Iterable[int], names: Iterable[str]) -> str:
        for group_id in ids:
            if not self._is_known(group_id):
                raise Invalid(f"Unknown contact group: {group_id}")
        return canonical([*ids, *map(self.id_of, names)])

    def _is_known(self, group_id: int) -> bool:
        if group_id not in self._known:
            fits = 0 < group_id < 1 << 63
            group = group_by_id(self._connection, group_id) if fits else None
            self._known[group_id] = group is not None and group["accountId"] == self._account_id
        return self._known[group_id]

    def id_of(self, name: str) -> int:
        """Return the id of the group with a name, the lowest if there are several, a new one if there is none."""
        if name not in self._by_name:
            found = self._find(name)
            self._by_name[name] = (
                add_group(self._connection, self._account_id, name, self._now) if found is None else found
            )
        return self._by_name[name]

    def _find(self, name: str) -> int | None:
        rows = self._connection.execute(
            """SELECT id FROM groups WHERE accountId = ? AND name = ? COLLATE NOCASE AND (name = ? OR ?)
                ORDER BY id LIMIT 1""",
            (self._account_id, name, name, self._ignores_case),
        )
        row = rows.fetchone()
        return row[0] if row else None
