"""The sandboxes of Front keep their own descriptions when schemathesis sends them requests that are valid and not."""

import asyncio
import os
import sys
from pathlib import Path
from typing import Final

import pytest

from pling_async.sandbox import FrontLegacyService, FrontSemantics, FrontService, Sandbox

HOOKS: Final = Path(__file__).parent / "front_hooks.py"
OPTIONS: Final = (
    "--checks=all",
    "--generation-deterministic",
    "--generation-with-security-parameters=false",  # every request carries them; ignored_auth takes them away by itself
    "--suppress-health-check=all",  # how long a request takes decides nothing
    "--no-shrink",
    "--no-color",
)
OPPOSITE: Final = FrontSemantics(
    groups_in_answers="names", links="company", next_page="token", notes_status=200, bad_json="whole"
)


async def examined(description: str, folder: Path, *scope: str) -> tuple[int, str]:
    """Run schemathesis, in a process of its own, and return how it ended and what it said."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "schemathesis.cli", "run", description, *OPTIONS, *scope),
        cwd=folder,
        env=os.environ | {"SCHEMATHESIS_HOOKS": HOOKS.stem, "PYTHONPATH": str(HOOKS.parent)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    return process.returncode or 0, output.decode()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("semantics", "scope", "statuses"),
    [
        (
            FrontSemantics(),
            ("--phases=coverage,fuzzing,stateful", "--max-examples=1"),
            {200, 201, 202, 204, 400, 401, 404, 405, 415},
        ),
        (OPPOSITE, ("--phases=fuzzing", "--max-examples=1"), {200, 201, 204, 400, 401, 404}),
    ],
    ids=["default", "opposite"],
)
async def test_the_sandbox_keeps_its_description(
    semantics: FrontSemantics, scope: tuple[str, ...], statuses: set[int], tmp_path: Path
) -> None:
    """No generated request, valid or not, has an answer that the description does not promise."""
    async with Sandbox(services=(FrontService(semantics=semantics),), deterministic=True) as sandbox:
        token = f"--header=Authorization: Bearer {sandbox.front.token}"
        code, report = await examined(sandbox.descriptions["front"], tmp_path, token, *scope)
        seen = {entry.status for entry in sandbox.requests}
    assert code == 0, report
    assert "19 selected / 19 total" in report
    assert seen >= statuses, seen


@pytest.mark.slow
async def test_the_deprecated_sandbox_keeps_its_description(tmp_path: Path) -> None:
    """The one operation answers 202, or what the description says of its refusals."""
    async with Sandbox(services=(FrontLegacyService(),), deterministic=True) as sandbox:
        login = f"--auth={sandbox.front_legacy.company}:{sandbox.front_legacy.password}"
        scope = ("--phases=coverage,fuzzing", "--max-examples=5")
        code, report = await examined(sandbox.descriptions["front-legacy"], tmp_path, login, *scope)
        seen = {entry.status for entry in sandbox.requests}
    assert code == 0, report
    assert seen >= {202, 400, 401, 405, 415}, seen
