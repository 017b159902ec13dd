"""How many requests the company may make, and what every answer says of it."""

import math
from collections import defaultdict, deque
from typing import Final

from attrs import define, field

from pling_async.sandbox.front.errors import ApiError
from pling_async.sandbox.front.semantics import FrontSemantics

_WINDOW: Final = 60.0
_AS_MANY_AS_COME: Final = 1_000_000
"""What answers say when there is no limit: every answer of Front's says something."""
_BURST: Final = 5
"""Requests a second for one contact."""


@define
class RateLimits:
    """Counts requests; a refused one does not count."""

    _semantics: FrontSemantics
    _taken: deque[float] = field(factory=deque)
    _by_resource: defaultdict[str, deque[float]] = field(factory=lambda: defaultdict(deque))

    def take(self, now: float, resource: str | None) -> dict[str, str]:
        """Count a request and return what its answer says of the limits, or raise 429."""
        self._forget(now)
        limit = self._semantics.rate_limit
        if limit and len(self._taken) >= limit:
            raise self._refusal("Rate limit exceeded.", self._headers(now), self._reset(now) - now)
        if resource is not None and self._semantics.resource_burst == "limited":
            self._take_resource(now, resource)
        if limit:
            self._taken.append(now)
        return self._headers(now)

    def clear(self) -> None:
        """Forget every request."""
        self._taken.clear()
        self._by_resource.clear()

    def _take_resource(self, now: float, resource: str) -> None:
        recent = self._by_resource[resource]
        while recent and recent[0] <= now - 1:
            recent.popleft()
        if len(recent) >= _BURST:
            wait = recent[0] + 1 - now
            words = f"Rate limit exceeded for tier-2 route. Please retry in {math.ceil(wait * 1000)} milliseconds."
            raise self._refusal(words, {**self._headers(now), "x-front-tier": "2"}, wait)
        recent.append(now)

    def _forget(self, now: float) -> None:
        if self._semantics.rate_window == "fixed":
            if self._taken and now >= self._taken[0] + _WINDOW:
                self._taken.clear()
            return
        while self._taken and now >= self._taken[0] + _WINDOW:
            self._taken.popleft()

    def _reset(self, now: float) -> float:
        return (self._taken[0] if self._taken else now) + _WINDOW

    def _headers(self, now: float) -> dict[str, str]:
        limit = self._semantics.rate_limit or _AS_MANY_AS_COME
        return {
            "x-ratelimit-limit": str(limit),
            "x-ratelimit-remaining": str(limit - len(self._taken)),
            "x-ratelimit-reset": f"{self._reset(now):.3f}",
        }

    def _refusal(self, words: str, headers: dict[str, str], wait: float) -> ApiError:
        if self._semantics.retry_after == "given":
            headers = {**headers, "retry-after": str(max(1, math.ceil(wait)))}
        return ApiError(status=429, message=words, headers=headers)
