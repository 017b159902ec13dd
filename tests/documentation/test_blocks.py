"""Every code block of the README and of the pages runs as it is written, against real servers."""

import ast
import asyncio
import inspect
import json
import re
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from pling_async.cli.configuration import VARIABLES
from pling_async.sandbox import Sandbox
from tests.documentation.blocks import PAGES, ROOT, Block, blocks, commands, is_said
from tests.documentation.conftest import Console

EXCUSES: Final = 6
"""Most blocks that may say why they are not run."""
WITHOUT_CREDENTIALS: Final = {"docs/tutorials/first-import.md"}
"""Pages that work on the embedded sandbox."""
_READERS: Final[dict[str, Callable[[str], Any]]] = {"toml": tomllib.loads, "json": json.loads, "csv": str.splitlines}


class Reader:
    """Somebody who follows a page from top to bottom: names and files last, and one event loop does."""

    def __init__(self, console: Console, url: str, runner: asyncio.Runner) -> None:
        self._console = console
        self._url = url
        self._runner = runner
        self._names: dict[str, Any] = {"__name__": "page"}

    def follow(self, block: Block) -> None:
        """Do what a block says."""
        if block.language == "python":
            self._python(block)
        elif block.language == "console":
            self._type(block)
        else:
            _READERS[block.language](block.text)
        if block.title is not None:
            Path(block.title).write_text(block.text, encoding="utf-8")

    def _python(self, block: Block) -> None:
        code = block.text.replace("http://127.0.0.1:8787/api/", self._url)
        code = code.replace("asyncio.run(main())", "await main()")
        compiled = compile(code, block.place, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        pending = eval(compiled, self._names)  # noqa: S307 - the pages are ours
        if inspect.isawaitable(pending):
            self._runner.run(_awaited(pending))

    def _type(self, block: Block) -> None:
        for command in commands(block):
            code, output = self._console(command)
            where = f"{block.place}: {command.line}\n{output}"
            assert code == command.code, f"exit code {code}: {where}"
            assert is_said(command.said, output), f"not said: {command.said}\n{where}"


async def _awaited(pending: Any) -> None:
    await pending


@pytest.fixture
def reader(console: Console, servers: Sandbox) -> Iterator[Reader]:
    """Begin a page anew."""
    with asyncio.Runner() as runner:
        yield Reader(console, servers.url, runner)


def _name(page: Path) -> str:
    return str(page.relative_to(ROOT))


RUNNABLE: Final = [page for page in PAGES if any(block.excuse is None for block in blocks(page))]


@pytest.mark.untraced
@pytest.mark.parametrize("page", RUNNABLE, ids=_name)
def test_a_page_runs(page: Path, reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    """Python runs, commands end as the page says and say what it shows, files that it shows can be read."""
    for name in VARIABLES if _name(page) in WITHOUT_CREDENTIALS else ():
        monkeypatch.delenv(name, raising=False)
    for block in blocks(page):
        if block.excuse is None:
            reader.follow(block)


def test_blocks_are_found() -> None:
    """Every fence of every page begins or ends a block that was found, so that none is left out in silence."""
    for page in PAGES:
        fences = re.findall(r"^\s*(?:```|~~~)", page.read_text(encoding="utf-8"), re.MULTILINE)
        assert len(fences) == 2 * len(blocks(page)), page
    assert len([block for page in PAGES for block in blocks(page)]) > 30


@pytest.mark.parametrize("page", [ROOT / "README.md", ROOT / "CONTRIBUTING.md"], ids=_name)
def test_links_lead_somewhere(page: Path) -> None:
    """Links and pictures outside the site, whose own are checked when it is built."""
    links = re.findall(r"""(?:\]\(|src="|srcset=")([^)"#:]+)[)"#]""", page.read_text(encoding="utf-8"))
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_excuses_are_few() -> None:
    """Hardly any block is left out, and the page says of each why."""
    excused = [block.place for page in PAGES for block in blocks(page) if block.excuse is not None]
    assert len(excused) <= EXCUSES, excused


def test_what_is_shown_must_be_said() -> None:
    """The comparison itself: in order, with anything for three dots, however it is spaced."""
    assert is_said(("added ... 3", "removed 0"), "added     13\nchanged 2\nremoved   0\n")
    assert not is_said(("removed 0", "added"), "added 3\nremoved 0\n")
    assert not is_said(("added ... 0",), "added 3\nremoved 0\n")
