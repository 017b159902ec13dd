"""The OpenAPI document of the Pling API as this sandbox serves it, made of its routes, its rules and its switches."""

import re
from functools import partial
from typing import Final

from attrs import frozen

from pling_async.sandbox import openapi
from pling_async.sandbox.openapi import Json
from pling_async.sandbox.pling import contact_groups, contacts
from pling_async.sandbox.pling.calls import DIGITS, Operation
from pling_async.sandbox.pling.fields import JsonSchema
from pling_async.sandbox.pling.openapi_schemas import of, ref, schemas
from pling_async.sandbox.pling.replace import replace_contacts
from pling_async.sandbox.pling.routes import ROUTES
from pling_async.sandbox.pling.semantics import Semantics
from pling_async.sandbox.pling.versions import ASSUMED, RANGE

_NUMBER: Final[JsonSchema] = {"type": "integer", "minimum": 0, "maximum": 10**DIGITS - 1}
_ONLY_TRUE: Final[JsonSchema] = {"type": "string", "examples": ["true"], "description": 'Only "true" sets the flag.'}
_VERSION: Final = "Accept-Version"
_PARAMETERS: Final[tuple[tuple[str, str, JsonSchema], ...]] = (
    ("path", "id", _NUMBER),
    ("query", "accountId", _NUMBER),
    ("query", "contactGroupId", _NUMBER),
    ("query", "stop", {"type": "integer", "enum": [0, 1]}),
    ("query", "deleteContacts", _ONLY_TRUE),
    ("query", "deleteContactsNotInOtherGroup", _ONLY_TRUE),
    ("header", _VERSION, {"type": "string", "pattern": f"^(?:{RANGE.pattern})$", "default": ASSUMED}),
)
_REQUIRED: Final = frozenset({"id", "accountId"})
_MEANINGS: Final = {
    400: "The request breaks a rule, or no version matches Accept-Version.",
    401: "Credentials are missing or wrong.",
    403: "The account is not the user's.",
    404: "There is no such contact or contact group.",
    405: "The path has no such method.",
    406: "No version matches Accept-Version.",
    409: "The mobile or the speed dial is another contact's.",
    413: "The body is too long.",
    415: "The body is not application/json in UTF-8, or is compressed.",
}
_HEADERS: Final = {401: ("WWW-Authenticate", True), 405: ("Allow", True), 415: ("Accept-Encoding", False)}
"""What answers of a status carry beside their body, and whether always."""
_ABOUT: Final = """\
This is the sandbox, a local stand-in, which describes itself. What the API's own document leaves open is decided by \
switches, {switches}. Statuses and fields are described as these have them; what else they do is not: see \
docs/sandbox-semantics.md. Requests that name another host than this machine, or that come from a web page, are \
answered 403 in plain text; those that a fault was ordered for, as it says."""


@frozen(kw_only=True)
class _Shape:
    answer: JsonSchema | None = None
    status: int = 200
    body: JsonSchema | None = None
    query: tuple[str, ...] = ()
    may_conflict: bool = False
    is_upsert: bool = False
    followed_by: tuple[Operation, ...] = ()
    """Operations that take the id in its answer."""


_ITEMS: Final = {"type": "array", "items": {"anyOf": [of("ContactItem"), of("AnyItem")]}}
_SHAPES: Final[dict[Operation, _Shape]] = {
    contacts.list_contacts: _Shape(answer=of("ContactListing"), query=("accountId", "contactGroupId", "stop")),
    contacts.add_contact: _Shape(
        answer=of("Contact"),
        status=201,
        body=of("NewContact"),
        may_conflict=True,
        is_upsert=True,
        followed_by=(contacts.get_contact, contacts.modify_contact, contacts.delete_contact),
    ),
    contacts.get_contact: _Shape(answer=of("Contact")),
    contacts.modify_contact: _Shape(answer=of("Contact"), body=of("ContactChange"), may_conflict=True),
    contacts.delete_contact: _Shape(status=204),
    replace_contacts: _Shape(answer=of("ReplaceResult"), body=_ITEMS, query=("accountId",)),
    contact_groups.list_groups: _Shape(answer={"type": "array", "items": of("ContactGroup")}, query=("accountId",)),
    contact_groups.create_group: _Shape(
        answer=of("ContactGroup"),
        status=201,
        body=of("NewContactGroup"),
        followed_by=(contact_groups.get_group, contact_groups.edit_group, contact_groups.delete_group),
    ),
    contact_groups.get_group: _Shape(answer=of("ContactGroup")),
    contact_groups.edit_group: _Shape(answer=of("ContactGroup"), body=of("ContactGroupChange")),
    contact_groups.delete_group: _Shape(status=204, query=("deleteContacts", "deleteContactsNotInOtherGroup")),
}


def document(semantics: Semantics, prefix: str) -> Json:
    """Return the document of the API under a path."""
    return openapi.document(
        prefix,
        info={
            "title": "Pling Contacts API",
            "version": semantics.newest_version,
            "description": _ABOUT.format(switches=semantics.summary()),
        },
        scheme={"scheme": "basic", "description": "Section 1.3, in UTF-8."},
        paths=openapi.paths(ROUTES, partial(_operation, semantics)),
        parameters={
            name: {"name": name, "in": place, "required": name in _REQUIRED, "schema": schema}
            for place, name, schema in _PARAMETERS
        },
        responses={str(status): _error(status, semantics) for status in _MEANINGS},
        schemas=schemas(semantics),
    )


def _operation(semantics: Semantics, operation: Operation, path: str) -> Json:
    shape, names = _SHAPES[operation], re.findall(r"{(\w+)}", path)
    described: Json = {
        "operationId": operation.__name__,
        "description": operation.__doc__,
        "parameters": [ref("parameters", name) for name in (*names, *shape.query, _VERSION)],
        "responses": _responses(shape, semantics, is_of_one=bool(names)),
    }
    if shape.body is not None:
        described["requestBody"] = {"required": True, "content": {"application/json": {"schema": shape.body}}}
    return described


def _responses(shape: _Shape, semantics: Semantics, *, is_of_one: bool) -> Json:
    statuses = {400, 401, 405, semantics.unmatched_version, semantics.no_access_status}
    statuses |= {404} if is_of_one else set()
    statuses |= {413, 415} if shape.body is not None else set()
    statuses |= {semantics.conflict_status} if shape.may_conflict else set()
    errors = {str(status): ref("responses", str(status)) for status in sorted(statuses)}
    successes = {shape.status, semantics.existing_post_status} if shape.is_upsert else {shape.status}
    return {**{str(status): _success(shape) for status in sorted(successes)}, **errors}


def _success(shape: _Shape) -> Json:
    response: Json = {"description": "Done.", "headers": {"api-version": _header(is_required=True)}}
    if shape.answer is not None:
        response["content"] = {"application/json": {"schema": shape.answer}}
    if shape.followed_by:
        response["links"] = {each.__name__: _link(each) for each in shape.followed_by}
    return response


def _link(operation: Operation) -> Json:
    return {"operationId": operation.__name__, "parameters": {"id": "$response.body#/id"}}


def _error(status: int, semantics: Semantics) -> Json:
    kind = "text/plain" if semantics.error_body == "text" else "application/json"
    response: Json = {"description": _MEANINGS[status], "content": {kind: {"schema": of("Error")}}}
    if status in _HEADERS:
        name, is_required = _HEADERS[status]
        response["headers"] = {name: _header(is_required=is_required)}
    return response


def _header(*, is_required: bool) -> Json:
    return {"required": is_required, "schema": {"type": "string"}}
