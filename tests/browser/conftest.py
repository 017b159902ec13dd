"""A real Chromium, and somebody who watches that a page runs nothing but its own and asks nobody else."""

import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Final
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from attrs import define, field
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, async_playwright

CHROMIUM: Final = shutil.which("chromium") or shutil.which("chromium-browser")

ARGUMENTS: Final = (
    "--no-sandbox",
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

HOSTILE: Final = (
    "<script>alert(1)</script>",
    "</script><script>alert(2)</script>",
    '"><img src=x onerror=alert(3)>',
    "<!--<script>",
    "{{ 7 * 7 }} ${7 * 7}",
    "O'Brien & \"Sønner\"",
    "\u202egnp.exe",
    "שלום \u200f!",
    "👩\u200d👩\u200d👧 Zoë",
)
"""Names that would act if a page were careless."""

Look = Callable[..., Awaitable[Page]]


@define(slots=False)  # Playwright notes its handlers on their objects
class Watch:
    """What a page did that it should not have done."""

    seen: list[str] = field(factory=list)

    def over(self, page: Page) -> None:
        """Listen to whatever would show that something ran, was refused by the policy, or left this machine."""
        page.on("console", lambda message: self.seen.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: self.seen.append(f"error: {error}"))
        page.on("dialog", self._dialog)
        page.on("request", self._request)

    async def _dialog(self, dialog: Any) -> None:
        self.seen.append(f"dialog: {dialog.message}")
        await dialog.dismiss()

    def _request(self, request: Any) -> None:
        to = urlsplit(request.url)
        if to.scheme != "file" and to.hostname != "127.0.0.1":
            self.seen.append(f"request: {request.url}")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def chromium() -> AsyncIterator[Browser]:
    """Start a Chromium for the tests of a file; where there is none the tests are skipped, but not in continuous integration."""
    if CHROMIUM is None and os.environ.get("CI") == "true":
        pytest.fail("no Chromium: apt-get install chromium")
    if CHROMIUM is None:
        pytest.skip("no Chromium, so the pages are not tested: apt-get install chromium")
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield browser
        await browser.close()


@pytest.fixture
def watch() -> Watch:
    """Watch what pages do."""
    return Watch()


@pytest_asyncio.fixture(loop_scope="module")
async def look(chromium: Browser, watch: Watch) -> AsyncIterator[Look]:
    """Open pages; in the end none of them may have done anything that it should not."""

    pages: list[Page] = []

    async def opened(url: str, **options: Any) -> Page:
        page = await chromium.new_page(viewport={"width": 1200, "height": 900}, **options)
        pages.append(page)
        page.set_default_timeout(10_000)
        watch.over(page)
        await page.goto(url)
        return page

    yield opened
    for page in pages:
        await page.close()
    assert watch.seen == []


async def accessible(page: Page) -> list[str]:
    """Return what axe-core finds serious or critical on a page; in the dark only colours can be worse."""
    in_light = await _violations(page, {"resultTypes": ["violations"]})
    await page.emulate_media(color_scheme="dark")
    return in_light + await _violations(page, {"runOnly": ["color-contrast"], "resultTypes": ["violations"]})


async def _violations(page: Page, options: dict[str, Any]) -> list[str]:
    found = await Axe().run(page, options=options)
    return [
        f"{each['id']}: {each['nodes'][0]['html'][:200]} {each['nodes'][0]['failureSummary']}"
        for each in found.response["violations"]
        if each["impact"] in {"serious", "critical"}
    ]
