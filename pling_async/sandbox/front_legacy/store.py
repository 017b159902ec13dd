"""Contacts in the store; those that share a handle with a new one become one with it."""

import re
import sqlite3
from collections.abc import Mapping
from typing import Any, Final

import orjson

TABLES: Final = ("legacyContacts", "legacyHandles")
_SCHEMA: Final = (
    """CREATE TABLE IF NOT EXISTS legacyContacts (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL,
        description TEXT NOT NULL,
        links TEXT NOT NULL
    ) STRICT""",
    """CREATE TABLE IF NOT EXISTS legacyHandles (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        contactId INTEGER NOT NULL REFERENCES legacyContacts ON DELETE CASCADE,
        source TEXT NOT NULL,
        handle TEXT NOT NULL COLLATE NOCASE,
        UNIQUE (source, handle)
    ) STRICT""",
)


def create(connection: sqlite3.Connection) -> None:
    """Create the missing tables."""
    for statement in _SCHEMA:
        connection.execute(statement)


def apply(connection: sqlite3.Connection, contact: Mapping[str, Any]) -> None:
    """Create a contact, or update the one that has a handle of it; several are merged into the oldest."""
    handles = [(each["source"], _clean(each["source"], each["handle"])) for each in contact["fields"]]
    owners = sorted({number for handle in handles for number in _owners(connection, *handle)})
    number = owners[0] if owners else _insert(connection)
    for other in owners[1:]:
        connection.execute("UPDATE legacyHandles SET contactId = ? WHERE contactId = ?", (number, other))
        connection.execute("DELETE FROM legacyContacts WHERE id = ?", (other,))
    connection.executemany(
        "INSERT OR IGNORE INTO legacyHandles (contactId, source, handle) VALUES (?, ?, ?)",
        [(number, source, handle) for source, handle in handles],
    )
    links = orjson.dumps([each["url"] for each in contact["link"]]).decode() if "link" in contact else None
    connection.execute(
        """UPDATE legacyContacts SET name = coalesce(?, name), description = coalesce(?, description),
            links = coalesce(?, links) WHERE id = ?""",
        (contact.get("name"), contact.get("description"), links, number),
    )


def _insert(connection: sqlite3.Connection) -> int:
    statement = "INSERT INTO legacyContacts (name, description, links) VALUES ('', '', '[]')"
    return connection.execute(statement).lastrowid or 0


def _owners(connection: sqlite3.Connection, source: str, handle: str) -> list[int]:
    statement = "SELECT contactId FROM legacyHandles WHERE source = ? AND handle = ?"
    return [row[0] for row in connection.execute(statement, (source, handle))]


def _clean(source: str, handle: str) -> str:
    """Return a handle as it is kept: a phone without a country code is taken for an American one."""
    if source != "phone":
        return handle
    digits = re.sub(r"\D", "", handle)
    return f"+{digits}" if handle.strip().startswith("+") else f"+1{digits}"


def contacts(connection: sqlite3.Connection) -> list[dict[str, Any]]:
    """Return every contact, in the form of a request."""
    found = []
    for number, name, description, links in connection.execute("SELECT * FROM legacyContacts ORDER BY id").fetchall():
        handles = connection.execute(
            "SELECT source, handle FROM legacyHandles WHERE contactId = ? ORDER BY id", (number,)
        )
        found.append(
            {
                "name": name,
                "description": description,
                "fields": [{"source": source, "handle": handle} for source, handle in handles],
                "link": [{"url": url} for url in orjson.loads(links)],
            }
        )
    return found
