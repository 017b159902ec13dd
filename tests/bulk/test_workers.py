"""Workers pull lazily, answer as they come, and leave nothing behind."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing

import pytest

from pling_async.bulk.workers import spread, to_the_end


async def _double(number: int) -> int:
    await asyncio.sleep(0)
    return number * 2


async def test_every_item_has_one_result() -> None:
    """Nothing is lost and nothing is done twice, for iterables and async iterables."""

    async def numbers() -> AsyncIterator[int]:
        for number in range(50):
            yield number

    for items in (range(50), numbers()):
        results = [result async for result in spread(items, _double, workers=4)]
        assert sorted(results) == [number * 2 for number in range(50)]


async def test_an_empty_input_ends_at_once() -> None:
    """No item, no result."""
    assert [result async for result in spread([], _double, workers=3)] == []


async def test_no_more_than_the_workers_are_at_work() -> None:
    """In-flight work never passes the number of workers (I-21)."""
    now = most = 0

    async def busy(number: int) -> int:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.001)
        now -= 1
        return number

    assert len([result async for result in spread(range(40), busy, workers=5)]) == 40
    assert most == 5


async def test_the_input_is_read_lazily() -> None:
    """A slow consumer holds the reading back: what is read ahead is bounded by the workers, not by the input (I-25)."""
    taken = 0

    def endless() -> Iterator[int]:
        nonlocal taken
        while True:
            taken += 1
            yield taken

    async with aclosing(spread(endless(), _double, workers=3)) as results:
        async for _ in results:
            await asyncio.sleep(0.01)
            break
    assert taken <= 12


async def test_closing_early_waits_for_what_is_in_flight() -> None:
    """A request that was sent is finished, and no other is begun."""
    begun, finished = 0, 0

    async def work(number: int) -> int:
        nonlocal begun, finished
        begun += 1
        await asyncio.sleep(0.01 if number else 0)
        finished += 1
        return number

    async with aclosing(spread(range(1000), work, workers=4)) as results:
        async for _ in results:
            break
    assert begun == finished < 20
    assert len(asyncio.all_tasks()) == 1


async def test_cancelling_cancels_the_workers() -> None:
    """Cancellation is passed on at once, and no task stays behind (I-23)."""
    started, cancelled = asyncio.Event(), 0

    async def stuck(_: int) -> None:
        nonlocal cancelled
        started.set()
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            cancelled += 1
            raise

    async def consume() -> None:
        async for _ in spread(range(10), stuck, workers=3):
            pass

    task = asyncio.create_task(consume())
    await started.wait()
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert cancelled == 3
    assert len(asyncio.all_tasks()) == 1


async def test_an_unexpected_error_is_raised_once_after_the_others_ended() -> None:
    """Siblings are not cancelled in mid request (#75)."""
    finished = []

    async def work(number: int) -> int:
        await asyncio.sleep(0.01 if number else 0)
        if number == 0:
            raise RuntimeError("unexpected")
        finished.append(number)
        return number

    with pytest.raises(RuntimeError, match="unexpected"):
        async for _ in spread(range(1000), work, workers=4):
            pass
    assert finished == [1, 2, 3]


async def test_an_error_of_the_input_is_raised_after_what_was_read() -> None:
    """Everything read before the error keeps its outcome."""

    def broken() -> Iterator[int]:
        yield 1
        yield 2
        raise OSError("the file is gone")

    results = []
    with pytest.raises(OSError, match="the file is gone"):  # noqa: PT012 - the error comes after the results
        async for result in spread(broken(), _double, workers=2):
            results.append(result)  # noqa: PERF401 - likewise
    assert sorted(results) == [2, 4]


@pytest.mark.parametrize("is_closed", [True, False])
async def test_nobody_waits_for_an_input_that_is_not_needed(*, is_closed: bool) -> None:
    """A queue may have nothing to give for ever: whoever closes early, or fails, leaves it (#75, I-23)."""
    ended = asyncio.Event()

    async def queue() -> AsyncIterator[int]:
        yield 0
        try:
            await asyncio.sleep(3600)
        finally:
            ended.set()

    async def work(number: int) -> int:
        await asyncio.sleep(0.01)
        if not is_closed:
            raise RuntimeError("unexpected")
        return number

    async def consume() -> None:
        async with aclosing(spread(queue(), work, workers=3)) as results:
            async for _ in results:
                break

    if is_closed:
        await asyncio.wait_for(consume(), 5)
    else:
        with pytest.raises(RuntimeError, match="unexpected"):
            await asyncio.wait_for(consume(), 5)
    assert ended.is_set()
    assert len(asyncio.all_tasks()) == 1


async def test_who_leaves_an_input_can_still_be_cancelled() -> None:
    """An input that takes its time to end does not keep a cancelled program alive (#72)."""
    closing = asyncio.Event()

    async def slow_to_end() -> AsyncIterator[int]:
        yield 0
        try:
            await asyncio.sleep(3600)
        finally:
            closing.set()
            await asyncio.sleep(3600)

    async def consume() -> None:
        async with aclosing(spread(slow_to_end(), _double, workers=3)) as results:
            async for _ in results:
                break

    task = asyncio.create_task(consume())
    await closing.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, 5)
    assert len(asyncio.all_tasks()) == 1


async def test_a_cancellation_from_below_is_an_error_like_others() -> None:
    """Work or input that awaits something cancelled ends the run, where it once left its consumer waiting for ever."""

    async def cut_off(_: int = 0) -> int:
        gone = asyncio.get_running_loop().create_future()
        gone.cancel()
        return await gone

    async def numbers() -> AsyncIterator[int]:
        yield 1
        yield await cut_off()

    async def all_of(results: AsyncIterator[int]) -> list[int]:
        return [result async for result in results]

    for results in (spread(numbers(), _double, workers=3), spread(range(9), cut_off, workers=3)):
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(all_of(results), 5)
    assert len(asyncio.all_tasks()) == 1


async def test_cancelling_while_it_closes_leaves_no_worker() -> None:
    """Closed early and then cancelled: what is in flight is cancelled, and no task stays behind (I-23)."""
    cancelled = 0

    async def work(number: int) -> int:
        nonlocal cancelled
        try:
            await asyncio.sleep(3600 if number else 0)
        except asyncio.CancelledError:
            cancelled += 1
            await asyncio.sleep(0.01)
            raise
        return number

    async def consume() -> None:
        async with aclosing(spread(range(100), work, workers=4)) as results:
            async for _ in results:
                break

    task = asyncio.create_task(consume())
    await asyncio.sleep(0.02)
    task.cancel()
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert cancelled == 4
    assert len(asyncio.all_tasks()) == 1


async def test_what_is_awaited_to_the_end_is_whole() -> None:
    """However often its caller is cancelled, it has ended before the caller goes on."""
    ended = asyncio.Event()

    async def work() -> None:
        await asyncio.sleep(0.02)
        ended.set()
        raise RuntimeError("nobody is there to hear it")

    task = asyncio.create_task(to_the_end(asyncio.create_task(work())))
    for _ in range(3):
        await asyncio.sleep(0.001)
        task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended.is_set()
