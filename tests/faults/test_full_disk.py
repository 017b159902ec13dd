"""A disk that is really full while a run writes: nothing is sent whose intent is not on it (I-9)."""

import asyncio
import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from pling_async.sandbox import Sandbox

ROWS: Final = 120
MOBILES: Final = [f"+4799999{number:03}" for number in range(ROWS)]

_RUN: Final = """
import asyncio, json, resource, sys
from pathlib import Path
from pling_async import PlingClient, bulk, errors
from pling_async.bulk import ApplySettings
from pling_async.bulk.history import find_run
from pling_async.bulk.journal_file import read_journal

LEFT = 150_000

def fill(state, is_file_system):
    state.mkdir(exist_ok=True)
    if not is_file_system:
        hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
        resource.setrlimit(resource.RLIMIT_FSIZE, (LEFT // 2, hard))
        return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    ballast = state / "ballast"
    ballast.write_bytes(b"x" * (600_000 - LEFT))
    return ballast.unlink

async def main(url, user, password, account, state, kind, *mobiles):
    state = Path(state)
    settings = ApplySettings(state=state)
    async with PlingClient(user, password, account_id=int(account), base_url=url) as client:
        plan = await bulk.plan(client, await bulk.prepare([{"mobile": mobile} for mobile in mobiles]))
        make_room = fill(state, kind == "file system")
        try:
            await bulk.apply(client, plan, strategy="per_contact", settings=settings)
        except errors.JournalError as error:
            said, run = str(error), error.run
        journal = find_run(run.id, state).journal
        intended = [intent.payload for intent in read_journal(journal).intents]
        make_room()
        again = await bulk.resume(client, run.id, settings=settings)
    counts = {outcome.value: count for outcome, count in run.outcome_counts.items()}
    print(json.dumps({"said": said, "counts": counts, "intended": intended, "complete": again.is_complete,
                      "requests": [run.requests, again.requests]}))

asyncio.run(main(*sys.argv[1:]))
"""
_OWN_FILE_SYSTEM: Final = 'mount -t tmpfs -o size=600k none "$1" && shift && exec "$@"'


def _in_namespace(folder: Path, *command: str) -> list[str]:
    """Return a command with a small file system of its own at the folder, which needs no rights on most machines."""
    return ["unshare", "--map-root-user", "--mount", "sh", "-c", _OWN_FILE_SYSTEM, "sh", str(folder), *command]


def _has_namespaces(folder: Path) -> bool:
    if shutil.which("unshare") is None:
        return False
    return subprocess.run(_in_namespace(folder, "true"), capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("kind", ["file system", "file size"])
async def test_what_cannot_be_journalled_is_not_sent(sandbox: Sandbox, tmp_path: Path, kind: str) -> None:
    """#89: a full file system, or the largest file allowed: the run ends, tells the truth, and goes on with room."""
    state = tmp_path / "state"
    state.mkdir()
    if kind == "file system" and not _has_namespaces(state):
        pytest.skip("needs unshare and tmpfs")
    end = (sandbox.url, sandbox.username, sandbox.password, str(sandbox.account_id))
    command = [sys.executable, "-c", _RUN, *end, str(state), kind, *MOBILES]
    line = _in_namespace(state, *command) if kind == "file system" else command
    ended = await asyncio.to_thread(subprocess.run, line, capture_output=True, check=False)
    assert ended.returncode == 0, ended.stderr.decode()
    told = json.loads(ended.stdout)
    assert "the disk is full; make room" in told["said"]
    sent = [hashlib.sha256(entry.body or b"").hexdigest() for entry in sandbox.requests if entry.method != "GET"]
    first, second = told["requests"]
    assert 0 < first < ROWS
    counts = told["counts"]
    assert (counts["applied"], counts["not_applied"] + counts["skipped"]) == (first, ROWS - first)
    assert set(sent[:first]) <= set(told["intended"])
    assert told["complete"]
    assert (len(sent), len(set(sent)), second) == (ROWS, ROWS, ROWS - first)
