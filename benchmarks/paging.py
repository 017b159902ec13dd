"""A server of listings in pages, in a process of its own, which made every answer before it listens.

python -m benchmarks.paging {ip1 | front} CONTACTS

It prints its port. Whatever is asked, the page of the `page` in the query is the answer; the first without one.
"""

import asyncio
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any, Final

import orjson

from pling_async.frontapp import account as front
from pling_async.ip1 import account as ip1

PAGES: Final = {"ip1": ip1.PAGE_SIZE, "front": front.PAGE_SIZE}
"""Contacts a page: what our clients ask for."""
_ASKED: Final = re.compile(rb"GET [^ ]*[?&](?:start|page_token)=([0-9]+)")
_RATES: Final = "x-ratelimit-limit: 1000000\r\nx-ratelimit-remaining: 999999\r\nx-ratelimit-reset: 1800000000.5\r\n"


def bodies(service: str, contacts: int) -> Iterator[bytes]:
    """Yield the pages of a listing as the server sends them."""
    size, one = PAGES[service], _CONTACTS[service]
    for start in range(0, contacts, size):
        found = [one(number) for number in range(start, min(start + size, contacts))]
        yield orjson.dumps(found if service == "ip1" else _results(found, start + size, contacts))


def _results(found: list[dict[str, Any]], following: int, contacts: int) -> dict[str, Any]:
    target = f"https://company.api.frontapp.com/contacts?limit=100&page_token={following}"
    links = {"self": "https://company.api.frontapp.com/contacts?limit=100"}
    return {
        "_pagination": {"next": target if following < contacts else None},
        "_links": links,
        "_results": found,
    }


def _ip1(number: int) -> dict[str, Any]:
    """Return a contact with the fields of the document's example."""
    return {
        "id": f"{number:024x}",
        "ownerId": "ip1-12345",
        "properties": {
            "phoneNumber": "+46701740605",
            "email": f"person{number}@example.com",
            "firstName": "Icarus",
            "lastName": f"Sol {number}",
            "department": "Sales",
        },
        "labels": ["Coworker", "all"],
    }


def _front(number: int) -> dict[str, Any]:
    """Return a contact with every field of the description, two handles, one list and two custom fields."""
    url = f"https://company.api.frontapp.com/contacts/crd_{number:x}"
    member = {
        "_links": {"self": f"{url}/lists", "related": {"contacts": f"{url}/lists/contacts"}},
        "id": "grp_1",
        "name": "Customers",
        "is_private": False,
    }
    return {
        "_links": {"self": url, "related": {"notes": f"{url}/notes", "conversations": f"{url}/conversations"}},
        "id": f"crd_{number:x}",
        "name": f"Dale Cooper {number}",
        "description": "Special agent",
        "avatar_url": None,
        "links": ["https://example.com/"],
        "groups": [member],
        "lists": [member],
        "handles": [
            {"source": "email", "handle": f"person{number}@example.com"},
            {"source": "phone", "handle": "+12125550123"},
        ],
        "custom_fields": {"Location": "Twin Peaks", "Job Title": "Agent"},
        "is_private": False,
        "updated_at": 1525417200.123,
        "account": None,
    }


_CONTACTS: Final[dict[str, Callable[[int], dict[str, Any]]]] = {"ip1": _ip1, "front": _front}


def _answers(service: str, contacts: int, url: str) -> Iterator[bytes]:
    """Yield whole answers, heads included."""
    size = PAGES[service]
    for page, body in enumerate(bodies(service, contacts), start=1):
        start = (page - 1) * size
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        more = _links(url, start, contacts) if service == "ip1" else _RATES
        yield f"{head}{more}\r\n".encode() + body


def _links(url: str, start: int, contacts: int) -> str:
    """Return the header that leads to the other pages, with every relation that the vendor has."""
    size = PAGES["ip1"]
    last = (contacts - 1) // size * size
    starts = {"self": start, "first": 0, "prev": start - size, "next": start + size, "last": last}
    known = (
        f"<{url}v2/contacts?start={at}&limit={size}>; rel={name}" for name, at in starts.items() if 0 <= at <= last
    )
    return f"Link: {', '.join(known)}\r\n"


class _Pages(asyncio.Protocol):
    def __init__(self, answers: list[bytes], size: int) -> None:
        self._answers, self._size = answers, size

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        asked = _ASKED.match(data)
        if isinstance(self._transport, asyncio.Transport):
            self._transport.write(self._answers[int(asked[1]) // self._size if asked else 0])


async def _serve(service: str, contacts: int) -> None:
    answers: list[bytes] = []
    server = await asyncio.get_running_loop().create_server(lambda: _Pages(answers, PAGES[service]), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    answers.extend(_answers(service, contacts, f"http://127.0.0.1:{port}/"))
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    await server.serve_forever()


@contextmanager
def paging(service: str, contacts: int) -> Iterator[str]:
    """Run the server and give its base URL."""
    command = [sys.executable, "-m", "benchmarks.paging", service, str(contacts)]
    with Popen(command, stdout=PIPE, text=True, cwd=Path(__file__).parent.parent) as server:  # noqa: S603
        try:
            port = server.stdout.readline().strip() if server.stdout else ""
            yield f"http://127.0.0.1:{port}/"
        finally:
            server.kill()


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1], int(sys.argv[2])))
