"""Rows of the table about requests: import, single contacts, upsert, memory and pauses."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import aclosing
from functools import partial
from pathlib import Path
from typing import Any, Final

import aiohttp
import httpx
import orjson

from benchmarks.lists import made
from benchmarks.measuring import Result, Scale, child, medians
from benchmarks.ours import client, contacts
from benchmarks.sink import sink
from pling_async import Contact, ContactListing, bulk
from pling_async.pling.codec import encode

_AT_ONCE: Final = 8
_HEADERS: Final = {"Content-Type": "application/json", "Accept-Version": "1.0.*", "Authorization": "Basic YmVuY2g6Yg=="}
_HTTPX_SHARE: Final = 4
"""httpx gets this fraction of the requests, since it takes so long."""

Send = Callable[[Any], Awaitable[object]]


def imported(scale: Scale, folder: Path) -> list[Result]:
    """Compare a replace, file to verified, with prepare, plan and a raw send of a body of the same bytes."""
    source, empty = made(folder, "csv", scale.rows), made(folder, "json", 0)
    run = medians({"ours": partial(_import, source, empty), "peer": partial(_parts, source, empty)}, scale.rounds)
    ours, peer = run["ours"]["seconds"], run["peer"]["seconds"]
    pause = run["ours"]["pause"] * 1000
    rows = f"{scale.rows:,} rows"
    return [
        Result(
            name="replace",
            what=f"replace, file to verified, {rows}",
            figure=f"{ours:.2f} s, {ours / peer:.2f}x prepare + plan + raw send ({peer:.2f} s)",
            bar="1.3x prepare + plan + raw send",
            is_met=ours <= 1.3 * peer,
            details=run,
        ),
        Result(
            name="pauses",
            what=f"event loop during that import of {rows}",
            figure=f"longest pause {pause:.0f} ms",
            bar="50 ms",
            is_met=pause <= 50,  # noqa: PLR2004 - the bar
            details={"pause_ms": pause},
        ),
    ]


def _import(source: Path, empty: Path) -> dict[str, float]:
    with sink(empty) as url:
        return child("ours", "import", source, url)


def _parts(source: Path, empty: Path) -> dict[str, float]:
    with sink(empty) as url:
        return child("parts", source, url)


def single(scale: Scale, folder: Path) -> list[Result]:
    """Compare `contacts.add` and `bulk.upsert` with raw loops that send the same bytes, equally many at a time."""
    everybody = list(contacts(scale.requests))
    with sink(made(folder, "json", 0)) as url:
        works = {
            "add": partial(_timed, _add, url, everybody),
            "upsert": partial(_timed, _upsert, url, everybody),
            "raw": partial(_timed, _raw, url, everybody),
            "httpx": partial(_timed, _httpx, url, everybody[::_HTTPX_SHARE]),
        }
        medians(works, 1)  # warms up
        run = medians(works, max(3, scale.rounds))
    return [_compared(name, run) for name in ("add", "upsert")]


def _compared(name: str, run: dict[str, dict[str, float]]) -> Result:
    ours, raw, slow = run[name], run["raw"], run["httpx"]
    cpu, less, rate = (
        ours["cpu_us"] / raw["cpu_us"],
        slow["cpu_us"] / ours["cpu_us"],
        ours["per_second"] / raw["per_second"],
    )
    return Result(
        name=name,
        what={"add": "contacts.add", "upsert": "bulk.upsert"}[name] + f", {_AT_ONCE} at a time",
        figure=f"{ours['cpu_us']:.0f} us CPU a request, {cpu:.2f}x raw aiohttp ({raw['cpu_us']:.0f}), {less:.1f}x less "
        f"than httpx ({slow['cpu_us']:.0f}); {ours['per_second']:.0f} requests/s, {rate:.2f}x raw",
        bar="CPU 1.3x raw and 4x less than httpx; throughput 0.85x raw",
        is_met=cpu <= 1.3 and less >= 4 and rate >= 0.85,  # noqa: PLR2004 - the bar
        details={each: run[each] for each in (name, "raw", "httpx")},
    )


def _timed(
    work: Callable[[str, list[Contact]], Awaitable[None]], url: str, everybody: list[Contact]
) -> dict[str, float]:
    started, cpu = time.perf_counter(), time.process_time()
    asyncio.run(_awaited(work(url, everybody)))
    seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
    return {"per_second": len(everybody) / seconds, "cpu_us": cpu / len(everybody) * 1e6}


async def _awaited(work: Awaitable[None]) -> None:
    await work


async def _spread(send: Send, items: list[Any]) -> None:
    """Let a fixed number of workers send, as simply as can be."""
    left: Iterator[Any] = iter(items)

    async def work() -> None:
        for item in left:
            await send(item)

    await asyncio.gather(*(work() for _ in range(_AT_ONCE)))


async def _add(url: str, everybody: list[Contact]) -> None:
    async with client(url) as pling:
        await _spread(pling.contacts.add, everybody)


async def _upsert(url: str, everybody: list[Contact]) -> None:
    listing = ContactListing(contacts=(), contact_groups=())
    async with client(url) as pling, aclosing(_outcomes(pling, everybody, listing)) as outcomes:
        async for applied in outcomes:
            if not applied:
                raise RuntimeError("a contact was not applied")


async def _outcomes(pling: Any, everybody: list[Contact], listing: ContactListing) -> AsyncGenerator[bool, None]:
    async for each in bulk.upsert(pling, everybody, max_in_flight=_AT_ONCE, listing=listing):
        yield each.outcome is bulk.Outcome.APPLIED


def _bodies(everybody: list[Contact]) -> list[bytes]:
    return [orjson.dumps(encode(contact, account_id=12345)) for contact in everybody]


async def _raw(url: str, everybody: list[Contact]) -> None:
    async with aiohttp.ClientSession(headers=_HEADERS) as session:

        async def send(body: bytes) -> None:
            async with session.post(f"{url}contacts", data=body) as response:
                orjson.loads(await response.read())

        await _spread(send, _bodies(everybody))


async def _httpx(url: str, everybody: list[Contact]) -> None:
    async with httpx.AsyncClient(headers=_HEADERS) as session:

        async def send(body: bytes) -> None:
            response = await session.post(f"{url}contacts", content=body)
            orjson.loads(response.content)

        await _spread(send, _bodies(everybody))


def memory(scale: Scale, folder: Path) -> list[Result]:
    """Compare the peak of an upsert of many rows with that of few."""
    many, few = scale.requests * 20, 1_000
    with sink(made(folder, "json", 0)) as url:
        works = {str(rows): partial(child, "ours", "upsert", rows, url) for rows in (few, many)}
        run = medians(works, 1)
    grown = run[str(many)]["peak_mb"] - run[str(few)]["peak_mb"]
    return [
        Result(
            name="upsert_memory",
            what=f"upsert of {many:,} rows from a generator",
            figure=f"peak {run[str(many)]['peak_mb']:.0f} MB, {grown:.1f} MB above {few:,} rows",
            bar="within 10 MB",
            is_met=grown <= 10,  # noqa: PLR2004 - the bar
            details=run,
        )
    ]
