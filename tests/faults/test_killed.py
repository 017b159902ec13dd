"""A killed process loses nothing: whatever the moment, the resumed run ends as if nothing had happened."""

import asyncio
import os
import random
import signal
import sys

import pytest

from pling_async import PlingClient, bulk
from pling_async.bulk import ApplySettings, Outcome
from pling_async.sandbox import Sandbox, journal

ROWS = int(os.environ.get("KILLED_ROWS", "200"))
KILLS = int(os.environ.get("KILLS", "4"))
"""Of each strategy; `KILLS=100 KILLED_ROWS=2000 pytest tests/faults/test_killed.py` is the long campaign."""
_ROWS_A_SECOND = {"per_contact": 1000, "replace": 4000}
"""About; so that most kills come while the import is under way."""

_IMPORT = """
import asyncio, sys
from pling_async import PlingClient, bulk

async def main(url, user, password, account, rows, strategy):
    people = [{"mobile": f"+479{number:07}", "first_name": f"N{number}", "city": "OSLO"} for number in range(int(rows))]
    async with PlingClient(user, password, account_id=int(account), base_url=url) as client:
        plan = await bulk.plan(client, await bulk.prepare(people, settings=bulk.PrepareSettings(numbers="possible")))
        print("planned", flush=True)
        await bulk.apply(client, plan, strategy=strategy)

asyncio.run(main(*sys.argv[1:]))
"""


async def _killed(sandbox: Sandbox, strategy: str, delay: float) -> None:
    """Start an import in a process of its own and kill it so long after it began to write, or let it end.

    Returns once the sandbox has read what the process had sent.
    """
    arguments = (sandbox.url, sandbox.username, sandbox.password, sandbox.account_id, ROWS, strategy)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _IMPORT, *map(str, arguments), stdout=asyncio.subprocess.PIPE
    )
    if process.stdout is not None:
        await process.stdout.readline()
    try:
        async with asyncio.timeout(delay):
            await process.wait()
    except TimeoutError:
        process.send_signal(signal.SIGKILL)
        await process.wait()
    await asyncio.sleep(0.2)


@pytest.fixture(autouse=True)
def _whole_journal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the sandbox keep every request, since they are counted."""
    monkeypatch.setattr(journal, "KEPT_REQUESTS", 3 * ROWS)


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("kill", range(KILLS))
@pytest.mark.parametrize("strategy", ["per_contact", "replace"])
async def test_a_killed_import_is_finished_by_resume(strategy: str, kill: int) -> None:
    """After kill -9 at a random moment and resume, state and counts equal those of an uninterrupted run (#78, #79)."""
    delay = random.Random(f"{strategy}{kill}").uniform(0, 0.3 + ROWS / _ROWS_A_SECOND[strategy])  # noqa: S311 - no secret
    async with Sandbox() as sandbox:
        client = PlingClient(sandbox.username, sandbox.password, account_id=sandbox.account_id, base_url=sandbox.url)
        async with client as pling:
            await _killed(sandbox, strategy, delay)
            before = sum(entry.method != "GET" for entry in sandbox.requests)
            run = await _finished(pling)
            sent = sum(entry.method != "GET" for entry in sandbox.requests) - before
            assert run is None or run.is_complete
            assert run is None or run.requests == sent
            after = {contact.mobile: contact.city for contact in (await pling.contacts.list()).contacts}
    assert after == {f"+479{number:07}": "OSLO" for number in range(ROWS)}


async def _finished(pling: PlingClient) -> bulk.Run | None:
    """Resume what was cut short; a run killed before it was kept is begun anew."""
    kept = await asyncio.to_thread(lambda: list(bulk.runs()))
    settings = ApplySettings(settle=0.5)
    if not kept:
        people = [{"mobile": f"+479{n:07}", "first_name": f"N{n}", "city": "OSLO"} for n in range(ROWS)]
        prepared = await bulk.prepare(people, settings=bulk.PrepareSettings(numbers="possible"))
        return await bulk.apply(pling, await bulk.plan(pling, prepared), settings=settings)
    (only,) = kept
    run = await bulk.resume(pling, only.id, settings=settings)
    assert run.outcome_counts[Outcome.APPLIED] == ROWS
    return None if only.status is bulk.Status.COMPLETE else run
