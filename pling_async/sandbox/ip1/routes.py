"""The endpoints of the IP1 API and what surrounds them: the token, content types, problems, imports to come."""

import sqlite3
from functools import partial
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from attrs import frozen

from pling_async.sandbox.ip1 import blacklist, contacts, labels
from pling_async.sandbox.ip1.access import authenticate
from pling_async.sandbox.ip1.calls import Answer, Call, Operation
from pling_async.sandbox.ip1.errors import Problem, from_aiohttp, render
from pling_async.sandbox.ip1.semantics import Ip1Semantics
from pling_async.sandbox.service import Stage
from pling_async.sandbox.traffic import SPOOL

ROUTES: Final[tuple[tuple[str, str, Operation], ...]] = (
    ("GET", "/v2/contacts", contacts.list_contacts),
    ("POST", "/v2/contacts", contacts.add_contacts),
    ("DELETE", "/v2/contacts", contacts.delete_contacts),
    ("GET", "/v2/contacts/meta", labels.summarise),
    ("GET", r"/v2/contacts/{contactId:(?!meta$)[^/]+}", contacts.get_contact),
    ("PATCH", r"/v2/contacts/{contactId:(?!meta$)[^/]+}", contacts.update_contact),
    ("PUT", r"/v2/contacts/{contactId:(?!meta$)[^/]+}", contacts.replace_contact),
    ("DELETE", r"/v2/contacts/{contactId:(?!meta$)[^/]+}", contacts.delete_contact),
    ("POST", "/v2/labels/{labelName}/contacts", labels.add_label),
    ("DELETE", "/v2/labels/{labelName}", labels.delete_label),
    ("GET", "/v2/blacklist", blacklist.list_blacklist),
    ("POST", "/v2/blacklist", blacklist.add_to_blacklist),
    ("GET", "/v2/blacklist/{msisdn}", blacklist.get_from_blacklist),
    ("PUT", "/v2/blacklist/{msisdn}", blacklist.put_on_blacklist),
    ("DELETE", "/v2/blacklist/{msisdn}", blacklist.delete_from_blacklist),
)
_COLLECTIONS: Final = frozenset({"/v2/contacts", "/v2/blacklist"})
"""Answer with a slash behind them too, so that DELETE contacts/ without an id deletes everybody."""
_WITH_BODY: Final = frozenset({"POST", "PUT", "PATCH"})


@frozen(kw_only=True)
class Endpoints:
    """Turns requests into calls of the operations, and answers into responses."""

    stage: Stage
    semantics: Ip1Semantics
    token: str
    import_delay: float

    def mount(self, application: web.Application) -> None:
        """Add every route."""
        for method, path, operation in ROUTES:
            application.router.add_route(method, path, self._handler(operation))
            if path in _COLLECTIONS:
                application.router.add_route(method, f"{path}/", self._handler(operation))

    def _handler(self, operation: Operation) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            authenticate(request.headers.get("Authorization"), self.token)
            _check_content(request)
            answer = await self.stage.worker.run(self._perform, operation, request)
            if answer.later is not None:
                self.stage.later.run(self.import_delay, partial(self.stage.worker.run, answer.later))
            kind = None if answer.body is None else "application/json"
            return web.Response(status=answer.status, body=answer.body, headers=answer.headers, content_type=kind)

        return handle

    def _perform(self, connection: sqlite3.Connection, operation: Operation, request: web.Request) -> Answer:
        call = Call(
            connection=connection,
            semantics=self.semantics,
            place=dict(request.match_info),
            url=f"{request.url.origin()}{request.path}",
            query=tuple(request.query.items()),
            body=request[SPOOL].rewind().read(),
            now=self.stage.clock.tick(),
        )
        return operation(call)


def _check_content(request: web.Request) -> None:
    if request.method not in _WITH_BODY:
        return
    if request.content_type != "application/json" or (request.charset or "utf-8").lower() != "utf-8":
        raise Problem(status=415, detail="The body is application/json in UTF-8.")
    if "Content-Encoding" in request.headers:
        raise Problem(status=415, detail="The body is not compressed.", headers={"Accept-Encoding": "identity"})
    if not request[SPOOL].is_whole:
        raise Problem(status=413, detail=f"The body has at most {request.client_max_size} bytes.")


def error_pages(semantics: Ip1Semantics) -> Middleware:
    """Return the middleware that writes problem details."""

    @web.middleware
    async def write_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except Problem as problem:
            return render(problem, request.path, semantics)
        except web.HTTPException as error:
            return render(from_aiohttp(error), request.path, semantics)

    return write_errors


def users_only(token: str, semantics: Ip1Semantics) -> Middleware:
    """Return a middleware that lets nobody in without the token."""

    @web.middleware
    async def ask(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            authenticate(request.headers.get("Authorization"), token)
        except Problem as problem:
            return render(problem, request.path, semantics)
        return await handler(request)

    return ask
