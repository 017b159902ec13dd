"""The IP1 sandbox keeps its own description when schemathesis sends it requests that are valid and not."""

import asyncio
import sys
from pathlib import Path
from typing import Final

import pytest

from pling_async.sandbox import Ip1Semantics, Ip1Service, Sandbox

OPTIONS: Final = (
    "--checks=all",
    "--generation-deterministic",
    "--generation-with-security-parameters=false",  # every request carries them; ignored_auth takes them away by itself
    "--suppress-health-check=all",  # how long a request takes decides nothing
    "--no-shrink",
    "--no-color",
)
OPPOSITE: Final = Ip1Semantics(
    metadata_filter="apply",
    blank_filter="match_nothing",
    links="relative",
    error_body="fields",
    patch_labels="add",
    large_pages="refused",
)


async def examined(sandbox: Sandbox, folder: Path, *scope: str) -> tuple[int, str]:
    """Run schemathesis, in a process of its own, and return how it ended and what it said."""
    token = f"--header=Authorization: Bearer {sandbox.ip1.token}"
    description = sandbox.descriptions["ip1"]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "schemathesis.cli", "run", description, token, *OPTIONS, *scope),
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    return process.returncode or 0, output.decode()


@pytest.mark.slow
@pytest.mark.untraced
@pytest.mark.parametrize(
    ("semantics", "scope", "statuses"),
    [
        (Ip1Semantics(), ("--phases=coverage,fuzzing", "--max-examples=2"), {200, 202, 400, 401, 404, 405, 415}),
        (OPPOSITE, ("--phases=fuzzing", "--max-examples=1"), {200, 401, 404}),
    ],
    ids=["default", "opposite"],
)
async def test_the_sandbox_keeps_its_description(
    semantics: Ip1Semantics, scope: tuple[str, ...], statuses: set[int], tmp_path: Path
) -> None:
    """No generated request, valid or not, has an answer that the description does not promise."""
    async with Sandbox(services=(Ip1Service(semantics=semantics),), deterministic=True) as sandbox:
        code, report = await examined(sandbox, tmp_path, *scope)
        seen = {entry.status for entry in sandbox.requests}
    assert code == 0, report
    assert "15 selected / 15 total" in report
    assert seen >= statuses, seen
