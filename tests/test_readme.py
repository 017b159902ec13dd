"""The README's code runs as it is written, against a real server."""

import ast
import inspect
import re
from collections.abc import AsyncIterator
from pathlib import Path
from types import CodeType
from typing import Any

import pytest

from pling_async.sandbox import Sandbox, User

README = Path(__file__).parents[1] / "README.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
SEEDED = {
    "contacts": [{"id": 7020139, "mobile": "+4799999001", "firstName": "Kari", "contactGroupIds": [1, 26974]}],
    "contact_groups": [{"id": 26974, "name": "Test group"}, {"id": 1, "name": "Styret"}],
}


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    """Serve the account that the README speaks of."""
    async with Sandbox(users=(User(name="user", password="secret", accounts=(12345, 67890)),)) as server:
        await server.seed(**SEEDED)
        yield server


def _compiled(block: str, url: str) -> CodeType:
    code = block.replace("http://127.0.0.1:8787/api/", url).replace("asyncio.run(main())", "await main()")
    return compile(code, "README.md", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


def test_the_readme_has_code() -> None:
    """The pattern that finds the blocks finds them."""
    assert len(BLOCKS) >= 3


@pytest.mark.parametrize("block", BLOCKS, ids=range(len(BLOCKS)))
async def test_a_block_runs(block: str, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each Python block runs from top to bottom; paths are those of the repository."""
    monkeypatch.chdir(README.parent)
    names: dict[str, Any] = {}
    pending = eval(_compiled(block, sandbox.url), names)  # noqa: S307 - the README is ours
    if inspect.isawaitable(pending):
        await pending
