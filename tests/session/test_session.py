"""The session over real connections: what it sends, repeats, shares and refuses."""

import asyncio
import itertools
import logging
import threading
import types
from typing import Any

import aiohttp
import attrs
import pytest

from pling_async import errors
from pling_async.errors import Outcome
from pling_async.session.protocol import Response
from pling_async.session.retry import RetryPolicy
from pling_async.session.session import Session
from pling_async.session.settings import ClientSettings, Timeouts


async def test_a_request_carries_our_headers_and_nothing_else(serve: Any, connect: Any, put: Any, reply: Any) -> None:
    """The path lies below the base URL's own path, and the default headers can be changed by a setting."""
    server = await serve(reply())
    await connect(server.url.rstrip("/"), headers={"accept-version": "1.*"}).call(put, bytes)
    (head,) = server.requests
    assert head.startswith(b"PUT /api/things/1 HTTP/1.1\r\n")
    assert b"accept-version: 1.*\r\n" in head
    assert b"1.0.*" not in head
    assert b"Content-Type: application/json\r\n" in head
    assert server.bodies == [b'{"a":1}']


async def test_a_get_has_no_content_type(serve: Any, connect: Any, get: Any, reply: Any) -> None:
    """A request without a body describes none (section 1.1)."""
    server = await serve(reply())
    await connect(server.url).call(get, bytes)
    assert b"content-type" not in server.requests[0].lower()


async def test_a_name_may_occur_twice_in_a_query(serve: Any, connect: Any, get: Any, reply: Any) -> None:
    """Pairs are sent in their order."""
    server = await serve(reply())
    await connect(server.url).call(attrs.evolve(get, query=(("labels", "A"), ("labels", "B C"))), bytes)
    assert b"?labels=A&labels=B+C " in server.requests[0]


async def test_what_is_beside_the_body_can_be_heard(serve: Any, connect: Any, get: Any, reply: Any) -> None:
    """Each expected answer, with status and headers, before its body is decoded; refusals are errors as ever."""
    server = await serve(reply(503), reply(200, b"[]", "Link: <x>; rel=next"))
    heard: list[Response] = []
    await connect(server.url).call(attrs.evolve(get, on_answer=heard.append), lambda _: len(heard))
    assert [(each.status, dict(each.headers)["Link"]) for each in heard] == [(200, "<x>; rel=next")]


async def test_a_file_is_streamed_with_its_length(
    serve: Any, connect: Any, post: Any, reply: Any, tmp_path: Any
) -> None:
    """A body in a file arrives whole, with Content-Length and without a file name."""
    content = b"[" + b"1," * 500_000 + b"1]"
    file = tmp_path / "customers.json"
    file.write_bytes(content)
    server = await serve(reply())
    await connect(server.url, timeout=Timeouts()).call(attrs.evolve(post, body=file), bytes)
    assert server.bodies == [content]
    assert b"customers" not in server.requests[0]
    assert b"chunked" not in server.requests[0]


async def test_a_missing_file_is_not_a_network_error(serve: Any, connect: Any, post: Any, tmp_path: Any) -> None:
    """A body that cannot be opened fails as what it is, before anything is sent."""
    server = await serve(None)
    with pytest.raises(FileNotFoundError):
        await connect(server.url).call(attrs.evolve(post, body=tmp_path / "gone"), bytes)
    assert server.connections == 0


async def test_every_attempt_has_the_same_request_id_and_bytes(
    serve: Any, connect: Any, put: Any, reply: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """A repetition is the same request byte for byte, and the logs show the id that the server saw."""
    caplog.set_level(logging.DEBUG, logger="pling_async")
    server = await serve(reply(503, b"busy"), reply())
    await connect(server.url).call(put, bytes)
    first, second = server.requests
    assert first == second
    request_id = first.partition(b"X-Request-ID: ")[2].partition(b"\r\n")[0].decode()
    assert all(request_id in record.getMessage() for record in caplog.records)
    assert "PUT things/1 (attempt 2" in caplog.text


async def test_logs_hold_no_query_body_or_credentials(
    serve: Any, connect: Any, put: Any, reply: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """Method, path, status, seconds, attempt and request id: nothing else is logged."""
    caplog.set_level(logging.DEBUG)
    server = await serve(reply(500, b"secret answer"), reply())
    request = attrs.evolve(put, query={"accountId": "secret-query"}, body=b'"secret body"')
    await connect(server.url).call(request, bytes)
    text = "\n".join(record.getMessage() for record in caplog.records if record.name == "pling_async")
    assert text
    assert "secret" not in text
    assert "dXNlcjpvcGVuIHNlc2FtZQ" not in text


async def test_an_unknown_outcome_stays_unknown(serve: Any, connect: Any, put: Any, reply: Any) -> None:
    """A refusal of the second attempt says nothing about the first, whose answer was lost."""
    server = await serve(None, reply(400, b'{"error":"no"}'))
    with pytest.raises(errors.BadRequest) as caught:
        await connect(server.url).call(put, bytes)
    assert (caught.value.outcome, caught.value.attempts) == (Outcome.UNKNOWN, 2)


async def test_404_on_delete_is_success_only_after_doubt(serve: Any, connect: Any, delete: Any, reply: Any) -> None:
    """I-17: gone already is what was wanted only if an earlier attempt may have done it."""
    doubtful = await serve(None, reply(404))
    assert await connect(doubtful.url).call(delete, bytes) == b""
    plain = await serve(reply(404))
    with pytest.raises(errors.NotFound) as caught:
        await connect(plain.url).call(delete, bytes)
    assert caught.value.outcome is Outcome.NOT_APPLIED
    after_a_limit = await serve(reply(429), reply(404))
    with pytest.raises(errors.NotFound):
        await connect(after_a_limit.url).call(delete, bytes)


async def test_an_undecodable_answer_of_a_get_is_asked_for_once_more(
    serve: Any, connect: Any, get: Any, put: Any, reply: Any
) -> None:
    """#30: decoding is part of the attempt; safe requests get one more, mutations none."""
    server = await serve(reply(200, b""), reply())
    assert await connect(server.url).call(get, bytes) == b'{"ok":1}'
    server = await serve(reply(200, b""))
    with pytest.raises(errors.SchemaError) as caught:
        await connect(server.url).call(get, bytes)
    assert (caught.value.attempts, caught.value.json_path) == (2, "$")
    with pytest.raises(errors.SchemaError) as caught:
        await connect(server.url).call(put, bytes)
    assert (caught.value.attempts, caught.value.outcome) == (1, Outcome.UNKNOWN)


async def test_retry_after_is_a_floor_and_shared(
    serve: Any, connect: Any, get: Any, reply: Any, fake_time: Any
) -> None:
    """#61, I-22: who is told to wait waits, and so does everybody else on the session."""
    server = await serve(reply(429, b"{}", "Retry-After: 7"), reply())
    session = connect(server.url)
    await session.call(get, bytes)
    assert fake_time.slept == [7.0]
    with pytest.raises(errors.RateLimited):
        await connect((await serve(reply(429, b"{}", "Retry-After: 500"))).url).call(get, bytes)
    other = await serve(reply(503, b"{}", "Retry-After: 5"), reply())
    session = connect(other.url, retry=RetryPolicy(attempts=1))
    with pytest.raises(errors.ServerError):
        await session.call(get, bytes)
    fake_time.slept.clear()
    await session.call(get, bytes)
    assert fake_time.slept == [5.0]


async def test_a_wish_beyond_two_minutes_goes_to_the_caller(
    serve: Any, connect: Any, get: Any, reply: Any, fake_time: Any
) -> None:
    """#63: an absurd Retry-After is raised, not slept."""
    server = await serve(reply(429, b"{}", "Retry-After: 1e9"))
    with pytest.raises(errors.RateLimited) as caught:
        await connect(server.url).call(get, bytes)
    assert (caught.value.retry_after, caught.value.attempts, fake_time.slept) == (1e9, 1, [])


async def test_nobody_sleeps_past_the_deadline(serve: Any, connect: Any, get: Any, reply: Any, fake_time: Any) -> None:
    """I-22: a retry that could not end in time is not waited for."""
    server = await serve(reply(503, b"{}", "Retry-After: 60"))
    with pytest.raises(errors.ServerError):
        await connect(server.url, timeout=Timeouts(total=50)).call(get, bytes)
    assert fake_time.slept == []


async def test_an_outage_empties_the_budget(serve: Any, connect: Any, get: Any, reply: Any) -> None:
    """#66: a storm of 5xx costs little more than the calls themselves."""
    server = await serve(reply(500, b""))
    session = connect(server.url)
    for _ in range(1200):
        with pytest.raises(errors.ServerError):
            await session.call(get, bytes)
    assert len(server.requests) <= 1.1 * 1200


async def test_in_flight_never_passes_the_limit(serve: Any, connect: Any, get: Any, reply: Any) -> None:
    """I-21: however many callers there are, the server sees at most so many at once."""
    now, most = 0, 0

    async def slow(_: Any, writer: Any) -> None:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.01)
        now -= 1
        writer.write(reply())

    server = await serve(slow)
    session = connect(server.url, max_in_flight=3, timeout=Timeouts())
    await asyncio.gather(*(session.call(get, bytes) for _ in range(12)))
    assert most == 3


async def test_cancellation_leaves_nothing_behind(serve: Any, connect: Any, put: Any, reply: Any, silence: Any) -> None:
    """#72: a cancelled operation frees its slot, and the cancellation says what is known."""
    server = await serve(silence, reply())
    session = connect(server.url, max_in_flight=1, timeout=Timeouts())
    task = asyncio.create_task(session.call(put, bytes))
    await server.asked.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError) as caught:
        await task
    assert "outcome unknown" in caught.value.__notes__[0]
    await session.call(put, bytes)


@types.coroutine
def _cancelled_at(step: int, coroutine: Any) -> Any:
    """Run a coroutine whose task is cancelled when it waits for the given time."""
    for count in itertools.count(1):
        try:
            future = coroutine.send(None)
        except StopIteration as stop:
            return stop.value
        if count == step:
            task = asyncio.current_task()
            assert task is not None
            task.cancel()
        try:
            yield future
        except asyncio.CancelledError as cancelled:
            return coroutine.throw(cancelled)
    return None


async def test_cancellation_at_every_await(serve: Any, connect: Any, put: Any, reply: Any) -> None:
    """#72: wherever it strikes, the slot, the connection and all tasks are released."""
    server = await serve(reply(503, b"{}"), reply())
    for step in itertools.count(1):
        session = connect(server.url, max_in_flight=1, timeout=Timeouts())
        server.requests.clear()

        async def call(step: int = step, session: Session = session) -> bytes:
            return await _cancelled_at(step, session.call(put, bytes))

        task = asyncio.create_task(call())
        await asyncio.wait([task])
        assert await session.call(put, bytes) == b'{"ok":1}'
        await session.close()
        assert asyncio.all_tasks() <= {asyncio.current_task(), *server.tasks}
        if not task.cancelled():
            break
    assert await task == b'{"ok":1}'
    assert step > 4


async def test_cancellation_before_sending_is_not_in_doubt(put: Any) -> None:
    """#73: who is cancelled while waiting after a refusal knows that nothing happened."""

    class Busy:
        async def send(self, *_: Any, **__: Any) -> Response:
            return Response(status=429)

        async def close(self) -> None:
            return None

    session = Session(Busy(), settings=ClientSettings(retry=RetryPolicy(base=100)))
    task = asyncio.create_task(session.call(put, bytes))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError) as caught:
        await task
    assert "outcome not_applied" in caught.value.__notes__[0]


async def test_a_callers_timeout_is_the_callers(serve: Any, connect: Any, get: Any, silence: Any) -> None:
    """#74: asyncio.timeout around a call ends in TimeoutError and leaves the task uncancelled."""
    session = connect((await serve(silence)).url, timeout=Timeouts())
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await session.call(get, bytes)
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


async def test_a_closed_session_says_so(serve: Any, connect: Any, get: Any) -> None:
    """#87: use after close is a clear error, and closing twice is none."""
    session = connect((await serve(None)).url)
    await session.close()
    await session.close()
    with pytest.raises(errors.ConfigurationError, match="closed"):
        await session.call(get, bytes)


@pytest.mark.parametrize("is_lent", [True, False])
async def test_a_session_that_is_closed_meanwhile_says_so(
    serve: Any, connect: Any, put: Any, reply: Any, silence: Any, *, is_lent: bool
) -> None:
    """#87: whoever closes first learns it from our error, and a change that was sent stays in doubt (I-15)."""
    server = await serve(silence, reply())
    async with aiohttp.ClientSession() as lent:
        session = connect(server.url, http=lent if is_lent else None)
        acquired = asyncio.Event()
        sent = asyncio.create_task(session.call(attrs.evolve(put, on_acquired=acquired.set), bytes))
        await acquired.wait()
        await (lent if is_lent else session).close()
        with pytest.raises(errors.ConfigurationError, match="closed") as caught:
            await sent
        assert caught.value.outcome is Outcome.UNKNOWN
        with pytest.raises(errors.ConfigurationError, match="closed") as caught:
            await session.call(put, bytes)
        assert caught.value.outcome is Outcome.NOT_APPLIED


def test_a_session_of_another_loop_says_so(get: Any) -> None:
    """#87: a session belongs to the event loop of its first call."""

    class Fine:
        async def send(self, *_: Any, **__: Any) -> Response:
            return Response(status=200, headers=(("Content-Type", "application/json"),), body=b"{}")

        async def close(self) -> None:
            return None

    session = Session(Fine(), settings=ClientSettings())
    assert asyncio.run(session.call(get, bytes)) == b"{}"
    with pytest.raises(errors.ConfigurationError, match="event loop"):
        asyncio.run(session.call(get, bytes))


async def test_a_lent_session_keeps_its_secrets_and_stays_open(serve: Any, connect: Any, get: Any, reply: Any) -> None:
    """An injected aiohttp session lends connections and tracing; its headers and cookies are never sent."""
    server, traced = await serve(reply()), []
    config = aiohttp.TraceConfig()

    async def on_start(*_: object) -> None:
        traced.append(1)

    config.on_request_start.append(on_start)
    async with aiohttp.ClientSession(headers={"X-Mine": "1"}, cookies={"mine": "1"}, trace_configs=[config]) as lent:
        session = connect(server.url, http=lent)
        await session.call(get, bytes)
        await session.close()
        assert not lent.closed
        assert lent.connector is not None
        assert not lent.connector.closed
    assert traced == [1]
    assert b"mine" not in server.requests[0].lower()
    with pytest.raises(errors.ConfigurationError, match="closed"):
        await connect(server.url, http=lent).call(get, bytes)


async def test_closing_takes_no_deadline_away(serve: Any, connect: Any, get: Any, silence: Any, once: Any) -> None:
    """#12: lent connections outlive the client, and what is under way on them still ends in time."""
    server, acquired = await serve(silence), asyncio.Event()
    async with aiohttp.ClientSession() as lent:
        session = connect(server.url, http=lent, retry=once, timeout=Timeouts(total_large=0.2))
        listing = attrs.evolve(get, large=True, on_acquired=acquired.set)
        sent = asyncio.create_task(session.call(listing, bytes))
        await acquired.wait()
        await session.close()
        with pytest.raises(errors.DeadlineExceeded):
            await asyncio.wait_for(sent, 5)


async def test_a_full_lent_pool_is_a_pool_timeout(serve: Any, connect: Any, get: Any, silence: Any, once: Any) -> None:
    """#5: waiting for somebody else's connections counts against our deadline, and nothing was sent."""
    server = await serve(silence)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=1)) as lent:
        busy = asyncio.create_task(connect(server.url, http=lent, timeout=Timeouts()).call(get, bytes))
        await server.asked.wait()
        with pytest.raises(errors.PoolTimeout) as caught:
            await connect(server.url, http=lent, retry=once, timeout=Timeouts(total=0.1)).call(get, bytes)
        busy.cancel()
        await asyncio.wait([busy])
    assert (caught.value.outcome, len(server.requests)) == (Outcome.NOT_APPLIED, 1)


async def test_large_answers_are_decoded_in_a_thread(serve: Any, connect: Any, get: Any, reply: Any) -> None:
    """Decoding a large body does not happen in the event loop's thread."""
    server = await serve(reply(200, b" " * 300_000), reply())
    session = connect(server.url, timeout=Timeouts())
    threads = [await session.call(get, lambda _: threading.current_thread()) for _ in range(2)]
    assert [thread is threading.main_thread() for thread in threads] == [False, True]


@pytest.mark.parametrize("size", [0, 7, 16 * 1024, 16 * 1024 + 1, 300_000])
async def test_a_body_of_any_size_goes_out_as_it_is(serve: Any, connect: Any, post: Any, reply: Any, size: int) -> None:
    """Short and long bodies take other ways through aiohttp; on the wire only their length tells them apart."""
    server = await serve(reply())
    await connect(server.url).call(attrs.evolve(post, body=b"x" * size), bytes)
    line, *lines = server.requests[0].decode().strip().split("\r\n")
    headers = dict(each.split(": ", 1) for each in lines)
    assert len(headers) == len(lines)
    assert (line, lines[0]) == ("POST /api/things HTTP/1.1", f"Host: {server.url.split('/')[2]}")
    assert headers.keys() == {
        *("Host", "Authorization", "Accept-Version", "Accept-Encoding", "Accept", "User-Agent"),
        *("X-Request-ID", "Content-Type", "Content-Length"),
    }
    assert (headers["Content-Length"], headers["Content-Type"]) == (str(size), "application/json")
    assert server.bodies == [b"x" * size]


async def test_a_lent_session_hears_of_every_body(serve: Any, connect: Any, post: Any, reply: Any) -> None:
    """Who lends a session with trace configs is told of what is sent, also where it is short."""
    pieces: list[bytes] = []

    async def sent(_: Any, __: Any, parameters: aiohttp.TraceRequestChunkSentParams) -> None:
        pieces.append(parameters.chunk)

    config = aiohttp.TraceConfig()
    config.on_request_chunk_sent.append(sent)
    server = await serve(reply())
    async with aiohttp.ClientSession(trace_configs=[config]) as lent:
        await connect(server.url, http=lent).call(post, bytes)
    assert [b"".join(pieces)] == server.bodies == [post.body]
