"""Rows of the table about listings of the other systems: what a contact costs beside its decoding.

python -m benchmarks.neighbours {ip1 | front} CONTACTS ROUNDS URL
"""

import asyncio
import gc
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from benchmarks.measuring import Result, Scale, child, say_and_peak
from benchmarks.paging import bodies, paging
from pling_async.frontapp import Contact as FrontContact
from pling_async.frontapp import FrontClient
from pling_async.frontapp.codec import decode_page
from pling_async.ip1 import Ip1Client
from pling_async.ip1.codec import decode_contacts

_BAR: Final = 1.5
_ROUNDS: Final = 9
_NAMES: Final = {"ip1": "IP1", "front": "Front"}


def listings(scale: Scale, _: Path) -> list[Result]:
    """Compare the CPU of a listing, over HTTP and page by page, with that of the codec over the same pages."""
    return [_compared(service, scale.rows // 10) for service in _NAMES]


def _compared(service: str, contacts: int) -> Result:
    with paging(service, contacts) as url:
        run = child("neighbours", service, contacts, _ROUNDS, url)
    ours, codec, ratio = run["listing_us"], run["codec_us"], run["ratio"]
    return Result(
        name=f"listing_{service}",
        what=f"{_NAMES[service]}: listing {contacts:,} contacts, {run['contacts_a_page']:.0f} a page",
        figure=f"{ours:.1f} us CPU a contact, {ratio:.2f}x the codec alone ({codec:.1f} us); "
        f"{run['per_second']:.0f} contacts/s",
        bar=f"{_BAR}x the codec alone",
        is_met=ratio <= _BAR,
        details=run,
    )


async def _count(service: str, url: str) -> int:
    count = 0
    async with Ip1Client("token", base_url=url) if service == "ip1" else FrontClient("token", base_url=url) as client:
        async for _ in client.contacts.list():
            count += 1
    return count


def _decode(service: str, pages: list[bytes]) -> int:
    return sum(1 for page in pages for _ in _elements(service, page))


def _elements(service: str, page: bytes) -> tuple[object, ...]:
    return decode_contacts(page) if service == "ip1" else decode_page(FrontContact, page).elements


def _timed(work: Callable[[], int], expected: int) -> tuple[float, float]:
    gc.collect()
    cpu, wall = time.process_time(), time.perf_counter()
    if work() != expected:
        raise RuntimeError("contacts are missing")
    return time.process_time() - cpu, time.perf_counter() - wall


def main() -> None:
    """Print what a contact costs, listed and decoded, the two taking turns; the ratio is that of neighbours in time."""
    service, contacts, rounds, url = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    pages = list(bodies(service, contacts))
    listing: list[tuple[float, float]] = []
    codec: list[float] = []
    for _ in range(rounds + 1):
        listing.append(_timed(lambda: asyncio.run(_count(service, url)), contacts))
        codec.append(_timed(lambda: _decode(service, pages), contacts)[0])
    cpu = statistics.median(each for each, _ in listing[1:])  # the first round warms up
    wall = statistics.median(each for _, each in listing[1:])
    say_and_peak(
        listing_us=cpu / contacts * 1e6,
        codec_us=statistics.median(codec[1:]) / contacts * 1e6,
        ratio=statistics.median(each / alone for (each, _), alone in zip(listing[1:], codec[1:], strict=True)),
        per_second=contacts / wall,
        contacts_a_page=contacts / len(pages),
    )


if __name__ == "__main__":
    main()
