"""The gates before the wire: so many at a time, so many a second, and nobody while the server asks for quiet."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from math import inf
from typing import Final
from weakref import WeakKeyDictionary, WeakValueDictionary

from pling_async.errors import PoolTimeout
from pling_async.session.quota import Quota

_KEPT: Final = 0.7
_SAME_WINDOW: Final = 1.5
"""Seconds by which two answers may differ about the end of one window: they travel, and dates have whole seconds."""


class Limiter:
    """In-flight gate, rate gate and one pause that all workers share; clock and sleep are arguments.

    The rate gate spaces requests evenly (one every 1/rate seconds), without bursts. A 429 narrows the in-flight gate to
    seven tenths, at least one; too few file descriptors narrow it to those who have one. Each success widens it by one
    over its width, so that a full round of successes brings one more. Answers to requests that began before the last
    narrowing do neither: they tell of the time before it.
    """

    def __init__(
        self,
        *,
        max_in_flight: int,
        rate: float | None,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self._most = max_in_flight
        self._exact_width = float(max_in_flight)
        self._narrowed_at = -inf
        self._inside = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._spacing = 1 / rate if rate else 0.0
        self._clock = clock
        self._sleep = sleep
        self._next_start = -inf
        self._paused_until = -inf
        self._left = inf
        """Requests that the server takes before `_refilled_at`; those inside count, since it may know them or not."""
        self._refilled_at = -inf

    @property
    def width(self) -> int:
        """How many may be inside at a time, as things are.

        When a quota ought to be full again, one finds out: the server's window may be another than it seems.
        """
        if self._left is inf:
            return int(self._exact_width)
        left = self._left if self._clock() < self._refilled_at else 1
        return int(min(self._exact_width, max(1, left)))

    def heed(self, quota: Quota) -> None:
        """Send no more than the server still takes; what an answer from an earlier time says is passed over."""
        now = self._clock()
        refilled_at = now + quota.resets_in
        if now >= self._refilled_at or refilled_at > self._refilled_at + _SAME_WINDOW:
            self._left, self._refilled_at = quota.remaining, refilled_at
        elif refilled_at > self._refilled_at - _SAME_WINDOW:
            self._left = min(self._left, quota.remaining)
            self._refilled_at = max(self._refilled_at, refilled_at)
        self._admit()

    def pause(self, seconds: float) -> None:
        """Keep every worker waiting for at least so long from now; a shorter pause never ends a longer one."""
        self._paused_until = max(self._paused_until, self._clock() + seconds)

    def narrow(self, started: float) -> None:
        """Let fewer through, after a 429 to a request that started then."""
        if started > self._narrowed_at:
            self._narrowed_at = self._clock()
            self._exact_width = max(1.0, self._exact_width * _KEPT)

    def make_do(self) -> bool:
        """Let no more through than the others inside, since there was no connection for one; False if it is alone."""
        self._narrowed_at = self._clock()
        self._exact_width = max(1.0, self._inside - 1.0)
        return self._inside > 1

    def widen(self, started: float) -> None:
        """Let more through again, after the success of a request that started then."""
        if self._exact_width < self._most and started > self._narrowed_at:
            self._exact_width = min(self._most, self._exact_width + 1 / self._exact_width)
            self._admit()

    def slot(self, deadline: float) -> "Slot":
        """Return what to enter to be inside; `PoolTimeout` when that cannot be by `deadline` (in the clock's time)."""
        return Slot(self, deadline)

    async def enter(self, deadline: float) -> None:
        """Come inside when there is room and it is one's turn."""
        if self._inside < self.width and not self._waiting:
            self._inside += 1
        else:
            await self._queue(deadline)
        now = self._clock()
        if self._spacing or self._opens_at > now or now >= deadline:
            try:
                await self._wait_for_turn(deadline)
            except BaseException:
                self.leave()
                raise

    def leave(self) -> None:
        """Make room."""
        self._inside -= 1
        self._admit()

    def _admit(self) -> None:
        while self._waiting and self._inside < self.width:
            place = self._waiting.popleft()
            if not place.done():
                place.set_result(None)
                self._inside += 1

    async def _queue(self, deadline: float) -> None:
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(place)
        try:
            async with asyncio.timeout(max(0.0, deadline - self._clock())):
                await place
        except BaseException as error:
            self._give_up(place)
            if not isinstance(error, TimeoutError):
                raise
            message = "no free slot before the deadline; raise ClientSettings.max_in_flight or Timeouts.total"
            raise PoolTimeout(message) from None

    def _give_up(self, place: asyncio.Future[None]) -> None:
        if place.done() and not place.cancelled():  # let in at the very moment of giving up
            self.leave()
        elif place in self._waiting:
            self._waiting.remove(place)

    async def _wait_for_turn(self, deadline: float) -> None:
        turn = self._reserve_turn(deadline)
        while (wait := max(turn, self._opens_at) - self._clock()) > 0:
            if self._clock() + wait >= deadline:
                raise PoolTimeout("the server asked for a pause that is longer than the operation's deadline")
            await self._sleep(wait)

    @property
    def _opens_at(self) -> float:
        """When the server takes requests again."""
        return max(self._paused_until, self._refilled_at) if self._left < 1 else self._paused_until

    def _reserve_turn(self, deadline: float) -> float:
        turn = max(self._clock(), self._next_start)
        if turn >= deadline:
            raise PoolTimeout("no turn before the deadline; raise ClientSettings.rate or Timeouts.total")
        self._next_start = turn + self._spacing
        return turn


class Slot:
    """A place inside, held from entering to leaving this context."""

    __slots__ = ("_deadline", "_limiter")

    def __init__(self, limiter: Limiter, deadline: float) -> None:
        self._limiter = limiter
        self._deadline = deadline

    async def __aenter__(self) -> None:
        await self._limiter.enter(self._deadline)

    async def __aexit__(self, *_: object) -> None:
        self._limiter.leave()


_shared: Final[WeakKeyDictionary[asyncio.AbstractEventLoop, WeakValueDictionary[str, Limiter]]] = WeakKeyDictionary()


def shared_limiter(name: str, make: Callable[[], Limiter]) -> Limiter:
    """Return the limiter of this name in the running loop; the first who asks makes it, and its holders keep it."""
    named = _shared.setdefault(asyncio.get_running_loop(), WeakValueDictionary())
    limiter = named.get(name)
    if limiter is None:
        limiter = named[name] = make()
    return limiter
