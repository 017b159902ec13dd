"""The tables behind the Pling API; their columns bear the wire's names, so a row is the JSON object."""

import sqlite3
from typing import Any, Final

TEXT_LIMITS: Final[dict[str, int]] = {
    "name": 100,
    "firstName": 50,
    "lastName": 50,
    "speedDial": 20,
    "comment": 2000,
    "address": 2000,
    "postalCode": 10,
    "city": 100,
    "autoCreatedNumber": 20,
    "email": 255,
}
"""The text fields of a contact and their longest value in code points (section 2.2)."""
GROUP_NAME_LIMIT: Final = 40

DEFAULTS: Final[dict[str, Any]] = {**dict.fromkeys(TEXT_LIMITS, ""), "stop": 0, "active": 1, "autoCreated": None}
"""What a new contact has in the fields that its request omits."""
NULLS: Final[dict[str, Any]] = {**DEFAULTS, **dict.fromkeys(TEXT_LIMITS)}

CONTACT_COLUMNS: Final = (  # in the table's order
    "id",
    "lastModified",
    "created",
    "accountId",
    "name",
    "mobile",
    "comment",
    "speedDial",
    "address",
    "postalCode",
    "city",
    "stop",
    "autoCreated",
    "autoCreatedNumber",
    "firstName",
    "lastName",
    "email",
    "active",
)
GROUP_COLUMNS: Final = ("id", "lastModified", "created", "accountId", "name")

TABLES: Final = ("groups", "contacts", "memberships", "stopList")

_SCHEMA: Final = (
    """CREATE TABLE IF NOT EXISTS groups (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        lastModified TEXT NOT NULL,
        created TEXT NOT NULL,
        accountId INTEGER NOT NULL,
        name TEXT NOT NULL
    ) STRICT""",
    "CREATE INDEX IF NOT EXISTS groupsByName ON groups (accountId, name COLLATE NOCASE)",
    """CREATE TABLE IF NOT EXISTS contacts (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        lastModified TEXT NOT NULL,
        created TEXT NOT NULL,
        accountId INTEGER NOT NULL,
        name TEXT,
        mobile TEXT NOT NULL,
        comment TEXT,
        speedDial TEXT,
        address TEXT,
        postalCode TEXT,
        city TEXT,
        stop INTEGER NOT NULL CHECK (stop IN (0, 1)),
        autoCreated TEXT,
        autoCreatedNumber TEXT,
        firstName TEXT,
        lastName TEXT,
        email TEXT,
        active INTEGER NOT NULL CHECK (active IN (0, 1)),
        UNIQUE (accountId, mobile)
    ) STRICT""",
    """CREATE INDEX IF NOT EXISTS contactsBySpeedDial ON contacts (accountId, speedDial COLLATE NOCASE)
        WHERE speedDial <> ''""",
    """CREATE TABLE IF NOT EXISTS memberships (
        contactId INTEGER NOT NULL REFERENCES contacts ON DELETE CASCADE,
        groupId INTEGER NOT NULL REFERENCES groups ON DELETE CASCADE,
        PRIMARY KEY (contactId, groupId)
    ) STRICT, WITHOUT ROWID""",
    """CREATE VIEW IF NOT EXISTS contactRows AS SELECT contacts.*, (
        SELECT json_group_array(groupId) FROM (
            SELECT groupId FROM memberships WHERE contactId = contacts.id ORDER BY groupId
        )
    ) AS contactGroupIds FROM contacts""",
    "CREATE INDEX IF NOT EXISTS membershipsByGroup ON memberships (groupId, contactId)",
    """CREATE TABLE IF NOT EXISTS stopList (
        accountId INTEGER NOT NULL,
        mobile TEXT NOT NULL,
        PRIMARY KEY (accountId, mobile)
    ) STRICT, WITHOUT ROWID""",
)

_FIRST_IDS: Final = {"contacts": 7020139, "groups": 26974}


def create(connection: sqlite3.Connection, *, small_ids: bool) -> None:
    """Create the missing tables; ids start at 1, or where the document's examples are."""
    for statement in _SCHEMA:
        connection.execute(statement)
    for table, first in _FIRST_IDS.items():
        connection.execute(
            """INSERT INTO sqlite_sequence (name, seq)
                SELECT :name, :seq WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = :name)""",
            {"name": table, "seq": 0 if small_ids else first - 1},
        )
