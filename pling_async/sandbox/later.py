"""What a sandbox does after its answer: requests that a fault holds back, and what services put off."""

import asyncio
from collections.abc import Awaitable, Callable

from pling_async.sandbox.clock import Clock, Nap


class Later:
    """Jobs that wait for the sandbox's clock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._waiting: dict[asyncio.Task[None], Nap] = {}

    def run(self, seconds: float, job: Callable[[], Awaitable[object]]) -> None:
        """Do a job after so many seconds, or when `settle` is called."""
        nap = self._clock.nap(seconds)
        task = asyncio.create_task(_run(nap, job))
        self._waiting[task] = nap
        task.add_done_callback(self._waiting.pop)

    async def settle(self) -> None:
        """Do at once what still waits."""
        for nap in self._waiting.values():
            nap.wake()
        await asyncio.gather(*self._waiting)

    async def drop(self) -> None:
        """Forget what still waits, which is never done."""
        waiting = tuple(self._waiting)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)


async def _run(nap: Nap, job: Callable[[], Awaitable[object]]) -> None:
    async with nap:
        await job()
