"""Ctrl-C while something is written: once to stop well, twice to stop now.

The first signal lets what is under way finish, for ten seconds at most, and takes no further contact. The second ends
the run at once. Either way the journal is whole, and the run can be resumed. A copy has more time: it may have to wait
for the other system's rate, and who stopped meanwhile is to be stopped there.
"""

import asyncio
import signal
import threading
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

from pling_async.cli.exits import Interrupted
from pling_async.cli.output import note

T = TypeVar("T")

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
GRACE: Final = 10.0
"""Seconds that requests under way get after the first signal."""


class Stopping:
    """Lets signals end one piece of work; without a `grace` what is under way has the time that it needs."""

    def __init__(self, *, grace: float | None = GRACE) -> None:
        self.event = asyncio.Event()
        self._grace = grace
        self._work: asyncio.Task[Any] | None = None

    async def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Await the work with the signals turned into a stop; raises `Interrupted` when it had to be cancelled.

        Only a process's main thread hears signals; elsewhere the work is simply awaited.
        """
        loop = asyncio.get_running_loop()
        self._work = task = asyncio.ensure_future(work)
        listening = threading.current_thread() is threading.main_thread()
        for each in _SIGNALS if listening else ():
            loop.add_signal_handler(each, self._signalled)
        try:
            return await task
        except asyncio.CancelledError as cancelled:
            if not self.event.is_set():
                raise
            raise Interrupted(_told(cancelled)) from None
        finally:
            for each in _SIGNALS if listening else ():
                loop.remove_signal_handler(each)

    def _signalled(self) -> None:
        if self._work is None:
            return
        if self.event.is_set():
            self._work.cancel()
            return
        self.event.set()
        note("stopping: what is under way is finished first; once more to stop now")
        if self._grace is not None:
            asyncio.get_running_loop().call_later(self._grace, self._work.cancel)


def _told(cancelled: asyncio.CancelledError) -> str:
    """Say what whoever was cancelled left as a note, and what is not known."""
    ways_back = [each.removeprefix("pling_async: ") for each in getattr(cancelled, "__notes__", ()) if _is_way(each)]
    return "; ".join(["interrupted; requests under way may have been carried out", *ways_back])


def _is_way(note: str) -> bool:
    return "resume" in note or "again" in note
