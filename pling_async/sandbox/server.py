"""The sandbox: local servers with real storage, in the caller's own process and event loop."""

import asyncio
import os
from collections.abc import Iterable, Mapping
from ipaddress import ip_address
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, TypeVar, cast

import orjson
from aiohttp import web
from aiohttp.typedefs import Handler
from attrs import define, field
from yarl import URL

from pling_async.sandbox.admin import PREFIX, Admin
from pling_async.sandbox.clock import Clock, FixedClock, RealClock
from pling_async.sandbox.controls import Controls
from pling_async.sandbox.faults import Fault
from pling_async.sandbox.front import FrontService, MountedFront
from pling_async.sandbox.front_legacy import FrontLegacyService, MountedFrontLegacy
from pling_async.sandbox.guard import HOST, check_address, no_web_pages, silent_about_headers
from pling_async.sandbox.ip1 import Ip1Service, MountedIp1
from pling_async.sandbox.journal import Entry
from pling_async.sandbox.later import Later
from pling_async.sandbox.page.application import Page, is_page
from pling_async.sandbox.pling import PlingService, User
from pling_async.sandbox.pling.semantics import Semantics
from pling_async.sandbox.service import Service, Stage
from pling_async.sandbox.services import made, named
from pling_async.sandbox.snapshot import Snapshot
from pling_async.sandbox.traffic import Traffic
from pling_async.sandbox.worker import MEMORY, Worker

DESCRIPTION: Final = "/openapi.json"
"""Where, below its prefix, each service describes its API to anybody who asks; Pling's is at the root too."""
S = TypeVar("S", bound=Service)

MAX_BODY: Final = 4 << 30
"""Bytes that a request's body may have: ten million contacts, and no more than a disk holds."""
_IPV6: Final = 6
_GRACE: Final = 1.0
"""Seconds that requests under way get when the sandbox stops."""


@define(kw_only=True, eq=False)
class Sandbox:
    """Faithful local servers, by default one for the Pling Contacts API; an async context manager, or to be started.

    `database` is a file (created for its owner only) or ":memory:". `deterministic` makes ids count from 1, and time
    begin at 2026-01-01T00:00:00Z with a second for each request, unless there is a `clock`. Port 0 is a free one.
    """

    database: str | Path = MEMORY
    semantics: Semantics = field(factory=Semantics)
    """What it starts with; its page can change it."""
    deterministic: bool = False
    clock: Clock = field()
    host: str = HOST
    """Address to listen at."""
    exposed: bool = False
    """Has to be true for an address that other machines can reach; the admin routes then take credentials too."""
    hostnames: tuple[str, ...] = ()
    """What requests may call this machine, beside localhost and its addresses."""
    port: int = 0
    users: tuple[User, ...] = (User(),)
    services: tuple[str | Service, ...] = ("pling",)
    """Names, or services made with arguments of their own; `semantics` and `users` are Pling's."""
    max_body: int = MAX_BODY
    _controls: Controls = field(init=False)
    _runner: web.AppRunner | None = field(init=False, default=None)

    @clock.default
    def _usual_clock(self) -> Clock:
        return FixedClock() if self.deterministic else RealClock()

    def __attrs_post_init__(self) -> None:
        check_address(self.host, exposed=self.exposed)
        services = named(map(self._service, self.services))
        if self.exposed:
            for service in services.values():
                service.check_secret()
        stage = Stage(worker=Worker(), clock=self.clock, later=Later(self.clock))
        self._controls = Controls(stage=stage, traffic=Traffic(stage), services=services)

    def _service(self, given: str | Service) -> Service:
        if given == PlingService.name:
            return PlingService(semantics=self.semantics, users=self.users, small_ids=self.deterministic)
        return made(given) if isinstance(given, str) else given

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Open the database and listen, unless credentials look like those of a real account."""
        if self._runner is not None:
            raise RuntimeError("the sandbox is running already")
        for service in self._controls.services.values():
            await asyncio.to_thread(service.check_harmless, os.environ)
        try:
            await self._controls.open(self.database)
            self._runner = web.AppRunner(
                self._application(), access_log=None, logger=silent_about_headers(), shutdown_timeout=_GRACE
            )
            await self._runner.setup()
            await web.TCPSite(self._runner, self.host, self.port).start()
        except BaseException:
            await self.stop()
            raise
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Stop listening, forget what was to be applied late, and close the database."""
        await self._controls.drop()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
        await self._controls.close()

    def _application(self) -> web.Application:
        guard = no_web_pages(self.hostnames, exposed=self.exposed, is_page=is_page)
        root = web.Application(middlewares=[guard], client_max_size=self.max_body)
        services = self._controls.services
        admin = Admin(self._controls).application()
        if self.exposed:
            admin.middlewares.append(next(iter(services.values())).users_only())
        root.add_subapp(PREFIX, admin)
        for service in services.values():
            application = service.application(self._controls.stage)
            application.middlewares.insert(0, self._controls.traffic.pass_through)
            root.router.add_get(service.prefix + DESCRIPTION, _describer(service))
            root.add_subapp(service.prefix, application)
        if isinstance(pling := services.get(PlingService.name), PlingService):
            root.router.add_get(DESCRIPTION, _describer(pling))
        if not self.exposed:
            Page(self._controls).mount(root)
        return root

    @property
    def origin(self) -> str:
        """Scheme, address and port, by which this machine reaches the sandbox."""
        address = ip_address(self.host)
        local = ("::1" if address.version == _IPV6 else HOST) if address.is_unspecified else self.host
        return str(URL.build(scheme="http", host=local, port=self.port).origin())

    @property
    def variables(self) -> dict[str, str]:
        """The environment in which clients find the services."""
        services = self._controls.services.values()
        return {name: value for each in services for name, value in each.variables(self.origin).items()}

    @property
    def descriptions(self) -> dict[str, str]:
        """Where each service describes its API, by the service's name."""
        services = self._controls.services.items()
        return {name: f"{self.origin}{service.prefix}{DESCRIPTION}" for name, service in services}

    @property
    def url(self) -> str:
        """Base URL of the Pling API, with its trailing slash."""
        return f"{self.origin}{self._pling.prefix}/"

    @property
    def _pling(self) -> PlingService:
        return self._mounted(PlingService)

    def _mounted(self, kind: type[S]) -> S:
        service = self._controls.services.get(kind.name)
        if service is None:
            raise LookupError(f"this sandbox does not serve {kind.name}; Sandbox(services=({kind.name!r},)) does")
        return cast("S", service)

    @property
    def ip1(self) -> MountedIp1:
        """The IP1 service: its URL, its token and its store."""
        return MountedIp1(service=self._mounted(Ip1Service), origin=self.origin, controls=self._controls)

    @property
    def front(self) -> MountedFront:
        """Front's Core API: its URL, its token and its store."""
        return MountedFront(service=self._mounted(FrontService), origin=self.origin, controls=self._controls)

    @property
    def front_legacy(self) -> MountedFrontLegacy:
        """Front's deprecated API: its URL, its credentials and its store."""
        service = self._mounted(FrontLegacyService)
        return MountedFrontLegacy(service=service, origin=self.origin, controls=self._controls)

    @property
    def username(self) -> str:
        """Name of the first user."""
        return self._pling.users[0].name

    @property
    def password(self) -> str:
        """Password of the first user."""
        return self._pling.users[0].password

    @property
    def account_id(self) -> int:
        """First account of the first user."""
        return self._pling.users[0].accounts[0]

    @property
    def requests(self) -> list[Entry]:
        """The last 1000 requests to the services, oldest first."""
        return list(self._controls.traffic.journal)

    async def seed(
        self, contacts: Iterable[Mapping[str, Any]] = (), contact_groups: Iterable[Mapping[str, Any]] = ()
    ) -> None:
        """Put wire objects straight into the store, unchecked; accountId is the first account unless given."""
        await self._controls.seed("pling", {"contacts": contacts, "contactGroups": contact_groups})

    async def contacts(self, account_id: int | None = None) -> list[dict[str, Any]]:
        """Return the account's contacts as they are, whatever the semantics make answers show."""
        return await self._controls.stage.worker.run(self._pling.contacts, account_id or self.account_id)

    async def groups(self, account_id: int | None = None) -> list[dict[str, Any]]:
        """Return the account's groups."""
        return await self._controls.stage.worker.run(self._pling.groups, account_id or self.account_id)

    def fail(self, fault: Fault) -> None:
        """Make the next requests that match a fault go wrong."""
        self._controls.traffic.faults.arm(fault)

    async def settle(self) -> None:
        """Do at once what `apply_late` faults hold back, and what services do in their own time."""
        await self._controls.stage.later.settle()

    async def snapshot(self) -> Snapshot:
        """Return the whole store as a JSON value."""
        return await self._controls.snapshot()

    async def restore(self, snapshot: Snapshot) -> None:
        """Make the store what a snapshot says."""
        await self._controls.restore(snapshot)

    async def reset(self) -> None:
        """Empty the store, the journal and the faults, and set the clock back."""
        await self._controls.reset()


def _describer(service: Service) -> Handler:
    async def describe(_: web.Request) -> web.Response:
        return web.Response(body=orjson.dumps(service.description()), content_type="application/json")

    return describe
