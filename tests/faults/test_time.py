"""Clocks that jump, and an event loop that must not stop (#n are fault numbers)."""

import asyncio
import itertools
import time
from datetime import datetime, tzinfo
from importlib import import_module
from pathlib import Path
from typing import Any

import orjson
import pytest

from pling_async import Contact, PlingClient, bulk
from pling_async.sandbox import Fault, Sandbox
from tests.loops import longest_pause

DAY = 86_400
OLA, KARI = "+4799999001", "+4799999002"


@pytest.fixture
def jumping(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the wall clock be a day off each time it is read, now ahead, now behind, however it is read."""
    real, jumps = time.time, itertools.cycle([DAY, -DAY, 0])
    monkeypatch.setattr(time, "time", lambda: real() + next(jumps))

    class Jumping(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime.fromtimestamp(time.time(), tz)

    for module in ("apply", "history", "journal"):
        monkeypatch.setattr(import_module(f"pling_async.bulk.{module}"), "datetime", Jumping)


@pytest.mark.usefixtures("jumping")
async def test_a_wall_clock_that_jumps_changes_no_wait(serve: Any, connect: Any, reply: Any, fake_time: Any) -> None:
    """#84: timeouts, pauses and backoff are counted on a clock that only goes forward."""
    server = await serve(reply(503, b"{}"), reply(429, b"{}", "Retry-After: 3"), reply(200, b"[]"))
    assert await (await connect(server.url, time=fake_time)).groups.list() == ()
    assert fake_time.slept == [0.5, 3.0]


@pytest.mark.usefixtures("jumping")
async def test_a_retry_after_date_is_judged_by_the_servers_own_date(
    serve: Any, connect: Any, reply: Any, fake_time: Any
) -> None:
    """#62, #84: only the server's own clock says how far off a date is; one in its past is no wait."""
    when = "Date: Thu, 01 Jan 2026 12:00:00 GMT"
    server = await serve(
        reply(429, b"{}", "Retry-After: Thu, 01 Jan 2026 12:00:07 GMT", when),
        reply(429, b"{}", "Retry-After: Thu, 01 Jan 2026 11:00:00 GMT", when),
        reply(200, b"[]"),
    )
    assert await (await connect(server.url, time=fake_time)).groups.list() == ()
    assert fake_time.slept == [7.0, 1.0]


@pytest.mark.usefixtures("jumping")
async def test_a_plan_does_not_grow_old(sandbox: Sandbox, pling: PlingClient) -> None:
    """#84: whether a plan is stale is told by the account's fingerprint, never by an age."""
    await sandbox.seed(contacts=[{"mobile": OLA}])
    plan = await bulk.plan(pling, await bulk.prepare([{"mobile": KARI}]))
    sandbox.fail(Fault(status=429, retry_after="0", method="POST"))
    assert (await bulk.apply(pling, plan)).is_complete
    rows = [row async for row in bulk.upsert(pling, [Contact(mobile=OLA, city="OSLO")])]
    assert [row.outcome for row in rows] == [bulk.Outcome.APPLIED]


@pytest.mark.usefixtures("jumping")
@pytest.mark.parametrize("strategy", ["per_contact", "replace"])
async def test_runs_are_kept_and_resumed_whatever_the_clock_says(pling: PlingClient, strategy: str) -> None:
    """#84: a run whose clock jumps can be finished, and none is forgotten before its time."""
    for number in range(4):
        stop = asyncio.Event()
        stop.set()
        plan = await bulk.plan(pling, await bulk.prepare([{"mobile": f"+479999900{number}"}]))
        run = await bulk.apply(pling, plan, strategy=strategy, settings=bulk.ApplySettings(stop=stop))
        assert not run.is_complete
        assert (await bulk.resume(pling, run.id)).is_complete
    kept = await asyncio.to_thread(lambda: list(bulk.runs()))
    assert [run.status for run in kept] == [bulk.Status.COMPLETE] * 4


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """Return a long list, in which every number is spelled in several ways."""
    path = tmp_path / "list.csv"
    spellings = ("+47 999 99 {:03}", "tel: 999-99-{:03}", "0047 99999{:03}", "'+4799999{:03}", "(999) 99 {:03}")
    mobiles = (spellings[n % 5].format(n % 1000) for n in range(200_000))
    path.write_text("Mobil;Navn;By\n" + "".join(f"{mobile};Ola Nordmann;OSLO\n" for mobile in mobiles))
    return path


async def test_the_loop_goes_on_while_a_list_is_planned(serve: Any, connect: Any, reply: Any, many: Path) -> None:
    """#86: 200 000 rows and a listing of 10 MB leave the loop its turns, within 100 ms; best of three."""
    rows = ({"id": n, "accountId": 12345, "mobile": f"+4799{n:06}", "stop": 0, "active": 1} for n in range(60_000))
    full = [{**row, "comment": "x" * 100, "contactGroupIds": []} for row in rows]
    client = await connect((await serve(reply(200, orjson.dumps({"contacts": full, "contactGroups": []})))).url)

    async def work() -> None:
        plan = await bulk.plan(client, await bulk.prepare(many), mode="replace")
        assert plan.counts.add + plan.counts.change + plan.counts.remove > 0

    pauses: list[float] = []
    while len(pauses) < 3 and min(pauses, default=1.0) > 0.1:
        pauses.append(await longest_pause(work()))
    assert min(pauses) < 0.1
