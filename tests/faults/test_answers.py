"""Answers that are slow, cut, doubled, endless or not asked for, as a real socket sends them (#n are fault numbers)."""

import asyncio
import tracemalloc
import zlib
from typing import Any

import pytest

from pling_async import Contact, PlingClient, Timeouts, bulk, errors
from pling_async.errors import Outcome
from pling_async.sandbox import Fault, Sandbox

MEGABYTE = 1 << 20
WHOLE: dict[str, Any] = {
    "id": 7,
    "is_stopped": False,
    "is_active": True,
    "contact_group_ids": (),
    **dict.fromkeys(("name", "first_name", "last_name", "speed_dial", "comment", "address"), ""),
    **dict.fromkeys(("postal_code", "city", "email"), ""),
}


@pytest.fixture
def ola() -> Contact:
    """Return a contact that may be written back."""
    return Contact(mobile="+4799999001", **WHOLE)


async def test_a_connection_that_closes_while_idle_is_not_used_for_what_must_not_be_repeated(
    serve: Any, connect: Any, reply: Any
) -> None:
    """#11: a new group over a connection that breaks just then is UNKNOWN, once; whoever looks may repeat it."""
    server = await serve(reply(200, b"[]"), None, reply(200, b"[]"))
    client = await connect(server.url)
    await client.groups.list()
    with pytest.raises(errors.ConnectionLost) as caught:
        await client.groups.add("VIP")
    assert (caught.value.outcome, caught.value.attempts, len(server.requests)) == (Outcome.UNKNOWN, 1, 2)
    assert await client.groups.list() == ()


@pytest.mark.parametrize("part", ["headers", "body"])
async def test_a_trickle_ends_at_the_deadline(serve: Any, connect: Any, ola: Contact, part: str) -> None:
    """#13: a byte now and then never lets the read timeout fire, so the total does, and the connection is closed."""
    hung_up = asyncio.Event()

    async def trickle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"}")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n")
        writer.write(b"X-Endless: " if part == "headers" else b"Content-Length: 10000\r\n\r\n")
        while not (reader.at_eof() or writer.is_closing()):
            writer.write(b" ")
            await asyncio.sleep(0.01)
        hung_up.set()

    server = await serve(trickle)
    client = await connect(server.url, timeout=Timeouts(total=0.8, read=0.5))
    with pytest.raises(errors.DeadlineExceeded) as caught:
        await client.contacts.update(ola)
    assert (caught.value.outcome, caught.value.attempts, len(server.requests)) == (Outcome.UNKNOWN, 1, 1)
    await asyncio.wait_for(hung_up.wait(), 5)


@pytest.mark.parametrize(
    "cut",
    [
        pytest.param(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n40\r\n{}", id="in a chunk (#22)"),
        pytest.param(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n", id="between chunks (#22)"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-", id="in the headers"),
        pytest.param(b"", id="before the answer"),
    ],
)
async def test_an_answer_that_ends_early_is_none(
    serve: Any, connect: Any, reply: Any, wire: Any, ola: Contact, cut: bytes
) -> None:
    """#19: a FIN in the middle is asked about again where that is safe, and is UNKNOWN for a mutation."""

    async def half_close(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(cut.replace(b"OK\r\n", b"OK\r\nContent-Type: application/json\r\n"))
        writer.write_eof()
        await reader.read(-1)

    server = await serve(half_close, reply(200, wire()), half_close)
    client = await connect(server.url)
    assert (await client.contacts.get(7)).mobile == ola.mobile
    with pytest.raises(errors.NoAnswer) as caught:
        await client.contacts.update(ola)
    assert (caught.value.outcome, caught.value.attempts, len(server.requests)) == (Outcome.UNKNOWN, 3, 5)


async def test_a_cut_body_without_a_length_is_not_a_part_of_the_truth(
    serve: Any, connect: Any, reply: Any, wire: Any, ola: Contact
) -> None:
    """#23: where only the end of the connection ends the body, JSON tells; asked once more, UNKNOWN for a mutation."""

    async def cut(_: object, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n" + wire()[:-20])
        await writer.drain()
        raise ConnectionResetError

    server = await serve(cut, reply(200, wire()), cut)
    client = await connect(server.url)
    assert (await client.contacts.get(7)).name == "Ola"
    with pytest.raises(errors.DecodeError) as caught:
        await client.contacts.update(ola)
    assert (caught.value.outcome, caught.value.attempts, len(server.requests)) == (Outcome.UNKNOWN, 1, 3)


async def test_thousands_of_headers_are_an_answer_or_none(serve: Any, connect: Any, reply: Any, wire: Any) -> None:
    """#26: 5000 headers are read or refused as no HTTP, and hang or crash nothing."""
    server = await serve(reply(200, wire(), *(f"X-{n}: 1" for n in range(5000))), reply(200, wire()))
    client = await connect(server.url)
    assert (await client.contacts.get(7)).name == "Ola"


async def test_doubled_headers_are_never_the_convenient_one(
    serve: Any, connect: Any, reply: Any, wire: Any, fake_time: Any
) -> None:
    """#26: of two Retry-After the longer is waited for, and of two Content-Type none may be another than JSON."""
    server = await serve(
        reply(429, b"{}", "Retry-After: 2", "Retry-After: 9"), reply(200, wire(), "Content-Type: text/html")
    )
    client = await connect(server.url, time=fake_time)
    with pytest.raises((errors.DecodeError, errors.ProtocolError)):  # in development mode aiohttp is strict itself
        await client.contacts.get(7)
    assert fake_time.slept[0] == 9.0


async def _peak(awaitable: Any) -> int:
    """Return the most memory that was taken meanwhile."""
    tracemalloc.start()
    try:
        with pytest.raises(errors.BadAnswer):
            await awaitable
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


async def test_a_bomb_is_not_unpacked(serve: Any, connect: Any, reply: Any) -> None:
    """#27: identity is asked for, and what comes compressed all the same is refused as it is, in little memory."""
    packer = zlib.compressobj(wbits=31)
    bomb = b"".join(packer.compress(bytes(MEGABYTE)) for _ in range(64)) + packer.flush()
    server = await serve(reply(200, bomb, "Content-Encoding: gzip"))
    client = await connect(server.url)
    assert await _peak(client.contacts.list()) < 4 * MEGABYTE
    assert b"Accept-Encoding: identity\r\n" in server.requests[0]


async def test_an_endless_answer_stops_at_its_cap(serve: Any, connect: Any) -> None:
    """#27: an answer about one contact may have a mebibyte; the rest is neither read nor waited for."""
    sent = 0

    async def endless(_: object, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
        while sent < 64 * MEGABYTE:  # or a client that reads on would take all memory there is
            writer.write(b"10000\r\n" + b" " * 0x10000 + b"\r\n")
            await writer.drain()
            sent += 0x10000
        writer.write(b"0\r\n\r\n")

    client = await connect((await serve(endless)).url)
    assert await _peak(client.contacts.get(7)) < 4 * MEGABYTE
    assert sent < 32 * MEGABYTE


@pytest.mark.parametrize(
    ("answer", "requests"),
    [
        (b'HTTP/1.1 204 No Content\r\nContent-Length: 7\r\n\r\n{"a":1}', 3),
        (b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 7\r\n\r\ndeleted", 2),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 2),
    ],
    ids=["204 with a body", "200 with a body", "200 without"],
)
async def test_a_deletion_needs_no_body_and_minds_none(
    serve: Any, connect: Any, reply: Any, wire: Any, answer: bytes, requests: int
) -> None:
    """#46: 200 and 204 are success; a body that must not be there is nobody's answer, at the cost of an attempt."""
    server = await serve(answer, reply(200, wire()))
    client = await connect(server.url)
    await client.contacts.delete(7)
    assert (await client.contacts.get(7)).name == "Ola"
    assert len(server.requests) == requests


async def test_a_deletion_whose_answer_is_garbled_is_asked_about_again(serve: Any, connect: Any, reply: Any) -> None:
    """#46: no HTTP is UNKNOWN, never a 400 of the server; the repetition's 404 then means that it is done."""

    async def garbled(_: object, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\nContent-Length: nonsense\r\n\r\n")
        await writer.drain()
        raise ConnectionResetError

    server = await serve(garbled, reply(404, b"{}"))
    await (await connect(server.url)).contacts.delete(7)
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    "cookie",
    ["session=1; Path=/", "big=" + "x" * 6000, "=;;=; Domain=..; Expires=never", "a=b; Domain=127.0.0.1; Secure"],
    ids=["of a session", "huge", "malformed", "with a domain"],
)
async def test_no_cookie_comes_back(serve: Any, connect: Any, reply: Any, cookie: str) -> None:
    """#69: whatever the server would like us to remember, the next request says nothing of it."""
    server = await serve(reply(200, b"[]", f"Set-Cookie: {cookie}", "Set-Cookie: second=2"))
    client = await connect(server.url.replace("127.0.0.1", "localhost"))  # aiohttp takes no cookies from addresses
    for _ in range(2):
        assert await client.groups.list() == ()
    assert not any(b"cookie" in head.lower() for head in server.requests)


async def test_some_interim_answers_are_passed_over(serve: Any, connect: Any, reply: Any) -> None:
    """#70: 100 and 103 announce an answer, and are none."""
    interim = b"HTTP/1.1 100 Continue\r\n\r\n" + b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" * 50
    server = await serve(interim + reply(200, b"[]"))
    assert await (await connect(server.url)).groups.list() == ()
    assert len(server.requests) == 1


async def test_a_flood_of_interim_answers_ends_at_the_deadline(serve: Any, connect: Any) -> None:
    """#70: a server that only ever says 100 keeps nobody for ever, and the loop has its turns."""

    async def flood(_: object, writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n" * 100)
            await writer.drain()
            await asyncio.sleep(0.001)

    client = await connect((await serve(flood)).url, timeout=Timeouts(total=0.5))
    with pytest.raises(errors.NoAnswer) as caught:
        await client.groups.add("VIP")
    assert caught.value.outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade", errors.PlingError),
        ("206 Partial Content\r\nContent-Range: bytes 0-1/99", errors.BadAnswer),
        ("304 Not Modified", errors.UnexpectedRedirect),
    ],
    ids=["101", "206", "304"],
)
async def test_what_is_neither_yes_nor_no_is_believed_in_nothing(
    serve: Any, connect: Any, status: str, kind: type[errors.PlingError]
) -> None:
    """#70: an upgrade, a part and a 304 nobody asked for leave a mutation UNKNOWN, at once."""
    server = await serve(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode())
    client = await connect(server.url, timeout=Timeouts(total=5, read=0.5))
    with pytest.raises(kind) as caught:
        await client.groups.add("VIP")
    assert (caught.value.outcome, caught.value.attempts, len(server.requests)) == (Outcome.UNKNOWN, 1, 1)


@pytest.mark.parametrize("contact", [Contact(mobile="+4799999001"), Contact(mobile="+4799999001", is_stopped=False)])
async def test_created_without_a_body_is_told_by_the_listing(
    sandbox: Sandbox, pling: PlingClient, contact: Contact
) -> None:
    """#44: the id is not known, so UNKNOWN; nothing is sent again under either law, and the listing has the contact."""
    sandbox.fail(Fault(action="replace_body", method="POST", body=b""))
    with pytest.raises(errors.SchemaError) as caught:
        await pling.contacts.add(contact)
    assert (caught.value.outcome, caught.value.attempts) == (Outcome.UNKNOWN, 1)
    assert [entry.status for entry in sandbox.requests if entry.method == "POST"] == [201]
    assert [each.mobile for each in (await pling.contacts.list()).contacts] == [contact.mobile]


async def test_a_run_takes_the_listings_word_for_what_was_created(sandbox: Sandbox, pling: PlingClient) -> None:
    """#44: in a run the row is UNKNOWN until resuming lists the account, which sends nothing again."""
    sandbox.fail(Fault(action="replace_body", method="POST", body=b""))
    plan = await bulk.plan(pling, await bulk.prepare([{"mobile": "+4799999001"}]))
    run = await bulk.apply(pling, plan, strategy="per_contact")
    assert run.written["outcome"].to_list() == ["unknown"]
    assert (await bulk.resume(pling, run.id)).written.select("outcome", "code").rows() == [("applied", "found")]
    assert sum(entry.method == "POST" for entry in sandbox.requests) == 1
