"""One timer for all exchanges under way: a timer for each would cost more than what it guards."""

import asyncio
from collections.abc import Callable
from math import inf
from types import TracebackType
from typing import Self


class Watch:
    """Knows every exchange under way, and wakes when the first of them is due."""

    def __init__(self) -> None:
        self._under_way: set[Watched] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._is_closed = False
        self._loop: asyncio.AbstractEventLoop

    def over(self, seconds: float) -> "Watched":
        """Return what to enter for an exchange that may take so long."""
        self._loop = asyncio.get_running_loop()
        return Watched(self, seconds)

    def close(self) -> None:
        """Forget the timer once nothing is under way: connections that are lent go on, and so do deadlines."""
        self._is_closed = True
        if not self._under_way:
            self._forget()

    def time(self) -> float:
        """Return the loop's time."""
        return self._loop.time()

    def begin(self, watched: "Watched") -> None:
        """Look after one more."""
        self._under_way.add(watched)
        self.wake_by(watched.due)

    def end(self, watched: "Watched") -> None:
        """Look after one less; the timer stays, most often for the next one."""
        self._under_way.discard(watched)
        if self._is_closed and not self._under_way:
            self._forget()

    def wake_by(self, due: float) -> None:
        """Wake at that time, unless it is to be earlier anyway."""
        if self._timer is None or due < self._timer.when():
            self._forget()
            self._timer = self._loop.call_at(due, self._look)

    def _forget(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        self._timer = None
        now = self.time()
        for watched in [each for each in self._under_way if each.due <= now]:
            watched.act(now)
        if self._under_way:
            self.wake_by(min(each.due for each in self._under_way))


class Watched:
    """One exchange: a context in which `TimeoutError` rises when its time is over."""

    __slots__ = ("_ends", "_reminder", "_timeout", "_watch", "due")

    def __init__(self, watch: Watch, seconds: float) -> None:
        self._watch = watch
        self._timeout = asyncio.timeout(None)
        self._ends = self.due = watch.time() + seconds
        self._reminder: Callable[[], None] | None = None

    def remind(self, seconds: float, reminder: Callable[[], None]) -> None:
        """Call `reminder` if the exchange is still under way so long from now."""
        self._reminder = reminder
        self.due = min(self._ends, self._watch.time() + seconds)
        self._watch.wake_by(self.due)

    def act(self, now: float) -> None:
        """Do what is due."""
        if self._ends <= now:
            self.due = inf
            self._timeout.reschedule(now)
        elif self._reminder is not None:
            self.due = self._ends
            self._reminder()

    async def __aenter__(self) -> Self:
        await self._timeout.__aenter__()
        self._watch.begin(self)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._watch.end(self)
        self._reminder = None  # it knows the exchange, which knows this: a circle that would keep the answer in memory
        await self._timeout.__aexit__(kind, error, traceback)
