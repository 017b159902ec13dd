"""The IP1 sandbox as any client sees it: its dangers, its problems and its switches."""

import gzip
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from attrs import frozen

from pling_async.sandbox import Ip1Semantics, Ip1Service, ManualClock, Sandbox

FIRST, SECOND = "+46701740601", "+46701740602"
ZIPPED = gzip.compress(b"[]")


@frozen
class Api:
    """Calls a sandbox over a real socket."""

    sandbox: Sandbox
    http: aiohttp.ClientSession

    async def __call__(self, method: str, path: str, body: Any = None, **options: Any) -> tuple[int, Any]:
        """Return status and JSON."""
        given = {} if body is None else {"json": body}
        async with self.http.request(method, f"v2/{path}", **given, **options) as answer:
            return answer.status, await answer.json(content_type=None) if await answer.read() else None

    async def seed(self, *contacts: dict[str, Any], **others: Any) -> list[str]:
        """Put contacts, by their properties, into the store and return every id."""
        await self.sandbox.ip1.seed(contacts=[{"labels": [], **each} for each in contacts], **others)
        return [each["id"] for each in await self.sandbox.ip1.contacts()]


@pytest.fixture
async def api(request: pytest.FixtureRequest) -> AsyncIterator[Api]:
    """Start a sandbox, with the test's switches."""
    service = Ip1Service(semantics=Ip1Semantics(**getattr(request, "param", {})))
    async with Sandbox(services=(service,), deterministic=True) as sandbox:
        headers = {"Authorization": f"Bearer {sandbox.ip1.token}"}
        async with aiohttp.ClientSession(sandbox.ip1.url, headers=headers) as http:
            yield Api(sandbox, http)


def one(number: str = FIRST, *labels: str, **properties: str) -> dict[str, Any]:
    """Return a contact as a request has it."""
    return {"properties": {"phoneNumber": number, **properties}, "labels": list(labels)}


@pytest.mark.parametrize("path", ["contacts", "contacts/"])
async def test_a_deletion_without_an_id_or_a_filter_takes_everybody(api: Api, path: str) -> None:
    """The real danger: an id that is empty leaves the collection, and that is everybody."""
    await api.seed(one(), one(SECOND))
    status, deleted = await api("DELETE", path)
    assert (status, [each["properties"]["phoneNumber"] for each in deleted]) == (200, [FIRST, SECOND])
    assert await api.sandbox.ip1.contacts() == []


@pytest.mark.parametrize(
    ("api", "query", "left"),
    [
        ({}, "labels=", 0),
        ({}, "properties[phoneNumber]=", 0),
        ({}, "metadata[phoneNumber.isBlocked]=true", 0),
        ({}, "colour=red", 0),
        ({}, "labels=all", 0),
        ({}, "labels=A&labels=B", 1),
        ({"several_labels": "any"}, "labels=A&labels=B", 0),
        ({"blank_filter": "match_nothing"}, "labels=", 2),
        ({"metadata_filter": "refuse"}, "metadata[phoneNumber.isBlocked]=true", 2),
        ({"metadata_filter": "apply"}, "metadata[phoneNumber.isBlocked]=true", 2),
        ({}, "metadata[phoneNumber.isBlocked]=true&meta", 2),
    ],
    indirect=["api"],
)
async def test_what_a_filter_leaves(api: Api, query: str, left: int) -> None:
    """What the server passes over is no filter, and then everybody goes."""
    await api.seed(one(FIRST, "A", "B"), one(SECOND, "A"))
    await api("DELETE", f"contacts?{query}")
    assert len(await api.sandbox.ip1.contacts()) == left


async def test_an_import_waits_for_the_clock() -> None:
    """Accepted contacts are there after the delay, and not before; a stop forgets them."""
    clock = ManualClock()
    async with Sandbox(services=(Ip1Service(import_delay=60),), clock=clock) as sandbox:
        headers = {"Authorization": f"Bearer {sandbox.ip1.token}"}
        async with aiohttp.ClientSession(sandbox.ip1.url, headers=headers) as http:
            assert await Api(sandbox, http)("POST", "contacts", [one()]) == (202, None)
            await clock.advance(59)
            assert await sandbox.ip1.contacts() == []
            await clock.advance(1)
            assert len(await sandbox.ip1.contacts()) == 1
            await Api(sandbox, http)("POST", "contacts", [one()])


async def test_nothing_tells_two_contacts_apart(api: Api) -> None:
    """The same number twice is two contacts."""
    _, added = await api("POST", "contacts?sync", [one(), one()])
    assert len({each["id"] for each in added}) == 2


@pytest.mark.parametrize(("api", "most"), [({}, 1000), ({"sync_limit": 999}, 999)], indirect=["api"])
async def test_a_direct_import_has_a_limit(api: Api, most: int) -> None:
    """One more is a 400 and adds nobody."""
    assert (await api("POST", "contacts?sync", [one()] * (most + 1)))[0] == 400
    assert (await api("POST", "contacts?sync", [one()] * most))[0] == 200
    assert len(await api.sandbox.ip1.contacts()) == most


@pytest.mark.parametrize(
    ("query", "here", "rels"),
    [
        ("", range(50), {"self", "first", "next", "last"}),
        ("?start=50", range(50, 100), {"self", "first", "prev", "next", "last"}),
        ("?start=100&limit=50", range(100, 120), {"self", "first", "prev", "last"}),
        ("?limit=2&order=DESC", (119, 118), {"self", "first", "next", "last"}),
        ("?start=500", (), {"self", "first", "prev", "last"}),
    ],
)
async def test_pages(api: Api, query: str, here: Any, rels: set[str]) -> None:
    """start, limit (50) and order; the Link header has what there is."""
    await api.seed(*(one(FIRST, n=str(n)) for n in range(120)))
    async with api.http.get(f"v2/contacts{query}") as answer:
        assert [int(each["properties"]["n"]) for each in await answer.json()] == list(here)
        assert set(answer.links) == rels


@pytest.mark.parametrize("query", ["start=-1", "limit=0", "limit=1001", "limit=x", "order=asc", "start=1&start=2"])
async def test_a_page_that_is_none(api: Api, query: str) -> None:
    """400 with problem details."""
    status, problem = await api("GET", f"contacts?{query}")
    assert (status, problem["status"], problem["title"]) == (400, 400, "Bad Request")
    assert (problem["type"], problem["instance"]) == ("about:blank", "/ip1/v2/contacts")


@pytest.mark.parametrize(
    ("number", "metadata"),
    [
        (FIRST, ("true", "true", "MOBILE", "46701740601", "true")),
        ("+46 70-174 06 01", ("true", "true", "MOBILE", "46701740601", "true")),
        ("+46123456789", ("true", "true", "FIXED_LINE", "46123456789", "false")),
        ("+4670174", ("false", "false", "UNKNOWN", "4670174", "false")),
        ("0701740601", ("false", "false", "UNKNOWN", "", "false")),
        ("", ("false", "false", "UNKNOWN", "", "false")),
    ],
)
async def test_metadata_say_what_a_number_is(api: Api, number: str, metadata: tuple[str, ...]) -> None:
    """Booleans are texts; a text that is no number is a contact all the same."""
    [one_id] = await api.seed(one(number), blacklist=[{"msisdn": FIRST[1:]}])
    _, found = await api("GET", f"contacts/{one_id}?meta=no")
    assert tuple(found["metadata"]["phoneNumber"].values()) == metadata
    assert "metadata" not in (await api("GET", f"contacts/{one_id}"))[1]


@pytest.mark.parametrize("api", [{"id_mismatch": "reject", "patch_labels": "add"}], indirect=True)
async def test_switches_of_an_update(api: Api) -> None:
    """An id in the body may be checked, and labels may add up."""
    [here] = await api.seed(one(FIRST, "A"))
    for method in ("PATCH", "PUT"):
        assert (await api(method, f"contacts/{here}", {"id": "other", "properties": {}}))[0] == 400
    assert (await api("PATCH", f"contacts/{here}", {"id": here, "properties": {}, "labels": ["B"]}))[0] == 200
    assert [each["labels"] for each in await api.sandbox.ip1.contacts()] == [["A", "B"]]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "contacts", {}),
        ("POST", "contacts", [1]),
        ("POST", "contacts", [{"properties": {"a": None}}]),
        ("POST", "contacts", [{"properties": {"a": 1}}]),
        ("POST", "contacts", [{"labels": []}]),
        ("POST", "contacts", [{"properties": {}, "labels": "A"}]),
        ("PUT", "contacts/{id}", {"properties": {"a": None}}),
        ("PATCH", "contacts/{id}", {"labels": []}),
        ("POST", "labels/A/contacts", [1]),
        ("POST", "blacklist", {"msisdn": FIRST}),
        ("POST", "blacklist", []),
        ("PUT", "blacklist/46701740601", []),
    ],
)
async def test_bodies_that_are_none(api: Api, method: str, path: str, body: Any) -> None:
    """400, and nothing is changed."""
    [here] = await api.seed(one())
    before = await api.sandbox.snapshot()
    assert (await api(method, path.format(id=here), body))[0] == 400
    assert (await api.sandbox.snapshot())["tables"] == before["tables"]


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ({"data": b"[]", "headers": {"Content-Type": "text/plain"}}, 415),
        ({"data": ZIPPED, "headers": {"Content-Type": "application/json", "Content-Encoding": "gzip"}}, 415),
        ({"data": b"[", "headers": {"Content-Type": "application/json"}}, 400),
        ({"data": b"[]", "headers": {"Content-Type": "application/json", "Authorization": "Basic x"}}, 401),
    ],
)
async def test_requests_that_are_refused(api: Api, options: Any, status: int) -> None:
    """Problem details, whatever is wrong."""
    async with api.http.post("v2/contacts", **options) as answer:
        assert (answer.status, answer.content_type) == (status, "application/problem+json")


async def test_labels_and_blacklist_of_their_own(api: Api) -> None:
    """The automatic label stays; an unknown id gets no label; a number is blocked once."""
    [here] = await api.seed(one())
    assert await api("POST", "labels/VIP/contacts", [here, "nobody"]) == (200, {"labelName": "VIP", "usageCount": 1})
    assert (await api("POST", "labels/all/contacts", [here]))[1] == {"labelName": "all", "usageCount": 1}
    assert (await api("DELETE", "labels/all"))[0] == 409
    entry = {"msisdn": FIRST[1:], "created": "2026-01-01T00:00:04.000"}
    assert await api("PUT", f"blacklist/{FIRST[1:]}", {}) == (200, entry)
    assert await api("POST", "blacklist", {"msisdn": FIRST[1:]}) == (200, entry)
    assert await api("DELETE", f"blacklist/{FIRST[1:]}") == (200, entry)
    assert (await api("GET", f"blacklist/{FIRST[1:]}"))[0] == 404


def test_switches_are_documented() -> None:
    """docs/ip1.md has the table that the class makes."""
    document = Path(__file__).parents[3] / "docs" / "ip1.md"
    assert Ip1Semantics.table() in document.read_text(encoding="utf-8")
