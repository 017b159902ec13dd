"""The page of a sandbox that serves IP1 or Front, beside Pling or without it, as HTTP."""

import html
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import aiohttp
import pytest
from attrs import frozen

from pling_async.sandbox import (
    ApiToken,
    Fault,
    FrontLegacyService,
    FrontSemantics,
    FrontService,
    Ip1Semantics,
    Ip1Service,
    Sandbox,
)

NEIGHBOURS = ("ip1", "front", "front-legacy")
PARTS = ("/", "/page/requests", "/page/faults", "/page/switches")
OF_PLING = ("/page/contacts", "/page/groups", "/page/stop-list", "/page/replace")
FIRST, SECOND = "+46701740601", "+46701740602"
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(2)>',
    "<!--<script>",
    "\u202egnp.exe",
    "{{ 7 * 7 }}",
)
"""Names that would act if the page were careless."""


@frozen
class Visitor:
    """Somebody who looks at the page of a sandbox."""

    sandbox: Sandbox
    http: aiohttp.ClientSession

    async def get(self, path: str, status: int = 200, **headers: str) -> str:
        """Return a part of the page, after checking its status."""
        own = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.http.get(self.sandbox.origin + path, headers=own) as answer:
            assert answer.status == status, path
            return await answer.text()

    async def rows(self, path: str) -> list[str]:
        """Return the texts of the rows of a part's table, without the direction marks and the elements."""
        [body] = re.findall(r"<tbody>(.*?)</tbody>", await self.get(path), re.DOTALL)
        texts = (re.sub(r"<[^>]+>", " ", row) for row in re.findall(r"<tr.*?</tr>", body, re.DOTALL))
        return [html.unescape(" ".join(text.split())) for text in texts]

    async def post(self, action: str, /, **fields: str) -> int:
        """Send a form with the token of the page and return the status."""
        [token, *_] = re.findall(r'name="token" value="([^"]+)"', await self.get("/"))
        url = f"{self.sandbox.origin}/page/{action}"
        async with self.http.post(url, data={"token": token, **fields}, allow_redirects=False) as answer:
            return answer.status


Visit = Callable[..., Awaitable[Visitor]]


@pytest.fixture
async def visit() -> AsyncIterator[Visit]:
    """Start sandboxes with some services, and look at them."""
    async with AsyncExitStack() as stack:

        async def start(*services: Any, **options: Any) -> Visitor:
            sandbox = Sandbox(services=services, deterministic=True, **options)
            await stack.enter_async_context(sandbox)
            return Visitor(sandbox, await stack.enter_async_context(aiohttp.ClientSession()))

        yield start


async def fill(sandbox: Sandbox, service: str, *people: tuple[str, str]) -> None:
    """Put people, each a number and a name, into the store of a neighbour."""
    if service == "ip1":
        properties = [{"phoneNumber": number, "name": name} for number, name in people]
        await sandbox.ip1.seed(contacts=[{"properties": each} for each in properties])
    elif service == "front":
        handles = [(name, [{"source": "phone", "handle": number}]) for number, name in people]
        await sandbox.front.seed(contacts=[{"name": name, "handles": each} for name, each in handles])
    else:
        fields = [(name, [{"source": "phone", "handle": number}]) for number, name in people]
        await sandbox.front_legacy.seed(contacts=[{"name": name, "fields": each} for name, each in fields])


@pytest.mark.parametrize("service", NEIGHBOURS)
async def test_a_neighbour_alone_has_a_page(visit: Visit, service: str) -> None:
    """The overview leads to its people; what only Pling has is not there."""
    visitor = await visit(service)
    await fill(visitor.sandbox, service, (FIRST, "Åse"), (SECOND, "Ola"))
    overview = await visitor.get("/")
    assert f'<a href="/page/{service}"><b>2</b><span>contacts</span></a>' in overview
    assert "/page/seed" not in overview
    for path in PARTS:
        assert f'href="/page/{service}"' in await visitor.get(path)
    for path in OF_PLING:
        assert path not in overview
        await visitor.get(path, 404)
    for action in ("seed", "sample", "switch"):
        assert await visitor.post(action) == 404


async def test_the_overview_leads_to_everything_that_is_served(visit: Visit) -> None:
    """With Pling among it, and what is not served is not offered."""
    visitor = await visit("pling", *NEIGHBOURS)
    overview = await visitor.get("/")
    links = set(re.findall(r'<li><a href="(/[^"]*)"', overview))
    assert links == {*PARTS, *OF_PLING, *(f"/page/{each}" for each in NEIGHBOURS), "/page/ip1/blacklist"}
    for path in links:
        await visitor.get(path)
    alone = await visit("ip1")
    await alone.get("/page/front", 404)
    assert "/page/front" not in await alone.get("/")


@pytest.mark.parametrize("service", NEIGHBOURS)
async def test_people_are_found(visit: Visit, service: str) -> None:
    """By name whatever its case, by number however it is written, and only those."""
    visitor = await visit(service)
    await fill(visitor.sandbox, service, (FIRST, "Åse Lie"), (SECOND, "Ola"))
    for text in ("åSE", "70-174 06 01", "%2B46701740601"):
        [row] = await visitor.rows(f"/page/{service}?q={text}")
        assert row.startswith(f"{FIRST} Åse Lie")
    assert await visitor.rows(f"/page/{service}?q=nobody") == ["Nobody matches."]


@pytest.mark.parametrize("service", NEIGHBOURS)
async def test_people_come_in_pages(visit: Visit, service: str) -> None:
    """Fifty a page; a page behind the last one is the last one."""
    visitor = await visit(service)
    assert "seed?service=" in (await visitor.rows(f"/page/{service}"))[0]
    await fill(visitor.sandbox, service, *((f"+4670174{number:04}", f"N{number}") for number in range(600, 660)))
    assert len(await visitor.rows(f"/page/{service}")) == 50
    assert 'rel="next" href="/page/' in await visitor.get(f"/page/{service}")
    for page in ("2", "9"):
        rows = await visitor.rows(f"/page/{service}?page={page}")
        assert [row.split()[1] for row in rows] == [f"N{number}" for number in range(650, 660)]


@pytest.mark.parametrize("service", NEIGHBOURS)
async def test_hostile_names_are_text(visit: Visit, service: str) -> None:
    """Whatever a name looks like, it makes no element, and what would act unseen is marked (#113)."""
    visitor = await visit(service)
    await fill(visitor.sandbox, service, *((f"+4670174{number:04}", name) for number, name in enumerate(HOSTILE, 600)))
    page = await visitor.get(f"/page/{service}")
    assert html.escape(HOSTILE[0]) in page
    for element in ("<script", "<img", "<!--"):
        assert element not in page
    assert "\u202e" not in page
    assert len(await visitor.rows(f"/page/{service}")) == len(HOSTILE)
    searched = await visitor.get(f"/page/{service}?q=%22%3E%3Cscript%3E&group=%22%3E%3Cscript%3E")
    assert "<script" not in searched


async def test_hostile_labels_and_lists_are_text(visit: Visit) -> None:
    """As they are where they can be chosen, and in whatever else a contact says."""
    visitor = await visit("ip1", "front")
    properties = {"phoneNumber": FIRST, **dict.fromkeys(HOSTILE, HOSTILE[0])}
    await visitor.sandbox.ip1.seed(contacts=[{"properties": properties, "labels": HOSTILE}])
    handles = [{"source": "custom", "handle": name} for name in HOSTILE]
    fields = dict.fromkeys(HOSTILE, HOSTILE[1])
    await visitor.sandbox.front.seed(contacts=[{"handles": handles, "lists": HOSTILE, "custom_fields": fields}])
    for path in ("/page/ip1", "/page/front"):
        page = await visitor.get(path)
        assert not re.search("<script|<img|<!--", page)
        assert page.count(html.escape(HOSTILE[0], quote=False)) > 2


async def test_ip1_shows_labels_and_who_is_blocked(visit: Visit) -> None:
    """A number is blocked however the contact writes it; the blacklist knows numbers that no contact has."""
    visitor = await visit("ip1")
    spaced = {"phoneNumber": "+46 70-174 06 01", "firstName": "Åse", "lastName": "Lie", "city": "LUND"}
    others = {"properties": {"phoneNumber": SECOND}, "labels": ["VIP"]}
    await visitor.sandbox.ip1.seed(
        contacts=[{"properties": spaced, "labels": ["Kunder", "VIP"]}, others, {"properties": {"phoneNumber": "12"}}],
        blacklist=[{"msisdn": FIRST[1:]}, {"msisdn": "46701740699"}],
    )
    rows = await visitor.rows("/page/ip1")
    assert rows[0] == "+46 70-174 06 01 Åse Lie Kunder , VIP city LUND blocked"
    assert [row.split()[-1] for row in rows[1:]] == ["VIP", "name"]
    assert len(await visitor.rows("/page/ip1?group=VIP")) == 2
    assert len(await visitor.rows("/page/ip1?group=Kunder&q=lund")) == 1
    assert "VIP (2)" in await visitor.get("/page/ip1")
    blocked = await visitor.rows("/page/ip1/blacklist")
    assert [row.split()[0] for row in blocked] == [FIRST, "+46701740699"]
    assert len(await visitor.rows("/page/ip1/blacklist?q=0699")) == 1
    assert await visitor.rows("/page/ip1/blacklist?q=nobody") == ["No number matches."]
    assert "<b>2</b><span>blocked numbers</span>" in await visitor.get("/")


@pytest.mark.parametrize(("value", "is_marked"), [(True, True), ("ja", True), (False, False), ("no", False)])
async def test_front_shows_lists_fields_and_who_is_marked(visit: Visit, value: Any, is_marked: Any) -> None:
    """A custom field Stop that says yes is how a copy marks somebody who is stopped."""
    visitor = await visit("front")
    handles = [{"source": "phone", "handle": FIRST}, {"source": "email", "handle": "ase@example.com"}]
    fields = {"Stop": value, "City": "Lund"}
    await visitor.sandbox.front.seed(
        contact_lists=[{"name": "Empty"}],
        contacts=[{"name": "Åse", "handles": handles, "lists": ["VIP", "Kunder"], "custom_fields": fields}, {}],
    )
    first, second = await visitor.rows("/page/front")
    assert first.startswith(f"{FIRST} Åse VIP , Kunder email ase@example.com Stop {str(value).lower()} City Lund")
    assert first.endswith("marked stopped") == is_marked
    assert second == "no number no name"
    page = await visitor.get("/page/front")
    lists = re.findall(r'<option value="(\d+)">([^<]+)</option>', page)
    assert [words for _, words in lists] == ["Empty (0)", "Kunder (1)", "VIP (1)"]
    assert len(await visitor.rows(f"/page/front?group={lists[2][0]}&q=lund")) == 1
    for group in (lists[0][0], "x", "-1"):
        assert await visitor.rows(f"/page/front?group={group}") == ["Nobody matches."]


async def test_front_legacy_shows_every_handle(visit: Visit) -> None:
    """Several numbers of one contact stand together, and what it has besides follows."""
    visitor = await visit("front-legacy")
    fields = [{"source": source, "handle": each} for source, each in (("phone", FIRST), ("phone", SECOND))]
    contact = {"name": "Åse", "description": "A customer", "link": [{"url": "https://example.com/1"}], "fields": fields}
    await visitor.sandbox.front_legacy.seed(contacts=[contact])
    [row] = await visitor.rows("/page/front-legacy")
    assert row == f"{FIRST} {SECOND} Åse description A customer link https://example.com/1"


async def test_switches_of_neighbours_are_shown_as_they_stand(visit: Visit) -> None:
    """They are chosen at the start, so the page has no form for them; the overview says which are not as usual."""
    visitor = await visit(
        Ip1Service(semantics=Ip1Semantics(patch_labels="add")), FrontService(semantics=FrontSemantics(rate_limit=50))
    )
    page = await visitor.get("/page/switches")
    assert re.findall(r'<tr class="changed"><th scope="row"><code>(\w+)</code>', page) == ["patch_labels", "rate_limit"]
    assert "<strong>add</strong>" in page
    assert "<form" not in page
    overview = await visitor.get("/")
    assert "<code>ip1.patch_labels=add</code>, <code>front.rate_limit=50</code>" in overview
    legacy = await visit("front-legacy")
    assert "What is served here has none." in await legacy.get("/page/switches")


async def test_requests_and_faults_of_a_neighbour(visit: Visit) -> None:
    """A fault that is armed on the page spoils its next request, and the journal shows it without the token."""
    visitor = await visit(Ip1Service(token="a-token-of-its-own"))
    assert await visitor.post("arm", action="answer", status="503", path="/ip1/*", count="1") == 303
    [armed] = await visitor.rows("/page/faults")
    assert armed == "answer path=/ip1/* status=503"
    headers = {"Authorization": "Bearer a-token-of-its-own"}
    async with visitor.http.get(f"{visitor.sandbox.ip1.url}v2/contacts", headers=headers) as answer:
        assert answer.status == 503
    journal = await visitor.get("/page/requests")
    assert "503 Service Unavailable" in journal
    assert "a-token-of-its-own" not in journal


async def test_emptying_a_neighbour(visit: Visit) -> None:
    """The page empties every system, and disarms what was armed."""
    visitor = await visit("ip1", "front")
    visitor.sandbox.fail(Fault(status=503))
    await fill(visitor.sandbox, "front", (FIRST, "Åse"))
    assert await visitor.post("reset") == 303
    assert await visitor.sandbox.front.contacts() == []
    assert await visitor.rows("/page/faults") == ["No fault is armed."]


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://example.com"}, {"Sec_Fetch_Site": "cross-site"}, {"Host": "x"}]
)
async def test_other_pages_are_refused(visit: Visit, headers: Any) -> None:
    """No other site reads a neighbour's contacts through somebody's browser."""
    visitor = await visit(*NEIGHBOURS)
    for path in ("/", "/page/ip1", "/page/ip1/blacklist", "/page/front", "/page/front-legacy"):
        await visitor.get(path, 403, **headers)


async def test_the_parts_of_neighbours_hold_only_their_style(visit: Visit) -> None:
    """No script and nothing from elsewhere is allowed, and no cache keeps who is shown."""
    visitor = await visit(*NEIGHBOURS)
    for path in (*PARTS, "/page/ip1", "/page/ip1/blacklist", "/page/front", "/page/front-legacy"):
        async with visitor.http.get(visitor.sandbox.origin + path) as answer:
            policy = answer.headers["Content-Security-Policy"]
            assert policy.startswith("default-src 'none'; style-src 'sha256-")
            assert answer.headers["Cache-Control"] == "no-store"
            assert re.findall(r"""(?:src|href|action)=["']?(?![/#?])[^"'\s>]+""", await answer.text()) == []


async def test_exposed_neighbours_have_no_page(visit: Visit) -> None:
    """What other machines can reach shows nobody's contacts without credentials."""
    own = (Ip1Service(token="own"), FrontService(tokens=(ApiToken(text="own"),)), FrontLegacyService(password="own"))
    visitor = await visit(*own, exposed=True)
    for path in (*PARTS, "/page/ip1", "/page/ip1/blacklist", "/page/front", "/page/front-legacy"):
        await visitor.get(path, 404)
