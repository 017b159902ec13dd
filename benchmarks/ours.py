"""One job of ours in a process of its own, so that its peak is its own.

python -m benchmarks.ours {prepare CSV | snapshot LISTING | upsert ROWS | import CSV URL}
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast

import polars as pl

from benchmarks.make_list import ACCOUNT
from benchmarks.measuring import Pauses, peak_mb, say_and_peak
from pling_async import ClientSettings, Contact, ContactListing, PlingClient, bulk
from pling_async.bulk.snapshot import from_listed, read_answer


def client(url: str) -> PlingClient:
    """Return a client of the sink."""
    return PlingClient("bench", "bench", account_id=ACCOUNT, base_url=url, settings=ClientSettings(max_in_flight=64))


async def watched_prepare(path: str) -> None:
    """Prepare a list, watching the loop."""
    pauses = Pauses()
    watching = asyncio.create_task(pauses.watch())
    started = time.perf_counter()
    prepared = await bulk.prepare(path)
    seconds = time.perf_counter() - started
    watching.cancel()
    rows = prepared.source.rows
    say_and_peak(rows=rows, contacts=prepared.contacts.height, seconds=seconds, pause=pauses.longest)


async def watched_snapshot(path: str) -> None:
    """Read a listing into a snapshot, watching the loop; the peak beyond what was there before is `grown_mb`."""
    before = peak_mb()
    bodies = [await asyncio.to_thread(Path(path).read_bytes)]
    body_mb = len(bodies[0]) / 2**20
    pauses = Pauses()
    watching = asyncio.create_task(pauses.watch())
    started = time.perf_counter()
    listed, _ = await asyncio.to_thread(read_answer, bodies.pop())  # nobody else holds it, as in `bulk.snapshot`
    found = await asyncio.to_thread(from_listed, listed, origin="", account_id=ACCOUNT)
    seconds = time.perf_counter() - started
    watching.cancel()
    grown_mb, frame_mb = peak_mb() - before, size_mb(found.contacts)
    say_and_peak(seconds=seconds, pause=pauses.longest, body_mb=body_mb, frame_mb=frame_mb, grown_mb=grown_mb)


class _Size:
    """Counts what is written to it."""

    def __init__(self) -> None:
        self.bytes = 0

    def write(self, data: Any) -> int:
        self.bytes += len(data)
        return len(data)


def size_mb(frame: pl.DataFrame) -> float:
    """Return what a frame's buffers hold, as Arrow; `estimated_size` leaves out most of what texts take."""
    size = _Size()
    frame.rechunk().write_ipc_stream(cast("BinaryIO", size))
    return size.bytes / 2**20


def contacts(rows: int) -> Iterator[Contact]:
    """Yield contacts to upsert, one by one."""
    for row in range(rows):
        yield Contact(mobile=f"+479{row:07}", first_name="Ola", last_name="Nordmann", email=f"ola{row}@example.com")


async def upsert_all(rows: int, url: str) -> None:
    """Upsert into an empty account."""
    listing = ContactListing(contacts=(), contact_groups=())
    async with client(url) as pling:
        started = time.perf_counter()
        applied = 0
        async for outcome in bulk.upsert(pling, contacts(rows), listing=listing):
            applied += outcome.outcome is bulk.Outcome.APPLIED
        say_and_peak(rows=rows, applied=applied, seconds=time.perf_counter() - started)


async def watched_import(path: str, url: str) -> None:
    """Replace an account by a list, file to verified, watching the loop."""
    pauses = Pauses()
    guards = bulk.Guards(removals_despite_rejects=True)
    with tempfile.TemporaryDirectory() as folder:
        applying = bulk.ApplySettings(state=Path(folder))
        async with client(url) as pling:
            watching = asyncio.create_task(pauses.watch())
            started = time.perf_counter()
            run = await bulk.replace(pling, path, guards=guards, strategy="replace", applying=applying)
            seconds = time.perf_counter() - started
            watching.cancel()
    is_clean = run.verification is not None and run.verification.is_clean
    say_and_peak(rows=run.written.height, seconds=seconds, pause=pauses.longest, clean=is_clean)


def main() -> None:
    """Do the job named on the command line."""
    job, *arguments = sys.argv[1:]
    jobs = {
        "prepare": lambda: watched_prepare(arguments[0]),
        "snapshot": lambda: watched_snapshot(arguments[0]),
        "upsert": lambda: upsert_all(int(arguments[0]), arguments[1]),
        "import": lambda: watched_import(arguments[0], arguments[1]),
    }
    asyncio.run(jobs[job]())


if __name__ == "__main__":
    main()
