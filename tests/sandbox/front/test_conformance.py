"""The sandboxes of Front keep their own descriptions when schemathesis sends them requests that are valid and not."""

import asyncio
import os
import sys
from pathlib import Path
from typing import Final

import pytest

from pling_async.sandbox import FrontLegacyService, FrontService, Sandbox

HOOKS: Final = Path(__file__).parent / "front_hooks.py"
OPTIONS: Final = (
    "--checks=all",
    "--phases=coverage",  # each rule kept and broken once, which random requests seldom do
    "--generation-deterministic",
    "--generation-with-security-parameters=false",  # every request carries them; ignored_auth takes them away by itself
    "--suppress-health-check=all",  # how long a request takes decides nothing
    "--no-shrink",
    "--no-color",
)


async def examined(description: str, folder: Path, credentials: str) -> tuple[int, str]:
    """Run schemathesis, in a process of its own, and return how it ended and what it said."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "schemathesis.cli", "run", description, credentials, *OPTIONS),
        cwd=folder,
        env=os.environ | {"SCHEMATHESIS_HOOKS": HOOKS.stem, "PYTHONPATH": str(HOOKS.parent)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    return process.returncode or 0, output.decode()


@pytest.mark.slow
@pytest.mark.untraced
async def test_the_sandbox_keeps_its_description(tmp_path: Path) -> None:
    """No generated request, valid or not, has an answer that the description does not promise."""
    async with Sandbox(services=(FrontService(),), deterministic=True) as sandbox:
        token = f"--header=Authorization: Bearer {sandbox.front.token}"
        code, report = await examined(sandbox.descriptions["front"], tmp_path, token)
        seen = {entry.status for entry in sandbox.requests}
    assert code == 0, report
    assert "19 selected / 19 total" in report
    assert seen >= {200, 201, 202, 204, 400, 401, 404, 405, 409, 415}, seen


@pytest.mark.slow
@pytest.mark.untraced
async def test_the_deprecated_sandbox_keeps_its_description(tmp_path: Path) -> None:
    """The one operation answers 202, or what the description says of its refusals."""
    async with Sandbox(services=(FrontLegacyService(),), deterministic=True) as sandbox:
        login = f"--auth={sandbox.front_legacy.company}:{sandbox.front_legacy.password}"
        code, report = await examined(sandbox.descriptions["front-legacy"], tmp_path, login)
        seen = {entry.status for entry in sandbox.requests}
    assert code == 0, report
    assert seen >= {202, 400, 401, 405, 415}, seen
