"""The tables behind the IP1 API; properties and labels are the JSON texts of the wire."""

import sqlite3
from typing import Final

TABLES: Final = ("ip1Contacts", "ip1Blacklist")
_SCHEMA: Final = (
    """CREATE TABLE IF NOT EXISTS ip1Contacts (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        properties TEXT NOT NULL,
        labels TEXT NOT NULL
    ) STRICT""",
    """CREATE TABLE IF NOT EXISTS ip1Blacklist (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        msisdn TEXT NOT NULL UNIQUE,
        created TEXT NOT NULL
    ) STRICT""",
)
_ID_PREFIX: Final = "606312a5d233ab84"
_FIRST_ID: Final = 0x84E18404
"""The first contact has the id of the document's example."""


def create(connection: sqlite3.Connection) -> None:
    """Create the missing tables."""
    for statement in _SCHEMA:
        connection.execute(statement)


def contact_id(number: int) -> str:
    """Return the id of the n-th contact that was ever there, counted from 1."""
    return f"{_ID_PREFIX}{_FIRST_ID + number - 1:08x}"
