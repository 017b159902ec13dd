"""A real Chromium for the tests of the pages."""

import os
from collections.abc import AsyncIterator
from typing import Any, Final

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.browser.watching import ARGUMENTS, CHROMIUM, Look, Watch

_PATIENCE: Final = 30_000
"""Milliseconds; a machine that is busy with other things is no failure."""
expect.set_options(timeout=_PATIENCE)


def pytest_runtest_setup() -> None:
    """Skip where there is no Chromium, in one line of the summary; in continuous integration fail."""
    if CHROMIUM is None and os.environ.get("CI") == "true":
        pytest.fail("no Chromium: apt-get install chromium", pytrace=False)
    if CHROMIUM is None:
        pytest.skip("no Chromium, so the pages are not tested: apt-get install chromium")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def chromium() -> AsyncIterator[Browser]:
    """Start a Chromium for the tests of a file."""
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
        page.set_default_timeout(_PATIENCE)
        watch.over(page)
        await page.goto(url)
        return page

    yield opened
    for page in pages:
        await page.close()
    assert watch.seen == []
