"""Contacts in the store: found by filters, shown, written."""

import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

import orjson

from pling_async.sandbox.ip1.calls import Call, Window
from pling_async.sandbox.ip1.errors import Problem
from pling_async.sandbox.ip1.metadata import PROPERTY, read_number
from pling_async.sandbox.ip1.schema import contact_id
from pling_async.sandbox.ip1.semantics import Ip1Semantics

OWNER: Final = "ip1-XXXXX"
AUTOMATIC: Final = "all"
"""A label that every contact has."""
_FILTER: Final = re.compile(r"(properties|metadata)\[(.+)\]", re.DOTALL)


class Row(NamedTuple):
    """One contact of the store."""

    seq: int
    id: str
    properties: str
    labels: str


class Contacts:
    """The contacts of the account, as one call sees them."""

    def __init__(self, connection: sqlite3.Connection, semantics: Ip1Semantics) -> None:
        self._connection = connection
        self._semantics = semantics

    def find(self, call: Call, window: Window | None = None) -> tuple[list[Row], int]:
        """Return the contacts that a call's filters leave, or a window of them, and how many there are in all."""
        where, values, metadata = self._filters(call)
        order = "DESC" if window and window.descending else "ASC"
        select = f"FROM ip1Contacts WHERE {where} ORDER BY seq {order}"
        if metadata or window is None:
            every = self._connection.execute(f"SELECT seq, id, properties, labels {select}", values)
            found = [row for row in map(Row._make, every) if self._fits(row, metadata)]
            return found if window is None else found[window.start : window.start + window.limit], len(found)
        total: int = self._connection.execute(
            f"SELECT count(*) FROM ip1Contacts WHERE {where}",  # noqa: S608 - likewise
            values,
        ).fetchone()[0]
        rows = self._connection.execute(
            f"SELECT seq, id, properties, labels {select} LIMIT ? OFFSET ?", (*values, window.limit, window.start)
        )
        return [Row(*row) for row in rows], total

    def get(self, wanted: str) -> Row | None:
        """Return a contact by its id."""
        statement = "SELECT seq, id, properties, labels FROM ip1Contacts WHERE id = ?"
        found = self._connection.execute(statement, (wanted,)).fetchone()
        return None if found is None else Row(*found)

    def add(self, documents: Iterable[Mapping[str, Any]]) -> list[Row]:
        """Add contacts, whoever is there already; an id is kept where one is given."""
        first = self._connection.execute("SELECT max(seq) FROM sqlite_sequence WHERE name = 'ip1Contacts'").fetchone()
        rows = [
            Row(number, each.get("id") or contact_id(number), _json(each["properties"]), _json(labels_of(each)))
            for number, each in enumerate(documents, start=(first[0] or 0) + 1)
        ]
        self._connection.executemany("INSERT INTO ip1Contacts VALUES (?, ?, ?, ?)", rows)
        return rows

    def save(self, row: Row, properties: Mapping[str, str], labels: Iterable[str]) -> Row:
        """Write what a contact is now."""
        saved = row._replace(properties=_json(properties), labels=_json(labels_of({"labels": labels})))
        statement = "UPDATE ip1Contacts SET properties = ?, labels = ? WHERE seq = ?"
        self._connection.execute(statement, (saved.properties, saved.labels, saved.seq))
        return saved

    def delete(self, rows: Iterable[Row]) -> None:
        """Delete contacts."""
        self._connection.executemany("DELETE FROM ip1Contacts WHERE seq = ?", ((row.seq,) for row in rows))

    def every(self) -> Iterator[Row]:
        """Yield every contact."""
        yield from map(Row._make, self._connection.execute("SELECT seq, id, properties, labels FROM ip1Contacts"))

    @staticmethod
    def properties(row: Row) -> dict[str, str]:
        """Return the properties of a contact."""
        found: dict[str, str] = orjson.loads(row.properties)
        return found

    @staticmethod
    def labels(row: Row) -> list[str]:
        """Return the labels of a contact, without the automatic one."""
        found: list[str] = orjson.loads(row.labels)
        return found

    def shown(self, row: Row, *, meta: bool) -> dict[str, Any]:
        """Return a contact as an answer has it; its properties are a fragment that only orjson understands."""
        metadata = {"metadata": self.metadata(row)} if meta else {}
        labels = [*self.labels(row), AUTOMATIC]
        return {
            "id": row.id,
            "ownerId": OWNER,
            "properties": orjson.Fragment(row.properties),
            **metadata,
            "labels": labels,
        }

    def metadata(self, row: Row) -> dict[str, dict[str, str]]:
        """Return what the server makes of a contact's properties."""
        raw = self.properties(row).get(PROPERTY)
        if raw is None:
            return {}
        number = read_number(raw)
        statement = "SELECT 1 FROM ip1Blacklist WHERE msisdn = ?"
        is_blocked = self._connection.execute(statement, (number.msisdn,)).fetchone() is not None
        return {PROPERTY: number.metadata(self._semantics, is_blocked=is_blocked)}

    def _fits(self, row: Row, metadata: Mapping[str, str]) -> bool:
        if not metadata:
            return True
        known = {f"{name}.{key}": value for name, said in self.metadata(row).items() for key, value in said.items()}
        return all(known.get(name) == value for name, value in metadata.items())

    def _filters(self, call: Call) -> tuple[str, list[str], dict[str, str]]:
        """Return the condition for SQLite, its values, and the filters by metadata, which SQLite does not know."""
        conditions, values = ["1"], list[str]()
        labels = [each for each in self._given(call, "labels") if each != AUTOMATIC]
        if labels:
            has = "EXISTS (SELECT 1 FROM json_each(ip1Contacts.labels) WHERE value = ?)"
            several = " AND " if self._semantics.several_labels == "every" else " OR "
            conditions.append(f"({several.join([has] * len(labels))})")
            values += labels
        for name, value in self._named(call, "properties"):
            conditions.append("EXISTS (SELECT 1 FROM json_each(properties) WHERE key = ? AND value = ?)")
            values += [name, value]
        metadata = dict(self._named(call, "metadata"))
        if metadata and not call.has("meta"):
            if self._semantics.metadata_filter == "refuse":
                raise Problem(detail="A filter by metadata needs meta.", at="metadata")
            metadata = metadata if self._semantics.metadata_filter == "apply" else {}
        return " AND ".join(conditions), values, metadata

    def _given(self, call: Call, wanted: str) -> Iterator[str]:
        yield from (value for name, value in call.query if name == wanted and self._counts(value))

    def _named(self, call: Call, wanted: str) -> Iterator[tuple[str, str]]:
        for name, value in call.query:
            found = _FILTER.fullmatch(name)
            if found and found[1] == wanted and self._counts(value):
                yield found[2], value

    def _counts(self, value: str) -> bool:
        return bool(value.strip()) or self._semantics.blank_filter == "match_nothing"


def labels_of(document: Mapping[str, Any]) -> list[str]:
    """Return the labels of a document, each once, without the automatic one."""
    return [label for label in dict.fromkeys(document.get("labels") or ()) if label != AUTOMATIC]


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()
