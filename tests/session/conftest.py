"""Sessions without waiting and without chance, and requests of every law."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from pling_async.session.auth import BasicAuth
from pling_async.session.protocol import Request
from pling_async.session.retry import RetryLaw, RetryPolicy
from pling_async.session.session import Session
from pling_async.session.settings import BaseUrl, ClientSettings, Runtime, Timeouts
from pling_async.session.transport import AiohttpTransport
from tests.peers import FakeTime, Step, break_off


@pytest.fixture
def runtime(fake_time: FakeTime) -> Runtime:
    """Return a runtime without waiting and without chance: every backoff is the longest possible."""
    return Runtime(clock=fake_time.clock, sleep=fake_time.sleep, random=lambda: 1.0)


@pytest.fixture
async def connect(runtime: Runtime) -> AsyncIterator[Callable[..., Session]]:
    """Open sessions with short timeouts, closed after the test."""
    sessions: list[Session] = []

    def make(url: str, *, http: Any = None, runtime: Runtime = runtime, **changes: Any) -> Session:
        timeout = changes.pop("timeout", Timeouts(total=30, connect=0.2, read=0.2))
        settings = ClientSettings(timeout=timeout, retry=changes.pop("retry", RetryPolicy()), **changes)
        headers = {"Authorization": BasicAuth("user", "open sesame").header_value(), "Accept-Version": "1.0.*"}
        transport = AiohttpTransport(BaseUrl.parse(url), headers=headers, settings=settings, http=http)
        sessions.append(Session(transport, settings=settings, runtime=runtime))
        return sessions[-1]

    yield make
    for session in sessions:
        await session.close()


@pytest.fixture
def once() -> RetryPolicy:
    """Return a policy that never tries again."""
    return RetryPolicy(attempts=1)


@pytest.fixture
def get() -> Request:
    """Return a request that changes nothing."""
    return Request(method="GET", path="things/1", law=RetryLaw.SAFE)


@pytest.fixture
def put() -> Request:
    """Return a request whose repetition leaves what it leaves once."""
    return Request(method="PUT", path="things/1", law=RetryLaw.CONVERGENT, body=b'{"a":1}')


@pytest.fixture
def post() -> Request:
    """Return a request that must not be repeated once it may have been sent."""
    return Request(method="POST", path="things", law=RetryLaw.UNSENT, body=b'{"a":1}', expected=frozenset({200, 201}))


@pytest.fixture
def delete() -> Request:
    """Return a deletion."""
    return Request(
        method="DELETE",
        path="things/1",
        law=RetryLaw.CONVERGENT,
        expected=frozenset({200, 204}),
        answers_json=False,
        missing_is_done=True,
    )


@pytest.fixture
def reset() -> Step:
    """Return a step that breaks the connection with a TCP reset."""

    async def step(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        break_off(writer)
        raise ConnectionResetError

    return step


@pytest.fixture
def silence() -> Step:
    """Return a step that never answers."""

    async def step(_: asyncio.StreamReader, __: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    return step
