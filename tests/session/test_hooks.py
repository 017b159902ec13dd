"""What hooks and recorders hear, and that nothing they do decides what becomes of a request."""

import asyncio
import logging
from typing import Any

import pytest

from pling_async import errors, hooks
from pling_async.session.retry import RetryPolicy
from pling_async.session.settings import ClientSettings
from pling_async.session.telling import route


def _kinds(heard: list[hooks.Event]) -> list[str]:
    return [type(event).__name__ for event in heard]


async def test_an_operation_is_told_from_start_to_end(serve: Any, connect: Any, get: Any, reply: Any) -> None:
    """A hook hears each step once, under the id that is in the logs and on the wire."""
    heard: list[hooks.Event] = []
    server = await serve(reply(503), reply())
    await connect(server.url, hooks=[heard.append]).call(get, bytes)
    assert _kinds(heard) == ["Started", "Sending", "Answered", "Retrying", "Sending", "Answered", "Done"]
    assert [event.attempt for event in heard] == [0, 1, 1, 1, 2, 2, 2]
    (sent,) = {head.partition(b"X-Request-ID: ")[2][:32].decode() for head in server.requests}
    assert {event.request_id for event in heard} == {sent}
    assert {(event.method, event.route) for event in heard} == {("GET", "/things/{id}")}


async def test_times_are_told(serve: Any, connect: Any, get: Any, reply: Any, fake_time: Any) -> None:
    """Pauses that the server asked for and turns that a rate allows are waited for, and told in seconds."""
    heard: list[hooks.Event] = []
    server = await serve(reply(429, b"", "Retry-After: 3"), reply())
    await connect(server.url, hooks=[heard.append]).call(get, bytes)
    (retrying,) = (event for event in heard if isinstance(event, hooks.Retrying))
    assert retrying.delay >= 3
    assert heard[-1].elapsed >= 3
    assert fake_time.clock() >= 3


async def test_giving_up_is_told_with_its_error(serve: Any, connect: Any, get: Any, reply: Any, once: Any) -> None:
    """The last event of an operation that raised has what it raised; its repr has the kind alone."""
    heard: list[hooks.Event] = []
    server = await serve(reply(404, b'{"error":"Kari is gone"}'))
    with pytest.raises(errors.NotFound) as caught:
        await connect(server.url, hooks=[heard.append], retry=once).call(get, bytes)
    assert isinstance(heard[-1], hooks.GaveUp)
    assert heard[-1].error is caught.value
    assert "Kari" not in repr(heard)


async def test_a_cancelled_operation_gave_up(serve: Any, connect: Any, get: Any, silence: Any) -> None:
    """A cancellation is told as well, so that whoever counts what is under way counts right."""
    heard: list[hooks.Event] = []
    server = await serve(silence)
    call = asyncio.create_task(connect(server.url, hooks=[heard.append]).call(get, bytes))
    await server.asked.wait()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert _kinds(heard) == ["Started", "Sending", "GaveUp"]


async def test_a_hook_that_raises_changes_nothing(
    serve: Any, connect: Any, get: Any, reply: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """Its first error is logged, without words that may name a person, and the hooks behind it are still told."""
    heard: list[hooks.Event] = []

    def broken(_: hooks.Event) -> None:
        raise ValueError("+4799999001")

    server = await serve(reply(200, b"[1]"))
    assert await connect(server.url, hooks=[broken, heard.append]).call(get, bytes) == b"[1]"
    assert len(heard) == 4
    (record,) = (record for record in caplog.records if record.levelno == logging.WARNING)
    assert (
        "a hook raised ValueError (test_a_hook_that_raises_changes_nothing.<locals>.broken, line" in record.getMessage()
    )
    assert "99999" not in caplog.text


def test_a_hook_is_a_plain_function() -> None:
    """What cannot be called, and a coroutine that nobody would await, are refused when the settings are made."""

    async def asynchronous(_: hooks.Event) -> None: ...

    for wrong in ("print", asynchronous):
        with pytest.raises(errors.ConfigurationError, match="plain function"):
            ClientSettings(hooks=[wrong])


async def test_status_and_headers_of_answers_can_be_had(serve: Any, connect: Any, get: Any, reply: Any) -> None:
    """Inside `recording` every answer is collected, those that were tried again and those to other tasks too."""
    server = await serve(reply(503), reply(200, b"{}", "X-Left: 7", "X-Left: 6"))
    session = connect(server.url)
    with hooks.recording() as answers:
        await session.call(get, bytes)
        with hooks.recording() as inner:
            await asyncio.create_task(session.call(get, bytes))
    await session.call(get, bytes)
    assert [answer.status for answer in answers] == [503, 200, 200]
    assert inner == answers[-1:]
    assert answers[-1].header("x-left") == "7"
    assert answers[-1].header("X-Right") is None


async def test_others_are_not_recorded(serve: Any, connect: Any, get: Any, reply: Any) -> None:
    """A task that began outside is not heard inside, whoever's client it uses."""
    server = await serve(*[reply()] * 2)
    session = connect(server.url)
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def another() -> None:
        begun.set()
        await go_on.wait()
        await session.call(get, bytes)

    task = asyncio.create_task(another())
    await begun.wait()
    with hooks.recording() as answers:
        go_on.set()
        await task
        assert answers == []
        await session.call(get, bytes)
    assert len(answers) == 1


async def test_log_records_have_the_request_id(
    serve: Any, connect: Any, get: Any, reply: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """Every record about a request names it in its text and, for those who filter, in an attribute."""
    caplog.set_level(logging.DEBUG, "pling_async")
    server = await serve(reply(503), reply(404))
    with pytest.raises(errors.NotFound) as caught:
        await connect(server.url, retry=RetryPolicy(base=0)).call(get, bytes)
    records = [record for record in caplog.records if record.name == "pling_async"]
    assert len(records) == 3
    assert {vars(record)["pling_request_id"] for record in records} == {caught.value.request_id}
    assert all(str(caught.value.request_id) in record.getMessage() for record in records)


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("contacts", "/contacts"),
        ("contacts/replace", "/contacts/replace"),
        ("contact-groups/26974", "/contact-groups/{id}"),
        ("contacts/alt:phone:+4799999001/notes", "/contacts/{id}/notes"),
        ("contacts/Kari", "/contacts/{id}"),
        ("contact_lists/7/contacts", "/contact_lists/{id}/contacts"),
        ("v2/blacklist/+4799999001", "/v2/blacklist/{id}"),
    ],
)
def test_a_route_names_nobody(path: str, shown: str) -> None:
    """Whatever is not plainly a word of the API is left out."""
    assert route(path) == shown
