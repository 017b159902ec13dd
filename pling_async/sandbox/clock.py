"""The sandbox's time: real, one second a request from a fixed start, or moved by hand."""

import asyncio
import contextlib
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from itertools import count
from types import TracebackType
from typing import Final, Protocol, Self

START: Final = datetime(2026, 1, 1, tzinfo=UTC)


def wire(moment: datetime) -> str:
    """Return a moment as the API writes it: 2026-01-01T00:00:00.000Z."""
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"


def at(ticks: float) -> str:
    """Return the time so many seconds after the start, as the API writes it."""
    return wire(START + timedelta(seconds=ticks))


class Nap:
    """A wait, as an async context; `wake` ends it early, and `over` returns when what ran inside it is done."""

    def __init__(self, seconds: float | None) -> None:
        self._seconds = seconds
        self._awake = asyncio.Event()
        self._over = asyncio.Event()

    async def __aenter__(self) -> Self:
        try:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._awake.wait(), self._seconds)
        except asyncio.CancelledError:
            self._over.set()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()

    def wake(self) -> None:
        """End the wait now."""
        self._awake.set()

    async def over(self) -> None:
        """Return when the context has been left."""
        await self._over.wait()


class Clock(Protocol):
    """What the sandbox knows of time; its store is stamped with it, and the delays of faults wait for it."""

    ticks: float

    def now(self) -> str:
        """Return the time, in the wire's form."""

    def tick(self) -> str:
        """Return the time of another request, in the wire's form."""

    def set(self, ticks: float) -> None:
        """Go to a number of seconds after the start."""

    def nap(self, seconds: float) -> Nap:
        """Return a wait that begins now."""


class RealClock:
    """The time of day."""

    ticks: float = 0

    def now(self) -> str:
        """Return the time, in the wire's form."""
        return wire(datetime.now(tz=UTC))

    tick = now

    def set(self, ticks: float) -> None:
        """Do nothing: real time goes on by itself."""

    def nap(self, seconds: float) -> Nap:
        """Return a wait that begins when it is entered."""
        return Nap(seconds)


class FixedClock:
    """A clock that starts at 2026-01-01T00:00:00Z and moves one second a request; delays take real time."""

    def __init__(self) -> None:
        self.ticks: float = 0

    def now(self) -> str:
        """Return the time, in the wire's form."""
        return at(self.ticks)

    def tick(self) -> str:
        """Move one second and return the time."""
        self.ticks += 1
        return self.now()

    def set(self, ticks: float) -> None:
        """Go to a number of seconds after the start."""
        self.ticks = ticks

    def nap(self, seconds: float) -> Nap:
        """Return a wait that begins when it is entered."""
        return Nap(seconds)


class ManualClock(FixedClock):
    """A clock that starts at 2026-01-01T00:00:00Z and stands still until `advance`, for which delays wait too."""

    def __init__(self) -> None:
        super().__init__()
        self._naps: list[tuple[float, int, Nap]] = []
        self._numbers = count()

    def tick(self) -> str:
        """Return the time, which no request moves."""
        return self.now()

    def nap(self, seconds: float) -> Nap:
        """Return a wait until the clock has been advanced by so much."""
        nap = Nap(None)
        if seconds > 0:
            heappush(self._naps, (self.ticks + seconds, next(self._numbers), nap))
        else:
            nap.wake()
        return nap

    async def advance(self, seconds: float) -> None:
        """Move time on; what falls due is done at its own time and in its order, before this returns."""
        end = self.ticks + seconds
        while self._naps and self._naps[0][0] <= end:
            due, _, nap = heappop(self._naps)
            self.ticks = max(self.ticks, due)
            nap.wake()
            await nap.over()
        self.ticks = end
