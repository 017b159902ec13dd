"""An event loop in which time is a number: it jumps to the next timer, and the same seed takes the same steps.

There are no sockets, threads or real sleeps. What would run in a thread runs at a drawn moment, outside the running
loop as a thread does. A process is killed by an error from between two callbacks, so that no `finally` of it runs.
"""

import asyncio
import collections
import random
from asyncio import base_events, events
from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeVar
from weakref import WeakKeyDictionary

T = TypeVar("T")

MOST_STEPS: Final = 200_000
"""Callbacks of one process; more means that it spins."""


class Killed(BaseException):
    """The process is gone: nothing of it runs any more."""


class Stuck(Exception):
    """Nothing can happen any more, or something happens for ever; the message lists the tasks that wait."""


class _Steps(collections.deque[Any]):
    """The ready queue of a loop, counting the callbacks taken from it."""

    taken = 0
    fatal: int | None = None

    def popleft(self) -> Any:
        """Take the next callback, unless the process is killed before it."""
        self.taken += 1
        if self.taken == self.fatal:
            self.fatal = None
            raise Killed
        if self.taken > MOST_STEPS:
            raise Stuck(f"more than {MOST_STEPS} steps")
        return super().popleft()


class _Jump:
    """A selector without files: it waits by moving the clock."""

    def __init__(self, loop: "VirtualLoop") -> None:
        self._loop = loop

    def select(self, timeout: float | None) -> list[Any]:
        """Let time pass up to the next timer; without one nobody will ever wake up."""
        if timeout is None:
            raise Stuck(f"everybody waits and nothing is due:\n{self._loop.waiting()}")
        self._loop.now += max(0.0, timeout)
        return []

    def close(self) -> None:
        """Hold nothing, so close nothing."""


class VirtualLoop(asyncio.BaseEventLoop):
    """A loop whose clock only moves when nothing is ready."""

    def __init__(self, rng: random.Random | None = None) -> None:
        super().__init__()
        self.now = 0.0
        self.disk_delay = 0.002
        """Seconds that work in a thread takes at most."""
        self._rng = rng or random.Random(0)  # noqa: S311 - no secret
        self._ready: _Steps = _Steps()
        self._selector = _Jump(self)
        self._busy_until: WeakKeyDictionary[Any, float] = WeakKeyDictionary()
        self.is_dead = False
        """What still runs belongs to a killed process, and must not act."""

    def time(self) -> float:
        """Return the virtual seconds since the loop was made."""
        return self.now

    @property
    def steps(self) -> int:
        """Callbacks that ran since the last `live`."""
        return self._ready.taken

    def live(self, main: Coroutine[Any, Any, T], *, killed_at: int | None = None) -> T:
        """Run one process to its end; raises `Killed` before its callback number `killed_at`."""
        self._ready.taken, self._ready.fatal = 0, killed_at
        try:
            return self.run_until_complete(main)
        except Killed:
            self._bury()
            raise
        finally:
            self._ready.fatal = None

    def kill_in(self, steps: int) -> None:
        """Kill the process after so many further callbacks."""
        self._ready.fatal = self._ready.taken + max(1, steps)

    def run_in_executor(  # type: ignore[override]
        self, executor: Any, func: Callable[..., T], *args: Any
    ) -> "asyncio.Future[T]":
        """Run a function as a thread would: now or a little later, in order where the executor has one thread."""
        done: asyncio.Future[T] = self.create_future()
        if self.is_dead:
            done.cancel()
            return done
        starts = self.now if executor is None else max(self.now, self._busy_until.get(executor, 0.0))
        ends = starts + self._rng.random() * self.disk_delay
        if executor is not None:
            self._busy_until[executor] = ends
        result: list[Any] = []
        if starts <= self.now and self._rng.random() < 0.5:
            result.append(self._outside(func, *args))
        self.call_at(ends, self._deliver, done, result, func, *args)
        return done

    def _deliver(self, done: "asyncio.Future[Any]", result: list[Any], func: Callable[..., Any], *args: Any) -> None:
        if done.cancelled():
            return
        value, error = result[0] if result else self._outside(func, *args)
        if error is None:
            done.set_result(value)
        else:
            done.set_exception(error)

    def _outside(self, func: Callable[..., Any], *args: Any) -> tuple[Any, Exception | None]:
        """Call a function where no loop is running, as in a thread."""
        events._set_running_loop(None)
        try:
            return func(*args), None
        except Exception as error:  # noqa: BLE001 - goes to whoever waits for the thread
            return None, error
        finally:
            events._set_running_loop(self)

    def _bury(self) -> None:
        """Unwind the tasks of a dead process, which can neither send nor use a thread meanwhile."""
        self.is_dead = True
        stopping = [each for each in self._ready if each._callback is base_events._run_until_complete_cb]  # type: ignore[attr-defined]
        for handle in stopping:
            handle.cancel()
        for task in self.tasks():
            task.cancel()
        try:
            self.run_until_complete(self._unwound())
        finally:
            self.is_dead = False

    async def _unwound(self) -> None:
        for _ in range(100):
            tasks = [task for task in self.tasks() if task is not asyncio.current_task()]
            if not tasks:
                return
            await asyncio.wait(tasks, timeout=1)
            for task in tasks:
                if not task.done():
                    task.cancel()
                elif not task.cancelled():
                    task.exception()
        raise Stuck(f"a dead process does not rest:\n{self.waiting()}")

    def waiting(self) -> str:
        """Describe every task and where it stands."""
        return "\n".join(f"{task.get_name()}: {task.get_coro()}" for task in self.tasks())

    def tasks(self) -> list["asyncio.Task[Any]"]:
        """Return the tasks that are not done, oldest first: as a set they would have no order."""
        return sorted(asyncio.all_tasks(self), key=lambda task: int(task.get_name().rpartition("-")[2]))

    def _process_events(self, event_list: list[Any]) -> None:
        """There are none."""

    def _write_to_self(self) -> None:
        """Nobody sleeps in a selector."""
