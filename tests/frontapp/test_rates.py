"""Front counts requests by company and minute: writes run at the allowed rate, and never over it (virtual time)."""

import asyncio
import random
from collections.abc import Callable
from email.utils import formatdate
from typing import Any, Final

import pytest
from attrs import define, field

from pling_async import ClientSettings, Timeouts, errors
from pling_async.frontapp.client import PATIENT, FrontClient
from pling_async.frontapp.models import ContactChange
from pling_async.sandbox import FrontSemantics
from pling_async.sandbox.front.errors import ApiError
from pling_async.sandbox.front.limits import RateLimits
from pling_async.session.protocol import Request, Response
from pling_async.session.session import Session
from pling_async.session.settings import Runtime

START = 1_800_000_000.25


class _Jump:
    """A selector without files: it waits by moving the clock."""

    def __init__(self) -> None:
        self.now = 0.0

    def select(self, timeout: float | None) -> list[Any]:
        """Let time pass up to the next timer."""
        self.now += max(0.0, timeout or 0.0)
        return []

    def close(self) -> None:
        """Hold nothing."""


class Loop(asyncio.BaseEventLoop):
    """A loop whose time only moves when everybody waits."""

    def __init__(self) -> None:
        super().__init__()
        self._selector = _Jump()

    def time(self) -> float:
        """Return the virtual seconds."""
        return self._selector.now

    def _process_events(self, event_list: list[Any]) -> None:
        """There are none."""

    def _write_to_self(self) -> None:
        """Nobody sleeps in a selector."""


@define
class Server:
    """Front's limits behind a slow line, with the sandbox's own counting; its clock may be wrong."""

    limits: RateLimits
    has_date: bool = False
    skew: float = 0.0
    rng: random.Random = field(factory=lambda: random.Random(7))  # noqa: S311 - no secret
    taken: list[float] = field(factory=list)
    refused: int = 0

    async def send(self, request: Request, *, request_id: str, timeout: float) -> Response:  # noqa: ARG002, ASYNC109
        """Answer after a while, having counted the request on the way."""
        await asyncio.sleep(self.rng.uniform(0.02, 0.2))
        now = START + asyncio.get_running_loop().time()
        try:
            headers, status = self.limits.take(now + self.skew, None), 204
            self.taken.append(now)
        except ApiError as error:
            headers, status = dict(error.headers), 429
            self.refused += 1
        if self.has_date:
            headers["Date"] = date(now + self.skew)
        await asyncio.sleep(self.rng.uniform(0.02, 0.2))
        received = START + asyncio.get_running_loop().time()
        return Response(status=status, headers=tuple(headers.items()), received_at=received)

    async def close(self) -> None:
        """Hold nothing."""

    def most_in_a_minute(self) -> int:
        """Return the most requests in any sixty seconds."""
        return max(sum(start <= each < start + 60 for each in self.taken) for start in self.taken)


def date(moment: float) -> str:
    """Return a moment as the Date header has it, in whole seconds."""
    return formatdate(moment, usegmt=True)


def play(server: Server, main: Callable[[FrontClient], Any], **options: Any) -> float:
    """Run writes in virtual time and return the seconds that they took."""
    loop = Loop()

    async def live() -> None:
        runtime = Runtime(clock=loop.time, sleep=asyncio.sleep, random=lambda: 0.5)
        session = Session(server, settings=options.get("settings", PATIENT), runtime=runtime)
        await main(FrontClient.over(session, origin="https://api2.frontapp.com"))

    try:
        loop.run_until_complete(live())
        return loop.time()
    finally:
        loop.close()


async def write_all(client: FrontClient, count: int, workers: int = 8) -> None:
    """Write as fast as the client lets us, with some workers."""
    numbers = iter(range(count))

    async def work() -> None:
        for number in numbers:
            await client.contacts.update(f"crd_{number}", ContactChange(name="x"))

    await asyncio.gather(*(work() for _ in range(workers)))


CLOCKS: Final = [(False, 0.0), (True, 0.0), (True, 3600.0)]
"""Whether answers have a Date, and by how many seconds it is wrong."""


@pytest.mark.untraced
@pytest.mark.parametrize(
    ("limit", "minutes", "window", "clock"),
    [
        *((50, 9, window, clock) for window in ("fixed", "sliding") for clock in CLOCKS),
        (100, 4, "fixed", CLOCKS[2]),
        (200, 4, "sliding", CLOCKS[0]),
    ],
)
def test_writes_run_at_the_allowed_rate(limit: Any, minutes: int, window: Any, clock: tuple[bool, float]) -> None:
    """Within 5 % of the limit and never over it, as the server counts its minutes: the headers tell in time."""
    has_date, skew = clock
    server = Server(RateLimits(FrontSemantics(rate_limit=limit, rate_window=window)), has_date=has_date, skew=skew)
    play(server, lambda client: write_all(client, minutes * limit + 1))
    full_minutes = server.taken[-1] - server.taken[0]
    assert server.refused == 0
    assert window == "fixed" or server.most_in_a_minute() <= limit
    assert minutes * 60 <= full_minutes <= minutes * 60 * 1.05


def test_the_share_of_others_is_left_to_them() -> None:
    """When others use up half of what there is, we wait sooner, and are still never refused."""
    limits = RateLimits(FrontSemantics(rate_limit=50))
    server = Server(limits)

    async def main(client: FrontClient) -> None:
        async def others() -> None:
            while True:
                try:
                    limits.take(START + asyncio.get_running_loop().time(), None)
                except ApiError:
                    await asyncio.sleep(1)
                await asyncio.sleep(2.4)

        task = asyncio.create_task(others())
        await write_all(client, 150, workers=2)
        task.cancel()

    play(server, main)
    assert server.refused <= 4
    assert len(server.taken) == 150


@pytest.mark.parametrize("retry_after", ["given", "absent"])
def test_a_minute_that_was_full_before_is_waited_for(retry_after: Any) -> None:
    """The first request cannot know; its 429 says how long, by Retry-After or by the reset, and it is sent again."""
    limits = RateLimits(FrontSemantics(rate_limit=50, retry_after=retry_after))
    for _ in range(50):
        limits.take(START - 10, None)
    server = Server(limits)
    took = play(server, lambda client: client.contacts.update("crd_1", ContactChange(name="x")))
    assert (server.refused, len(server.taken)) == (1, 1)
    assert 49 <= took <= 53


def test_who_may_not_wait_that_long_is_told_so() -> None:
    """With a deadline before the reset the error comes at once, and says that nothing was sent."""
    limits = RateLimits(FrontSemantics(rate_limit=50))
    server = Server(limits)

    async def main(client: FrontClient) -> None:
        await write_all(client, 50)
        with pytest.raises(errors.PoolTimeout) as caught:
            await client.contacts.update("crd_1", ContactChange(name="x"))
        assert caught.value.outcome is errors.Outcome.NOT_APPLIED

    play(server, main, settings=ClientSettings(timeout=Timeouts(total=30)))
    assert server.refused == 0
