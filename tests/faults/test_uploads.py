"""Large bodies on bad lines: what broke off is unknown, what is slow arrives, and memory stays flat (#n are faults)."""

import asyncio
import random
import traceback
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson
import pytest

from pling_async import PlingClient, Timeouts, errors
from pling_async.errors import Outcome
from pling_async.sandbox import Sandbox

MEGABYTE = 1 << 20


@pytest.fixture
def large(tmp_path: Path) -> Callable[[int], Path]:
    """Return a file of so many bytes that takes no room on the disk; nobody reads to its end."""

    def build(size: int) -> Path:
        path = tmp_path / "contacts.json"
        with path.open("wb") as file:
            file.write(b'[{"mobile":"+4799999001"},')
            file.truncate(size)
        return path

    return build


@pytest.fixture
def contacts(tmp_path: Path) -> Callable[[int], Path]:
    """Return a file with so many contacts of two kilobytes each."""

    def build(count: int) -> Path:
        path = tmp_path / "contacts.json"
        path.write_bytes(orjson.dumps([{"mobile": f"+4799{n:06}", "comment": "x" * 2000} for n in range(count)]))
        return path

    return build


@pytest.fixture
def over(sandbox: Sandbox, stack: Any) -> Callable[..., Any]:
    """Connect to the sandbox through a line to it."""

    async def make(line: Any, **settings: Any) -> PlingClient:
        url = urlsplit(sandbox.url)._replace(netloc=f"127.0.0.1:{line.port}").geturl()
        client = PlingClient(
            sandbox.username, sandbox.password, account_id=sandbox.account_id, base_url=url, **settings
        )
        opened: PlingClient = await stack.enter_async_context(client)
        return opened

    return make


async def test_a_reset_in_the_middle_of_20_megabytes(
    sandbox: Sandbox, line: Any, over: Any, contacts: Callable[[int], Path]
) -> None:
    """#9: a replace that breaks off on its way up is UNKNOWN, is not sent again, and half of it is not applied."""
    await sandbox.seed(contacts=[{"mobile": "+4799999001"}])
    body = contacts(10_000)
    broken = await line(sandbox.port, breaks_after=5 * MEGABYTE)
    client = await over(broken)
    with pytest.raises(errors.ConnectionLost) as caught:
        await client.contacts.replace_encoded(body)
    assert (caught.value.outcome, caught.value.attempts) == (Outcome.UNKNOWN, 1)
    assert 5 * MEGABYTE < broken.carried < body.stat().st_size
    assert broken.connections == 1
    assert [contact["mobile"] for contact in await sandbox.contacts()] == ["+4799999001"]


async def test_a_server_that_stops_reading_ends_at_the_deadline(
    serve: Any, connect: Any, large: Callable[[int], Path]
) -> None:
    """#14: an upload that the server hardly takes is UNKNOWN at the total deadline, in flat memory."""
    read = 0

    async def hardly_read(reader: asyncio.StreamReader, _: object) -> None:
        nonlocal read
        while chunk := await reader.read(100):
            read += len(chunk)
            await asyncio.sleep(0.1)

    server = await serve(hardly_read)
    client = await connect(server.url, timeout=Timeouts(total_large=0.8))
    body = large(100 * MEGABYTE)
    tracemalloc.start()
    with pytest.raises(errors.DeadlineExceeded) as caught:
        await client.contacts.replace_encoded(body)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (caught.value.outcome, caught.value.attempts, len(server.requests)) == (Outcome.UNKNOWN, 1, 1)
    assert read > 0
    assert peak < 4 * MEGABYTE


async def test_a_slow_and_uneven_line_is_only_slow(
    sandbox: Sandbox, line: Any, over: Any, contacts: Callable[[int], Path]
) -> None:
    """#15: at a few megabytes a second with jitter a list goes up and comes back whole, and progress is told."""
    uneven = random.Random(15)  # noqa: S311 - no secret
    client = await over(await line(sandbox.port, pause=lambda size: size / (16 * MEGABYTE) * uneven.uniform(0, 2)))
    told: list[tuple[int, int]] = []
    body = contacts(2000)
    size = body.stat().st_size
    result = await client.contacts.replace_encoded(body, on_sent=lambda *step: told.append(step))
    assert result.added_contact_count == 2000
    assert len(told) > 10
    assert told == sorted(set(told))
    assert told[-1] == (size, size)
    assert len((await client.contacts.list()).contacts) == 2000


async def test_an_early_refusal_of_50_megabytes_is_read(
    serve: Any, connect: Any, reply: Any, large: Callable[[int], Path]
) -> None:
    """#16: a 413 that comes while the body goes up is read, and nothing was applied."""

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1000)
        writer.write(reply(413, b'{"error":"too large"}', "Connection: close"))
        await reader.read(-1)

    client = await connect((await serve(refuse)).url)
    with pytest.raises(errors.PayloadTooLarge, match="too large") as caught:
        await client.contacts.replace_encoded(large(50 * MEGABYTE))
    assert (caught.value.outcome, caught.value.attempts) == (Outcome.NOT_APPLIED, 1)


async def test_a_refusal_that_a_reset_overtakes_is_unknown(
    serve: Any, connect: Any, reply: Any, large: Callable[[int], Path]
) -> None:
    """#16: who closes with bytes unread resets the line; then either the 413 was read, or nobody knows."""

    async def refuse_and_leave(_: object, writer: asyncio.StreamWriter) -> None:
        writer.write(reply(413, b'{"error":"too large"}', "Connection: close"))
        writer.close()
        raise ConnectionResetError

    server = await serve(refuse_and_leave)
    client = await connect(server.url)
    with pytest.raises((errors.PayloadTooLarge, errors.ConnectionLost)) as caught:
        await client.contacts.replace_encoded(large(50 * MEGABYTE))
    is_read = isinstance(caught.value, errors.PayloadTooLarge)
    assert caught.value.outcome is (Outcome.NOT_APPLIED if is_read else Outcome.UNKNOWN)
    assert len(server.requests) == 1


_OWN = [
    LookupError("own"),
    TimeoutError("own"),
    OSError(5, "own"),
    errors.GuardRefused("own"),
    errors.ConnectFailed("own"),
]


@pytest.mark.parametrize("own", _OWN, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("megabytes", [5, 0], ids=["in the middle", "at the end"])
async def test_an_error_of_the_callers_own_is_the_callers(
    pling: PlingClient, contacts: Callable[[int], Path], own: Exception, megabytes: int
) -> None:
    """Whatever `on_sent` raises is raised, once, with the outcome; the request is not repeated."""
    body = contacts(10_000 if megabytes else 10)
    told = 0

    def fail(sent: int, _: int) -> None:
        nonlocal told
        if sent >= megabytes * MEGABYTE:
            told += 1
            raise own

    with pytest.raises(type(own)) as caught:
        await pling.contacts.replace_encoded(body, on_sent=fail)
    assert caught.value is own
    (note,) = own.__notes__
    assert note.endswith("was cut short, outcome unknown")
    assert getattr(own, "outcome", Outcome.UNKNOWN) is Outcome.UNKNOWN
    assert (own.__cause__, own.__context__) == (None, None)
    assert not any("aiohttp" in frame.filename for frame in traceback.extract_tb(own.__traceback__))
    assert told == 1
    del own.__notes__
    assert len((await pling.contacts.list()).contacts) in ((0,) if megabytes else (0, 10))
