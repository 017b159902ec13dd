"""The code blocks of the documentation: found in its pages, each with what the page says of it."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from attrs import frozen

ROOT: Final = Path(__file__).parents[2]
PAGES: Final = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))

_BLOCK: Final = re.compile(
    r"(?:^\*Not run in the tests: (?P<excuse>[^\n]+)\*\n\n)?"
    r'^```(?P<language>\w*)(?: title="(?P<title>[^"]+)")?\n(?P<text>.*?)^```$',
    re.MULTILINE | re.DOTALL,
)
_EXIT_CODE: Final = re.compile(r"#.*\bexit code (\d+)")


@frozen(kw_only=True)
class Block:
    """One fenced block of a page."""

    place: str
    """Page and line, for whoever has to fix it."""
    language: str
    title: str | None
    """What the file is called that the block shows."""
    text: str
    excuse: str | None
    """Why it is not run."""


@frozen(kw_only=True)
class Command:
    """One command line of a console block, and what the page says comes of it."""

    line: str
    code: int
    said: tuple[str, ...]


def blocks(page: Path) -> list[Block]:
    """Return the blocks of a page, in order."""
    text = page.read_text(encoding="utf-8")
    return [_block(page, text, found) for found in _BLOCK.finditer(text)]


def _block(page: Path, text: str, found: re.Match[str]) -> Block:
    line = text.count("\n", 0, found.start("text"))
    return Block(place=f"{page.relative_to(ROOT)}:{line}", **found.groupdict())


def commands(block: Block) -> Iterator[Command]:
    """Yield the commands of a console block: after a dollar sign, and with the lines that follow as their output."""
    for part in re.split(r"^\$ ", block.text.replace("\\\n", ""), flags=re.MULTILINE)[1:]:
        line, *said = part.splitlines()
        code = _EXIT_CODE.search(line)
        shown = tuple(each.strip() for each in said if each.strip())
        yield Command(line=line, code=int(code[1]) if code else 0, said=shown)


def is_said(shown: tuple[str, ...], output: str) -> bool:
    """Tell whether the lines that a page shows are in an output, in their order; `...` is anything."""
    lines = (r"[^\n]*?".join(_spaced(piece) for piece in line.split("...")) for line in shown)
    return re.search(r"[\s\S]*?\n[\s\S]*?".join(lines), output) is not None


def _spaced(piece: str) -> str:
    return r"[^\S\n]+".join(map(re.escape, piece.split()))
