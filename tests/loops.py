"""What tests do with event loops, and how long things take in them."""

import asyncio
import time
from collections.abc import Awaitable, Callable


async def longest_pause(work: Awaitable[object]) -> float:
    """Return for how long the loop had no turn; time in which others had the processors is nobody's fault here."""
    longest = 0.0

    async def beat() -> None:
        nonlocal longest
        while True:
            wall, ours = time.perf_counter(), time.process_time()
            await asyncio.sleep(0.001)
            longest = max(longest, min(time.perf_counter() - wall, time.process_time() - ours))

    beating = asyncio.create_task(beat())
    await work
    beating.cancel()
    return longest


async def end_tasks() -> None:
    """Cancel every other task of this loop and wait until it has ended: a loop is closed without any."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


async def shortest(work: Callable[[], Awaitable[object]], *, enough: float) -> float:
    """Return the seconds of the quickest of a few times, once one is quick enough; others may need the processors."""
    taken: list[float] = []
    while len(taken) < 5 and min(taken, default=enough) >= enough:
        begun = time.perf_counter()
        await work()
        taken.append(time.perf_counter() - begun)
    return min(taken)
