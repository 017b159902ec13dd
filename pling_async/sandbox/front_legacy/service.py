"""Front's deprecated contact API as a service of the sandbox."""

import hmac
import sqlite3
from collections.abc import Iterable, Mapping
from functools import partial
from http import HTTPStatus
from typing import Any, ClassVar, Final, Self

import orjson
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from attrs import evolve, field, frozen

from pling_async.sandbox.credentials import real_secret, sent_pair
from pling_async.sandbox.front_legacy import store
from pling_async.sandbox.front_legacy.openapi import document
from pling_async.sandbox.front_legacy.validation import Invalid, checked
from pling_async.sandbox.mounted import Mounted
from pling_async.sandbox.service import Seed, Stage
from pling_async.sandbox.switches import Setting
from pling_async.sandbox.traffic import SPOOL

PATH: Final = "/api/1/contacts"
_DEFAULT: Final = "sandbox"


@frozen(kw_only=True)
class FrontLegacyService:
    """One company under /front-legacy, whose contacts are not those of the Core API; changes come after `delay`."""

    company: str = "sandbox"
    password: str = field(default=_DEFAULT, repr=False)
    delay: float = 0.5
    """Seconds of the sandbox's clock until a contact that was accepted is there."""
    name: ClassVar[str] = "front-legacy"
    prefix: ClassVar[str] = "/front-legacy"
    tables: ClassVar[tuple[str, ...]] = store.TABLES

    def configured(self, switches: Iterable[str], secret: str) -> Self:
        """Return it with a password of its own; it has no switches."""
        if list(switches):
            raise ValueError("front-legacy has no switches")
        return evolve(self, password=secret)

    def variables(self, origin: str) -> dict[str, str]:
        """Return the environment in which its client and the command line find it."""
        return {
            "FRONT_LEGACY_BASE_URL": f"{origin}{self.prefix}{PATH.removesuffix('contacts')}",
            "FRONT_LEGACY_COMPANY": self.company,
            "FRONT_LEGACY_PASSWORD": self.password,
        }

    def create(self, connection: sqlite3.Connection) -> None:
        """Create what is missing of the tables."""
        store.create(connection)

    def application(self, stage: Stage) -> web.Application:
        """Return the API."""
        application = web.Application(middlewares=[_error_pages, self.users_only()])
        application.router.add_post(PATH, partial(self._accept, stage))
        return application

    async def _accept(self, stage: Stage, request: web.Request) -> web.Response:
        """Take a contact, to be created or merged in a moment."""
        if request.content_type != "application/json":
            raise web.HTTPUnsupportedMediaType(text="Content-Type must be application/json")
        contact = await stage.worker.call(lambda: checked(request[SPOOL].rewind().read()))
        stage.later.run(self.delay, lambda: stage.worker.run(store.apply, contact))
        return web.Response(status=202)

    def description(self) -> dict[str, Any]:
        """Return the OpenAPI document of the API."""
        return document(self.prefix, PATH)

    def users_only(self) -> Middleware:
        """Return a middleware that asks for the company's password."""
        own = f"{self.company}:{self.password}".encode()

        @web.middleware
        async def ask(request: web.Request, handler: Handler) -> web.StreamResponse:
            if not hmac.compare_digest(sent_pair(request.headers.get("Authorization")), own):
                return _refusal(401, "Invalid login or password", {"WWW-Authenticate": 'Basic realm="Front"'})
            return await handler(request)

        return ask

    def check_harmless(self, environment: Mapping[str, str]) -> None:
        """Raise `ValueError` for the password with which the environment opens a company elsewhere."""
        if self.password == real_secret(environment, "FRONT_LEGACY", "PASSWORD") != _DEFAULT:
            raise ValueError("the sandbox has the password in FRONT_LEGACY_*, which may be a real company's")

    def check_secret(self) -> None:
        """Raise `ValueError` for a password that everybody knows."""
        if self.password == _DEFAULT:
            raise ValueError("a sandbox that other machines can reach needs a password of its own")

    def settings(self) -> tuple[Setting, ...]:
        """Return none, since it has no switches."""
        return ()

    def seed(self, connection: sqlite3.Connection, objects: Seed, now: str) -> None:  # noqa: ARG002 - nothing has a date
        """Put contacts into the store as requests have them."""
        for each in objects.get("contacts", ()):
            store.apply(connection, each)


class MountedFrontLegacy(Mounted[FrontLegacyService]):
    """Front's deprecated API in a running sandbox."""

    @property
    def url(self) -> str:
        """Base URL of the API, with its trailing slash."""
        return f"{self.origin}{self.service.prefix}{PATH.removesuffix('contacts')}"

    @property
    def company(self) -> str:
        """The user name."""
        return self.service.company

    @property
    def password(self) -> str:
        """The password."""
        return self.service.password

    async def contacts(self) -> list[dict[str, Any]]:
        """Return what has become of the contacts so far."""
        return await self.read(store.contacts)


@web.middleware
async def _error_pages(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except Invalid as error:
        return _refusal(400, str(error), {})
    except web.HTTPException as error:
        headers = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else {}
        return _refusal(error.status, error.text or HTTPStatus(error.status).phrase, headers)


def _refusal(status: int, message: str, headers: Mapping[str, str]) -> web.Response:
    body = orjson.dumps({"error": message})
    return web.Response(status=status, body=body, content_type="application/json", headers=headers)
