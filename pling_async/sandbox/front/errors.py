"""The errors of the Core API and their one body, `_error`."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

import orjson
from aiohttp import web
from aiohttp.typedefs import Handler
from attrs import field, frozen

_TITLES: Final = {
    400: "Bad request",
    401: "Unauthenticated",
    403: "Forbidden",
    404: "Not found",
    409: "Conflict",
    429: "Too many requests",
}


@frozen(kw_only=True, slots=False)
class ApiError(Exception):
    """An answer that says no."""

    status: int
    message: str
    details: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(factory=dict)
    is_bare: bool = False
    """Whether the body has neither status nor title."""

    @classmethod
    def bad(cls, *details: str) -> "ApiError":
        """Return the error for a body that breaks rules."""
        return cls(status=400, message="Body did not satisfy requirements", details=details)


def rendered(error: ApiError) -> web.Response:
    """Return the response for an error."""
    body: dict[str, Any] = {"message": error.message}
    if not error.is_bare:
        title = _TITLES.get(error.status, HTTPStatus(error.status).phrase)
        body = {"status": error.status, "title": title, **body}
    if error.details:
        body["details"] = list(error.details)
    return web.Response(
        status=error.status,
        body=orjson.dumps({"_error": body}),
        content_type="application/json",
        headers=error.headers,
    )


@web.middleware
async def error_pages(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Write errors as the API does, those of the router too."""
    try:
        return await handler(request)
    except ApiError as error:
        return rendered(error)
    except web.HTTPException as error:
        headers = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else {}
        return rendered(ApiError(status=error.status, message=HTTPStatus(error.status).phrase, headers=headers))
