"""Quotas that a server announces: what its headers say, and what the gate makes of them."""

import asyncio
from typing import Any

import pytest

from pling_async import ClientSettings, errors
from pling_async.session.limiter import Limiter, shared_limiter
from pling_async.session.protocol import Request, Response
from pling_async.session.quota import Quota, quota_of
from pling_async.session.retry import RetryLaw
from pling_async.session.settings import BaseUrl
from pling_async.session.transport import AiohttpTransport

NOW = 1_800_000_000.0


def answer(**headers: str) -> Response:
    """Return an answer with headers, received now."""
    pairs = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Response(status=200, headers=pairs, received_at=NOW)


@pytest.mark.parametrize(
    ("headers", "quota"),
    [
        ({"X_RateLimit_Remaining": "7", "X_RateLimit_Reset": "1800000030.5"}, Quota(remaining=7, resets_in=30.5)),
        ({"x_ratelimit_remaining": "0", "x_ratelimit_reset": "1799999999"}, Quota(remaining=0, resets_in=0)),
        ({"x_ratelimit_remaining": "0", "x_ratelimit_reset": "1800000030000"}, Quota(remaining=0, resets_in=120)),
        (
            {"x_ratelimit_remaining": "1", "x_ratelimit_reset": "946684830", "date": "Sat, 01 Jan 2000 00:00:00 GMT"},
            Quota(remaining=1, resets_in=30),
        ),
        ({"x_ratelimit_remaining": "7"}, None),
        ({"x_ratelimit_reset": "1800000030"}, None),
        ({"x_ratelimit_remaining": "many", "x_ratelimit_reset": "1800000030"}, None),
        ({"x_ratelimit_remaining": "nan", "x_ratelimit_reset": "1800000030"}, None),
        ({"x_ratelimit_remaining": "1", "x_ratelimit_reset": "inf"}, None),
        ({}, None),
    ],
)
def test_a_quota_is_read_or_is_none(headers: dict[str, str], quota: Quota | None) -> None:
    """Both headers in numbers, judged against the answer's own Date; a reset that is far away is not believed."""
    assert quota_of(answer(**headers)) == quota


@pytest.fixture
def limiter(fake_time: Any) -> Limiter:
    """Return a gate for eight whose time only sleeping moves."""
    return Limiter(max_in_flight=8, rate=None, clock=fake_time.clock, sleep=fake_time.sleep)


async def test_no_more_are_inside_than_the_server_still_takes(limiter: Limiter) -> None:
    """Those inside count, since nobody knows whether the server has seen them."""
    limiter.heed(Quota(remaining=3, resets_in=60))
    assert limiter.width == 3
    limiter.heed(Quota(remaining=5, resets_in=60.4))
    assert limiter.width == 3, "an answer about the same window that was overtaken"
    limiter.heed(Quota(remaining=50, resets_in=110))
    assert limiter.width == 8


async def test_an_empty_quota_is_waited_for_and_then_tried_by_one(limiter: Limiter, fake_time: Any) -> None:
    """Until the reset nobody is let through; then one goes ahead, and the others follow when its answer has room."""
    began = fake_time.now
    limiter.heed(Quota(remaining=0, resets_in=30))
    async with limiter.slot(began + 100):
        assert fake_time.now == began + 30
        assert limiter.width == 1
        limiter.heed(Quota(remaining=49, resets_in=60))
        assert limiter.width == 8


async def test_a_reset_behind_the_deadline_is_told_at_once(limiter: Limiter, fake_time: Any) -> None:
    """Nobody waits for what cannot come in time."""
    limiter.heed(Quota(remaining=0, resets_in=30))
    with pytest.raises(errors.PoolTimeout):
        await limiter.slot(fake_time.now + 20).__aenter__()
    assert fake_time.slept == []


async def test_gates_of_one_name_are_one_gate_in_a_loop(limiter: Limiter) -> None:
    """The first who asks makes it; when nobody holds it any more it is forgotten."""
    first = shared_limiter("a company", lambda: limiter)
    assert shared_limiter("a company", lambda: None) is first  # type: ignore[arg-type, return-value]
    other = Limiter(max_in_flight=1, rate=None, clock=lambda: 0.0, sleep=asyncio.sleep)
    assert shared_limiter("another", lambda: other) is other


def test_gates_are_not_shared_between_loops() -> None:
    """What waits in one loop cannot be woken from another."""

    async def one() -> Limiter:
        return shared_limiter(
            "a company", lambda: Limiter(max_in_flight=1, rate=None, clock=lambda: 0, sleep=asyncio.sleep)
        )

    assert asyncio.run(one()) is not asyncio.run(one())


async def test_a_large_body_goes_in_pieces_with_its_type(serve: Any) -> None:
    """Bytes of any size have a Content-Length, a type of their own, and keep their order."""
    server = await serve(b"HTTP/1.1 204 No Content\r\n\r\n")
    body = bytes(range(256)) * 8192
    transport = AiohttpTransport(BaseUrl.parse(server.url), headers={}, settings=ClientSettings())
    request = Request(
        method="PATCH", path="x", law=RetryLaw.SAFE, body=body, content_type="image/png", expected=frozenset({204})
    )
    await transport.send(request, request_id="1", timeout=5)
    await transport.close()
    assert server.bodies == [body]
    assert b"Content-Type: image/png\r\n" in server.requests[0]


def test_a_path_that_names_a_person_is_shown_otherwise() -> None:
    """Neither repr nor messages have the path itself."""
    request = Request(method="GET", path="contacts/x@y", shown_path="contacts/***", law=RetryLaw.SAFE)
    assert "x@y" not in repr(request)
    assert Request(method="GET", path="contacts/1", law=RetryLaw.SAFE).shown_path == "contacts/1"
