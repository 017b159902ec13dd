"""A fixed set of workers that pull lazily: memory does not grow with the input, and no row has a task of its own."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Awaitable, Callable, Collection, Iterable
from contextlib import suppress
from typing import Any, Final, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

_END: Final[Any] = object()


async def spread(
    items: Iterable[Item] | AsyncIterable[Item],
    work: Callable[[Item], Awaitable[Result]],
    *,
    workers: int,
) -> AsyncGenerator[Result, None]:
    """Yield the results of `work` as they come, at most `workers` at a time.

    Closing the iterator early takes no further item and waits for those in flight: a request that was sent deserves
    its outcome. Cancelling it cancels them. An error of `work` or of the input is raised once, after the others ended.
    An input that is waited for meanwhile is cancelled, since it may have nothing to give for ever.
    """
    crew = _Crew(items, work, workers)
    try:
        async for result in crew.results():
            yield result
    except asyncio.CancelledError:
        crew.cancel()
        raise
    finally:
        await crew.stop()


async def to_the_end(work: "asyncio.Future[Result]") -> Result:
    """Await what nobody cuts short: whoever is cancelled meanwhile is so once it has ended."""
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        await _ended([work])
        if not work.cancelled():
            work.exception()  # nobody else asks for it
        raise


async def _ended(work: Collection[asyncio.Future[Any]]) -> None:
    while not all(each.done() for each in work):
        with suppress(asyncio.CancelledError):
            await asyncio.wait(work)


class _Crew:
    """The workers of one `spread`, the input they share and the queue they answer into."""

    def __init__(self, items: Any, work: Callable[[Any], Awaitable[Any]], workers: int) -> None:
        self._items = aiter(items) if isinstance(items, AsyncIterable) else None
        self._at_hand = iter(() if self._items is not None else items)
        self._turn = asyncio.Lock()
        self._answers: asyncio.Queue[Any] = asyncio.Queue(maxsize=workers)
        self._stopped = False
        self._reader: asyncio.Task[Any] | None = None
        """Who waits for the input."""
        self._work = work
        self._tasks = [asyncio.create_task(self._pull()) for _ in range(workers)]

    async def results(self) -> AsyncIterator[Any]:
        ended = 0
        failures: list[BaseException] = []
        while ended < len(self._tasks):
            answer = await self._answers.get()
            if answer is _END:
                ended += 1
            elif isinstance(answer, _Failure):
                failures.append(answer.error)
            else:
                yield answer
        if failures:
            raise failures[0]

    def cancel(self) -> None:
        for task in self._tasks:
            task.cancel()

    async def stop(self) -> None:
        """Take no further item, let go of the answers nobody waits for, and leave no task behind.

        Cancelling it cancels the workers.
        """
        self._take_no_more()
        try:
            while not all(task.done() for task in self._tasks):
                while not self._answers.empty():
                    self._answers.get_nowait()
                await asyncio.wait(self._tasks, timeout=0.05, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            self.cancel()
            await _ended(self._tasks)
            raise

    async def _pull(self) -> None:
        while (item := await self._next()) is not _END:
            await self._answers.put(await self._done(item))
        await self._answers.put(_END)

    async def _done(self, item: Any) -> Any:
        try:
            return await self._work(item)
        except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 - raised by results()
            return self._failed(error)

    async def _next(self) -> Any:
        if self._stopped:
            return _END
        try:
            return next(self._at_hand, _END) if self._items is None else await self._awaited(self._items)
        except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 - likewise: the input failed
            await self._answers.put(self._failed(error))
            return _END

    async def _awaited(self, items: AsyncIterator[Any]) -> Any:
        async with self._turn:
            if self._stopped:
                return _END
            self._reader = reader = asyncio.current_task()
            try:
                return await anext(items, _END)
            except asyncio.CancelledError:
                if self._reader is None and reader is not None and not reader.uncancel():
                    return _END
                raise
            finally:
                self._reader = None

    def _take_no_more(self) -> None:
        self._stopped = True
        if (reader := self._reader) is not None:
            self._reader = None
            reader.cancel()

    def _failed(self, error: BaseException) -> "_Failure":
        """Return what results() raises once the others have ended; a worker that is cancelled itself has no answer."""
        if isinstance(error, asyncio.CancelledError) and (task := asyncio.current_task()) and task.cancelling():
            raise error
        self._take_no_more()
        return _Failure(error)


class _Failure:
    def __init__(self, error: BaseException) -> None:
        self.error = error
