"""The OpenAPI document of the IP1 API as this sandbox serves it, made of its routes and its switches."""

import re
from functools import partial
from typing import Any, Final

from attrs import frozen

from pling_async.sandbox import openapi
from pling_async.sandbox.ip1 import blacklist, contacts, labels
from pling_async.sandbox.ip1.blacklist import MSISDN
from pling_async.sandbox.ip1.calls import LIMIT, Operation, largest
from pling_async.sandbox.ip1.metadata import FIELDS, PROPERTY
from pling_async.sandbox.ip1.routes import ROUTES
from pling_async.sandbox.ip1.semantics import Ip1Semantics
from pling_async.sandbox.openapi import Json

_TEXT: Final[Json] = {"type": "string"}
_COUNT: Final[Json] = {"type": "integer", "minimum": 0}
_MSISDN: Final[Json] = {"type": "string", "pattern": f"^{MSISDN.pattern}$"}
_TEXTS: Final[Json] = {"type": "array", "items": _TEXT}
_FLAG: Final[Json] = {"type": "string", "description": "Its value does not matter."}
_FILTERS: Final[Json] = {"type": "object", "additionalProperties": _TEXT}
_WINDOW: Final = ("start", "limit", "order")
_FILTER: Final = ("labels", "properties", "metadata")
_PARAMETERS: Final[dict[str, Json]] = {
    "start": {"schema": {"type": "integer", "minimum": 0, "maximum": 10**15 - 1, "default": 0}},
    "order": {"schema": {"type": "string", "enum": ["ASC", "DESC"], "default": "ASC"}},
    "labels": {"schema": {"type": "array", "items": _TEXT}},
    "properties": {"style": "deepObject", "explode": True, "schema": _FILTERS},
    "metadata": {"style": "deepObject", "explode": True, "schema": _FILTERS},
    "meta": {"schema": _FLAG, "allowEmptyValue": True},
    "sync": {"schema": _FLAG, "allowEmptyValue": True},
}
_PLACES: Final[dict[str, Json]] = {"contactId": _TEXT, "labelName": _TEXT, "msisdn": _MSISDN}
_MEANINGS: Final = {
    400: "The request breaks a rule.",
    401: "The token is missing or wrong.",
    404: "There is no such contact, label or number.",
    405: "The path has no such method.",
    409: "The label is on every contact and stays.",
    413: "The body is too long.",
    415: "The body is not application/json in UTF-8, or is compressed.",
}
_HEADERS: Final = {401: "WWW-Authenticate", 405: "Allow"}
_ABOUT: Final = """\
This is the sandbox, a local stand-in, which describes itself. What IP1's own document leaves open is decided by \
switches, {switches}."""


@frozen(kw_only=True)
class _Shape:
    answer: Json | None = None
    body: Json | None = None
    query: tuple[str, ...] = ()
    is_page: bool = False
    may_be_empty: bool = False
    may_be_later: bool = False
    may_conflict: bool = False


def _of(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def _array(name: str) -> Json:
    return {"type": "array", "items": _of(name)}


_ONE: Final = _Shape(answer=_of("Contact"), query=("meta",))
_SHAPES: Final[dict[Operation, _Shape]] = {
    contacts.list_contacts: _Shape(answer=_array("Contact"), query=(*_WINDOW, *_FILTER, "meta"), is_page=True),
    contacts.add_contacts: _Shape(
        answer=_array("Contact"), body=_array("NewContact"), query=("sync", "meta"), may_be_later=True
    ),
    contacts.delete_contacts: _Shape(answer=_array("Contact"), query=(*_FILTER, "meta")),
    labels.summarise: _Shape(answer=_of("Summary")),
    contacts.get_contact: _ONE,
    contacts.update_contact: _Shape(
        answer=_of("Contact"), body=_of("ContactChange"), query=("meta",), may_be_empty=True
    ),
    contacts.replace_contact: _Shape(answer=_of("Contact"), body=_of("NewContact"), query=("meta",), may_be_empty=True),
    contacts.delete_contact: _Shape(answer=_of("Contact"), query=("meta",), may_be_empty=True),
    labels.add_label: _Shape(answer=_of("LabelUsage"), body=_TEXTS),
    labels.delete_label: _Shape(answer=_of("LabelUsage"), may_conflict=True),
    blacklist.list_blacklist: _Shape(answer=_array("BlacklistEntry"), query=_WINDOW, is_page=True),
    blacklist.add_to_blacklist: _Shape(answer=_of("BlacklistEntry"), body=_of("NewBlacklistEntry")),
    blacklist.get_from_blacklist: _Shape(answer=_of("BlacklistEntry")),
    blacklist.put_on_blacklist: _Shape(answer=_of("BlacklistEntry"), body={"type": "object"}),
    blacklist.delete_from_blacklist: _Shape(answer=_of("BlacklistEntry"), may_be_empty=True),
}


def document(semantics: Ip1Semantics, prefix: str) -> Json:
    """Return the document of the API under a path."""
    return openapi.document(
        prefix,
        info={
            "title": "IP1 contacts API",
            "version": "2",
            "description": _ABOUT.format(switches=semantics.summary()),
        },
        scheme={"scheme": "bearer"},
        paths=openapi.paths(ROUTES, partial(_operation, semantics)),
        responses={str(status): _error(status) for status in _MEANINGS},
        schemas=_schemas(semantics),
    )


def _operation(semantics: Ip1Semantics, operation: Operation, path: str) -> Json:
    shape, places = _SHAPES[operation], re.findall(r"{(\w+)}", path)
    limit = {"type": "integer", "minimum": 1, "maximum": largest(semantics), "default": LIMIT}
    parameters = {**_PARAMETERS, "limit": {"schema": limit}}
    described: Json = {
        "operationId": operation.__name__,
        "description": operation.__doc__,
        "parameters": [
            *({"name": name, "in": "path", "required": True, "schema": _PLACES[name]} for name in places),
            *({"name": name, "in": "query", **parameters[name]} for name in shape.query),
        ],
        "responses": _responses(shape, semantics, is_of_one=bool(places)),
    }
    if shape.body is not None:
        described["requestBody"] = {"required": True, "content": {"application/json": {"schema": shape.body}}}
    return described


def _responses(shape: _Shape, semantics: Ip1Semantics, *, is_of_one: bool) -> Json:
    statuses = {400, 401, 405} | ({404} if is_of_one else set()) | ({413, 415} if shape.body is not None else set())
    statuses |= {409} if shape.may_conflict else set()
    errors: Json = {str(status): {"$ref": f"#/components/responses/{status}"} for status in sorted(statuses)}
    if shape.may_be_empty and semantics.write_answer == "empty":
        return {"204": {"description": "Done."}, **errors}
    done: Json = {"description": "Done.", "content": {"application/json": {"schema": shape.answer}}}
    if shape.is_page:
        done["headers"] = {"Link": {"required": True, "schema": _TEXT, "description": "RFC 8288: where pages are."}}
    later: Json = {"202": {"description": "Accepted, to be imported in the background."}} if shape.may_be_later else {}
    return {"200": done, **later, **errors}


def _error(status: int) -> Json:
    response: Json = {
        "description": _MEANINGS[status],
        "content": {"application/problem+json": {"schema": _of("Problem")}},
    }
    if status in _HEADERS:
        response["headers"] = {_HEADERS[status]: {"required": True, "schema": _TEXT}}
    return response


def _schemas(semantics: Ip1Semantics) -> Json:
    new = {
        "properties": {"type": "object", "additionalProperties": _TEXT},
        "labels": {"type": ["array", "null"], "items": _TEXT},
    }
    values = {"type": "object", "additionalProperties": {"type": ["string", "null"]}}
    metadata = _object(dict.fromkeys(FIELDS, _TEXT), FIELDS)
    contact = {
        "id": _TEXT,
        "ownerId": _TEXT,
        "properties": new["properties"],
        "labels": _TEXTS,
        "metadata": {"type": "object", "properties": {PROPERTY: metadata}, "additionalProperties": False},
    }
    usage = {"labelName": _TEXT, "usageCount": _COUNT}
    lengths = {"usageCount": _COUNT, "averageLength": {"type": "number"}, "maxLength": _COUNT, "minLength": _COUNT}
    entry = {"msisdn": _MSISDN, "created": _TEXT}
    problem = {"type": _TEXT, "title": _TEXT, "status": {"type": "integer"}, "detail": _TEXT, "instance": _TEXT}
    fields = {"errors": {"type": "object", "additionalProperties": _TEXTS}} if semantics.error_body == "fields" else {}
    return {
        "Contact": _object(contact, ("id", "ownerId", "properties", "labels")),
        "NewContact": _object(new, ("properties",)),
        "ContactChange": _object({**new, "properties": values}, ("properties",)),
        "LabelUsage": _object(usage, usage),
        "PropertyUsage": _object({"propertyName": _TEXT, **lengths}, ("propertyName", *lengths)),
        "Summary": _object(
            {"totalCount": _COUNT, "labels": _array("LabelUsage"), "properties": _array("PropertyUsage")},
            ("totalCount", "labels", "properties"),
        ),
        "BlacklistEntry": _object(entry, entry),
        "NewBlacklistEntry": _object({"msisdn": _MSISDN}, ("msisdn",)),
        "Problem": _object({**problem, **fields}, problem),
    }


def _object(properties: Json, required: Any) -> Json:
    return {"type": "object", "properties": properties, "required": sorted(required)}
