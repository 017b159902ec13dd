"""Front's Core API as a service of the sandbox."""

import sqlite3
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, ClassVar, Self

import orjson
from aiohttp import web
from aiohttp.typedefs import Middleware
from attrs import evolve, field, frozen

from pling_async.sandbox.front import seeding
from pling_async.sandbox.front.access import ApiToken, authenticated, check_harmless, check_secret
from pling_async.sandbox.front.calls import Call
from pling_async.sandbox.front.errors import error_pages
from pling_async.sandbox.front.limits import RateLimits
from pling_async.sandbox.front.openapi import document
from pling_async.sandbox.front.rendering import shown_contact
from pling_async.sandbox.front.routes import Endpoints
from pling_async.sandbox.front.schema import TABLES, create
from pling_async.sandbox.front.semantics import FrontSemantics
from pling_async.sandbox.mounted import Mounted
from pling_async.sandbox.service import Seed, Stage
from pling_async.sandbox.switches import Setting


@frozen(kw_only=True)
class FrontService:
    """The contacts of one company under /front; rates are counted in memory, from the start or the last reset."""

    semantics: FrontSemantics = field(factory=FrontSemantics)
    tokens: tuple[ApiToken, ...] = (ApiToken(),)
    company: str = "sandbox"
    """Its name, and that of its host in links when these are the company's."""
    _limits: RateLimits = field(init=False)
    name: ClassVar[str] = "front"
    prefix: ClassVar[str] = "/front"
    tables: ClassVar[tuple[str, ...]] = TABLES

    @_limits.default
    def _none_taken(self) -> RateLimits:
        return RateLimits(self.semantics)

    def configured(self, switches: Iterable[str], secret: str) -> Self:
        """Return it with switches and a token of its own."""
        return evolve(self, semantics=FrontSemantics.parse(switches), tokens=(ApiToken(text=secret),))

    def variables(self, origin: str) -> dict[str, str]:
        """Return the environment in which `FrontClient.from_env` finds it."""
        return {"FRONT_BASE_URL": f"{origin}{self.prefix}/", "FRONT_TOKEN": self.tokens[0].text}

    def create(self, connection: sqlite3.Connection) -> None:
        """Create what is missing of the tables, and forget what was counted."""
        create(connection)
        self._limits.clear()

    def application(self, stage: Stage) -> web.Application:
        """Return the API."""
        endpoints = Endpoints(
            stage=stage, semantics=self.semantics, company=self.company, limits=self._limits, prefix=self.prefix
        )
        application = web.Application(middlewares=[authenticated(self.tokens), endpoints.limited, error_pages])
        endpoints.mount(application)
        return application

    def description(self) -> dict[str, Any]:
        """Return the OpenAPI document of the API."""
        return document(self.semantics, self.prefix)

    def users_only(self) -> Middleware:
        """Return a middleware that asks for a token."""
        return authenticated(self.tokens)

    def check_harmless(self, environment: Mapping[str, str]) -> None:
        """Raise `ValueError` for a token that may open a real company."""
        check_harmless(self.tokens, environment)

    def check_secret(self) -> None:
        """Raise `ValueError` for a token that everybody knows."""
        check_secret(self.tokens)

    def settings(self) -> tuple[Setting, ...]:
        """Return every switch as it stands."""
        return self.semantics.settings()

    def seed(self, connection: sqlite3.Connection, objects: Seed, now: str) -> None:
        """Put custom_fields, contact_lists, contacts and conversations into the store."""
        seeding.seed(self._call(connection, now), objects)

    def contacts(self, connection: sqlite3.Connection) -> list[dict[str, Any]]:
        """Return every contact, the oldest first."""
        call = self._call(connection, "2026-01-01T00:00:00Z")
        shown = [shown_contact(call, row) for row in call.rows("SELECT * FROM frontContacts ORDER BY id")]
        found: list[dict[str, Any]] = orjson.loads(orjson.dumps(shown))
        return found

    def _call(self, connection: sqlite3.Connection, now: str) -> Call:
        return Call(
            connection=connection,
            semantics=self.semantics,
            base=self.prefix,
            company=self.company,
            path="",
            query=(),
            now=datetime.fromisoformat(now).timestamp(),
        )


class MountedFront(Mounted[FrontService]):
    """Front's Core API in a running sandbox."""

    @property
    def token(self) -> str:
        """The first token."""
        return self.service.tokens[0].text

    async def contacts(self) -> list[dict[str, Any]]:
        """Return every contact as answers show it, the oldest first."""
        return await self.read(self.service.contacts)
