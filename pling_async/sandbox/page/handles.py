"""Handles of Front's contacts: phone numbers, and the rest."""

import sqlite3
from collections import defaultdict

from attrs import define, field


@define
class Handles:
    """What reaches one contact."""

    numbers: list[str] = field(factory=list)
    others: list[tuple[str, str]] = field(factory=list)
    """Source and handle of each that is no phone number."""

    def add(self, source: str, handle: str) -> None:
        """Put a handle where it belongs."""
        if source == "phone":
            self.numbers.append(handle)
        else:
            self.others.append((source, handle))


def handles_of(connection: sqlite3.Connection, statement: str, contacts: str) -> defaultdict[int, Handles]:
    """Return the handles of contacts, whose ids are given as a JSON text, by these ids."""
    found: defaultdict[int, Handles] = defaultdict(Handles)
    for contact, source, handle in connection.execute(statement, (contacts,)):
        found[contact].add(source, handle)
    return found
