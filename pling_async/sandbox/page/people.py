"""Contacts of any neighbour of Pling in one form, so that one table shows them all."""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from attrs import frozen

from pling_async.sandbox.page.searching import Search

Tile = tuple[str, int, str]
"""Where a count leads, the count, and what is counted."""


@frozen(kw_only=True)
class Person:
    """One contact; whatever has no column of its own is among the details, by name."""

    numbers: Sequence[str]
    name: str
    groups: Sequence[str] = ()
    details: Sequence[tuple[str, object]] = ()
    marks: Sequence[tuple[str, str]] = ()
    """Colour and word of what is unusual about it."""


@frozen(kw_only=True)
class Group:
    """A label or a list, with what the search form calls it."""

    key: str
    name: str
    members: int


@frozen(kw_only=True)
class Wanted(Search):
    """Which contacts are to be shown."""

    group: str | None = None

    def values(self) -> Mapping[str, Any]:
        """Return the parameters of a statement, `group` too."""
        return {**super().values(), "group": self.group}


@frozen(kw_only=True)
class Found:
    """A page of contacts."""

    total: int
    people: Sequence[Person]


@frozen(kw_only=True)
class Blocked:
    """A page of numbers that are blocked, each with the time since when."""

    total: int
    numbers: Sequence[tuple[str, str]]


@frozen(kw_only=True)
class Book:
    """How a neighbour's contacts are read, and what things are called there; the jobs are for the worker."""

    title: str
    tiles: Callable[[sqlite3.Connection], Sequence[Tile]]
    people: Callable[[sqlite3.Connection, Wanted], Found]
    group: str | None = None
    """What one group is called; None where there are none."""
    groups: Callable[[sqlite3.Connection], Sequence[Group]] | None = None
    blacklist: Callable[[sqlite3.Connection, Search], Blocked] | None = None
