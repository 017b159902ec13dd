"""The routes under /__sandbox__: what `Sandbox` offers in Python, for everything that is not."""

import base64
import sqlite3
from collections.abc import Mapping
from typing import Any, Final

import attrs
import orjson
from aiohttp import web
from aiohttp.typedefs import Handler

from pling_async.sandbox.controls import Controls
from pling_async.sandbox.faults import Fault
from pling_async.sandbox.journal import Entry
from pling_async.sandbox.spool import receive

PREFIX: Final = "/__sandbox__"
_FORMS: Final = frozenset({"text/plain", "application/x-www-form-urlencoded", "multipart/form-data"})
_UNUSABLE: Final = (TypeError, ValueError, KeyError, AttributeError, OverflowError, sqlite3.Error)


class Admin:
    """Health, reset, settle, seed, snapshot, restore, requests, faults; all bodies are JSON."""

    def __init__(self, controls: Controls) -> None:
        self._controls = controls

    def application(self) -> web.Application:
        """Return the routes."""
        application = web.Application(middlewares=[_refusals, _json_only])
        for method, path, handler in (
            ("GET", "/health", self.health),
            ("POST", "/reset", self.reset),
            ("POST", "/settle", self.settle),
            ("POST", "/seed", self.seed),
            ("GET", "/snapshot", self.snapshot),
            ("POST", "/restore", self.restore),
            ("GET", "/requests", self.requests),
            ("DELETE", "/requests", self.forget_requests),
            ("GET", "/faults", self.faults),
            ("POST", "/faults", self.add_fault),
            ("DELETE", "/faults", self.clear_faults),
        ):
            application.router.add_route(method, path, handler)
        return application

    async def health(self, _: web.Request) -> web.Response:
        """Say that the sandbox runs, and what it serves."""
        services = {name: service.prefix for name, service in self._controls.services.items()}
        return _json({"status": "ok", "services": services})

    async def reset(self, _: web.Request) -> web.Response:
        """Empty everything."""
        await self._controls.reset()
        return web.Response(status=204)

    async def settle(self, _: web.Request) -> web.Response:
        """Do at once what was to be done later."""
        await self._controls.stage.later.settle()
        return web.Response(status=204)

    async def seed(self, request: web.Request) -> web.Response:
        """Put objects by kind, as {contacts, contactGroups}, into the store of ?service=, or of the first service."""
        objects = await self._body(request)
        await self._controls.seed(request.query.get("service", next(iter(self._controls.services))), objects)
        return web.Response(status=204)

    async def snapshot(self, _: web.Request) -> web.Response:
        """Return the whole store."""
        body = await self._controls.stage.worker.call(orjson.dumps, await self._controls.snapshot())
        return web.Response(body=body, content_type="application/json")

    async def restore(self, request: web.Request) -> web.Response:
        """Make the store what a snapshot says."""
        await self._controls.restore(await self._body(request))
        return web.Response(status=204)

    async def requests(self, _: web.Request) -> web.Response:
        """Return the journal."""
        return _json([_entry(entry) for entry in self._controls.traffic.journal])

    async def forget_requests(self, _: web.Request) -> web.Response:
        """Empty the journal."""
        self._controls.traffic.journal.clear()
        return web.Response(status=204)

    async def faults(self, _: web.Request) -> web.Response:
        """Return the faults that still have requests to spoil."""
        return _json([_fault(fault) for fault in self._controls.traffic.faults.armed()])

    async def add_fault(self, request: web.Request) -> web.Response:
        """Arm a fault; its body is text in `body` or base64 in `body_base64`."""
        values = await self._body(request)
        if "body_base64" in values:
            values["body"] = base64.b64decode(values.pop("body_base64"), validate=True)
        elif "body" in values:
            values["body"] = values["body"].encode()
        self._controls.traffic.faults.arm(Fault(**values))
        return web.Response(status=201)

    async def clear_faults(self, _: web.Request) -> web.Response:
        """Disarm every fault."""
        self._controls.traffic.faults.clear()
        return web.Response(status=204)

    async def _body(self, request: web.Request) -> dict[str, Any]:
        spool = await receive(request, self._controls.stage.worker)
        if not spool.is_whole:
            raise web.HTTPRequestEntityTooLarge(request.client_max_size, text="The body is too large")
        body = await self._controls.stage.worker.call(lambda: orjson.loads(spool.rewind().read()))
        if not isinstance(body, dict):
            raise TypeError("the body must be a JSON object")
        return body


@web.middleware
async def _refusals(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except web.HTTPException as error:
        return web.json_response({"error": error.text}, status=error.status)
    except _UNUSABLE as error:
        return web.json_response({"error": f"{type(error).__name__}: {error}"}, status=400)


@web.middleware
async def _json_only(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse changes that a page could ask for with a form, and every body that is not said to be JSON."""
    is_change, kind = request.method not in {"GET", "HEAD"}, request.content_type
    if is_change and kind != "application/json" and (request.body_exists or kind in _FORMS):
        raise web.HTTPUnsupportedMediaType(text="Content-Type must be application/json")
    return await handler(request)


def _json(value: object) -> web.Response:
    return web.Response(body=orjson.dumps(value), content_type="application/json")


def _text_or_base64(body: bytes | None) -> Mapping[str, str | None]:
    try:
        return {"body": None if body is None else body.decode()}
    except UnicodeDecodeError:
        return {"body_base64": base64.b64encode(body or b"").decode()}


def _entry(entry: Entry) -> dict[str, Any]:
    return {**attrs.asdict(entry, filter=attrs.filters.exclude("body")), **_text_or_base64(entry.body)}


def _fault(fault: Fault) -> dict[str, Any]:
    return {**attrs.asdict(fault, filter=attrs.filters.exclude("body")), **_text_or_base64(fault.body)}
