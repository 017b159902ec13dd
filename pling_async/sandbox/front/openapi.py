"""The OpenAPI document of the Core API as this sandbox serves it, made of its routes, its rules and its switches."""

import re
from functools import partial
from typing import Final

from attrs import frozen

from pling_async.sandbox import openapi
from pling_async.sandbox.front import contacts, lists, notes
from pling_async.sandbox.front.calls import Operation
from pling_async.sandbox.front.openapi_schemas import of, schemas
from pling_async.sandbox.front.paging import MOST, USUAL
from pling_async.sandbox.front.routes import ROUTES, Route
from pling_async.sandbox.front.semantics import FrontSemantics
from pling_async.sandbox.openapi import Json

_SECONDS: Final = {"type": "number", "minimum": 0, "maximum": contacts.LATEST}
_PARAMETERS: Final[dict[str, Json]] = {
    "contact_id": {"type": "string", "pattern": r"^(?:crd_[0-9a-z]{1,12}|alt:[a-z_]{1,20}:[A-Za-z0-9@.+_-]{1,60})$"},
    "list_id": {"type": "string", "pattern": "^grp_[0-9a-z]{1,12}$"},
    "limit": {"type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL},
    "page_token": {"type": "string", "minLength": 1, "description": "Of the next page, as _pagination.next has it."},
    "sort_by": {"type": "string", "enum": ["created_at", "updated_at"]},
    "sort_order": {"type": "string", "enum": ["asc", "desc"]},
    "q[updated_after]": _SECONDS,
    "q[updated_before]": _SECONDS,
    "q[statuses]": {"type": "array", "items": {"type": "string"}},
}
_MEANINGS: Final = {
    400: "The request breaks a rule.",
    401: "The token is missing or wrong.",
    403: "The token is not for this.",
    404: "There is no such contact or contact list, or the page token has expired.",
    405: "The path has no such method.",
    409: "The handle is another contact's.",
    413: "The body is too long.",
    415: "The body is not application/json.",
    429: "The company has made too many requests.",
}
_ABOUT: Final = """\
This is the sandbox, a local stand-in, which describes itself. What the API's own documents leave open is decided by \
switches, {switches}. The paths under /contact_groups are deprecated names of those under /contact_lists. Requests \
that name another host than this machine, or that come from a web page, are answered 403 in plain text; those that a \
fault was ordered for, as it says."""
_PAGED: Final = ("limit", "page_token")


@frozen(kw_only=True)
class _Shape:
    answer: str | None = None
    status: int = 204
    body: str | None = None
    query: tuple[str, ...] = ()
    takes_form: bool = False
    may_conflict: bool = False
    followed_by: tuple[Operation, ...] = ()
    """Operations that take the id in its answer."""


_SHAPES: Final[dict[Operation, _Shape]] = {
    notes.get_company: _Shape(answer="Company", status=200),
    contacts.list_contacts: _Shape(
        answer="Contacts",
        status=200,
        query=(*_PAGED, "sort_by", "sort_order", "q[updated_after]", "q[updated_before]"),
    ),
    contacts.create_contact: _Shape(
        answer="Contact",
        status=201,
        body="CreateContact",
        may_conflict=True,
        followed_by=(contacts.get_contact, contacts.update_contact, contacts.delete_contact, contacts.add_handle),
    ),
    notes.list_custom_fields: _Shape(answer="CustomFields", status=200),
    contacts.merge_contacts: _Shape(answer="Contact", status=200, body="MergeContacts"),
    contacts.get_contact: _Shape(answer="Contact", status=200),
    contacts.update_contact: _Shape(body="Contact_", takes_form=True),
    contacts.delete_contact: _Shape(),
    notes.list_conversations: _Shape(answer="Conversations", status=200, query=(*_PAGED, "q[statuses]")),
    contacts.add_handle: _Shape(body="Handle", may_conflict=True),
    contacts.delete_handle: _Shape(body="DeleteHandle"),
    notes.list_notes: _Shape(answer="Notes", status=0),
    notes.add_note: _Shape(answer="Note", status=201, body="CreateNote"),
    lists.list_contact_lists: _Shape(answer="ContactLists", status=200),
    lists.create_contact_list: _Shape(body="CreateContactList"),
    lists.delete_contact_list: _Shape(),
    lists.list_members: _Shape(answer="Contacts", status=200, query=_PAGED),
    lists.add_members: _Shape(body="AddContacts"),
    lists.remove_members: _Shape(body="RemoveContacts"),
}
_FORM: Final = {
    "type": "object",
    "properties": {"avatar": {"type": "string", "format": "binary"}},
    "required": ["avatar"],
}


def document(semantics: FrontSemantics, prefix: str) -> Json:
    """Return the document of the API under a path."""
    routes = ((route.method, route.path, route) for route in ROUTES)
    return openapi.document(
        prefix,
        info={
            "title": "Front Core API: contacts",
            "version": "1.0.0",
            "description": _ABOUT.format(switches=semantics.summary()),
        },
        scheme={"scheme": "bearer"},
        paths=openapi.paths(routes, partial(_operation, semantics)),
        schemas=schemas(semantics),
    )


def _operation(semantics: FrontSemantics, route: Route, path: str) -> Json:
    shape, names = _SHAPES[route.operation], re.findall(r"{(\w+)}", path)
    parameters = [_parameter("path", name) for name in names] + [_parameter("query", name) for name in shape.query]
    described: Json = {
        "operationId": route.operation.__name__,
        "description": route.operation.__doc__,
        "parameters": parameters,
        "responses": _responses(shape, semantics, may_miss=bool(names) or shape.body == "MergeContacts"),
    }
    if shape.body is not None:
        content = {"application/json": {"schema": of(shape.body)}}
        described["requestBody"] = {"required": True, "content": content}
        if shape.takes_form:
            content["multipart/form-data"] = {"schema": _FORM}
    return described


def _parameter(place: str, name: str) -> Json:
    return {"name": name, "in": place, "required": place == "path", "schema": _PARAMETERS[name]}


def _responses(shape: _Shape, semantics: FrontSemantics, *, may_miss: bool) -> Json:
    statuses = {400, 401, 403, 405}
    statuses |= {404} if may_miss else set()
    statuses |= {semantics.expired_page_status} if "page_token" in shape.query else set()
    statuses |= {413, 415} if shape.body is not None else set()
    statuses |= {semantics.conflict_status} if shape.may_conflict else set()
    statuses |= {429} if semantics.rate_limit or semantics.resource_burst == "limited" else set()
    errors = {str(status): _error(status) for status in sorted(statuses)}
    return {str(shape.status or semantics.notes_status): _success(shape), **errors}


def _success(shape: _Shape) -> Json:
    response: Json = {"description": "Done."}
    if shape.answer is not None:
        response["content"] = {"application/json": {"schema": of(shape.answer)}}
    if shape.followed_by:
        parameters = {"contact_id": "$response.body#/id"}
        response["links"] = {
            each.__name__: {"operationId": each.__name__, "parameters": parameters} for each in shape.followed_by
        }
    return response


def _error(status: int) -> Json:
    response: Json = {
        "description": _MEANINGS[status],
        "content": {"application/json": {"schema": of("Error")}},
    }
    if status == 405:  # noqa: PLR2004 - the only one with a header of its own
        response["headers"] = {"Allow": {"required": True, "schema": {"type": "string"}}}
    return response
