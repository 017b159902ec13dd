"""Time the sandbox at scale; prints JSON with seconds for each step, and the event loop's longest pause.

    python -m benchmarks.sandbox_scale --contacts 1000000

Replaces an empty account, repeats the same request, changes every contact, lists the account, removes all but one. The
client runs in the same process and only moves bytes.
"""

import argparse
import asyncio
import json
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import IO

import aiohttp
import orjson

from benchmarks.measuring import Pauses
from pling_async.sandbox import Sandbox


def write_body(path: Path, count: int, city: str) -> None:
    """Write a replace request of `count` contacts."""
    with path.open("wb") as file:
        for number in range(count):
            contact = {
                "mobile": f"+479{number:07}",
                "firstName": f"Kari {number}",
                "lastName": "Nordmann",
                "name": f"Kari {number} Nordmann",
                "email": f"kari{number}@example.com",
                "address": f"Storgata {number % 200}",
                "postalCode": f"{number % 10_000:04}",
                "city": city,
                "contactGroups": [f"Group {number % 50}"],
            }
            file.write((b"," if number else b"[") + orjson.dumps(contact))
        file.write(b"]")


class Client:
    """Sends bytes to the sandbox."""

    def __init__(self, sandbox: Sandbox, session: aiohttp.ClientSession) -> None:
        self._query = {"accountId": str(sandbox.account_id)}
        self._session = session

    async def replace(self, body: IO[bytes] | bytes) -> None:
        """Send one replace."""
        headers = {"Content-Type": "application/json"}
        async with self._session.post("contacts/replace", params=self._query, data=body, headers=headers) as answer:
            answer.raise_for_status()
            await answer.read()

    async def list(self) -> None:
        """Read the whole account."""
        async with self._session.get("contacts", params=self._query) as answer:
            answer.raise_for_status()
            async for _ in answer.content.iter_any():
                pass


async def timed(work: Callable[[], Awaitable[None]]) -> float:
    """Return how long some work takes."""
    start = time.perf_counter()
    await work()
    return round(time.perf_counter() - start, 2)


async def measure(count: int, folder: Path, database: str) -> dict[str, float]:
    """Return seconds by step."""
    first, second = folder / "first.json", folder / "second.json"
    write_body(first, count, "OSLO")
    write_body(second, count, "BERGEN")
    pauses = Pauses()
    async with Sandbox(database=database) as sandbox:
        headers = {"Authorization": aiohttp.encode_basic_auth(sandbox.username, sandbox.password)}
        timeout = aiohttp.ClientTimeout(total=None)
        async with aiohttp.ClientSession(sandbox.url, headers=headers, timeout=timeout) as session:
            client = Client(sandbox, session)
            watching = asyncio.create_task(pauses.watch())
            with first.open("rb") as one, first.open("rb") as same, second.open("rb") as other:
                steps = {
                    "replace_into_empty": await timed(lambda: client.replace(one)),
                    "replace_unchanged": await timed(lambda: client.replace(same)),
                    "replace_all_changed": await timed(lambda: client.replace(other)),
                    "list": await timed(client.list),
                    "replace_by_one": await timed(lambda: client.replace(b'[{"mobile":"+4790000000"}]')),
                }
            watching.cancel()
    return {"contacts": count, **steps, "longest_pause": round(pauses.longest, 3)}


def main() -> None:
    """Read the command line and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--contacts", type=int, default=1_000_000)
    parser.add_argument("--database", default=":memory:")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures = asyncio.run(measure(options.contacts, Path(folder), options.database))
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
