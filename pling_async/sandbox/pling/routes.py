"""The endpoints of the Pling API and what surrounds them: credentials, versions, content types, errors."""

import sqlite3
from collections.abc import Mapping
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from attrs import frozen

from pling_async.sandbox.pling import contact_groups, contacts, errors, versions
from pling_async.sandbox.pling.access import User, authenticate
from pling_async.sandbox.pling.calls import Answer, Call, Operation
from pling_async.sandbox.pling.errors import ApiError, Invalid
from pling_async.sandbox.pling.last_replace import LastReplace
from pling_async.sandbox.pling.reading import Reading
from pling_async.sandbox.pling.replace import replace_contacts
from pling_async.sandbox.pling.semantics import Semantics
from pling_async.sandbox.sabotage import CRASH_AFTER
from pling_async.sandbox.service import Stage
from pling_async.sandbox.spool import Spool
from pling_async.sandbox.traffic import SPOOL

ROUTES: Final[tuple[tuple[str, str, Operation], ...]] = (
    ("GET", "/contacts", contacts.list_contacts),
    ("POST", "/contacts", contacts.add_contact),
    ("POST", "/contacts/replace", replace_contacts),
    ("GET", r"/contacts/{id:[0-9]{1,18}}", contacts.get_contact),
    ("PUT", r"/contacts/{id:[0-9]{1,18}}", contacts.modify_contact),
    ("DELETE", r"/contacts/{id:[0-9]{1,18}}", contacts.delete_contact),
    ("GET", "/contact-groups", contact_groups.list_groups),
    ("POST", "/contact-groups", contact_groups.create_group),
    ("GET", r"/contact-groups/{id:[0-9]{1,18}}", contact_groups.get_group),
    ("PUT", r"/contact-groups/{id:[0-9]{1,18}}", contact_groups.edit_group),
    ("DELETE", r"/contact-groups/{id:[0-9]{1,18}}", contact_groups.delete_group),
)
"""Sections 3.1 to 3.11."""


ANSWER: Final = web.ResponseKey("answer", Answer)
"""Keeps the answer's spool alive until its response is sent."""


@frozen(kw_only=True)
class Endpoints:
    """Turns requests into calls of the operations, and answers into responses."""

    stage: Stage
    reading: Reading
    users: tuple[User, ...]
    last_replace: LastReplace

    @property
    def semantics(self) -> Semantics:
        """The switches as they stand."""
        return self.reading.semantics

    def mount(self, application: web.Application) -> None:
        """Add every route."""
        for method, path, operation in ROUTES:
            application.router.add_route(method, path, self._handler(operation))

    def _handler(self, operation: Operation) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            user = authenticate(request.headers.get("Authorization"), self.users, self.semantics)
            version = self._version(request)
            self._check_content(request)
            answer = await self.stage.worker.run(self._perform, operation, request, user, version)
            return _response(answer, version)

        return handle

    def _perform(
        self, connection: sqlite3.Connection, operation: Operation, request: web.Request, user: User, version: str
    ) -> Answer:
        call = Call(
            connection=connection,
            semantics=self.semantics,
            reader=self.reading.reader,
            user=user,
            version=version,
            query=_query(request),
            now=self.stage.clock.tick(),
            spool=request[SPOOL],
            last_replace=self.last_replace,
            id=int(request.match_info.get("id", 0)),
            crash_after=request.get(CRASH_AFTER),
        )
        return operation(call)

    def _version(self, request: web.Request) -> str:
        wanted = request.headers.get("Accept-Version", versions.ASSUMED)
        version = versions.resolve(wanted, self.semantics.newest_version)
        if version is None:
            message = f"No version matches {wanted!r}"
            raise ApiError(status=self.semantics.unmatched_version, message=message, code="InvalidVersion")
        return version

    def _check_content(self, request: web.Request) -> None:
        if request.method not in {"POST", "PUT"}:
            return
        if request.content_type != "application/json" or (request.charset or "utf-8").lower() != "utf-8":
            raise ApiError(status=415, message="Content-Type must be application/json")
        coding = request.headers.get("Content-Encoding", "identity").lower()
        if coding not in {"identity", self.semantics.request_coding}:
            accepted = {"Accept-Encoding": self.semantics.request_coding}
            raise ApiError(status=415, message=f"Content-Encoding {coding!r} is not supported", headers=accepted)
        if not request[SPOOL].is_whole:
            raise ApiError(status=413, message=f"The body is longer than {request.client_max_size} bytes")


def _query(request: web.Request) -> Mapping[str, str]:
    query = dict(request.query)
    if len(query) < len(request.query):
        raise ApiError(status=400, message="A parameter of the query is repeated")
    return query


def _response(answer: Answer, version: str) -> web.Response:
    headers = {"api-version": version}
    if answer.body is None:
        return web.Response(status=answer.status, headers=headers)
    body = answer.body.content() if isinstance(answer.body, Spool) else answer.body
    response = web.Response(status=answer.status, body=body, headers=headers, content_type="application/json")
    response[ANSWER] = answer
    return response


def error_pages(reading: Reading) -> Middleware:
    """Return the middleware that writes errors as the switches say."""

    def render(error: ApiError) -> web.Response:
        return errors.RENDERERS[reading.semantics.error_body](error)

    @web.middleware
    async def write_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except ApiError as error:
            return render(error)
        except Invalid as error:
            return render(ApiError(status=400, message=str(error), code="InvalidArgument"))
        except web.HTTPException as error:
            return render(errors.from_aiohttp(error))

    return write_errors


def users_only(users: tuple[User, ...], semantics: Semantics) -> Middleware:
    """Return a middleware that lets nobody in without a user's credentials."""
    render = errors.RENDERERS[semantics.error_body]

    @web.middleware
    async def ask(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            authenticate(request.headers.get("Authorization"), users, semantics)
        except ApiError as error:
            return render(error)
        return await handler(request)

    return ask
