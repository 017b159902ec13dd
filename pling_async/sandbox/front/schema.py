"""The tables behind the Core API, and how their numbers become ids."""

import sqlite3
from typing import Final

TABLES: Final = (
    "frontContacts",
    "frontHandles",
    "frontLists",
    "frontMembers",
    "frontNotes",
    "frontConversations",
    "frontCustomFields",
    "frontFormerIds",
)
_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"

_SCHEMA: Final = (
    """CREATE TABLE IF NOT EXISTS frontContacts (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL,
        description TEXT NOT NULL,
        avatar TEXT,
        avatarType TEXT,
        links TEXT NOT NULL,
        customFields TEXT NOT NULL,
        isPrivate INTEGER NOT NULL,
        createdAt REAL NOT NULL,
        updatedAt REAL NOT NULL
    ) STRICT""",
    "CREATE INDEX IF NOT EXISTS frontContactsCreated ON frontContacts (createdAt, id)",
    "CREATE INDEX IF NOT EXISTS frontContactsUpdated ON frontContacts (updatedAt, id)",
    """CREATE TABLE IF NOT EXISTS frontHandles (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        contactId INTEGER NOT NULL REFERENCES frontContacts ON DELETE CASCADE,
        source TEXT NOT NULL,
        handle TEXT NOT NULL COLLATE NOCASE,
        UNIQUE (source, handle)
    ) STRICT""",
    "CREATE INDEX IF NOT EXISTS frontHandlesByContact ON frontHandles (contactId)",
    """CREATE TABLE IF NOT EXISTS frontLists (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL,
        isPrivate INTEGER NOT NULL
    ) STRICT""",
    """CREATE TABLE IF NOT EXISTS frontMembers (
        listId INTEGER NOT NULL REFERENCES frontLists ON DELETE CASCADE,
        contactId INTEGER NOT NULL REFERENCES frontContacts ON DELETE CASCADE,
        PRIMARY KEY (contactId, listId)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS frontNotes (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        contactId INTEGER NOT NULL REFERENCES frontContacts ON DELETE CASCADE,
        authorId TEXT NOT NULL,
        body TEXT NOT NULL,
        createdAt REAL NOT NULL
    ) STRICT""",
    """CREATE TABLE IF NOT EXISTS frontConversations (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        contactId INTEGER NOT NULL REFERENCES frontContacts ON DELETE CASCADE,
        subject TEXT NOT NULL,
        status TEXT NOT NULL,
        createdAt REAL NOT NULL
    ) STRICT""",
    """CREATE TABLE IF NOT EXISTS frontCustomFields (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL UNIQUE,
        type TEXT NOT NULL,
        description TEXT NOT NULL
    ) STRICT""",
    """CREATE TABLE IF NOT EXISTS frontFormerIds (
        id INTEGER PRIMARY KEY,
        contactId INTEGER NOT NULL REFERENCES frontContacts ON DELETE CASCADE
    ) STRICT""",
)


def create(connection: sqlite3.Connection) -> None:
    """Create the missing tables; the first contact has the id of the tutorial's, crd_1xamg5p."""
    for statement in _SCHEMA:
        connection.execute(statement)
    connection.execute(
        """INSERT INTO sqlite_sequence (name, seq)
            SELECT 'frontContacts', ? WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'frontContacts')""",
        (int("1xamg5p", 36) - 1,),
    )


def public_id(kind: str, number: int) -> str:
    """Return an id as answers have it, as in crd_1xamg5p."""
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return f"{kind}_{digits or '0'}"


def number_of(kind: str, public: str) -> int | None:
    """Return the number of an id of some kind, None when it is none."""
    prefix, _, digits = public.partition("_")
    if prefix != kind or not digits or len(digits) > 12 or set(digits) - set(_DIGITS):  # noqa: PLR2004 - fits 64 bits
        return None
    return int(digits, 36)
