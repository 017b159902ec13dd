"""The Pling Contacts API as a service of the sandbox."""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar, Self

import orjson
from aiohttp import web
from aiohttp.typedefs import Middleware
from attrs import evolve, field, frozen

from pling_async.sandbox.pling.access import User, check_harmless, check_secret
from pling_async.sandbox.pling.groups import groups_of
from pling_async.sandbox.pling.last_replace import LastReplace
from pling_async.sandbox.pling.openapi import document
from pling_async.sandbox.pling.reading import Reading
from pling_async.sandbox.pling.routes import Endpoints, error_pages, users_only
from pling_async.sandbox.pling.schema import TABLES, create
from pling_async.sandbox.pling.seeding import Seeder
from pling_async.sandbox.pling.semantics import Semantics
from pling_async.sandbox.pling.store import contacts_of
from pling_async.sandbox.service import Seed, Stage
from pling_async.sandbox.switches import Setting


@frozen(kw_only=True)
class PlingService:
    """Sections 3.1 to 3.11 under /api, for users with accounts of their own."""

    semantics: Semantics
    """What it starts with; `reading` has what it is now."""
    users: tuple[User, ...]
    small_ids: bool
    """Whether ids count from 1."""
    reading: Reading = field(init=False)
    last_replace: LastReplace = field(init=False, factory=LastReplace)
    name: ClassVar[str] = "pling"
    prefix: ClassVar[str] = "/api"
    tables: ClassVar[tuple[str, ...]] = TABLES

    @reading.default
    def _first_reading(self) -> Reading:
        return Reading(self.semantics)

    def configured(self, switches: Iterable[str], secret: str) -> Self:
        """Return it with switches and one user with a password of their own."""
        return evolve(self, semantics=Semantics.parse(switches), users=(User(password=secret),))

    def variables(self, origin: str) -> dict[str, str]:
        """Return the environment in which the command line finds it."""
        user = self.users[0]
        return {
            "PLING_BASE_URL": f"{origin}{self.prefix}/",
            "PLING_USERNAME": user.name,
            "PLING_PASSWORD": user.password,
            "PLING_ACCOUNT_ID": str(user.accounts[0]),
        }

    def create(self, connection: sqlite3.Connection) -> None:
        """Create what is missing of the tables; nothing was replaced in them yet."""
        self.last_replace.replacement = None
        create(connection, small_ids=self.small_ids)

    def application(self, stage: Stage) -> web.Application:
        """Return the API."""
        application = web.Application(middlewares=[error_pages(self.reading)])
        endpoints = Endpoints(stage=stage, reading=self.reading, users=self.users, last_replace=self.last_replace)
        endpoints.mount(application)
        return application

    def change(self, connection: sqlite3.Connection, chosen: Mapping[str, str]) -> None:
        """Set switches while the service runs; a stop list that becomes the numbers' own takes over who is stopped."""
        self.reading.change(chosen)
        if self.reading.semantics.stop_list == "sticky":
            connection.execute("INSERT OR IGNORE INTO stopList SELECT accountId, mobile FROM contacts WHERE stop")

    def description(self) -> dict[str, Any]:
        """Return the OpenAPI document of the API."""
        return document(self.reading.semantics, self.prefix)

    def users_only(self) -> Middleware:
        """Return a middleware that asks for a user's credentials, for what has no such question of its own."""
        return users_only(self.users, self.semantics)

    def check_harmless(self, environment: Mapping[str, str]) -> None:
        """Raise `ValueError` for credentials that may open a real account."""
        check_harmless(self.users, environment)

    def check_secret(self) -> None:
        """Raise `ValueError` for a password that everybody knows."""
        check_secret(self.users)

    def settings(self) -> tuple[Setting, ...]:
        """Return every switch as it stands."""
        return self.reading.semantics.settings()

    def seed(self, connection: sqlite3.Connection, objects: Seed, now: str) -> None:
        """Put contacts and contactGroups into the store; those without accountId into the first account."""
        Seeder(connection, self.users[0].accounts[0], self.reading.semantics, now).seed(objects)

    def contacts(self, connection: sqlite3.Connection, account_id: int) -> list[dict[str, Any]]:
        """Return the account's contacts as they are, whatever the switches make answers show."""
        return list(_truth(connection, account_id))

    def groups(self, connection: sqlite3.Connection, account_id: int) -> list[dict[str, Any]]:
        """Return the account's groups."""
        return list(groups_of(connection, account_id))


def _truth(connection: sqlite3.Connection, account_id: int) -> Iterator[dict[str, Any]]:
    for batch in contacts_of(connection, account_id):
        for contact in batch:
            yield {**contact, "contactGroupIds": orjson.loads(contact["contactGroupIds"])}
