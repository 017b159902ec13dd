"""The seam between the sandbox and the services it mounts, one for each API."""

import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Protocol, Self

from aiohttp import web
from aiohttp.typedefs import Middleware
from attrs import frozen

from pling_async.sandbox.clock import Clock
from pling_async.sandbox.later import Later
from pling_async.sandbox.switches import Setting
from pling_async.sandbox.worker import Worker

Seed = Mapping[str, Iterable[Mapping[str, Any]]]
"""Objects to put into the store, in their wire form, by the kind's wire name."""


@frozen(kw_only=True)
class Stage:
    """What the sandbox gives its services."""

    worker: Worker
    clock: Clock
    later: Later


class Service(Protocol):
    """One API: its routes, its tables, and how its store is filled from outside."""

    name: ClassVar[str]
    prefix: ClassVar[str]
    """Path under which it is mounted, as in /api."""
    tables: ClassVar[tuple[str, ...]]
    """Its tables, referenced ones before those that refer to them; no other service has one of these names."""

    def configured(self, switches: Iterable[str], secret: str) -> Self:
        """Return it with `name=value` switches and with a password or token of its own, as on a command line."""

    def variables(self, origin: str) -> dict[str, str]:
        """Return the environment in which a client finds it."""

    def create(self, connection: sqlite3.Connection) -> None:
        """Create what is missing of the tables and set the first ids; may be called again."""

    def application(self, stage: Stage) -> web.Application:
        """Return the routes and what surrounds them."""

    def description(self) -> dict[str, Any]:
        """Return the OpenAPI document of the API."""

    def users_only(self) -> Middleware:
        """Return a middleware that asks for the API's credentials, for what has no such question of its own."""

    def check_harmless(self, environment: Mapping[str, str]) -> None:
        """Raise `ValueError` for credentials that may open a real account; may read files."""

    def check_secret(self) -> None:
        """Raise `ValueError` for credentials that everybody knows."""

    def settings(self) -> tuple[Setting, ...]:
        """Return every switch as it stands."""

    def seed(self, connection: sqlite3.Connection, objects: Seed, now: str) -> None:
        """Put objects straight into the store."""
