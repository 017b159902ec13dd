"""Faults: each spoils the requests it is for, in the way it says, and the store is what it should be afterwards."""

import asyncio
import time
from typing import Any

import aiohttp
import pytest

from pling_async.sandbox import Fault

FIRST, SECOND, THIRD = "+4799999901", "+4799999902", "+4799999903"
BODY = {"accountId": 12345, "mobile": FIRST}
CUT = (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError)


async def mobiles(api: Any) -> list[str]:
    """Return the numbers in the store."""
    return sorted(await api.by_mobile())


async def applied(api: Any) -> None:
    """Return when the first contact has come, and fail when it does not."""
    for _ in range(1000):
        if await mobiles(api):
            return
        await asyncio.sleep(0.005)
    pytest.fail("the request was never applied")


async def test_an_answer_of_ones_own_is_given_without_applying_the_request(api: Any) -> None:
    """Status, Retry-After and body are the fault's; the next request passes."""
    api.sandbox.fail(Fault(status=429, retry_after="5", body=b'{"error":"slow"}'))
    reply = await api.send("POST", "contacts", json=BODY)
    assert (reply.status, reply.headers["retry-after"], reply.json) == (429, "5", {"error": "slow"})
    assert await mobiles(api) == []
    await api.add(FIRST)


@pytest.mark.parametrize("action", ["answer", "replace_body"])
async def test_a_content_type_may_have_a_charset(api: Any, action: Any) -> None:
    """As the error pages of proxies have."""
    api.sandbox.fail(Fault(action=action, body=b"<p>", content_type="text/html; charset=utf-8"))
    reply = await api.send("GET", "contacts?accountId=12345")
    assert (reply.headers["content-type"], reply.body) == ("text/html; charset=utf-8", b"<p>")


async def test_an_answer_after_commit_hides_that_the_request_was_applied(api: Any) -> None:
    """A 500 says nothing about what happened."""
    api.sandbox.fail(Fault(action="answer_after_commit", status=503))
    assert (await api.send("POST", "contacts", json=BODY)).status == 503
    assert await mobiles(api) == [FIRST]


@pytest.mark.parametrize(("action", "left"), [("reset_before_commit", []), ("reset_after_commit", [FIRST])])
async def test_resets_before_and_after_commit(api: Any, action: Any, left: Any) -> None:
    """The client sees the same in both cases; the journal has no status."""
    api.sandbox.fail(Fault(action=action))
    with pytest.raises(CUT):
        await api.send("POST", "contacts", json=BODY)
    assert await mobiles(api) == left
    assert [entry.status for entry in api.sandbox.requests] == [None]


async def test_a_late_request_is_applied_after_the_connection_is_gone(api: Any) -> None:
    """Nothing at first; settle applies it without waiting for its time."""
    api.sandbox.fail(Fault(action="apply_late", late=3600))
    with pytest.raises(CUT):
        await api.send("POST", "contacts", json=BODY)
    assert await mobiles(api) == []
    await api.sandbox.settle()
    assert await mobiles(api) == [FIRST]


async def test_a_late_request_is_applied_when_its_time_has_come(api: Any) -> None:
    """Without settle it happens by itself."""
    api.sandbox.fail(Fault(action="apply_late", late=0.01))
    with pytest.raises(CUT):
        await api.send("POST", "contacts", json=BODY)
    await applied(api)


async def test_a_large_late_request_is_still_whole(api: Any) -> None:
    """Its body outlives its connection."""
    api.sandbox.fail(Fault(action="apply_late", late=3600))
    with pytest.raises(CUT):
        await api.replace(*({"mobile": f"+4799{number:06}", "comment": "x" * 500} for number in range(3000)))
    await api.sandbox.settle()
    assert len(await mobiles(api)) == 3000


@pytest.mark.parametrize("forget", ["reset", "stop"])
async def test_reset_and_stop_forget_late_requests(serve: Any, forget: str) -> None:
    """What has not been applied by then never is."""
    api = await serve()
    api.sandbox.fail(Fault(action="apply_late", late=3600))
    with pytest.raises(CUT):
        await api.send("POST", "contacts", json=BODY)
    await getattr(api.sandbox, forget)()
    if forget == "stop":
        await api.sandbox.start()
    await api.sandbox.settle()
    assert await mobiles(api) == []


@pytest.mark.parametrize("keep", [0, 5, 10**6])
async def test_a_truncated_body_breaks_off(api: Any, keep: int) -> None:
    """The length promised is never reached, and the request has been applied."""
    api.sandbox.fail(Fault(action="truncate_body", keep=keep))
    with pytest.raises(aiohttp.ClientPayloadError):
        await api.send("POST", "contacts", json=BODY)
    assert await mobiles(api) == [FIRST]


async def test_a_large_body_is_truncated_too(api: Any) -> None:
    """A listing that is answered from a file breaks off where it should."""
    await api.sandbox.seed({"mobile": f"+4799{number:06}", "comment": "x" * 2000} for number in range(1000))
    api.sandbox.fail(Fault(action="truncate_body", keep=1 << 20))
    async with api.http.get("contacts?accountId=12345") as answer:
        assert await answer.content.readexactly(1 << 20)
        with pytest.raises(aiohttp.ClientPayloadError):
            await answer.content.readexactly(1)


async def test_an_answer_without_a_body_is_not_truncated(api: Any) -> None:
    """A 204 has nothing to cut: it arrives, and only its connection ends."""
    await api.add()
    api.sandbox.fail(Fault(action="truncate_body"))
    answer = await api.send("DELETE", "contacts/1")
    assert (answer.status, answer.headers["connection"]) == (204, "close")
    assert await mobiles(api) == []


async def test_a_body_may_be_replaced(api: Any) -> None:
    """The status is the API's, the bytes are the fault's."""
    api.sandbox.fail(Fault(action="replace_body", body=b"<html>", content_type="text/html"))
    reply = await api.send("POST", "contacts", json=BODY)
    assert (reply.status, reply.body, reply.headers["content-type"]) == (201, b"<html>", "text/html")
    assert await mobiles(api) == [FIRST]


@pytest.mark.parametrize("deterministic", [True, False])
async def test_a_delay_is_only_a_delay(serve: Any, deterministic: Any) -> None:
    """The request is answered as ever, later; a clock that counts requests does not count this."""
    api = await serve(deterministic=deterministic)
    api.sandbox.fail(Fault(action="delay", delay=0.05))
    start = time.monotonic()
    await api.add()
    assert time.monotonic() - start >= 0.05


@pytest.mark.parametrize(
    ("commit", "rows", "left"),
    [
        ("atomic", 1, [FIRST, SECOND]),
        ("atomic", 100, [FIRST, SECOND]),
        ("row_by_row", 0, [FIRST, SECOND]),
        ("row_by_row", 1, [FIRST, SECOND, THIRD]),
        ("row_by_row", 2, [FIRST, SECOND, THIRD, "+4799999904"]),
        ("row_by_row", 3, [SECOND, THIRD, "+4799999904"]),
        ("row_by_row", 100, [THIRD, "+4799999904"]),
    ],
)
async def test_a_replace_that_crashes(serve: Any, commit: str, rows: int, left: Any) -> None:
    """I11: nothing is left of it, or the rows done so far: first the items in order, then the removals."""
    api = await serve(replace_commit=commit)
    await api.replace({"mobile": FIRST}, {"mobile": SECOND})
    api.sandbox.fail(Fault(action="crash", rows=rows))
    with pytest.raises(CUT):
        await api.replace({"mobile": THIRD}, {"mobile": "+4799999904"})
    assert await mobiles(api) == left
    assert (await api.replace({"mobile": FIRST}))["addedContactCount"] == (FIRST not in left)


async def test_a_crash_in_another_request_loses_its_answer(api: Any) -> None:
    """Only a replace has a middle to die in."""
    api.sandbox.fail(Fault(action="crash"))
    with pytest.raises(CUT):
        await api.send("POST", "contacts", json=BODY)
    assert await mobiles(api) == [FIRST]


@pytest.mark.parametrize("action", ["reset_after_commit", "truncate_body", "delay"])
async def test_a_client_that_has_given_up_is_no_matter(api: Any, action: Any) -> None:
    """The request is applied although nobody waits for its answer, and the sandbox goes on."""
    api.sandbox.fail(Fault(action=action, delay=0.05))
    (await api.begin("POST", "contacts", json=BODY)).cancel()
    await applied(api)
    await api.add(SECOND)


async def test_faults_match_method_path_and_count(api: Any) -> None:
    """A fault passes over other requests, lets the first ones pass, and is spent after its count."""
    api.sandbox.fail(Fault(method="GET", path="*/contact-groups", skip=1, count=2, status=503))
    statuses = [
        (await api.send(method, path)).status
        for method, path in (
            ("GET", "contact-groups?accountId=12345"),
            ("GET", "contacts?accountId=12345"),
            ("POST", "contact-groups"),
            ("GET", "contact-groups?accountId=12345"),
            ("GET", "contact-groups?accountId=12345"),
            ("GET", "contact-groups?accountId=12345"),
        )
    ]
    assert statuses == [200, 200, 415, 503, 503, 200]


async def test_the_first_armed_fault_goes_first_and_one_without_count_stays(api: Any) -> None:
    """A fault that is spent makes room for the next; count None never is."""
    api.sandbox.fail(Fault(status=500))
    api.sandbox.fail(Fault(status=502, count=None))
    assert [(await api.send("GET", "contacts")).status for _ in range(3)] == [500, 502, 502]
    await api.sandbox.reset()
    assert (await api.send("GET", "contacts")).status == 400


def test_there_are_no_other_actions() -> None:
    """A typing error is an error."""
    with pytest.raises(ValueError, match="there is no fault 'explode'"):
        Fault(action="explode")


async def raw(api: Any, head: str, body: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Send bytes over a connection of their own."""
    reader, writer = await asyncio.open_connection("127.0.0.1", api.sandbox.port)
    credentials = f"Authorization: {api.http.headers['Authorization']}"
    lines = (head, "Host: localhost", credentials, "Content-Type: application/json", "", "")
    writer.write("\r\n".join(lines).encode() + body)
    await writer.drain()
    return reader, writer


async def test_a_reset_is_a_reset(api: Any) -> None:
    """The client's socket sees RST, not an orderly end."""
    api.sandbox.fail(Fault(action="reset_before_commit"))
    reader, writer = await raw(api, "GET /api/contacts HTTP/1.1", b"")
    with pytest.raises(ConnectionResetError):
        await reader.read()
    writer.close()


async def test_a_request_that_breaks_off_is_not_applied(api: Any) -> None:
    """Half a replace is none, however whole its half may look."""
    await api.add(FIRST)
    head = "POST /api/contacts/replace?accountId=12345 HTTP/1.1\r\nContent-Length: 1000"
    _, writer = await raw(api, head, b"[]")
    writer.close()
    await writer.wait_closed()
    await api.add(SECOND)
    assert await mobiles(api) == [FIRST, SECOND]
