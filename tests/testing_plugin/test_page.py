"""docs/engineers.md runs as it is written."""

import ast
import inspect
import re
from pathlib import Path
from typing import Any

import pytest

from pling_async.sandbox import Sandbox

PAGE = Path(__file__).parents[2] / "docs" / "engineers.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
TESTS = [block for block in BLOCKS if "def test_" in block]
PROGRAMS = [block for block in BLOCKS if "def test_" not in block]


def test_the_page_has_code() -> None:
    """The pattern that finds the blocks finds them."""
    assert (len(TESTS), len(PROGRAMS)) == (1, 3)


def test_its_test_passes(run: Any) -> None:
    """What is shown as a test is one, and the plugin is all that it needs."""
    run(TESTS[0], "-o", "asyncio_mode=auto", "-o", "asyncio_default_fixture_loop_scope=function").assert_outcomes(
        passed=1
    )


@pytest.mark.parametrize("block", PROGRAMS, ids=range(len(PROGRAMS)))
async def test_its_programs_run(block: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of the other blocks runs from top to bottom with what is in its environment."""
    async with Sandbox(database=":memory:") as sandbox:
        account = {"USERNAME": sandbox.username, "PASSWORD": sandbox.password, "ACCOUNT_ID": str(sandbox.account_id)}
        for name, value in {**account, "BASE_URL": sandbox.url}.items():
            monkeypatch.setenv(f"PLING_{name}", value)
        names: dict[str, Any] = {}
        code = compile(block, PAGE.name, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        pending = eval(code, names)  # noqa: S307 - the page is ours
        assert inspect.isawaitable(pending)
        await pending
        assert sandbox.requests
