"""The peer of a replace: the same preparation and plan, then nothing but a raw send of the same bytes.

python -m benchmarks.parts CSV URL
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp

from benchmarks.make_list import ACCOUNT
from benchmarks.measuring import say_and_peak
from benchmarks.ours import client
from pling_async import bulk
from pling_async.bulk.body import write_body


async def _chunks(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(1 << 18):
            yield chunk


async def _run(source: str, url: str) -> None:
    guards = bulk.Guards(removals_despite_rejects=True)
    with tempfile.TemporaryDirectory() as folder:
        body = Path(folder) / "body.json"
        async with client(url) as pling, aiohttp.ClientSession() as session:
            started = time.perf_counter()
            plan = await bulk.plan(pling, await bulk.prepare(source), mode="replace", guards=guards)
            seconds = time.perf_counter() - started
            write_body(body, plan.wanted, plan.groups, consent=())
            started = time.perf_counter()
            headers = {"Content-Type": "application/json", "Content-Length": str(body.stat().st_size)}
            async with session.post(
                f"{url}contacts/replace?accountId={ACCOUNT}", data=_chunks(body), headers=headers
            ) as response:
                await response.read()
            sent = time.perf_counter() - started
    say_and_peak(seconds=seconds + sent, prepare_and_plan=seconds, sent=sent)


if __name__ == "__main__":
    asyncio.run(_run(*sys.argv[1:3]))
