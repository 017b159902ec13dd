"""A command in a process of its own shows no secret, and names nobody on stderr (I-26)."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from pling_async.sandbox import Fault, Sandbox

Process = subprocess.Popen[bytes]


@pytest.fixture
def command_line(tmp_path: Path, credentials: Any) -> Iterator[Callable[..., Process]]:
    """Start a command in a process of its own, the password in its environment."""
    variables = {"BASE_URL": credentials["base_url"], "USERNAME": credentials["user"], "ACCOUNT_ID": "12345"}
    environment = os.environ | {f"PLING_{name}": value for name, value in variables.items()}
    environment |= {"PLING_PASSWORD": credentials["password"], "PLING_DEBUG": "1", "PYTHONASYNCIODEBUG": "1"}

    def start(*arguments: str) -> Process:
        line = [sys.executable, "-m", "pling_async.cli", *arguments]
        pipe = subprocess.PIPE
        return processes.enter_context(subprocess.Popen(line, stdout=pipe, stderr=pipe, cwd=tmp_path, env=environment))

    with ExitStack() as processes:
        yield start


async def _asked(sandbox: Sandbox, process: Process) -> None:
    """Wait until a process has asked the server, or has ended."""
    while not sandbox.requests and process.poll() is None:  # noqa: ASYNC110 - neither sets an event
        await asyncio.sleep(0.01)


def _visible_to_all(pid: int) -> list[str]:
    """Return the command lines of a process and of its children."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [Path(f"/proc/{each}/cmdline").read_text() for each in (pid, *children)]


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="needs /proc")
async def test_the_command_line_of_a_process(sandbox: Sandbox, command_line: Any, said: Any, tmp_path: Path) -> None:
    """What every user of the machine can see of a running command, and what it says, holds no canary."""
    await sandbox.seed([{"mobile": "+4799999377", "name": "Kanarifugl"}])
    sandbox.fail(Fault(action="delay", delay=1.5, path="*/contacts"))
    (tmp_path / "list.csv").write_text("Mobil;Navn\n+4799999377;Kanarifugl\n9999937;Gulfjær\n")
    process = await asyncio.to_thread(
        command_line, "import", "list.csv", "--yes", "--report", "report.csv", "-o", "json"
    )
    await _asked(sandbox, process)
    said.public.extend(await asyncio.to_thread(_visible_to_all, process.pid))
    out, err = await asyncio.to_thread(process.communicate)
    assert process.returncode == 7
    said.public.append(err.decode())
    said.private.extend([out.decode(), (tmp_path / "report.csv").read_text()])


async def test_a_command_that_fails(sandbox: Sandbox, command_line: Any, echo: bytes, said: Any) -> None:
    """Its message and its traceback name nobody and no secret, whatever the server repeats."""
    sandbox.fail(Fault(status=401, count=None, body=echo))
    process = await asyncio.to_thread(command_line, "contacts", "add", "+4799999377", "--first-name", "Ola")
    out, err = await asyncio.to_thread(process.communicate)
    assert process.returncode == 4
    assert b"Traceback" in err
    said.public.extend([out.decode(), err.decode()])
