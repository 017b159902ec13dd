"""Where Chromium is, names that would act if they could, and somebody who watches that a page only does its own."""

import shutil
from collections.abc import Awaitable, Callable
from typing import Any, Final
from urllib.parse import urlsplit

from attrs import define, field
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page

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

DASH: Final = "\N{EN DASH}"

HOSTILE: Final = (
    "<script>alert(1)</script>",
    "</script><script>alert(2)</script>",
    '"><img src=x onerror=alert(3)>',
    "<!--<script>",
    "{{ 7 * 7 }} ${7 * 7}",
    'O\'Brien & "Sønner"',
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
