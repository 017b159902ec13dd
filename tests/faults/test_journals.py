"""What a run is resumed from must be whole, its own, and no later than what was sent."""

import asyncio
import hashlib
import shutil
import signal
import sqlite3
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import pytest

from pling_async import PlingClient, bulk, errors
from pling_async.bulk import ApplySettings, PrepareSettings
from pling_async.bulk.history import find_run
from pling_async.bulk.journal_file import VERSION, read_journal
from pling_async.bulk.state import AccountFolder, RunFolder
from pling_async.sandbox import Sandbox

MOBILES: Final = [f"+4799999{number:03}" for number in range(60)]
ROWS: Final = [{"mobile": mobile, "Sted": "OSLO", "Adresse": "Storgata 1"} for mobile in MOBILES[:20]]


async def _planned(pling: PlingClient, rows: Any = ROWS, **mapping: str) -> bulk.Plan:
    settings = PrepareSettings(mapping={"Sted": "city", "Adresse": "address", **mapping})
    return await bulk.plan(pling, await bulk.prepare(rows, settings=settings))


@pytest.fixture
async def begun(pling: PlingClient) -> RunFolder:
    """Return the folder of a run that was asked to stop after its first contact."""
    stop = asyncio.Event()
    run = await bulk.apply(
        pling,
        await _planned(pling),
        strategy="per_contact",
        settings=ApplySettings(stop=stop),
        on_progress=lambda *_: stop.set(),
    )
    assert not run.is_complete
    return await asyncio.to_thread(find_run, run.id)


def _sent(sandbox: Sandbox) -> list[Any]:
    return [entry for entry in sandbox.requests if entry.method != "GET"]


def _query(journal: Path, statement: str) -> None:
    with closing(sqlite3.connect(journal)) as connection, connection:
        connection.execute(statement)


async def test_a_run_is_not_resumed_by_another_version(sandbox: Sandbox, pling: PlingClient, begun: RunFolder) -> None:
    """#80: another one may mean something else by the same journal; the message names the right one."""
    sent = len(_sent(sandbox))
    statement = "UPDATE run SET value = '\"0.0.7\"' WHERE name = 'version'"
    await asyncio.to_thread(_query, begun.journal, statement)
    with pytest.raises(errors.JournalError, match=r"begun by version 0\.0\.7"):
        await bulk.resume(pling, begun.id)
    assert len(_sent(sandbox)) == sent


@pytest.mark.parametrize("other", ["account", "URL"])
async def test_a_run_is_not_resumed_elsewhere(
    sandbox: Sandbox, pling: PlingClient, begun: RunFolder, other: str
) -> None:
    """#80: a run belongs to its account and its server, also when somebody copies its folder to another one's."""
    sent = len(_sent(sandbox))
    elsewhere = pling.for_account(999)
    if other == "URL":
        origin = pling.origin.replace("127.0.0.1", "localhost")
        elsewhere = pling.over(pling.session, account_id=pling.account_id, origin=origin)
    with pytest.raises(errors.SourceError, match="no such run of this account"):
        await bulk.resume(elsewhere, begun.id)
    copied = AccountFolder.of(None, elsewhere.origin, elsewhere.account_id).run(begun.id)
    await asyncio.to_thread(shutil.copytree, begun.path, copied.path)
    with pytest.raises(errors.StalePlan, match="the plan was made for account 12345 at http"):
        await bulk.resume(elsewhere, begun.id)
    assert len(_sent(sandbox)) == sent


@pytest.mark.parametrize(
    ("rows", "mapping"),
    [(ROWS[:3], {}), (ROWS, {"Sted": "address", "Adresse": "city"}), (ROWS, {"Adresse": "ignore"})],
    ids=["list", "mapping", "columns left out"],
)
async def test_a_run_is_not_resumed_with_another_plan(
    sandbox: Sandbox, pling: PlingClient, begun: RunFolder, rows: Any, mapping: dict[str, str]
) -> None:
    """#80: another list, or the same one read with another mapping, is another plan."""
    sent, kept = len(_sent(sandbox)), begun.plan.with_suffix(".kept")
    await asyncio.to_thread(begun.plan.rename, kept)
    await asyncio.to_thread(bulk.save_plan, await _planned(pling, rows, **mapping), begun.plan)
    with pytest.raises(errors.JournalError, match="is not the one it was begun with"):
        await bulk.resume(pling, begun.id)
    assert len(_sent(sandbox)) == sent
    await asyncio.to_thread(kept.replace, begun.plan)
    assert (await bulk.resume(pling, begun.id)).is_complete


def _spoil(path: Path, change: Callable[[bytes], bytes]) -> None:
    path.write_bytes(change(path.read_bytes()))


DAMAGES: dict[str, Callable[[Path], None]] = {
    "no database": lambda path: _spoil(path, lambda data: b"not a database" * (len(data) // 14)),
    "no first page": lambda path: _spoil(path, lambda data: bytes(4096) + data[4096:]),
    "cut": lambda path: _spoil(path, lambda data: data[: len(data) // 2]),
    "empty": lambda path: _spoil(path, lambda _: b""),
    "no tables": lambda path: _query(path, "DROP TABLE intent"),
}


@pytest.mark.parametrize("damage", DAMAGES)
async def test_a_damaged_journal_stops_everything(
    sandbox: Sandbox, pling: PlingClient, begun: RunFolder, damage: str
) -> None:
    """#92: neither its run nor any other goes on, since nobody knows what it did; the file stays as evidence."""
    other = await _planned(pling, [{**ROWS[0], "mobile": MOBILES[-1]}])
    sent = len(_sent(sandbox))
    await asyncio.to_thread(DAMAGES[damage], begun.journal)
    before = await asyncio.to_thread(begun.journal.read_bytes)
    for doing in (lambda: bulk.resume(pling, begun.id), lambda: bulk.apply(pling, other)):
        with pytest.raises(errors.JournalError):
            await doing()
    assert len(_sent(sandbox)) == sent
    assert before in {b"", await asyncio.to_thread(begun.journal.read_bytes)}


async def test_a_newer_journal_is_not_resumed(sandbox: Sandbox, pling: PlingClient, begun: RunFolder) -> None:
    """#92: tables of another version are not guessed at."""
    sent = len(_sent(sandbox))
    await asyncio.to_thread(_query, begun.journal, f"PRAGMA user_version = {VERSION + 1}")
    with pytest.raises(errors.JournalError, match="another version"):
        await bulk.resume(pling, begun.id)
    assert len(_sent(sandbox)) == sent


_IMPORT: Final = """
import asyncio, sys
from pling_async import PlingClient, bulk

async def main(url, user, password, account, *mobiles):
    async with PlingClient(user, password, account_id=int(account), base_url=url) as client:
        plan = await bulk.plan(client, await bulk.prepare([{"mobile": mobile} for mobile in mobiles]))
        tell = lambda done, *_: print(done, flush=True)
        await bulk.apply(client, plan, strategy="per_contact", on_progress=tell)

asyncio.run(main(*sys.argv[1:]))
"""


async def _killed_after(sandbox: Sandbox, count: int) -> None:
    """Let a process of its own import until it says that so many contacts are decided, and kill it."""
    end = (sandbox.url, sandbox.username, sandbox.password, str(sandbox.account_id))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _IMPORT, *end, *MOBILES, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    for _ in range(count):
        assert await process.stdout.readline()
    process.send_signal(signal.SIGKILL)
    await process.wait()
    await asyncio.sleep(0.2)  # until the sandbox has read what was sent


def _cut(log: bytes) -> bytes:
    return log[:3000]  # in the middle of the first page that was written


def _spoilt(log: bytes) -> bytes:
    return log[:3000] + b"\xff" * 500 + log[3500:]


@pytest.mark.parametrize("damage", [None, _cut, _spoilt], ids=["whole", "cut", "spoilt"])
async def test_what_a_killed_process_acknowledged_is_not_lost(
    sandbox: Sandbox, pling: PlingClient, state_folder: Path, damage: Callable[[bytes], bytes] | None
) -> None:
    """#92, #93: whatever was sent is in the journal; where its log was cut the account tells; none is sent twice."""
    await _killed_after(sandbox, 20)
    (journal,) = await asyncio.to_thread(lambda: list(state_folder.rglob("journal.sqlite")))
    if damage is not None:
        await asyncio.to_thread(_spoil, journal.with_name("journal.sqlite-wal"), damage)
        await asyncio.to_thread(journal.with_name("journal.sqlite-shm").unlink)
    sent = {hashlib.sha256(entry.body or b"").hexdigest() for entry in _sent(sandbox)}
    noted = {intent.payload for intent in (await asyncio.to_thread(read_journal, journal)).intents}
    assert 20 <= len(sent) < len(MOBILES)
    assert (sent <= noted) is (damage is None)
    run = await bulk.resume(pling, journal.parent.name)
    assert run.is_complete
    assert run.requests == len(MOBILES) - len(sent)
    assert set(Counter(entry.body for entry in _sent(sandbox)).values()) == {1}
