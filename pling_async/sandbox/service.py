"""The seam between the sandbox and the services it mounts, one for each API."""

import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Protocol

from aiohttp import web
from attrs import frozen

from pling_async.sandbox.clock import Clock
from pling_async.sandbox.worker import Worker

Seed = Mapping[str, Iterable[Mapping[str, Any]]]
"""Objects to put into the store, in their wire form, by the kind's wire name."""


@frozen(kw_only=True)
class Stage:
    """What the sandbox gives its services."""

    worker: Worker
    clock: Clock


class Service(Protocol):
    """One API: its routes, its tables, and how its store is filled from outside."""

    prefix: ClassVar[str]
    """Path under which it is mounted, as in /api."""
    tables: ClassVar[tuple[str, ...]]
    """Its tables, referenced ones before those that refer to them."""

    def create(self, connection: sqlite3.Connection) -> None:
        """Create what is missing of the tables and set the first ids; may be called again."""

    def application(self, stage: Stage) -> web.Application:
        """Return the routes and what surrounds them."""

    def seed(self, connection: sqlite3.Connection, objects: Seed, now: str) -> None:
        """Put objects straight into the store."""
