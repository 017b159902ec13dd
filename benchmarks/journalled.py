"""The row of the table about the journal: contacts written one by one, with durable intents and without."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, TypeVar, cast

from attrs import frozen

from benchmarks.lists import made
from benchmarks.make_list import ACCOUNT
from benchmarks.measuring import Result, Scale, medians
from benchmarks.ours import contacts
from benchmarks.sink import sink
from pling_async import ClientSettings, PlingClient, bulk
from pling_async.bulk.execution import closing
from pling_async.bulk.journal import Journal
from pling_async.bulk.journalled import Journalled
from pling_async.bulk.lookout import Lookout
from pling_async.bulk.per_contact import PerContact
from pling_async.bulk.seen_stops import SeenStops
from pling_async.session.protocol import Request
from pling_async.session.session import Caller

T = TypeVar("T")
_BAR: Final = 0.6


@frozen
class _Unjournalled:
    """Sends what `Journalled` sends, and writes nothing down."""

    _session: Caller

    @property
    def settings(self) -> ClientSettings:
        """Those of the session."""
        return self._session.settings

    def why_halted(self) -> str:
        """Never say why, since nothing halts it."""
        return ""

    async def call(self, request: Request, decode: Callable[[bytes], T]) -> T:
        """Call an operation."""
        return await self._session.call(request, decode)


def journal(scale: Scale, folder: Path) -> list[Result]:
    """Compare the requests of a per-contact apply under its journal with the same without one."""
    with sink(made(folder, "json", 0)) as url:
        plan = asyncio.run(_planned(url, scale.requests))
        works = {name: partial(_timed, url, plan, folder, name) for name in ("journalled", "without")}
        medians(works, 1)  # warms up
        run = medians(works, max(3, scale.rounds))
    with_it, without = (run[name]["per_second"] for name in ("journalled", "without"))
    return [
        Result(
            name="journal",
            what=f"apply contact by contact under its journal, {scale.requests:,} additions",
            figure=f"{with_it:.0f} contacts/s, {with_it / without:.2f}x without a journal ({without:.0f}), "
            f"{run['journalled']['cpu_us']:.0f} us CPU a contact ({run['without']['cpu_us']:.0f})",
            bar=f"{_BAR}x the throughput without a journal",
            is_met=with_it >= _BAR * without,
            details=run,
        )
    ]


def _client(url: str) -> PlingClient:
    """Return a client as it is when nobody sets anything: so many requests are in flight by default."""
    return PlingClient("bench", "bench", account_id=ACCOUNT, base_url=url)


async def _planned(url: str, rows: int) -> bulk.Plan:
    async with _client(url) as pling:
        return await bulk.plan(pling, await bulk.prepare(contacts(rows)), mode="merge")


def _timed(url: str, plan: bulk.Plan, folder: Path, name: str) -> dict[str, float]:
    with TemporaryDirectory(dir=folder) as state:
        return asyncio.run(_applied(url, plan, Path(state) / "journal.sqlite" if name == "journalled" else None))


async def _applied(url: str, plan: bulk.Plan, path: Path | None) -> dict[str, float]:
    async with _client(url) as pling:
        started, cpu = time.perf_counter(), time.process_time()
        async with _calling(pling, path) as (caller, opened):
            over = pling.over(caller, account_id=ACCOUNT, origin=pling.origin)
            lookout = Lookout(over, SeenStops(plan, opened))
            sender = PerContact(over, caller, plan.writes, lookout)
            outcomes = [written.outcome async for written in sender.run()]
        seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
    if outcomes != [bulk.Outcome.APPLIED] * plan.counts.writes:
        raise RuntimeError("a contact was not applied")
    return {"per_second": len(outcomes) / seconds, "cpu_us": cpu / len(outcomes) * 1e6}


@asynccontextmanager
async def _calling(pling: PlingClient, path: Path | None) -> AsyncIterator[tuple[Journalled, Journal]]:
    """Yield what sends, with the journal at this path, whose closing takes part in the time, or with none."""
    if path is None:
        yield cast("Journalled", _Unjournalled(pling.session)), cast("Journal", None)  # nobody opts out here
        return
    opened = await Journal.create(path, {"removals": 0})
    async with closing(opened):
        yield Journalled(pling.session, opened), opened
