"""What a real socket can do to a request, and what the session says about it (#n are fault numbers)."""

import asyncio
import gzip
import socket
import traceback
from typing import Any

import attrs
import pytest

from pling_async import errors
from pling_async.errors import Outcome
from pling_async.session.settings import Timeouts


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


async def test_a_refused_connection_was_certainly_not_sent(connect: Any, post: Any) -> None:
    """#1: refused is NOT_APPLIED, retried under every law, and the message names host and port only."""
    session = connect(f"http://127.0.0.1:{_free_port()}/api/")
    with pytest.raises(errors.ConnectFailed, match=r"http://127\.0\.0\.1:\d+") as caught:
        await session.call(post, bytes)
    assert caught.value.outcome is Outcome.NOT_APPLIED
    assert caught.value.attempts == 3


async def test_an_unknown_host_is_tried_twice(connect: Any, get: Any) -> None:
    """#3: a host that does not resolve is most likely a typing error: one retry, no more."""
    with pytest.raises(errors.HostNotFound) as caught:
        await connect("https://no-such-host.invalid/", timeout=Timeouts()).call(get, bytes)
    assert (caught.value.outcome, caught.value.attempts) == (Outcome.NOT_APPLIED, 2)


async def test_tls_to_a_plain_server_is_not_retried(serve: Any, connect: Any, get: Any, reply: Any) -> None:
    """#6, #7: a failed handshake is never retried and never weakened."""

    async def talk_first(_: Any, writer: Any) -> None:
        writer.write(reply())

    server = await serve(reply(), before_read=talk_first)
    with pytest.raises(errors.TlsFailed) as caught:
        await connect(server.url.replace("http:", "https:")).call(get, bytes)
    assert (caught.value.outcome, caught.value.attempts, server.requests) == (Outcome.NOT_APPLIED, 1, [])


async def test_a_silent_handshake_is_a_failed_connection(
    serve: Any, connect: Any, post: Any, silence: Any, once: Any
) -> None:
    """#7: a handshake that never ends is a connect timeout, and nothing was sent."""
    server = await serve(before_read=silence)
    with pytest.raises(errors.ConnectFailed) as caught:
        await connect(server.url.replace("http:", "https:"), retry=once).call(post, bytes)
    assert caught.value.outcome is Outcome.NOT_APPLIED
    assert isinstance(caught.value.__cause__, TimeoutError)


async def test_a_reset_on_accept_looks_sent(serve: Any, connect: Any, post: Any, reset: Any) -> None:
    """#8: after a reset nobody knows, so what must not be repeated is not."""
    server = await serve(before_read=reset)
    with pytest.raises(errors.NoAnswer) as caught:
        await connect(server.url).call(post, bytes)
    assert caught.value.outcome is Outcome.UNKNOWN
    assert (caught.value.attempts, server.connections) == (1, 1)


async def test_a_reset_within_the_upload_is_unknown(
    serve: Any, connect: Any, post: Any, reset: Any, tmp_path: Any
) -> None:
    """#9: a large upload cut off by a reset is UNKNOWN, and is not sent again."""
    file = tmp_path / "body.json"
    file.write_bytes(b"[" + b"1," * 4_000_000 + b"1]")
    server = await serve(reset)
    with pytest.raises(errors.ConnectionLost) as caught:
        await connect(server.url, timeout=Timeouts(read=5)).call(attrs.evolve(post, body=file), bytes)
    assert (caught.value.outcome, len(server.requests)) == (Outcome.UNKNOWN, 1)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "POST"])
async def test_the_server_sees_exactly_the_attempts_we_report(
    serve: Any, connect: Any, get: Any, once: Any, method: str
) -> None:
    """#10, I-16: aiohttp's own re-send of idempotent requests is switched off."""
    server = await serve(None)
    with pytest.raises(errors.ConnectionLost) as caught:
        await connect(server.url, retry=once).call(attrs.evolve(get, method=method), bytes)
    assert (caught.value.attempts, len(server.requests), server.connections) == (1, 1, 1)
    assert caught.value.outcome is Outcome.UNKNOWN


async def test_an_idle_connection_that_closes_is_our_retry(serve: Any, connect: Any, get: Any, reply: Any) -> None:
    """#11: after a keep-alive connection broke, the repetition is ours and is counted."""
    server = await serve(reply(), None, reply())
    session = connect(server.url)
    await session.call(get, bytes)
    await session.call(get, bytes)
    assert (len(server.requests), server.connections) == (3, 2)


async def test_silence_ends_at_the_read_timeout(serve: Any, connect: Any, put: Any, silence: Any) -> None:
    """#12: no answer is UNKNOWN after the read timeout of every attempt."""
    server = await serve(silence)
    with pytest.raises(errors.ConnectionLost) as caught:
        await connect(server.url).call(put, bytes)
    assert (caught.value.outcome, len(server.requests)) == (Outcome.UNKNOWN, 3)
    assert isinstance(caught.value.__cause__, TimeoutError)


async def test_a_trickle_of_bytes_ends_at_the_deadline(serve: Any, connect: Any, put: Any) -> None:
    """#13: one byte now and then keeps the socket busy, not the operation alive."""

    async def trickle(_: Any, writer: Any) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n")
        while True:
            writer.write(b" ")
            await asyncio.sleep(0.02)

    server = await serve(trickle)
    with pytest.raises(errors.DeadlineExceeded) as caught:
        await connect(server.url, timeout=Timeouts(total=0.3)).call(put, bytes)
    assert (caught.value.outcome, caught.value.attempts) == (Outcome.UNKNOWN, 1)


async def test_an_early_413_is_read_while_uploading(
    serve: Any, connect: Any, post: Any, reply: Any, tmp_path: Any
) -> None:
    """#16: the refusal of an upload that is still under way is read, and nothing was applied."""

    async def refuse(reader: Any, writer: Any) -> None:
        writer.write(reply(413, b'{"error":"too large"}', "Connection: close"))
        await reader.read(-1)

    file = tmp_path / "body.json"
    file.write_bytes(b"[" + b"1," * 4_000_000 + b"1]")
    server = await serve(refuse)
    with pytest.raises(errors.PayloadTooLarge, match="too large") as caught:
        await connect(server.url, timeout=Timeouts(read=5)).call(attrs.evolve(post, body=file), bytes)
    assert caught.value.outcome is Outcome.NOT_APPLIED


async def test_a_closing_server_is_answered_on_a_new_connection(serve: Any, connect: Any, get: Any, reply: Any) -> None:
    """#17: `Connection: close` costs a connection, not a request."""
    server = await serve(reply(200, b"{}", "Connection: close"))
    session = connect(server.url)
    assert [await session.call(get, bytes) for _ in range(2)] == [b"{}", b"{}"]
    assert (len(server.requests), server.connections) == (2, 2)


async def test_a_forged_answer_on_an_idle_connection_is_not_taken(
    serve: Any, connect: Any, delete: Any, post: Any, reply: Any
) -> None:
    """#18: bytes that arrive unasked after a 204 do not become the next request's answer."""
    sent = asyncio.Event()

    async def forge(_: Any, writer: Any) -> None:
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        await asyncio.sleep(0.05)
        writer.write(reply(201, b'{"forged":1}'))
        await writer.drain()
        sent.set()

    server = await serve(forge, reply(201, b'{"true":1}'))
    session = connect(server.url)
    await session.call(delete, bytes)
    await sent.wait()
    await asyncio.sleep(0.05)
    assert await session.call(post, bytes) == b'{"true":1}'
    assert (len(server.requests), server.connections) == (2, 2)


async def test_a_mistrusted_answer_drops_its_connection(serve: Any, connect: Any, get: Any, reply: Any) -> None:
    """#18: after an answer that speaks of something else, nothing more is read from that connection."""

    def decode(_: bytes) -> None:
        raise errors.CorrelationError("another contact")

    server = await serve(reply())
    session = connect(server.url)
    with pytest.raises(errors.CorrelationError) as caught:
        await session.call(get, decode)
    assert (caught.value.status, caught.value.attempts, caught.value.outcome) == (200, 1, Outcome.UNKNOWN)
    await session.call(get, bytes)
    assert server.connections == 2


_BROKEN = {
    "body shorter than announced (#21)": b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{}",
    "bad chunk size (#22)": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
    "two lengths (#24)": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    "length and chunks (#24)": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}",
    "not HTTP (#25)": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n",
    "huge header (#26)": b"HTTP/1.1 200 OK\r\nX: " + b"x" * 20_000 + b"\r\n\r\n",
}


@pytest.mark.parametrize("answer", _BROKEN.values(), ids=_BROKEN.keys())
async def test_broken_framing_is_no_answer_and_no_status(serve: Any, connect: Any, put: Any, answer: bytes) -> None:
    """Bytes that are not whole HTTP are a ProtocolError, UNKNOWN, and never look like a 400 of the server."""

    async def step(_: Any, writer: Any) -> None:
        writer.write(answer)
        await writer.drain()
        raise ConnectionResetError

    server = await serve(step)
    with pytest.raises(errors.ProtocolError) as caught:
        await connect(server.url).call(put, bytes)
    assert (caught.value.status, caught.value.outcome) == (None, Outcome.UNKNOWN)
    assert (caught.value.attempts, len(server.requests)) == (3, 3)


async def test_a_listing_that_passes_its_cap_names_the_setting(serve: Any, connect: Any, get: Any, reply: Any) -> None:
    """#27: a body is read up to its cap only."""
    server = await serve(reply(200, b"x" * 300_000))
    session = connect(server.url, listing_cap=100_000, answer_cap=1000)
    with pytest.raises(errors.ResponseTooLarge, match=r"ClientSettings\.listing_cap") as caught:
        await session.call(attrs.evolve(get, large=True), bytes)
    assert caught.value.status == 200
    with pytest.raises(errors.ResponseTooLarge, match=r"ClientSettings\.answer_cap"):
        await session.call(get, bytes)


async def test_a_huge_error_page_keeps_its_status(serve: Any, connect: Any, get: Any, reply: Any) -> None:
    """#27: the body of a refusal is cut, the refusal itself is not lost."""
    server = await serve(reply(404, b"<html>" * 50_000, kind="text/html"))
    with pytest.raises(errors.NotFound) as caught:
        await connect(server.url).call(get, bytes)
    assert len(caught.value.excerpt) <= 200


async def test_a_compressed_answer_is_refused(serve: Any, connect: Any, get: Any, reply: Any) -> None:
    """#28, #29: identity is asked for, and nothing is unpacked, so neither bombs nor cut archives can harm."""
    server = await serve(reply(200, gzip.compress(b"{}"), "Content-Encoding: gzip"))
    with pytest.raises(errors.DecodeError, match="compressed"):
        await connect(server.url).call(get, bytes)
    assert b"Accept-Encoding: identity\r\n" in server.requests[0]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_are_never_followed(serve: Any, connect: Any, post: Any, reply: Any, status: int) -> None:
    """#67, #68: nothing is sent to a Location, neither as GET nor as POST."""
    other = await serve(reply())
    server = await serve(reply(status, b"", f"Location: {other.url}stolen"))
    with pytest.raises(errors.UnexpectedRedirect) as caught:
        await connect(server.url).call(post, bytes)
    assert (caught.value.outcome, len(server.requests), other.connections) == (Outcome.UNKNOWN, 1, 0)


async def test_proxies_of_the_environment_are_ignored(
    serve: Any, connect: Any, get: Any, reply: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    """#20: neither a proxy nor a netrc is taken from the environment."""
    server, proxy = await serve(reply()), await serve(reply())
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login other password other\n")
    monkeypatch.setenv("HTTP_PROXY", proxy.url)
    monkeypatch.setenv("NETRC", str(netrc))
    await connect(server.url).call(get, bytes)
    assert (len(server.requests), proxy.connections) == (1, 0)
    assert b"Authorization: Basic dXNlcjpvcGVuIHNlc2FtZQ==" in server.requests[0]


async def test_no_error_holds_the_credentials(serve: Any, connect: Any, get: Any, reply: Any) -> None:
    """Trap 7: aiohttp's errors know the Authorization header, so none hangs behind ours."""
    secrets = ("dXNlcjpvcGVuIHNlc2FtZQ", "open sesame")
    steps = [None, b"junk\r\n\r\n", reply(401, b'{"error":"Basic dXNlcjpvcGVuIHNlc2FtZQ== is wrong"}')]
    for step in steps:
        server = await serve(step)
        with pytest.raises(errors.PlingError) as caught:
            await connect(server.url).call(get, bytes)
        error = caught.value
        shown = "".join(traceback.format_exception(error)) + repr(error) + repr(vars(error))
        assert not any(secret in shown for secret in secrets)
        assert error.__context__ is None
