"""What bytes mean: pure functions from (request, response) to a body or an error, and the seam to whoever sends.

Nothing here performs I/O. `Transport` is the seam: the real one lives in `session`, simulations bring their own.
"""

import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import lru_cache
from pathlib import Path
from typing import Final, Protocol

from attrs import Factory, field, frozen

from pling_async.errors import (
    AuthenticationError,
    BadAnswer,
    BadRequest,
    ConfigurationError,
    ConflictError,
    ContractError,
    DecodeError,
    Exchange,
    NotFound,
    Outcome,
    PayloadTooLarge,
    PermissionDenied,
    PlingError,
    ProtocolError,
    RateLimited,
    SchemaError,
    ServerError,
    StatusError,
    UnexpectedRedirect,
)
from pling_async.session.excerpts import excerpt, server_message
from pling_async.session.problems import problem_of
from pling_async.session.retry import RetryLaw

OK: Final = frozenset({200})
SAVED: Final = frozenset({200, 201})
"""A POST that found an existing contact may answer 200, and a PUT 201: nothing is inferred from which."""
DELETED: Final = frozenset({200, 204})

_PATH: Final = re.compile(r"[^/?#\\\s][^?#\\\s]*")


def _below_base(_: object, __: object, path: str) -> None:
    if not _is_below(path):
        raise ConfigurationError("a request's path must lie below the base URL")


@lru_cache(maxsize=64)
def _is_below(path: str) -> bool:
    return bool(_PATH.fullmatch(path)) and "//" not in path and ".." not in path.split("/")


@frozen(kw_only=True)
class Request:
    """One operation: what to send, what answer to expect, and what a repetition could do."""

    method: str
    path: str = field(validator=_below_base, repr=False)
    """Below the base URL, without a leading slash."""
    law: RetryLaw
    shown_path: str = field(default=Factory(lambda self: self.path, takes_self=True))
    """What logs and errors say in its place when it names a person."""
    query: Mapping[str, str] | tuple[tuple[str, str], ...] = field(factory=dict, repr=False)
    """Pairs where a name occurs more than once."""
    body: bytes | Path | None = field(default=None, repr=False)
    """A path is streamed from its file."""
    content_type: str = "application/json"
    """Of the body."""
    on_sent: Callable[[int, int], None] | None = field(default=None, repr=False, eq=False)
    """Called with bytes sent and bytes to send while a body is streamed from its file."""
    on_acquired: Callable[[], None] | None = field(default=None, repr=False, eq=False)
    """Called by the transport once an attempt, when it has a connection: from then on the server may see it."""
    on_answer: "Callable[[Response], None] | None" = field(default=None, repr=False, eq=False)
    """Called with each expected answer before it is decoded, for what is in its status or its headers."""
    subject: str | None = field(default=None, repr=False)
    """E.164 of the contact it is about, where that is known; for journals, never for logs."""
    expected: frozenset[int] = OK
    answers_json: bool = True
    """An answer that need not be JSON may be anything but a web page."""
    missing_is_done: bool = False
    """A deletion: 404 is success, but only after an attempt that may have done it."""
    large: bool = False
    """A listing or a replace: the longer deadline and the larger cap apply."""


@frozen(kw_only=True)
class Response:
    """One answer, read to its end; bodies of errors may be cut at their cap."""

    status: int
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """In the order received, repeated names kept."""
    body: bytes = field(default=b"", repr=False)
    received_at: float = 0.0
    """Seconds since 1970, the reference for a Retry-After date when the answer has no Date."""
    drop_connection: Callable[[], None] = field(default=lambda: None, repr=False, eq=False)
    """Close the connection it came on, since what follows on it cannot be trusted either."""


class Transport(Protocol):
    """Sends one request once. Failures are `NoAnswer` errors whose outcome says whether the server can have seen it."""

    async def send(self, request: Request, *, request_id: str, timeout: float) -> Response:  # noqa: ASYNC109 - a limit, kept by whoever sends
        """Return the answer within `timeout` seconds, whatever its status; never repeat, never redirect."""
        ...

    async def close(self) -> None:
        """Close what was opened here."""
        ...


_ERRORS: Final[dict[int, type[StatusError]]] = {
    401: AuthenticationError,
    403: PermissionDenied,
    404: NotFound,
    405: ContractError,
    406: ContractError,
    408: ServerError,
    409: ConflictError,
    410: NotFound,
    413: PayloadTooLarge,
    415: ContractError,
    429: RateLimited,
    501: ContractError,
    505: ContractError,
}
_CLASSES: Final[dict[int, type[PlingError]]] = {3: UnexpectedRedirect, 4: BadRequest, 5: ServerError}
_FIRST_REFUSAL: Final = 400
_DEFINITE: Final = frozenset({400, 401, 403, 404, 405, 406, 409, 410, 411, 413, 414, 415, 422, 429})
"""The server said no and certainly did nothing; after any other refusal nobody knows."""

_BETWEEN: Final = "is the base URL the API's, or is a login page in between?"
_BLANK: Final = b"\xef\xbb\xbf \t\r\n"
"""What may stand before a page: a byte order mark, and white space."""
_HINTS: Final[dict[type[PlingError], str]] = {
    AuthenticationError: "wrong or missing credentials",
    ContractError: "the server may speak another version; check Accept-Version and the base URL",
    PermissionDenied: "the user has no access to the account",
    UnexpectedRedirect: "redirects are never followed; check the base URL",
}


def interpret(request: Request, response: Response) -> bytes:
    """Return the body of an expected answer, or raise what the answer means."""
    if len(set(values_of(response.headers, "content-length"))) > 1:
        raise ProtocolError("the answer announces two lengths")
    if response.status not in request.expected:
        raise _refusal(request, response)
    if _encodings(response):
        raise DecodeError(
            "the answer is compressed though identity was asked for", exchange=exchange_of(request, response)
        )
    if request.answers_json:
        _check_json(request, response)
    elif response.body.lstrip(_BLANK).startswith(b"<"):
        raise DecodeError(f"the answer is a web page; {_BETWEEN}", exchange=exchange_of(request, response))
    return response.body


def _refusal(request: Request, response: Response) -> PlingError:
    kind = _ERRORS.get(response.status) or _CLASSES.get(response.status // 100, BadAnswer)
    said = "" if _encodings(response) else server_message(response.body)
    words = [f"HTTP {response.status} for {request.method} {request.shown_path}", _HINTS.get(kind), said]
    outcome = Outcome.NOT_APPLIED if response.status in _DEFINITE else Outcome.UNKNOWN
    return kind(": ".join(filter(None, words)), exchange=exchange_of(request, response), outcome=outcome)


def _check_json(request: Request, response: Response) -> None:
    if not response.body:
        error = SchemaError.at("$", "JSON, got an empty body")
        error.exchange = exchange_of(request, response)
        raise error
    kinds = [value.partition(";")[0].strip().lower() for value in values_of(response.headers, "content-type")]
    if not kinds or not all(kind == "application/json" or kind.endswith("+json") for kind in kinds):
        message = f"the answer is not declared as JSON; {_BETWEEN}"
        raise DecodeError(message, exchange=exchange_of(request, response))


def exchange_of(request: Request, response: Response) -> Exchange:
    """Return what may be said of an answer in logs and errors."""
    body = b"" if _encodings(response) else response.body
    return Exchange(
        method=request.method,
        path=request.shown_path,
        status=response.status,
        excerpt=excerpt(body),
        problem=problem_of(body) if response.status >= _FIRST_REFUSAL else None,
        retry_after=retry_after(response.headers, response.received_at),
    )


def values_of(headers: tuple[tuple[str, str], ...], name: str) -> list[str]:
    """Return every value of a header; `name` is in small letters."""
    length = len(name)
    return [value for each, value in headers if len(each) == length and each.lower() == name]


def _encodings(response: Response) -> list[str]:
    return [
        each for each in values_of(response.headers, "content-encoding") if each.strip().lower() not in {"", "identity"}
    ]


def retry_after(headers: tuple[tuple[str, str], ...], now: float) -> float | None:
    """Return the seconds the server asks to wait, the larger of duplicates, or None.

    A date is judged against the answer's own Date, so that a wrong local clock (`now`, seconds since 1970) is harmless.
    """
    sent_at = date_of(headers, now)
    waits = [_seconds(value.strip(), sent_at) for value in values_of(headers, "retry-after")]
    return max((wait for wait in waits if wait is not None), default=None)


def date_of(headers: tuple[tuple[str, str], ...], now: float) -> float:
    """Return when an answer was sent by its own Date, in seconds since 1970; `now` when it has none."""
    dates = (_http_date(value) for value in values_of(headers, "date"))
    return next((moment for moment in dates if moment is not None), now)


def _seconds(value: str, reference: float) -> float | None:
    if re.fullmatch(r"[0-9]+(\.[0-9]*)?([eE][0-9]+)?", value):
        seconds = float(value)
        return seconds if math.isfinite(seconds) else None
    moment = _http_date(value)
    return None if moment is None else max(0.0, moment - reference)


def _http_date(value: str) -> float | None:
    """Read the three formats of RFC 9110, section 5.6.7."""
    try:
        moment = parsedate_to_datetime(value)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError, IndexError, TypeError):
        return None
