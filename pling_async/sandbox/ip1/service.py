"""The IP1 contacts API as a service of the sandbox."""

import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Self

from aiohttp import web
from aiohttp.typedefs import Middleware
from attrs import evolve, field, frozen

from pling_async.sandbox.ip1.access import TOKEN, check_harmless, check_secret
from pling_async.sandbox.ip1.openapi import document
from pling_async.sandbox.ip1.routes import Endpoints, error_pages, users_only
from pling_async.sandbox.ip1.schema import TABLES, create
from pling_async.sandbox.ip1.semantics import Ip1Semantics
from pling_async.sandbox.ip1.store import Contacts
from pling_async.sandbox.mounted import Mounted
from pling_async.sandbox.service import Seed, Stage
from pling_async.sandbox.switches import Setting


@frozen(kw_only=True)
class Ip1Service:
    """Contacts, labels, summary and blacklist of one account, under /ip1."""

    semantics: Ip1Semantics = field(factory=Ip1Semantics)
    token: str = field(default=TOKEN, repr=False)
    import_delay: float = 0
    """Seconds of the sandbox's clock until accepted contacts are there."""
    name: ClassVar[str] = "ip1"
    prefix: ClassVar[str] = "/ip1"
    tables: ClassVar[tuple[str, ...]] = TABLES

    def configured(self, switches: Iterable[str], secret: str) -> Self:
        """Return it with switches and a token of its own."""
        return evolve(self, semantics=Ip1Semantics.parse(switches), token=secret)

    def variables(self, origin: str) -> dict[str, str]:
        """Return the environment in which `Ip1Client.from_env` finds it."""
        return {"IP1_BASE_URL": f"{origin}{self.prefix}/", "IP1_TOKEN": self.token}

    def create(self, connection: sqlite3.Connection) -> None:
        """Create what is missing of the tables."""
        create(connection)

    def application(self, stage: Stage) -> web.Application:
        """Return the API."""
        application = web.Application(middlewares=[error_pages(self.semantics)])
        endpoints = Endpoints(stage=stage, semantics=self.semantics, token=self.token, import_delay=self.import_delay)
        endpoints.mount(application)
        return application

    def description(self) -> dict[str, Any]:
        """Return the OpenAPI document of the API."""
        return document(self.semantics, self.prefix)

    def users_only(self) -> Middleware:
        """Return a middleware that asks for the token."""
        return users_only(self.token, self.semantics)

    def check_harmless(self, environment: Mapping[str, str]) -> None:
        """Raise `ValueError` for a token that may open a real account."""
        check_harmless(self.token, environment)

    def check_secret(self) -> None:
        """Raise `ValueError` for the token that everybody knows."""
        check_secret(self.token)

    def settings(self) -> tuple[Setting, ...]:
        """Return every switch as it stands."""
        return self.semantics.settings()

    def seed(self, connection: sqlite3.Connection, objects: Seed, now: str) -> None:
        """Put contacts and blacklist entries into the store."""
        Contacts(connection, self.semantics).add(objects.get("contacts", ()))
        entries = ({"created": now.removesuffix("Z"), **each} for each in objects.get("blacklist", ()))
        connection.executemany("INSERT INTO ip1Blacklist (msisdn, created) VALUES (:msisdn, :created)", entries)

    def contacts(self, connection: sqlite3.Connection) -> list[dict[str, Any]]:
        """Return the contacts as they are."""
        contacts = Contacts(connection, self.semantics)
        return [
            {"id": row.id, "properties": contacts.properties(row), "labels": contacts.labels(row)}
            for row in contacts.every()
        ]

    def blacklist(self, connection: sqlite3.Connection) -> list[str]:
        """Return the blocked numbers, without a plus."""
        return [msisdn for (msisdn,) in connection.execute("SELECT msisdn FROM ip1Blacklist ORDER BY seq")]


class MountedIp1(Mounted[Ip1Service]):
    """The IP1 service of a running sandbox; `seed` takes contacts and blacklist."""

    @property
    def token(self) -> str:
        """What opens the account."""
        return self.service.token

    async def contacts(self) -> list[dict[str, Any]]:
        """Return the contacts as they are: id, properties, and labels without the automatic one."""
        return await self.read(self.service.contacts)

    async def blacklist(self) -> list[str]:
        """Return the blocked numbers, without a plus."""
        return await self.read(self.service.blacklist)
