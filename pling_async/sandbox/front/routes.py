"""The endpoints of the Core API and what surrounds them: limits, content types, and the call made of a request."""

import sqlite3
from datetime import datetime
from email.utils import format_datetime
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler
from attrs import frozen
from yarl import URL

from pling_async.sandbox.clock import Clock
from pling_async.sandbox.front import contacts, lists, notes
from pling_async.sandbox.front.access import TOKEN
from pling_async.sandbox.front.calls import Answer, Call, Operation
from pling_async.sandbox.front.errors import ApiError, rendered
from pling_async.sandbox.front.limits import RateLimits
from pling_async.sandbox.front.multipart import Form, parse
from pling_async.sandbox.front.semantics import FrontSemantics
from pling_async.sandbox.service import Stage
from pling_async.sandbox.traffic import SPOOL

_ONE: Final = r"/contacts/{contact_id:(?!(?:merge|custom_fields)(?:/|$))[^/]+}"
"""Whatever is not one of the two words that have paths of their own."""
_LIST: Final = "/contact_lists/{list_id}"


@frozen
class Route:
    """A method and a path, what they do, and the scope that a token needs for it."""

    method: str
    path: str
    operation: Operation
    scope: str | None = "contacts:read"


ROUTES: Final[tuple[Route, ...]] = (
    Route("GET", "/me", notes.get_company, None),
    Route("GET", "/contacts", contacts.list_contacts),
    Route("POST", "/contacts", contacts.create_contact, "contacts:write"),
    Route("GET", "/contacts/custom_fields", notes.list_custom_fields, "custom_fields:read"),
    Route("POST", "/contacts/merge", contacts.merge_contacts, "contacts:write"),
    Route("GET", _ONE, contacts.get_contact),
    Route("PATCH", _ONE, contacts.update_contact, "contacts:write"),
    Route("DELETE", _ONE, contacts.delete_contact, "contacts:delete"),
    Route("GET", f"{_ONE}/conversations", notes.list_conversations, "conversations:read"),
    Route("POST", f"{_ONE}/handles", contacts.add_handle, "contacts:write"),
    Route("DELETE", f"{_ONE}/handles", contacts.delete_handle, "contacts:write"),
    Route("GET", f"{_ONE}/notes", notes.list_notes),
    Route("POST", f"{_ONE}/notes", notes.add_note, "contacts:write"),
    Route("GET", "/contact_lists", lists.list_contact_lists),
    Route("POST", "/contact_lists", lists.create_contact_list, "contacts:write"),
    Route("DELETE", _LIST, lists.delete_contact_list, "contacts:delete"),
    Route("GET", f"{_LIST}/contacts", lists.list_members),
    Route("POST", f"{_LIST}/contacts", lists.add_members, "contacts:write"),
    Route("DELETE", f"{_LIST}/contacts", lists.remove_members, "contacts:write"),
)
_UNDESCRIBED: Final[tuple[Route, ...]] = (
    Route("GET", "/resources/{file_id}", contacts.get_avatar),
    *(
        Route(each.method, each.path.replace("contact_lists", "contact_groups"), each.operation, each.scope)
        for each in ROUTES
        if "contact_lists" in each.path
    ),
)
"""Where avatar_url leads, and the deprecated names of contact lists."""
ANSWER: Final = web.ResponseKey("answer", Answer)


@frozen(kw_only=True)
class Endpoints:
    """Turns requests into calls of the operations, and answers into responses."""

    stage: Stage
    semantics: FrontSemantics
    company: str
    limits: RateLimits
    prefix: str

    def mount(self, application: web.Application) -> None:
        """Add every route."""
        for route in (*ROUTES, *_UNDESCRIBED):
            application.router.add_route(route.method, route.path, self._handler(route))

    @web.middleware
    async def limited(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Count a request, and say in its answer what is left; Date is the sandbox's own time."""
        headers = {"Date": format_datetime(_moment(self.stage.clock), usegmt=True)}
        try:
            headers |= self.limits.take(seconds(self.stage.clock), request.match_info.get("contact_id"))
            response = await handler(request)
        except ApiError as error:
            response = rendered(error)
        response.headers.update(headers)
        return response

    def _handler(self, route: Route) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            request[TOKEN].check(route.scope)
            form, body = await self.stage.worker.call(self._content, request)
            answer = await self.stage.worker.run(self._perform, route.operation, request, form, body)
            return web.Response(status=answer.status, body=answer.body, content_type=_type_of(answer))

        return handle

    def _perform(
        self, connection: sqlite3.Connection, operation: Operation, request: web.Request, form: Form | None, body: bytes
    ) -> Answer:
        self.stage.clock.tick()
        call = Call(
            connection=connection,
            semantics=self.semantics,
            base=self._base(request),
            company=self.company,
            path=request.path.removeprefix(self.prefix),
            query=tuple(request.query.items()),
            now=seconds(self.stage.clock),
            body=body,
            form=form,
            ids=request.match_info,
        )
        return operation(call)

    def _base(self, request: web.Request) -> str:
        if self.semantics.links == "company":
            return f"https://{self.company}.api.frontapp.com"
        return str(URL.build(scheme="http", authority=request.host)) + self.prefix

    def _content(self, request: web.Request) -> tuple[Form | None, bytes]:
        spool = request[SPOOL]
        if not spool.is_whole:
            raise ApiError(status=413, message="The body is too long")
        if request.method == "GET" or not spool.size:
            return None, b""
        body = spool.rewind().read()
        if request.content_type == "multipart/form-data" and request.method == "PATCH":
            return parse(request.headers["Content-Type"], body), b""
        if request.content_type != "application/json":
            raise ApiError(status=415, message="Content-Type must be application/json")
        return None, body


def _type_of(answer: Answer) -> str | None:
    return None if answer.body is None else answer.content_type


def _moment(clock: Clock) -> datetime:
    return datetime.fromisoformat(clock.now())


def seconds(clock: Clock) -> float:
    """Return the sandbox's time as the API has it."""
    return _moment(clock).timestamp()
