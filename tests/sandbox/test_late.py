"""Requests that time out: applied never, at once or later (#85), by a clock that is moved by hand."""

import time
from typing import Any

import aiohttp
import pytest

from pling_async.sandbox import Fault, ManualClock

FIRST, SECOND, THIRD = "+4799999901", "+4799999902", "+4799999903"
CUT = (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError)
BODY = {"accountId": 12345, "mobile": FIRST}


@pytest.fixture
def clock() -> ManualClock:
    """Return a clock that stands at the start of 2026."""
    return ManualClock()


@pytest.fixture
async def manual(serve: Any, clock: ManualClock) -> Any:
    """Start a sandbox by that clock."""
    return await serve(clock=clock)


async def lost(api: Any, fault: Fault, method: str, path: str, body: Any = None) -> None:
    """Send a request once, and lose its answer."""
    api.http._retry_connection = False  # aiohttp would send PUT and DELETE again by itself
    api.sandbox.fail(fault)
    with pytest.raises(CUT):
        await api.call(method, path, body)


MUTATIONS = {
    "POST contacts": BODY,
    "PUT contacts/1": {"city": "OSLO"},
    "DELETE contacts/1": None,
    "POST contacts/replace?accountId=12345": [{"mobile": SECOND, "contactGroups": ["A"]}],
    "POST contact-groups": {"accountId": 12345, "name": "B"},
    "PUT contact-groups/1": {"name": "B"},
    "DELETE contact-groups/1?deleteContacts=true": None,
}


@pytest.mark.parametrize("request_line", MUTATIONS)
@pytest.mark.parametrize(
    ("fault", "applied_after"),
    [
        (Fault(action="reset_before_commit"), None),
        (Fault(action="reset_after_commit"), 0),
        (Fault(action="apply_late", late=1), 1),
        (Fault(action="apply_late", late=120), 120),
    ],
)
async def test_every_mutation_may_be_applied_never_at_once_or_later(
    manual: Any, clock: ManualClock, request_line: str, fault: Fault, applied_after: Any
) -> None:
    """The client sees the same each time; what it has done shows exactly when its time has come (#85)."""
    await manual.sandbox.seed([{"id": 1, "mobile": THIRD, "contactGroups": ["A"]}])
    before = await manual.sandbox.snapshot()
    method, path = request_line.split()
    await lost(manual, fault, method, path, MUTATIONS[request_line])
    for seconds in (0, 0.5, 0.5, 118.5, 0.5, 3600):
        await clock.advance(seconds)
        is_applied = (await manual.sandbox.snapshot())["tables"] != before["tables"]
        assert is_applied == (applied_after is not None and clock.ticks >= applied_after)


async def test_what_is_late_is_applied_at_its_own_time_and_in_its_order(manual: Any, clock: ManualClock) -> None:
    """A later request overtakes one that is held back longer; stamps are those of the moment, not of the request."""
    await lost(manual, Fault(action="apply_late", late=60), "POST", "contacts", {**BODY, "city": "first"})
    await lost(manual, Fault(action="apply_late", late=30), "POST", "contacts", {**BODY, "city": "second"})
    await clock.advance(45)
    [contact] = await manual.sandbox.contacts()
    assert (contact["city"], contact["created"]) == ("second", "2026-01-01T00:00:30.000Z")
    await clock.advance(45)
    [contact] = await manual.sandbox.contacts()
    assert (contact["city"], contact["lastModified"]) == ("first", "2026-01-01T00:01:00.000Z")
    assert clock.now() == "2026-01-01T00:01:30.000Z"


async def test_a_late_replace_wipes_what_came_meanwhile(manual: Any, clock: ManualClock) -> None:
    """#85: the account holds what the late request has, and nothing that was added since."""
    path = "contacts/replace?accountId=12345"
    await lost(manual, Fault(action="apply_late", late=120), "POST", path, [{"mobile": SECOND}])
    await manual.add(FIRST)
    await clock.advance(119)
    assert set(await manual.by_mobile()) == {FIRST}
    await clock.advance(1)
    assert set(await manual.by_mobile()) == {SECOND}


async def test_requests_do_not_move_a_manual_clock(manual: Any, clock: ManualClock) -> None:
    """Only advance does, by fractions too."""
    first = await manual.add(FIRST)
    await clock.advance(0.25)
    second = await manual.add(SECOND)
    assert (first["created"], second["created"]) == ("2026-01-01T00:00:00.000Z", "2026-01-01T00:00:00.250Z")


async def test_settle_needs_no_clock(manual: Any, clock: ManualClock) -> None:
    """What is held back is applied at once, and not again when its time comes; over HTTP as well."""
    for settle in (manual.sandbox.settle, lambda: manual.call("POST", "/__sandbox__/settle", status=204)):
        await lost(manual, Fault(action="apply_late", late=60), "POST", "contacts", BODY)
        await settle()
        [contact] = await manual.sandbox.contacts()
        await manual.call("DELETE", f"contacts/{contact['id']}", status=204)
        await clock.advance(60)
        assert await manual.sandbox.contacts() == []


async def test_reset_forgets_what_is_late(manual: Any, clock: ManualClock) -> None:
    """Its time comes, and nothing happens."""
    await lost(manual, Fault(action="apply_late", late=60), "POST", "contacts", BODY)
    await manual.sandbox.reset()
    assert clock.ticks == 0
    await clock.advance(60)
    assert await manual.sandbox.contacts() == []


async def test_without_any_delay_nothing_waits_for_the_clock(manual: Any) -> None:
    """Late by nothing is at once."""
    await lost(manual, Fault(action="apply_late", late=0), "POST", "contacts", BODY)
    await manual.sandbox.settle()
    assert set(await manual.by_mobile()) == {FIRST}


async def test_a_delay_waits_for_the_clock(manual: Any, clock: ManualClock) -> None:
    """An hour passes at once, and not before it is told to."""
    manual.sandbox.fail(Fault(action="delay", delay=3600))
    sent = await manual.begin("POST", "contacts", json=BODY)
    await clock.advance(3599)
    assert not sent.done()
    assert await manual.sandbox.contacts() == []
    await clock.advance(1)
    assert (await sent).json["created"] == "2026-01-01T01:00:00.000Z"


@pytest.mark.parametrize(
    ("fault", "at_once", "at_last"),
    [
        (Fault(action="reset_before_commit", silence=60), [], []),
        (Fault(action="reset_after_commit", silence=60), [FIRST], [FIRST]),
        (Fault(action="apply_late", late=59, silence=60), [], [FIRST]),
        (Fault(action="crash", silence=60), [FIRST], [FIRST]),
    ],
)
async def test_a_silent_connection_is_open_until_the_client_has_had_enough(
    manual: Any, clock: ManualClock, fault: Fault, at_once: Any, at_last: Any
) -> None:
    """#12: no answer, no reset; it is the client that ends it, whatever has become of its request."""
    manual.sandbox.fail(fault)
    sent = await manual.begin("POST", "contacts", json=BODY)
    assert list(await manual.by_mobile()) == at_once
    await clock.advance(59)
    assert list(await manual.by_mobile()) == at_last
    assert not sent.done()
    sent.cancel()
    await manual.add(SECOND)


async def test_a_silent_connection_is_reset_in_the_end(manual: Any, clock: ManualClock) -> None:
    """For a client that waits longer."""
    manual.sandbox.fail(Fault(action="reset_before_commit", silence=60))
    sent = await manual.begin("POST", "contacts", json=BODY)
    await clock.advance(59)
    assert not sent.done()
    await clock.advance(1)
    with pytest.raises(CUT):
        await sent


async def test_a_sandbox_that_stops_resets_its_silent_connections(manual: Any) -> None:
    """Nobody waits for the silence to end."""
    manual.sandbox.fail(Fault(action="reset_before_commit", silence=3600))
    sent = await manual.begin("POST", "contacts", json=BODY)
    start = time.monotonic()
    await manual.sandbox.stop()
    assert time.monotonic() - start < 5
    with pytest.raises(CUT):
        await sent


async def test_a_snapshot_keeps_the_time_of_a_manual_clock(manual: Any, clock: ManualClock) -> None:
    """Fractions of seconds included."""
    await clock.advance(1.5)
    state = await manual.call("GET", "/__sandbox__/snapshot", status=200)
    await clock.advance(100)
    await manual.call("POST", "/__sandbox__/restore", state, 204)
    assert clock.now() == "2026-01-01T00:00:01.500Z"
