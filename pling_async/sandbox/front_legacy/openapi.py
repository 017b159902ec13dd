"""The OpenAPI document of the deprecated API."""

from typing import Final

from pling_async.sandbox import openapi
from pling_async.sandbox.front_legacy.validation import SOURCES
from pling_async.sandbox.openapi import Json

_TEXT: Final = {"type": "string"}
_NAME: Final = {"type": "string", "minLength": 1}
_FIELD: Final = {
    "type": "object",
    "properties": {"source": {"type": "string", "enum": list(SOURCES)}, "handle": _NAME},
    "required": ["source", "handle"],
}
_LINK: Final = {"type": "object", "properties": {"url": _NAME}, "required": ["url"]}
_CONTACT: Final = {
    "type": "object",
    "properties": {
        "name": _TEXT,
        "description": _TEXT,
        "fields": {"type": "array", "items": _FIELD, "minItems": 1},
        "link": {"type": "array", "items": _LINK},
    },
    "required": ["fields"],
}
_ERROR: Final = {"type": "object", "properties": {"error": _TEXT}, "required": ["error"]}
_MEANINGS: Final = {
    400: "The body breaks a rule.",
    401: "The credentials are missing or wrong.",
    405: "The path has no such method.",
    415: "The body is not application/json.",
}
_HEADERS: Final = {401: "WWW-Authenticate", 405: "Allow"}


def document(prefix: str, path: str) -> Json:
    """Return the document of the API under a path."""
    operation = {
        "operationId": "add_contact",
        "description": "Create or update a contact in a moment; contacts that share a handle with it are merged.",
        "deprecated": True,
        "requestBody": {"required": True, "content": {"application/json": {"schema": _CONTACT}}},
        "responses": {"202": {"description": "Accepted."}, **{str(status): _refusal(status) for status in _MEANINGS}},
    }
    return openapi.document(
        prefix,
        info={"title": "Front contact API, deprecated", "version": "1.0.0"},
        scheme={"scheme": "basic"},
        paths={path: {"post": operation}},
    )


def _refusal(status: int) -> Json:
    response: Json = {
        "description": _MEANINGS[status],
        "content": {"application/json": {"schema": _ERROR}},
    }
    if status in _HEADERS:
        response["headers"] = {_HEADERS[status]: {"required": True, "schema": _TEXT}}
    return response
