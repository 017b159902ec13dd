"""The sandbox keeps its own description, /openapi.json, when schemathesis sends it requests that are valid and not."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import pytest
from attrs import frozen

from pling_async.sandbox import Fault, Sandbox, Semantics
from pling_async.sandbox.switches import spelled

HOOKS: Final = Path(__file__).parent / "sandbox" / "conformance_hooks.py"
OPTIONS: Final = (
    "--checks=all",
    "--generation-deterministic",
    "--generation-with-security-parameters=false",  # every request carries them; ignored_auth takes them away by itself
    "--suppress-health-check=all",  # how long a request takes decides nothing
    "--no-shrink",
    "--no-color",
)


@frozen
class Ended:
    """How schemathesis ended: 0 when every check held, 1 when one did not."""

    code: int
    report: str


Examine = Callable[..., Awaitable[Ended]]


@pytest.fixture
def examine(tmp_path: Path) -> Examine:
    """Run schemathesis, in a process of its own, against a sandbox."""

    async def run(sandbox: Sandbox, *options: str) -> Ended:
        description = f"{sandbox.origin}/openapi.json"
        credentials = f"--auth={sandbox.username}:{sandbox.password}"
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "schemathesis.cli", "run", description, credentials, *OPTIONS, *options),
            cwd=tmp_path,
            env=os.environ | {"SCHEMATHESIS_HOOKS": HOOKS.stem, "PYTHONPATH": str(HOOKS.parent)},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await process.communicate()
        return Ended(process.returncode or 0, output.decode())

    return run


def opposite() -> Semantics:
    """Return the semantics with every switch at its last value, but two that make a 400 of what no schema can tell."""
    untold = {"duplicates", "conflict_status"}
    values = {switch.name: switch.values[-1] for switch in Semantics.switches() if switch.name not in untold}
    return Semantics.parse(f"{name}={spelled(value)}" for name, value in values.items())


@pytest.mark.slow
@pytest.mark.untraced
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("semantics", "scope", "statuses"),
    [
        (
            Semantics(),
            ("--phases=coverage,fuzzing,stateful", "--max-examples=5"),
            {200, 201, 204, 400, 401, 404, 405, 415},
        ),
        (opposite(), ("--phases=fuzzing", "--max-examples=3"), {200, 201, 400, 401}),
    ],
    ids=["default", "opposite"],
)
async def test_the_sandbox_keeps_its_description(
    examine: Examine, semantics: Semantics, scope: tuple[str, ...], statuses: set[int]
) -> None:
    """No generated request, valid or not, has an answer that the description does not promise; no check is left out."""
    async with Sandbox(deterministic=True, semantics=semantics) as sandbox:
        ended = await examine(sandbox, *scope)
        seen = {entry.status for entry in sandbox.requests}
    assert ended.code == 0, ended.report
    assert "11 selected / 11 total" in ended.report
    assert seen >= statuses, seen


LIES: Final = {
    "Server error": Fault(path="*/contacts/*", method="GET", status=500, count=None),
    "Undocumented status code": Fault(path="*/contacts", method="GET", status=202, count=None),
    "Undocumented Content-Type": Fault(
        path="*/contact-groups", method="GET", action="replace_body", content_type="text/html", count=None
    ),
    "Response violates schema": Fault(
        path="*/contacts", method="POST", action="replace_body", body=b'{"id":"1"}', count=None
    ),
    "Schema-violating request accepted": Fault(
        path="*/contact-groups/*", method="GET", status=200, body=b"{}", count=None
    ),
}
LIED_ABOUT: Final = tuple(
    f"--include-operation-id={name}"
    for name in ("list_contacts", "add_contact", "get_contact", "list_groups", "get_group")
)


@pytest.mark.slow
@pytest.mark.untraced
@pytest.mark.timeout(300)
async def test_a_sandbox_that_does_not_is_found_out(examine: Examine) -> None:
    """The examination sees a server error, another status, content type or body, and a rule that nobody keeps."""
    async with Sandbox(deterministic=True) as sandbox:
        for lie in LIES.values():
            sandbox.fail(lie)
        ended = await examine(sandbox, "--phases=fuzzing", "--max-examples=2", "--continue-on-failure", *LIED_ABOUT)
    assert ended.code == 1, ended.report
    assert [lie for lie in LIES if lie not in ended.report] == [], ended.report
