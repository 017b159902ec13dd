"""The loop of the simulation keeps its own promises: time jumps, threads are drawn, and the dead do nothing."""

import asyncio
import random
from collections.abc import Iterator

import pytest

from tests.simulation.virtual_loop import Killed, Stuck, VirtualLoop


@pytest.fixture
def loop() -> Iterator[VirtualLoop]:
    """Make a loop, and close it."""
    made = VirtualLoop(random.Random(7))  # noqa: S311 - no secret
    yield made
    made.close()


def test_time_jumps_to_the_next_timer(loop: VirtualLoop) -> None:
    """A day passes at once, and exactly."""
    loop.live(asyncio.sleep(86_400))
    assert loop.time() == pytest.approx(86_400)


def test_timers_fire_in_the_order_of_their_times(loop: VirtualLoop) -> None:
    """Sleepers wake as they would if time were real."""
    woken: list[int] = []

    async def sleeper(seconds: int) -> None:
        await asyncio.sleep(seconds)
        woken.append(seconds)

    async def main() -> None:
        await asyncio.gather(*map(sleeper, (30, 10, 20)))

    loop.live(main())
    assert woken == [10, 20, 30]


def test_a_thread_runs_outside_the_running_loop(loop: VirtualLoop) -> None:
    """What asks for the running loop in a thread fails here as it does there."""

    async def main() -> None:
        for _ in range(20):
            with pytest.raises(RuntimeError, match="no running event loop"):
                await asyncio.to_thread(asyncio.get_running_loop)

    loop.live(main())


def test_a_thread_takes_a_drawn_time(loop: VirtualLoop) -> None:
    """Others run while a thread works, sometimes after it and sometimes before."""

    async def main() -> set[int]:
        seen = set()
        for _ in range(50):
            order: list[str] = []
            work = asyncio.create_task(asyncio.to_thread(order.append, "thread"))
            await asyncio.sleep(0.001)
            order.append("loop")
            await work
            seen.add(order.index("thread"))
        return seen

    assert loop.live(main()) == {0, 1}


def test_a_deadlock_is_an_error_with_a_dump() -> None:
    """Waiting for nobody ends at once, and says who waits."""
    loop = VirtualLoop()

    async def forever() -> None:
        await loop.create_future()

    with pytest.raises(Stuck, match="forever"):
        loop.live(forever())
    loop._bury()
    loop.close()


def test_spinning_is_an_error(loop: VirtualLoop, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that never waits for time is stopped."""
    monkeypatch.setattr("tests.simulation.virtual_loop.MOST_STEPS", 2000)

    async def main() -> None:
        while True:  # noqa: ASYNC110 - to spin is the point
            await asyncio.sleep(0)

    with pytest.raises(Stuck, match="steps"):
        loop.live(main())
    loop._ready.taken = 0
    loop._bury()


def test_a_killed_process_does_nothing_more(loop: VirtualLoop) -> None:
    """Wherever it is killed, no `finally` of it gets a thread, and the world's timers go on."""
    written: list[str] = []

    async def main() -> None:
        try:
            await asyncio.sleep(1)
            await asyncio.to_thread(written.append, "work")
            await asyncio.sleep(1)
        finally:
            await asyncio.to_thread(written.append, "cleanup")

    loop.live(main())
    assert written == ["work", "cleanup"]
    for step in range(1, loop.steps):
        written.clear()
        loop.call_later(5, written.append, "world")
        with pytest.raises(Killed):
            loop.live(main(), killed_at=step)
        before = list(written)
        loop.run_until_complete(asyncio.sleep(10))
        assert written == [*before, "world"], step
        assert not asyncio.all_tasks(loop)


def test_the_same_seed_takes_the_same_steps() -> None:
    """Two loops with one seed agree on every moment."""

    async def main() -> list[float]:
        times = []
        for _ in range(30):
            await asyncio.to_thread(int)
            times.append(asyncio.get_running_loop().time())
        return times

    found = []
    for _ in range(2):
        loop = VirtualLoop(random.Random(3))  # noqa: S311 - no secret
        found.append(loop.live(main()))
        loop.close()
    assert found[0] == found[1]
