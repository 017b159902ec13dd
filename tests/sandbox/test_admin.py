"""The routes under /__sandbox__: everything that Sandbox can do, over HTTP."""

import base64
from typing import Any

import pytest

from pling_async.sandbox import Sandbox
from pling_async.sandbox.journal import KEPT_REQUESTS

ADMIN = "/__sandbox__"
FIRST, SECOND = "+4799999901", "+4799999902"


async def test_health_says_what_is_served(api: Any) -> None:
    """A first look at whether it runs."""
    assert await api.call("GET", f"{ADMIN}/health", status=200) == {"status": "ok", "services": {"pling": "/api"}}


async def test_seed_puts_objects_straight_into_the_store(api: Any) -> None:
    """No rule is applied: ids, dates, numbers and fields are as given; groups come first, names make more."""
    groups = [{"id": 26974, "name": "VIP", "created": "2020-01-01T00:00:00.000Z"}]
    contacts = [
        {"id": 7, "mobile": "landline", "contactGroupIds": [26974], "contactGroups": ["New"], "stop": 1},
        {"mobile": FIRST, "city": "OSLO", "accountId": 999},
    ]
    await api.call("POST", f"{ADMIN}/seed", {"contacts": contacts, "contactGroups": groups}, 204)
    [contact] = await api.sandbox.contacts()
    assert (contact["id"], contact["mobile"], contact["stop"]) == (7, "landline", 1)
    assert contact["contactGroupIds"] == [26974, 26975]
    assert [group["created"][:4] for group in await api.sandbox.groups()] == ["2020", "2026"]
    assert [contact["id"] for contact in await api.sandbox.contacts(999)] == [8]
    assert (await api.add(SECOND))["id"] == 9


@pytest.mark.parametrize(
    "seed",
    [
        {"contacts": [{}]},
        {"contacts": [{"mobile": FIRST}, {"mobile": FIRST}]},
        {"contacts": [{"mobile": FIRST, "id": 1 << 63}]},
        {"contacts": [1]},
        [],
    ],
)
async def test_a_seed_that_cannot_be_stored_changes_nothing(api: Any, seed: Any) -> None:
    """A mobile is needed and unique; all of a seed or nothing."""
    await api.call("POST", f"{ADMIN}/seed", seed, 400)
    assert await api.sandbox.contacts() == []


async def test_a_snapshot_brings_everything_back(api: Any) -> None:
    """Contacts, groups, ids to come and the time are as they were, here and in another sandbox."""
    await api.add(FIRST, contactGroups=["A"])
    await api.add(SECOND)
    await api.call("DELETE", "contacts/2", status=204)
    state = await api.call("GET", f"{ADMIN}/snapshot", status=200)
    before = await api.call("GET", "contacts?accountId=12345")
    for restore in (api.sandbox.restore, lambda state: api.call("POST", f"{ADMIN}/restore", state, 204)):
        await api.replace()
        await restore(state)
        assert await api.sandbox.snapshot() == state
        assert await api.call("GET", "contacts?accountId=12345") == before
        assert (await api.add(SECOND))["id"] == 3
    assert (await api.by_mobile())[SECOND]["created"] == "2026-01-01T00:00:05.000Z"


async def test_a_snapshot_of_other_services_leaves_the_first_ids(api: Any) -> None:
    """What it does not speak of is empty, and can be filled."""
    async with Sandbox(services=("ip1",)) as other:
        await api.sandbox.restore(await other.snapshot())
    assert (await api.add(FIRST))["id"] == 1


@pytest.mark.parametrize(
    "state",
    [
        {},
        {"tables": {}, "ticks": 0},
        {"tables": {"contacts": [{}]}, "ticks": 0},
        {"tables": {"sqlite_sequence": []}},
        {"tables": {"sqlite_sequence": []}, "ticks": "1"},
        {"tables": {"sqlite_sequence": []}, "ticks": 1e300},
    ],
)
async def test_a_broken_snapshot_is_refused(api: Any, state: Any) -> None:
    """The store stays as it is."""
    await api.add(FIRST)
    await api.call("POST", f"{ADMIN}/restore", state, 400)
    assert set(await api.by_mobile()) == {FIRST}


async def test_reset_goes_back_to_the_beginning(api: Any) -> None:
    """Store, journal, faults, ids and time."""
    first = await api.add(FIRST, contactGroups=["A"])
    await api.call("POST", f"{ADMIN}/faults", {"path": "/nothing"}, 201)
    await api.call("POST", f"{ADMIN}/reset", status=204)
    assert await api.sandbox.contacts() == await api.sandbox.groups() == api.sandbox.requests == []
    assert await api.call("GET", f"{ADMIN}/faults", status=200) == []
    assert await api.add(FIRST, contactGroups=["A"]) == first


async def test_the_journal_has_what_was_asked_without_secrets(api: Any) -> None:
    """Method, path, query, headers, body and status, in order of arrival; admin requests are not in it."""
    await api.send("GET", "contacts?accountId=12345", headers={"X-Request-ID": "r1", "Cookie": "c=1"})
    await api.send("POST", "contacts", data=b"\xff", headers={"Content-Type": "application/json"})
    first, second = await api.call("GET", f"{ADMIN}/requests", status=200)
    assert (first["method"], first["path"], first["query"]) == ("GET", "/api/contacts", {"accountId": "12345"})
    assert (first["status"], first["body"], first["body_size"]) == (200, None, 0)
    assert first["headers"]["x-request-id"] == "r1"
    assert not {"authorization", "cookie"} & first["headers"].keys()
    assert (second["status"], second["body_base64"]) == (400, base64.b64encode(b"\xff").decode())
    assert "\\xff" not in repr(api.sandbox.requests)
    await api.call("DELETE", f"{ADMIN}/requests", status=204)
    assert api.sandbox.requests == []


async def test_the_journal_is_bounded(api: Any) -> None:
    """The newest thousand requests, with at most 64 kB of a body."""
    for _ in range(KEPT_REQUESTS):
        await api.send("GET", "nothing")
    await api.send("POST", "contacts", data=b"x" * 100_000)
    entries = api.sandbox.requests
    assert len(entries) == KEPT_REQUESTS
    assert (entries[-1].body, entries[-1].body_size, entries[-1].status) == (b"x" * (1 << 16), 100_000, 415)


@pytest.mark.parametrize("body", [{"body": "æ"}, {"body_base64": "w6Y="}])
async def test_faults_are_armed_shown_and_cleared(api: Any, body: Any) -> None:
    """A fault's fields are those of Fault; its body is text, or base64."""
    await api.call("POST", f"{ADMIN}/faults", {"method": "GET", "status": 503, "count": None, **body}, 201)
    [fault] = await api.call("GET", f"{ADMIN}/faults", status=200)
    assert (fault["action"], fault["method"], fault["status"], fault["body"]) == ("answer", "GET", 503, "æ")
    assert (await api.send("GET", "contacts")).body == "æ".encode()
    await api.call("DELETE", f"{ADMIN}/faults", status=204)
    assert (await api.send("GET", "contacts")).status == 400


@pytest.mark.parametrize(
    "fault",
    [
        {"action": "explode"},
        {"when": "now"},
        {"body_base64": "!"},
        {"body": 1},
        [],
        {"status": "500"},
        {"status": 9999},
        {"count": "2"},
        {"count": 0},
        {"skip": None},
        {"path": 5},
        {"delay": "1"},
        {"late": -1},
        {"keep": -3},
        {"rows": 1.5},
        {"retry_after": 5},
        {"content_type": "a\r\nb: c"},
    ],
)
async def test_faults_that_make_no_sense_are_refused(api: Any, fault: Any) -> None:
    """A 400 that says why; nothing is armed."""
    answer = await api.call("POST", f"{ADMIN}/faults", fault, 400)
    assert isinstance(answer["error"], str)
    assert await api.call("GET", f"{ADMIN}/faults", status=200) == []
    assert (await api.send("GET", "contacts?accountId=12345")).status == 200


async def test_bodies_must_be_json_objects(api: Any) -> None:
    """Another content type is 415, since a web page could send it; text that is no JSON is 400."""
    assert (await api.send("POST", f"{ADMIN}/seed", data=b"{}", headers={"Content-Type": "text/plain"})).status == 415
    headers = {"Content-Type": "application/json"}
    assert (await api.send("POST", f"{ADMIN}/seed", data=b"{", headers=headers)).status == 400


async def test_other_routes_are_json_errors_too(api: Any) -> None:
    """A typing error in a path is a 404 that can be read."""
    assert await api.call("GET", f"{ADMIN}/nothing", status=404) == {"error": "404: Not Found"}
    assert await api.call("GET", f"{ADMIN}/reset", status=405) == {"error": "405: Method Not Allowed"}


async def test_a_seed_for_an_unknown_service_is_refused(api: Any) -> None:
    """There is only what health names."""
    await api.call("POST", f"{ADMIN}/seed?service=nothing", {}, 400)
