"""Listings in pages: a page token says behind which element the next page begins."""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Any, Final
from urllib.parse import urlencode

import orjson

from pling_async.sandbox.front.calls import Answer, Call, Row
from pling_async.sandbox.front.errors import ApiError

MOST: Final = 100
USUAL: Final = 50
_LIFE: Final = 60.0
"""Seconds that a page token is good for, if they expire."""
_LAST: Final = 2**63 - 1
"""The greatest number that the store knows."""
Place = tuple[float, int]
"""What an element is sorted by, and its number."""


def limit_of(call: Call) -> int:
    """Return how many elements a page has."""
    text = call.one("limit")
    if text is None:
        return USUAL
    if not text.isascii() or not text.isdigit() or not 0 < int(text[:9]) <= MOST:
        raise ApiError(status=400, message=f"limit must be a whole number from 1 to {MOST}")
    return int(text)


def start_of(call: Call) -> Place | None:
    """Return behind what the page begins; None is the beginning."""
    token = call.one("page_token")
    if token is None:
        return None
    try:
        value, number, issued = orjson.loads(base64.urlsafe_b64decode(token.encode()))
        place = float(value), int(number)
        is_old = call.now > float(issued) + _LIFE
    except (binascii.Error, ValueError, TypeError) as error:
        raise _invalid() from error
    if not 0 <= place[1] <= _LAST:
        raise _invalid()
    if is_old and call.semantics.page_tokens == "expire":
        raise ApiError(status=call.semantics.expired_page_status, message="The page token has expired")
    return place


def _invalid() -> ApiError:
    return ApiError(status=400, message="Invalid page token")


def page(call: Call, rows: Sequence[Row], show: Callable[[Row], Any], by: str) -> Answer:
    """Return the answer for the rows of one page, of which there is one too many when another page follows."""
    limit = limit_of(call)
    shown = rows[:limit]
    following = None if len(rows) <= limit else _following(call, shown[-1][by], shown[-1]["id"])
    return listed(call, [show(row) for row in shown], following)


def listed(call: Call, results: Sequence[Any], following: str | None = None, *, status: int = 200) -> Answer:
    """Return a listing."""
    query = f"?{urlencode(call.query)}" if call.query else ""
    body = {
        "_pagination": {"next": following},
        "_links": {"self": f"{call.base}{call.path}{query}"},
        "_results": results,
    }
    return Answer.of(body, status=status)


def _following(call: Call, value: float, number: int) -> str:
    token = base64.urlsafe_b64encode(orjson.dumps([value, number, call.now])).decode()
    if call.semantics.next_page == "token":
        return token
    kept = [(name, value) for name, value in call.query if name != "page_token"]
    return f"{call.base}{call.path}?{urlencode([*kept, ('page_token', token)])}"
