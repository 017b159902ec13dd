"""A copy to Front runs at the company's rate: never refused, and no longer than it has to take (time is moved)."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from pling_async import PlingClient, targets
from pling_async.frontapp.client import PATIENT, FrontClient
from pling_async.sandbox import FrontSemantics, FrontService, Sandbox
from pling_async.sandbox.clock import START, FixedClock, wire
from pling_async.session.auth import BearerAuth, as_secret
from pling_async.session.session import Session
from pling_async.session.settings import BaseUrl, Runtime
from pling_async.session.transport import AiohttpTransport
from tests.peers import FakeTime

PEOPLE = 230


class Moved(FixedClock):
    """The sandbox's clock, which goes as the client's does: a request takes no time."""

    def __init__(self, time: FakeTime) -> None:
        super().__init__()
        self._time = time

    def now(self) -> str:
        """Return the client's time."""
        return wire(START + timedelta(seconds=self._time.now))

    tick = now


def front(sandbox: Sandbox, time: FakeTime) -> tuple[FrontClient, Session]:
    """Return a client as it is when nobody sets anything, in that time."""
    base = BaseUrl.parse(sandbox.front.url)
    headers = {"Authorization": BearerAuth(as_secret(sandbox.front.token)).header_value()}
    runtime = Runtime(clock=time.clock, sleep=time.sleep, random=lambda: 1.0)
    session = Session(AiohttpTransport(base, headers=headers, settings=PATIENT), settings=PATIENT, runtime=runtime)
    return FrontClient.over(session, origin=base.origin), session


@pytest.mark.parametrize("window", ["fixed", "sliding"])
@pytest.mark.parametrize("limit", [50, 100])
async def test_a_copy_runs_at_the_rate_that_front_allows(limit: Any, window: Any) -> None:
    """No request is refused, everybody arrives, and waiting is for the minutes that so many requests need."""
    time = FakeTime()
    semantics = FrontSemantics(rate_limit=limit, rate_window=window)
    services = ("pling", FrontService(semantics=semantics))
    async with Sandbox(services=services, clock=Moved(time)) as sandbox:
        await sandbox.front.seed(custom_fields=[{"name": "Stop", "type": "boolean"}])
        await sandbox.seed(contacts=[{"mobile": f"+4799999{n:03}", "stop": int(n % 9 == 0)} for n in range(PEOPLE)])
        login = {"account_id": sandbox.account_id, "base_url": sandbox.url}
        client, session = front(sandbox, time)
        async with PlingClient(sandbox.username, sandbox.password, **login) as pling:
            target = targets.frontapp(client, stopped="mark")
            plan = await targets.plan(pling, target)
            outcomes = Counter([each.outcome async for each in targets.apply(pling, plan, target)])
        await session.close()
        there = [each for each in sandbox.requests if each.path.startswith("/front/")]
        assert outcomes == {"applied": PEOPLE}
        assert len(await sandbox.front.contacts()) == PEOPLE
    assert not [each for each in there if each.status == 429]
    minutes = (len(there) - 1) // limit
    assert minutes * 60 <= sum(time.slept) <= minutes * 61.5
