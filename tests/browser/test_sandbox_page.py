"""The sandbox's page in a real browser."""

import logging
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web
from playwright.async_api import expect

from pling_async.sandbox import Sandbox
from tests.browser.watching import DASH, HOSTILE, accessible
from tests.loops import shortest

pytestmark = pytest.mark.asyncio(loop_scope="module")

PARTS = (
    "",
    "page/contacts",
    "page/groups",
    "page/stop-list",
    "page/requests",
    "page/replace",
    "page/faults",
    "page/switches",
)


class Client:
    """Calls the sandbox's API as a program does."""

    def __init__(self, sandbox: Sandbox, http: aiohttp.ClientSession) -> None:
        self.sandbox = sandbox
        self.http = http

    async def send(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        """Send one request and return its status and JSON."""
        async with self.http.request(method, path, json=body) as answer:
            return answer.status, await answer.json(content_type=None)

    def page(self, path: str = "") -> str:
        """Return the URL of a part of the page."""
        return f"{self.sandbox.origin}/{path}"


@pytest_asyncio.fixture(loop_scope="module")
async def client() -> AsyncIterator[Client]:
    """Serve an account with a few people, some of whom have hostile names."""
    async with Sandbox(deterministic=True) as sandbox:
        await sandbox.seed(
            [
                {"mobile": "+4799999101", "name": "Åse Lie", "city": "OSLO", "contactGroups": ["Kunder"]},
                {"mobile": "+4799999102", "name": "Kari", "stop": 1, "contactGroups": ["Kunder", "VIP"]},
                *(
                    {"mobile": f"+4799999{500 + place}", "name": name, "comment": name, "contactGroups": [name]}
                    for place, name in enumerate(HOSTILE)
                ),
            ]
        )
        authorization = {"Authorization": aiohttp.encode_basic_auth(sandbox.username, sandbox.password)}
        async with aiohttp.ClientSession(sandbox.url, headers=authorization) as http:
            yield Client(sandbox, http)


async def test_contacts_are_found_and_turned(client: Client, look: Any) -> None:
    """A name is found whatever its case, a number however it is written, and the list has pages."""
    await client.sandbox.seed([{"mobile": f"+4799999{number}", "name": f"N{number}"} for number in range(600, 720)])
    page = await look(client.page())
    await page.get_by_role("link", name="Contacts", exact=True).click()
    rows = page.locator("tbody tr")
    await page.get_by_label("Search").fill("åSE")
    await page.keyboard.press("Enter")
    await expect(rows).to_have_count(1)
    await page.get_by_label("Search").fill("999 99 650")
    await page.keyboard.press("Enter")
    await expect(rows).to_have_count(1)
    await page.get_by_role("link", name="Clear").click()
    await page.get_by_role("link", name="Next").click()
    await expect(page.locator(".pager .grow")).to_have_text(f"51{DASH}100 of {122 + len(HOSTILE)}")
    await page.get_by_label("Group").select_option(label="VIP")
    await page.get_by_role("button", name="Search").click()
    await expect(rows).to_have_count(1)
    await page.get_by_role("link", name="+4799999102").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Kari")


async def test_hostile_names_are_text_everywhere(client: Client, look: Any) -> None:
    """Whatever a name, a group, a header or a body looks like, every part shows it and nothing runs (#113)."""
    body = [{"mobile": f"+4799999{500 + place}", "name": name[::-1]} for place, name in enumerate(HOSTILE)]
    assert (await client.send("POST", "contacts/replace?accountId=12345", body))[0] == 200
    await client.send("GET", "contacts?accountId=12345&x=<script>alert(1)</script>")
    first = (await client.sandbox.contacts())[0]["id"]
    page = await look(client.page())
    for part in (*PARTS, f"page/contacts/{first}", "page/replace?kind=changed"):
        await page.goto(client.page(part))
        assert await page.locator("script, img, iframe").count() == 0
        assert "\u202e" not in await page.locator("body").inner_text()
    shown = await page.locator("main").inner_text()
    assert "<script>alert(1)</script>" in shown
    assert "U+202E" in shown
    for name in HOSTILE:
        await page.goto(client.page("page/contacts"))
        await page.get_by_label("Search").fill(name)
        await page.keyboard.press("Enter")
        await page.wait_for_load_state()
        await expect(page.get_by_label("Search")).to_have_value(name)


async def test_a_fault_is_armed(client: Client, look: Any, watch: Any) -> None:
    """A fault of the form spoils the next request, and is gone or taken away then."""
    page = await look(client.page("page/faults"))
    await page.get_by_label("Status").fill("503")
    await page.get_by_label("Path").fill("*/contacts")
    await page.get_by_role("button", name="Arm it").click()
    await expect(page.get_by_role("status")).to_have_text("The fault is armed.")
    await expect(page.locator("tbody")).to_contain_text("path=*/contacts status=503")
    assert (await client.send("GET", "contacts?accountId=12345"))[0] == 503
    assert (await client.send("GET", "contacts?accountId=12345"))[0] == 200
    await page.get_by_label("How often").fill("")
    await page.get_by_role("button", name="Arm it").click()
    assert (await client.send("GET", "contacts?accountId=12345"))[0] == 500
    await page.get_by_role("button", name="Disarm all").click()
    assert (await client.send("GET", "contacts?accountId=12345"))[0] == 200
    await page.get_by_label("Delay").fill("soon")
    await page.get_by_role("button", name="Arm it").click()
    await expect(page.get_by_role("alert")).to_contain_text("delay is a number of seconds")
    assert await page.get_by_label("Delay").input_value() == "soon"
    assert all("400 (Bad Request)" in each for each in watch.seen)
    watch.seen.clear()


async def test_switches_are_set_while_it_runs(client: Client, look: Any, watch: Any) -> None:
    """The next request is read as the switches then stand."""
    body = {"accountId": 12345, "mobile": "+4799999101", "name": "Åse"}
    assert (await client.send("POST", "contacts", body))[1]["city"] == "OSLO"
    page = await look(client.page("page/switches"))
    await page.get_by_label("omitted_in_post").select_option("default")
    await page.get_by_label("existing_post_status").select_option("200")
    await page.get_by_role("button", name="Set the switches").click()
    await expect(page.get_by_role("status")).to_contain_text("The switches are set")
    status, contact = await client.send("POST", "contacts", body)
    assert (status, contact["city"]) == (200, "")
    await expect(page.locator("tr.changed")).to_have_count(2)
    await page.get_by_role("button", name="All as usual").click()
    await expect(page.locator("tr.changed")).to_have_count(0)
    assert (await client.send("POST", "contacts", body))[0] == 201
    assert watch.seen == []


async def test_the_last_replace(client: Client, look: Any) -> None:
    """Who went, who changed and how, who came, and what was refused; the API's answer tells none of the first."""
    page = await look(client.page("page/replace"))
    await expect(page.locator("main")).to_contain_text("There was none")
    items = [{"mobile": "+4799999101", "city": "BERGEN"}, {"mobile": "+4799999777", "name": "Ny"}, {"mobile": "12"}]
    await client.send("POST", "contacts/replace?accountId=12345", items)
    await page.reload()
    counts = [f"Removed {1 + len(HOSTILE)}", "Changed 1", "Added 1", "Invalid 1"]
    await expect(page.locator(".tabs li")).to_have_text(counts)
    await expect(page.locator("tbody")).to_contain_text("+4799999102")
    await expect(page.locator(".note")).to_contain_text("VIP")
    await page.get_by_role("link", name="Changed 1").click()
    await expect(page.locator("tbody tr")).to_contain_text("city OSLO → BERGEN")
    await page.get_by_role("link", name="Invalid 1").click()
    await expect(page.locator("tbody tr")).to_contain_text("item 3")


async def test_requests_with_their_bodies(client: Client, look: Any) -> None:
    """The journal shows what was asked, opened on demand, without credentials."""
    await client.send("POST", "contacts", {"accountId": 12345, "mobile": "+4799999778", "name": "Ny"})
    page = await look(client.page("page/requests"))
    await page.locator("summary").first.click()
    await expect(page.locator("pre").first).to_contain_text('"mobile": "+4799999778"')
    assert "authorization" not in (await page.locator("main").inner_text()).lower()
    await page.get_by_label("Search").fill("no such path")
    await page.keyboard.press("Enter")
    await expect(page.locator("main")).to_contain_text("No requests.")


async def test_seed_sample_and_reset(client: Client, look: Any) -> None:
    """The store is filled and emptied, and what cannot be stored is said without losing what was typed."""
    page = await look(client.page())
    await page.locator("summary", has_text="Empty the sandbox").click()
    await page.get_by_role("button", name="Empty it now").click()
    await expect(page.get_by_role("status")).to_contain_text("Everything is empty")
    assert await client.sandbox.contacts() == []
    await page.get_by_label("How many").fill("3")
    await page.get_by_role("button", name="Add them").click()
    await expect(page.locator("tbody tr")).to_have_count(3)
    page = await look(client.page())
    await page.get_by_label("JSON").fill('[{"mobile": "+4799999999", "name": "Ola"}]')
    await page.get_by_role("button", name="Put them into the store").click()
    await expect(page.locator("tbody tr")).to_have_count(4)


async def test_a_seed_that_is_none(client: Client, look: Any, watch: Any) -> None:
    """A form that cannot be carried out comes back with its words and the reason."""
    page = await look(client.page())
    await page.get_by_label("JSON").fill("[{<script>alert(1)</script>")
    await page.get_by_role("button", name="Put them into the store").click()
    await expect(page.get_by_role("alert")).to_contain_text("that is not JSON")
    await expect(page.get_by_label("JSON")).to_have_value("[{<script>alert(1)</script>")
    assert all("400 (Bad Request)" in each for each in watch.seen)
    watch.seen.clear()


async def test_another_page_can_do_nothing(client: Client, look: Any, watch: Any) -> None:
    """A page of another server on this machine can neither read the sandbox nor use its forms."""
    target = client.page("page/reset")
    html = f"""<!doctype html><title>evil</title><form method=post action={target}><button>x</button></form>
        <a href={client.page()}>there</a>"""

    async def evil(_: web.Request) -> web.Response:
        return web.Response(text=html, content_type="text/html")

    application = web.Application()
    application.router.add_get("/", evil)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    address = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    for step in ("button", "a"):
        page = await look(address)
        await page.locator(step).click()
        await expect(page.locator("body")).to_have_text("the sandbox does not answer web pages")
    page = await look(address)
    read = await page.evaluate(f"fetch('{client.page()}').then(() => 'read', () => 'refused')")
    assert read == "refused"
    await runner.cleanup()
    assert len(await client.sandbox.contacts()) == 2 + len(HOSTILE)
    watch.seen.clear()


async def test_accessible(client: Client, look: Any) -> None:
    """axe-core finds nothing serious or critical on any part, in light and dark."""
    await client.send("POST", "contacts/replace?accountId=12345", [{"mobile": "+4799999101", "city": "BERGEN"}])
    await client.send("GET", "contacts/9999")
    page = await look(client.page(), color_scheme="light", bypass_csp=True)
    for part in PARTS:
        await page.emulate_media(color_scheme="light")
        await page.goto(client.page(part))
        assert await accessible(page) == [], part


@pytest_asyncio.fixture(loop_scope="module")
async def neighbours() -> AsyncIterator[Sandbox]:
    """Serve the other systems; the pages that look at it are closed before it is."""
    async with Sandbox(services=("ip1", "front", "front-legacy"), deterministic=True) as sandbox:
        await _fill_neighbours(sandbox)
        yield sandbox


async def test_neighbours_are_looked_at(neighbours: Sandbox, look: Any) -> None:
    """Without Pling the overview leads to each; hostile names are text there, and axe-core finds nothing (#113)."""
    page = await look(f"{neighbours.origin}/", bypass_csp=True, color_scheme="light")
    for title, path in (("IP1", "ip1"), ("Front", "front"), ("Front (legacy)", "front-legacy")):
        await page.goto(f"{neighbours.origin}/")
        assert await accessible(page) == [], path
        await page.emulate_media(color_scheme="light")
        await page.get_by_role("link", name=title, exact=True).click()
        await expect(page.get_by_role("heading", level=1)).to_have_text(f"Contacts of {title}")
        await expect(page.locator("main")).to_contain_text("U+202E")
        assert await page.locator("script, img, iframe").count() == 0
        assert await accessible(page) == [], path
        await page.get_by_label("Search").fill("70-174 06 99")
        await page.keyboard.press("Enter")
        await expect(page.locator("tbody tr")).to_have_count(1)
        await expect(page.locator("tbody")).to_contain_text("Åse Lie")
    for part in ("page/ip1/blacklist", "page/switches"):
        await page.goto(f"{neighbours.origin}/{part}")
        assert await accessible(page) == [], part
    await page.goto(f"{neighbours.origin}/page/ip1")
    await page.get_by_label("Label").select_option(label="VIP (1)")
    await page.get_by_role("button", name="Search").click()
    await expect(page.locator("tbody tr")).to_have_count(1)
    await expect(page.locator("tbody .mark")).to_have_text("blocked")


async def _fill_neighbours(sandbox: Sandbox) -> None:
    people = [("+46701740699", "Åse Lie"), *((f"+4670174{600 + at:04}", name) for at, name in enumerate(HOSTILE))]
    phones = [(name, [{"source": "phone", "handle": number}]) for number, name in people]
    properties = [{"phoneNumber": number, "name": name} for number, name in people]
    labels = [["VIP"], *([name] for name in HOSTILE)]
    contacts = [{"properties": each, "labels": own} for each, own in zip(properties, labels, strict=True)]
    await sandbox.ip1.seed(contacts=contacts, blacklist=[{"msisdn": "46701740699"}])
    await sandbox.front.seed(
        contacts=[
            {"name": name, "handles": own, "lists": [name], "custom_fields": {"Stop": True}} for name, own in phones
        ]
    )
    await sandbox.front_legacy.seed(contacts=[{"name": name, "fields": own} for name, own in phones])


@pytest.mark.untraced
async def test_a_hundred_thousand_contacts(client: Client, look: Any) -> None:
    """Pages and searches come at once."""
    many = ({"mobile": f"+479999{number:07}", "name": f"Person {number}"} for number in range(100_000))
    await client.sandbox.seed(many)
    page = await look(client.page("page/contacts"))

    async def search() -> None:
        await page.goto(client.page("page/contacts?page=2000"))
        await page.get_by_label("Search").fill("person 99999")
        await page.keyboard.press("Enter")
        await expect(page.locator("tbody tr")).to_have_count(1)

    turned = await shortest(lambda: page.goto(client.page("page/contacts?page=2000")), enough=3)
    searched = await shortest(search, enough=3)
    logging.getLogger(__name__).info("turned in %.2f s, searched in %.2f s", turned, searched)
    assert turned < 3
    assert searched < 3
