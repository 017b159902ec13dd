"""The errors of the Pling API and the bodies they are written in (section 1.2 only fixes their status class)."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Final

import orjson
from aiohttp import web
from attrs import field, frozen

_CODES: Final[dict[int, str]] = {
    400: "BadRequest",
    401: "InvalidCredentials",
    403: "NotAuthorized",
    404: "ResourceNotFound",
    405: "MethodNotAllowed",
    406: "NotAcceptable",
    409: "Conflict",
    413: "RequestEntityTooLarge",
    415: "UnsupportedMediaType",
    500: "InternalError",
}


@frozen(kw_only=True, slots=False)
class ApiError(Exception):
    """An answer that says no."""

    status: int
    message: str
    code: str | None = None
    """The restify code, when the status' own is not enough."""
    headers: Mapping[str, str] = field(factory=dict)


def _plain(error: ApiError) -> web.Response:
    return web.Response(status=error.status, text=error.message, headers=error.headers)


def _one_key(error: ApiError) -> web.Response:
    return _json(error, {"error": error.message})


def _restify(error: ApiError) -> web.Response:
    return _json(error, {"code": error.code or _CODES.get(error.status, "Error"), "message": error.message})


def _json(error: ApiError, body: Mapping[str, str]) -> web.Response:
    return web.Response(
        status=error.status, body=orjson.dumps(body), content_type="application/json", headers=error.headers
    )


RENDERERS: Final[dict[str, Callable[[ApiError], web.Response]]] = {
    "error": _one_key,
    "restify": _restify,
    "text": _plain,
}
"""By the value of `Semantics.error_body`."""


def from_aiohttp(error: web.HTTPException) -> ApiError:
    """Return the API's error for one that the router raised (404, 405)."""
    headers = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else {}
    return ApiError(status=error.status, message=HTTPStatus(error.status).phrase, headers=headers)


class Invalid(ValueError):
    """A contact or group breaks a rule; the message is for the answer."""
