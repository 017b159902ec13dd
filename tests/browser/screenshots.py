"""Take the pictures of both pages that the documentation shows: `make screenshots`; everybody in them is fictional."""

import asyncio
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

import aiohttp
from playwright.async_api import Browser, Page, async_playwright

from pling_async import PlingClient, bulk
from pling_async.cli.page.assembly import write_page
from pling_async.sandbox import Fault, Sandbox
from tests.browser.terminal import picture
from tests.browser.watching import ARGUMENTS, CHROMIUM

ROOT: Final = Path(__file__).parents[2]
IMAGES: Final = ROOT / "docs" / "images"
PORT: Final = 8787
FIRST: Final = ("Åsa", "Erik", "Ingrid", "Nils", "Maja", "Per", "Zoë")
LAST: Final = ("Lind", "Berg", "Ek", "Öberg", "Hall")

sys.path.insert(0, str(ROOT / "examples"))


async def main() -> None:
    """Fill a sandbox with the example's account, and look at it and at the plan of the example's list."""
    from demo import account  # noqa: PLC0415 - found once examples/ is on the path

    IMAGES.mkdir(exist_ok=True)
    async with Sandbox(deterministic=True, port=PORT) as sandbox, async_playwright() as driver:
        await sandbox.seed(contacts=account())
        browser = await driver.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        with tempfile.TemporaryDirectory() as folder:
            await _plan(browser, sandbox, Path(folder) / "plan.html")
        await asyncio.to_thread(
            picture, IMAGES / "terminal.svg", ("plan", "examples/kunder.xlsx", "--mode", "replace"), sandbox.variables
        )
        await _requests(sandbox)
        sandbox.fail(Fault(status=503, path="*/contacts/replace", retry_after="5"))
        for scheme in ("light", "dark"):
            page = await _opened(browser, sandbox.origin, scheme)
            await _taken(page, f"sandbox-{scheme}", 820)
            await page.goto(f"{sandbox.origin}/page/replace?kind=changed")
            await _taken(page, f"sandbox-replace-{scheme}", 820)
        await _neighbours(browser)
        await browser.close()


async def _plan(browser: Browser, sandbox: Sandbox, file: Path) -> None:
    async with PlingClient(
        sandbox.username, sandbox.password, account_id=sandbox.account_id, base_url=sandbox.url
    ) as pling:
        prepared = await bulk.prepare("examples/kunder.csv")
        guards = bulk.Guards(removals_despite_rejects=True)
        plan = await bulk.plan(pling, prepared, mode="replace", guards=guards)
    write_page(plan, file)
    for scheme in ("light", "dark"):
        page = await _opened(browser, file.as_uri(), scheme)
        await _taken(page, f"plan-{scheme}", 1000)
        await page.get_by_role("radio", name="Changed").check()
        await page.evaluate("document.getElementById('changes').scrollIntoView()")
        await _taken(page, f"plan-changes-{scheme}", 820)


async def _requests(sandbox: Sandbox) -> None:
    authorization = {"Authorization": aiohttp.encode_basic_auth(sandbox.username, sandbox.password)}
    contacts: list[dict[str, Any]] = await sandbox.contacts()
    kept = [
        {"mobile": each["mobile"], "city": "TRONDHEIM" if place % 5 == 0 else each["city"]}
        for place, each in enumerate(contacts)
        if place % 17
    ]
    async with aiohttp.ClientSession(sandbox.url, headers=authorization) as http:
        await http.get("contacts?accountId=12345")
        await http.post("contacts", json={"accountId": 12345, "mobile": "+4799999999", "firstName": "Ola"})
        await http.get("contacts/9999")
        await http.post("contacts/replace?accountId=12345", json=[*kept, {"mobile": "123"}])


async def _neighbours(browser: Browser) -> None:
    async with Sandbox(services=("ip1", "front", "front-legacy"), deterministic=True) as sandbox:
        await sandbox.ip1.seed(contacts=map(_in_ip1, range(40)), blacklist=[{"msisdn": "46701740602"}])
        await sandbox.front.seed(contacts=map(_in_front, range(12)))
        for scheme in ("light", "dark"):
            page = await _opened(browser, f"{sandbox.origin}/page/ip1", scheme)
            await _taken(page, f"sandbox-ip1-{scheme}", 820)
            await page.goto(f"{sandbox.origin}/page/front")
            await _taken(page, f"sandbox-front-{scheme}", 820)


def _in_ip1(number: int) -> dict[str, Any]:
    first, last = FIRST[number % len(FIRST)], LAST[number % len(LAST)]
    properties = {"phoneNumber": f"+467017406{number:02}", "firstName": first, "lastName": last, "city": "LUND"}
    return {"properties": properties, "labels": ["Kunder", "VIP"][: number % 3]}


def _in_front(number: int) -> dict[str, Any]:
    first, last = FIRST[number % len(FIRST)], LAST[number % len(LAST)]
    handles = {"phone": f"+467017406{number:02}", "email": f"kund{number}@example.com"}
    return {
        "name": f"{first} {last}",
        "handles": [{"source": source, "handle": handle} for source, handle in handles.items()],
        "lists": ["Kunder", "VIP"][: number % 3],
        "custom_fields": {"City": "LUND", **({"Stop": True} if number % 5 == 2 else {})},
    }


async def _opened(browser: Browser, url: str, scheme: Any) -> Page:
    page = await browser.new_page(viewport={"width": 1040, "height": 900}, color_scheme=scheme)
    await page.goto(url)
    return page


async def _taken(page: Page, name: str, height: int) -> None:
    await page.set_viewport_size({"width": 1040, "height": height})
    await page.screenshot(path=IMAGES / f"{name}.png")


if __name__ == "__main__":
    asyncio.run(main())
