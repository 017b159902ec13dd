"""What surrounds a process: proxies in its environment, forks, few file descriptors, little memory (#n are faults)."""

import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import orjson
import pytest

from pling_async import Contact, ContactListing, PlingClient, bulk
from pling_async.sandbox import Sandbox
from pling_async.session.protocol import Request, Response
from pling_async.session.session import Session
from pling_async.session.settings import ClientSettings

_FORKS = """
import asyncio, os, sys
from pling_async import PlingClient, errors

client = PlingClient("user", "secret", account_id=1, base_url=sys.argv[1])

def in_the_child():
    try:
        asyncio.run(client.groups.list())
    except errors.ConfigurationError as error:
        print(error, flush=True)
        os._exit(0)
    os._exit(1)

async def main():
    async with client:
        await client.groups.list()
        child = os.fork() or in_the_child()
        assert os.waitpid(child, 0)[1] == 0
        await client.groups.list()

asyncio.run(main())
"""


async def test_a_forked_child_has_no_client(serve: Any, process: Any, reply: Any) -> None:
    """#87: a child would share the parent's connections; it is told so, and the parent's go on."""
    server = await serve(reply(200, b"[]"))
    ended = await process("-W", "ignore::DeprecationWarning", "-c", _FORKS, server.url)
    assert ended.code == 0, ended.err
    assert "another event loop" in ended.out
    assert (len(server.requests), server.connections) == (2, 1)


_ADDS = """
import asyncio, collections, json, resource, sys
from pling_async import ClientSettings, Contact, PlingClient, errors

url, user, password, account, at_once = sys.argv[1:]
ends = collections.Counter()

async def add(client, n):
    try:
        await client.contacts.add(Contact(mobile=f"+4799999{n:03}", is_stopped=True))
        ends["applied"] += 1
    except errors.PlingError as error:
        ends[error.outcome.value] += 1

async def main():
    settings = ClientSettings(max_in_flight=int(at_once))
    async with PlingClient(user, password, account_id=int(account), base_url=url, settings=settings) as client:
        await asyncio.gather(*(add(client, n) for n in range(300)))

resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
asyncio.run(main())
print(json.dumps(ends))
"""


@pytest.fixture
def added(sandbox: Sandbox, process: Any) -> Callable[[int], Any]:
    """Add 300 contacts so many at a time, in a process that may open 64 files, and return the outcomes by kind."""

    async def run(at_once: int) -> dict[str, int]:
        where = (sandbox.url, sandbox.username, sandbox.password, sandbox.account_id)
        ended = await process("-c", _ADDS, *where, at_once)
        assert ended.code == 0, ended.err
        outcomes: dict[str, int] = orjson.loads(ended.out)
        return outcomes

    return run


async def test_without_files_every_outcome_is_still_true(sandbox: Sandbox, added: Any) -> None:
    """#88: what found no connection was not sent and says so; nothing hangs, nothing is sent twice."""
    outcomes = await added(200)
    assert sum(outcomes.values()) == 300
    assert outcomes["applied"] == len(await sandbox.contacts())
    assert outcomes.keys() <= {"applied", "not_applied"}


async def test_with_few_files_fewer_connections_do_the_work(added: Any) -> None:
    """#88: a client that may open 64 files sends with fewer connections than it was allowed, and applies everything."""
    assert await added(200) == {"applied": 300}


_LISTS = """
import asyncio, os, resource, sys
from pling_async import ClientSettings, PlingClient, RetryPolicy, errors

async def main():
    client = PlingClient("user", "secret", account_id=1, base_url=sys.argv[1],
                         settings=ClientSettings(retry=RetryPolicy(longest=0)))
    async with client:
        taken = len(os.listdir("/proc/self/fd")) - 1
        resource.setrlimit(resource.RLIMIT_NOFILE, (taken, 64))
        try:
            await asyncio.wait_for(client.groups.list(), 10)
        except errors.OutOfFiles as error:
            print(error.outcome.value, error.attempts, error)
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
        await client.groups.list()

asyncio.run(main())
"""


async def test_a_client_without_any_file_names_the_limit(serve: Any, process: Any, reply: Any) -> None:
    """#88: with nobody to wait for, a missing descriptor is NOT_APPLIED and names ulimit; later the client works."""
    server = await serve(reply(200, b"[]"))
    ended = await process("-c", _LISTS, server.url)
    assert ended.code == 0, ended.err
    assert ended.out.startswith("not_applied 3 ")
    assert "ulimit -n" in ended.out
    assert len(server.requests) == 1


class _Echo:
    """A server in memory: answers every addition with a contact of that number."""

    def __init__(self) -> None:
        self.sent = 0

    async def send(self, request: Request, **_: Any) -> Response:
        self.sent += 1
        assert isinstance(request.body, bytes)
        saved = {"id": self.sent, "accountId": 1, "mobile": orjson.loads(request.body)["mobile"]}
        return Response(status=201, headers=(("Content-Type", "application/json"),), body=orjson.dumps(saved))

    async def close(self) -> None:
        return None


def _rows(count: int) -> Iterator[Contact]:
    return (Contact(mobile=f"+4799{n:06}", name="Ola Nordmann", comment="x" * 500) for n in range(count))


async def _peak(count: int) -> int:
    """Return the most memory that an upsert of so many new contacts takes."""
    client = PlingClient.over(Session(_Echo(), settings=ClientSettings()), account_id=1, origin="here")
    nobody = ContactListing(contacts=(), contact_groups=())
    tracemalloc.start()
    applied = 0
    async for row in bulk.upsert(client, _rows(count), listing=nobody):
        applied += row.outcome is bulk.Outcome.APPLIED
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert applied == count
    return peak


async def test_memory_does_not_grow_with_the_rows_of_a_stream() -> None:
    """#103: of a contact that was added only its number and id stay, which is less than 250 bytes."""
    await _peak(100)
    few, many = await _peak(200), await _peak(1200)
    assert many - few < 1000 * 250
    assert many < 4 << 20
