"""Problem details (RFC 9457), the only shape that the API's errors have."""

from collections.abc import Mapping
from http import HTTPStatus

import orjson
from aiohttp import web
from attrs import field, frozen

from pling_async.sandbox.ip1.semantics import Ip1Semantics


@frozen(kw_only=True, slots=False)
class Problem(Exception):
    """An answer that says no; `at` is the field it is about."""

    detail: str
    status: int = 400
    at: str | None = None
    headers: Mapping[str, str] = field(factory=dict)


def not_found(what: str) -> Problem:
    """Return the 404 for something that is not there."""
    return Problem(status=404, detail=f"There is no such {what}.")


def from_aiohttp(error: web.HTTPException) -> Problem:
    """Return the problem for an error that the router raised (404, 405)."""
    headers = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else {}
    return Problem(status=error.status, detail="There is nothing here that takes such a request.", headers=headers)


def render(problem: Problem, instance: str, semantics: Ip1Semantics) -> web.Response:
    """Return a problem as a response."""
    title = HTTPStatus(problem.status).phrase
    body: dict[str, object] = {
        "type": "about:blank",
        "title": title,
        "status": problem.status,
        "detail": problem.detail,
        "instance": instance,
    }
    if semantics.error_body == "fields" and problem.at is not None:
        body["errors"] = {problem.at: [problem.detail]}
    return web.Response(
        status=problem.status,
        body=orjson.dumps(body),
        content_type="application/problem+json",
        headers=problem.headers,
    )
