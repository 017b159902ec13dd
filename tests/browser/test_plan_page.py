"""The plan's page in a real browser."""

import asyncio
import logging
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import pytest_asyncio
from attrs import evolve
from playwright.async_api import expect

from pling_async import PlingClient, bulk
from pling_async.cli.page.assembly import write_page
from pling_async.sandbox import Sandbox
from tests.browser.watching import DASH, HOSTILE, accessible
from tests.loops import shortest

pytestmark = pytest.mark.asyncio(loop_scope="module")

LIST = "Fornavn;Mobil;Poststed;Grupper\n" + "".join(
    [
        "Åse;999 99 101;OSLO;Nye\n",
        "Kari;+4799999102;HAMAR;\n",
        "Kari;+4799999102;TROMSØ;\n",
        "Nils;12;;\n",
        *(f"Person {number};+4799999{number};OSLO;Kunder\n" for number in range(200, 320)),
    ]
)
ACCOUNT: list[dict[str, Any]] = [
    {"mobile": "+4799999102", "firstName": "Gry", "name": "Gry", "city": "BERGEN", "contactGroups": ["Kunder"]},
    {"mobile": "+4799999104", "name": "Liv", "stop": 1},
    *(
        {"mobile": f"+4799999{500 + place}", "name": name, "comment": name, "contactGroups": [f"Gruppe {name}"]}
        for place, name in enumerate(HOSTILE)
    ),
]


@pytest_asyncio.fixture(loop_scope="module")
async def plan(tmp_path: Path) -> bulk.Plan:
    """Plan a list that adds 121 people, changes one, and removes those with hostile names."""
    file = tmp_path / "customers.csv"
    await asyncio.to_thread(file.write_text, LIST, encoding="utf-8")
    guards = bulk.Guards(removals_despite_rejects=True)
    async with Sandbox() as sandbox:
        await sandbox.seed(ACCOUNT)
        async with PlingClient(
            sandbox.username, sandbox.password, account_id=sandbox.account_id, base_url=sandbox.url
        ) as pling:
            return await bulk.plan(pling, await bulk.prepare(file), mode="replace", guards=guards)


@pytest_asyncio.fixture(loop_scope="module")
async def page_file(plan: bulk.Plan, tmp_path: Path) -> str:
    """Write the plan's page and return its URL."""
    return await _written(plan, tmp_path)


async def _written(plan: bulk.Plan, folder: Path, **options: Any) -> str:
    path = folder / "plan.html"
    await asyncio.to_thread(write_page, plan, path, **options)
    return path.as_uri()


async def _shown(page: Any) -> list[str]:
    texts: list[str] = await page.locator("#changes tbody tr").all_inner_texts()
    return texts


async def test_removals_come_first_field_by_field(look: Any, page_file: str) -> None:
    """The page begins with the counts and what is removed, and says of a change what was and what will be."""
    page = await look(page_file)
    assert await page.locator(".tiles li").first.inner_text() == f"{len(HOSTILE)}\nremoved"
    rows = await _shown(page)
    assert all(row.startswith("removed") for row in rows[: len(HOSTILE)])
    assert rows[len(HOSTILE)].startswith("changed")
    assert "first name Gry → Kari" in rows[len(HOSTILE)]
    assert "city BERGEN → TROMSØ" in rows[len(HOSTILE)]
    assert rows[len(HOSTILE) + 1].startswith("added")
    duplicate = await page.locator("#duplicates tbody tr").inner_text()
    assert "city row 3 won" in duplicate
    assert "too_short" in await page.locator("#rejects tbody tr").inner_text()
    assert "Nye\tappears" in await page.locator("section:has(> #groups)").inner_text()


async def test_filters_and_search(look: Any, page_file: str) -> None:
    """Kinds, fields and search narrow the list together, a number is found however it is written, and nothing too."""
    page = await look(page_file)
    status = page.locator("#changes [role=status]")
    await page.get_by_label("Added 121").check()
    assert await status.inner_text() == f"1{DASH}50 of 121 ({122 + len(HOSTILE) + 1} in all)"
    await page.fill("#search-changes", "+47 999 99 250")
    await expect(page.locator("#changes tbody tr")).to_have_count(1)
    assert "Person 250" in (await _shown(page))[0]
    await page.fill("#search-changes", "")
    await page.get_by_label(f"All {122 + len(HOSTILE) + 1}").check()
    await page.select_option("#by-field", label="first name")
    assert len(await _shown(page)) == 50
    await page.fill("#search-changes", "gry")
    await expect(page.locator("#changes tbody tr")).to_have_count(1)
    await page.fill("#search-changes", "nobody of that name")
    await page.get_by_text("Nothing matches.").wait_for()


async def test_pages_and_keys(look: Any, page_file: str) -> None:
    """The list is turned page by page, and everything is reached from the keyboard."""
    page = await look(page_file)
    status = page.locator("#changes [role=status]")
    total = 122 + len(HOSTILE) + 1
    following = page.get_by_role("button", name="Next page, Changes")
    await following.focus()
    await page.keyboard.press("Enter")
    assert await status.inner_text() == f"51{DASH}100 of {total}"
    await page.keyboard.press("Enter")
    assert await status.inner_text() == f"101{DASH}{total} of {total}"
    assert await following.is_disabled()
    await page.select_option("#size-changes", "200")
    assert len(await _shown(page)) == total
    await page.locator("body").press("/")
    assert await page.evaluate("document.activeElement.id") == "search-changes"
    await page.keyboard.press("Shift+Tab")
    await page.keyboard.press("ArrowRight")
    assert await page.get_by_label(f"Removed {len(HOSTILE)}").is_checked()
    assert len(await _shown(page)) == len(HOSTILE)


async def test_hostile_names_are_text(look: Any, page_file: str) -> None:
    """Whatever a name looks like, it is shown and does nothing; what would act unseen is marked (#113)."""
    page = await look(page_file)
    shown = "\n".join(await _shown(page))
    for name in HOSTILE[:6]:
        assert name in shown
    assert "U+202E" in shown
    assert "\u202e" not in await page.locator("body").inner_text()
    assert HOSTILE[-1] in shown
    assert await page.locator("img").count() == 0
    assert await page.locator("script").count() == 2
    for name in HOSTILE:
        await page.fill("#search-changes", name)
        await expect(page.locator("#changes tbody tr")).to_have_count(1)
        assert (await _shown(page))[0].startswith("removed")


async def test_a_script_that_got_in_would_not_run(look: Any, watch: Any, page_file: str, tmp_path: Path) -> None:
    """The policy is the second wall: markup that a mistake let in is refused by the browser (#113)."""
    page = (tmp_path / "plan.html").read_text(encoding="utf-8")
    let_in = "<script>alert(1)</script><img src='https://example.com/x.png' onerror='alert(2)'>"
    (tmp_path / "plan.html").write_text(page.replace("</main>", f"{let_in}</main>"), encoding="utf-8")
    opened = await look(page_file)
    await expect(opened.locator("img")).to_have_count(1)
    assert len([each for each in watch.seen if "Content Security Policy" in each]) == 3
    assert not [each for each in watch.seen if each.startswith("dialog")]
    watch.seen.clear()


async def test_without_javascript(look: Any, page_file: str) -> None:
    """Counts, charts, guards and groups are readable, and the page says what is missing."""
    page = await look(page_file, java_script_enabled=False)
    words = await page.locator("main").inner_text()
    for each in (f"{len(HOSTILE)}\nremoved", "+47 Norway", "too short", "held back", "The lists below need JavaScript"):
        assert each in words
    assert not await page.locator("#search-changes").is_visible()


async def test_redacted(look: Any, plan: bulk.Plan, tmp_path: Path) -> None:
    """A redacted page shows which fields change, with numbers masked and no value."""
    page = await look(await _written(plan, tmp_path, is_redacted=True))
    rows = await _shown(page)
    assert any("first name ••• → •••" in row for row in rows)
    assert "+47******02" in "\n".join(rows)
    assert "Redacted." in await page.locator("main").inner_text()


async def test_accessible(look: Any, page_file: str) -> None:
    """axe-core finds nothing serious or critical, in light and dark."""
    page = await look(page_file, color_scheme="light", bypass_csp=True)
    assert await accessible(page) == []


async def test_on_a_telephone(look: Any, page_file: str) -> None:
    """What changes is not beside the screen: each contact's fields are below its number, and still a table."""
    page = await look(page_file, bypass_csp=True)
    await page.set_viewport_size({"width": 390, "height": 800})
    cells = await page.locator("#changes tbody tr").first.locator("td").all()
    edges = [box["x"] + box["width"] for box in [await cell.bounding_box() for cell in cells]]
    assert max(edges) <= 390
    assert await page.locator("#changes").get_by_role("columnheader").count() == 5
    assert await accessible(page) == []


async def test_printed(look: Any, page_file: str) -> None:
    """On paper the controls are gone and the list is longer than a page on the screen."""
    page = await look(page_file)
    await page.emulate_media(media="print")
    await page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert len(await _shown(page)) == 122 + len(HOSTILE) + 1
    assert not await page.locator("#search-changes").is_visible()
    await page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert len(await _shown(page)) == 50


TURN = """() => {
    const begun = performance.now();
    document.querySelector("#changes .next").click();
    return performance.now() - begun;
}"""
SEARCH = """() => new Promise((resolve) => {
    const search = document.querySelector("#search-changes");
    search.value = "999 99 250";
    const begun = performance.now();
    const status = document.querySelector("#changes [role=status]");
    new MutationObserver(() => resolve(performance.now() - begun)).observe(status, { childList: true });
    search.dispatchEvent(new Event("input"));
})"""


@pytest.mark.untraced
async def test_a_hundred_thousand_changes(look: Any, plan: bulk.Plan, tmp_path: Path) -> None:
    """The page opens, turns and searches without making anybody wait."""
    many = plan.contacts.filter(pl.col("action") == "add")
    big = evolve(plan, contacts=pl.concat([plan.contacts, *[many] * 827]))
    url = await _written(big, tmp_path)
    page = await look(url)

    async def open_again() -> None:
        await page.goto(url)
        await page.locator("#changes tbody tr").first.wait_for()

    opened = await shortest(open_again, enough=10)
    assert "of 100,1" in await page.locator("#changes [role=status]").inner_text()
    turned = min([await page.evaluate(TURN) for _ in range(3)])
    searched = min([await page.evaluate(SEARCH) for _ in range(3)])
    assert f"1{DASH}50 of 828 " in await page.locator("#changes [role=status]").inner_text()
    logging.getLogger(__name__).info(
        "opened in %.2f s, turned in %.0f ms, searched in %.0f ms", opened, turned, searched
    )
    assert opened < 10
    assert turned < 500
    assert searched < 2000
