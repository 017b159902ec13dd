"""The gates, on a clock that only sleeping moves."""

import asyncio
from typing import Any

import pytest

from pling_async.errors import PoolTimeout
from pling_async.session.limiter import Limiter


def _limiter(fake_time: Any, *, most: int = 4, rate: float | None = None) -> Limiter:
    return Limiter(max_in_flight=most, rate=rate, clock=fake_time.clock, sleep=fake_time.sleep)


async def test_requests_are_spaced_evenly(fake_time: Any) -> None:
    """Ten requests at four a second start a quarter of a second apart."""
    limiter, starts = _limiter(fake_time, rate=4), []
    for _ in range(10):
        async with limiter.slot(fake_time.now + 100):
            starts.append(fake_time.now)
    assert starts == [1000 + 0.25 * n for n in range(10)]


async def test_without_a_rate_nobody_waits(fake_time: Any) -> None:
    """The default is as fast as the answers come."""
    limiter = _limiter(fake_time)
    for _ in range(10):
        async with limiter.slot(fake_time.now + 1):
            pass
    assert fake_time.slept == []


async def test_a_pause_holds_everybody_and_only_grows(fake_time: Any) -> None:
    """One worker's Retry-After is everybody's; a shorter one does not end a longer one."""
    limiter = _limiter(fake_time)
    limiter.pause(30)
    limiter.pause(5)
    async with limiter.slot(fake_time.now + 100):
        assert fake_time.now == 1030


async def test_a_pause_beyond_the_deadline_is_not_slept(fake_time: Any) -> None:
    """Who cannot be served in time learns it at once, and gives the slot back."""
    limiter = _limiter(fake_time, most=1)
    limiter.pause(30)
    with pytest.raises(PoolTimeout, match="pause"):
        async with limiter.slot(fake_time.now + 10):
            pytest.fail("the gate let a request through during the pause")
    assert fake_time.slept == []
    async with limiter.slot(fake_time.now + 100):
        assert fake_time.slept == [30]


async def test_a_turn_beyond_the_deadline_is_refused(fake_time: Any) -> None:
    """A rate that leaves no turn before the deadline is a PoolTimeout that names the setting."""
    limiter = _limiter(fake_time, rate=0.01)
    async with limiter.slot(fake_time.now + 1):
        pass
    with pytest.raises(PoolTimeout, match=r"ClientSettings\.rate"):
        async with limiter.slot(fake_time.now + 1):
            pytest.fail("the gate gave a turn twice")


async def test_a_taken_slot_times_out(fake_time: Any) -> None:
    """#5: waiting for a slot ends at the deadline."""
    limiter = _limiter(fake_time, most=1)
    async with limiter.slot(fake_time.now + 1):
        with pytest.raises(PoolTimeout, match="max_in_flight"):
            async with limiter.slot(fake_time.now + 0.01):
                pytest.fail("two held one slot")


async def test_a_cancelled_wait_frees_its_slot(fake_time: Any) -> None:
    """#72: whoever is cancelled at the gate takes nothing along."""
    forever = asyncio.Event()

    async def sleep(_: float) -> None:
        await forever.wait()

    limiter = Limiter(max_in_flight=1, rate=None, clock=fake_time.clock, sleep=sleep)
    limiter.pause(5)

    async def use() -> None:
        async with limiter.slot(fake_time.now + 60):
            pass

    task = asyncio.create_task(use())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    fake_time.now += 5
    await use()


async def test_a_machine_without_files_makes_do(fake_time: Any) -> None:
    """#88: the gate narrows to those who have a connection, and widens again with their successes."""
    limiter = _limiter(fake_time, most=4)
    slots = [limiter.slot(fake_time.now + 1) for _ in range(4)]
    for slot in slots:
        await slot.__aenter__()
    for width in (3, 2, 1):
        assert limiter.make_do()
        assert limiter.width == width
        await slots.pop().__aexit__()
    assert not limiter.make_do()
    assert limiter.width == 1
    limiter.widen(fake_time.now)
    assert limiter.width == 1
    limiter.widen(fake_time.now + 1)
    assert limiter.width == 2
