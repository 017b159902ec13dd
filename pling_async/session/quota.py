"""What a server says of its rate limit before anybody has passed it: x-ratelimit-limit, -remaining and -reset."""

import math
from typing import Final

from attrs import frozen

from pling_async.session.protocol import Response, date_of, values_of

_LONGEST: Final = 120.0
"""Seconds after which one asks again, whatever was said: a reset in milliseconds must not stop a client for ever."""


@frozen(kw_only=True)
class Quota:
    """What is left of a window: requests, and seconds."""

    remaining: float
    resets_in: float


def quota_of(response: Response) -> Quota | None:
    """Return what an answer says of the quota, None when it does not, or not in numbers.

    The reset is a moment in Unix time. It is judged against the answer's own Date, so that a wrong local clock is
    harmless; as dates have whole seconds, it may seem up to a second later than it is, and never earlier.
    """
    if (remaining := _number(response, "x-ratelimit-remaining")) is None:
        return None
    if (reset := _number(response, "x-ratelimit-reset")) is None:
        return None
    resets_in = reset - date_of(response.headers, response.received_at)
    return Quota(remaining=remaining, resets_in=min(max(0.0, resets_in), _LONGEST))


def _number(response: Response, name: str) -> float | None:
    try:
        numbers = [float(value) for value in values_of(response.headers, name)]
    except ValueError:
        return None
    return min(numbers) if numbers and all(map(math.isfinite, numbers)) else None
