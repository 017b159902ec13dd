"""The gates before the wire: so many at a time, so many a second, and nobody while the server asks for quiet."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from pling_async.errors import PoolTimeout


class Limiter:
    """In-flight gate, rate gate and one pause that all workers share; clock and sleep are arguments.

    The rate gate spaces requests evenly (one every 1/rate seconds), without bursts.
    """

    def __init__(
        self,
        *,
        max_in_flight: int,
        rate: float | None,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self._slots = asyncio.Semaphore(max_in_flight)
        self._spacing = 1 / rate if rate else 0.0
        self._clock = clock
        self._sleep = sleep
        self._next_start = -float("inf")
        self._paused_until = -float("inf")

    def pause(self, seconds: float) -> None:
        """Keep every worker waiting for at least so long from now; a shorter pause never ends a longer one."""
        self._paused_until = max(self._paused_until, self._clock() + seconds)

    @asynccontextmanager
    async def slot(self, deadline: float) -> AsyncIterator[None]:
        """Hold one of the slots; `PoolTimeout` when none can be had by `deadline` (in the clock's time)."""
        await self._take_slot(deadline)
        try:
            await self._wait_for_turn(deadline)
            yield
        finally:
            self._slots.release()

    async def _take_slot(self, deadline: float) -> None:
        if not self._slots.locked():
            await self._slots.acquire()  # there is one: it returns at once, and needs no timer
            return
        try:
            async with asyncio.timeout(max(0.0, deadline - self._clock())):
                await self._slots.acquire()
        except TimeoutError:
            message = "no free slot before the deadline; raise ClientSettings.max_in_flight or Timeouts.total"
            raise PoolTimeout(message) from None

    async def _wait_for_turn(self, deadline: float) -> None:
        turn = self._reserve_turn(deadline)
        while (wait := max(turn, self._paused_until) - self._clock()) > 0:
            if self._clock() + wait >= deadline:
                raise PoolTimeout("the server asked for a pause that is longer than the operation's deadline")
            await self._sleep(wait)

    def _reserve_turn(self, deadline: float) -> float:
        turn = max(self._clock(), self._next_start)
        if turn >= deadline:
            raise PoolTimeout("no turn before the deadline; raise ClientSettings.rate or Timeouts.total")
        self._next_start = turn + self._spacing
        return turn
