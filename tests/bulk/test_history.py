"""Runs are listed however they stand, and forgetting one neither forgets too much nor too little."""

import asyncio
import sys
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from pling_async import PlingClient, bulk
from pling_async.bulk import history, removed
from pling_async.bulk.apply import new_id
from pling_async.bulk.history import Status, forget_old, purge, runs
from pling_async.bulk.journal import Journal
from pling_async.bulk.removed import removed_recently
from pling_async.bulk.state import AccountFolder, RunFolder, started
from pling_async.errors import AccountBusy, JournalError, Outcome, RunInDoubt, SourceError

FACTS = {
    "origin": "https://api.test",
    "account_id": 1,
    "mode": "replace",
    "strategy": "per_contact",
    "source": "list.csv",
    "undo_of": None,
    "writes": 9,
    "removals": 9,
}
NOW = datetime.now(tz=UTC)
Kept = Callable[..., Coroutine[Any, Any, RunFolder]]


@pytest.fixture
def account(tmp_path: Path) -> AccountFolder:
    """Name an account of which nothing is kept."""
    return AccountFolder.of(tmp_path, "https://api.test", 1)


def _run_id(days: float) -> str:
    return f"{NOW - timedelta(days=days):%Y%m%dT%H%M%S}-00000000"


@pytest.fixture
def kept(account: AccountFolder) -> Kept:
    """Keep a run that began so many days ago, and deleted so many contacts."""

    async def keep(days: float, *, deleted: int = 0, is_ended: bool = True, is_in_doubt: bool = False) -> RunFolder:
        folder = account.run(_run_id(days))
        await asyncio.to_thread(folder.create)
        journal = await Journal.create(folder.journal, FACTS)
        for number in range(deleted):
            sent = await journal.intend(method="DELETE", path=f"contacts/{number}", subject=None, payload="")
            journal.settle(sent, Outcome.APPLIED)
        if is_in_doubt:
            await journal.intend(method="POST", path="contacts/replace", subject=None, payload="")
        elif is_ended:
            await journal.note("ended", complete=True)
        await journal.close()
        return folder

    return keep


def _damage(folder: RunFolder) -> None:
    folder.journal.write_bytes(b"garbage" * 1000)


def _listed(tmp_path: Path) -> dict[str, Status]:
    return {each.id: each.status for each in runs(tmp_path)}


def test_ids_of_one_second_sort_by_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs that begin within the same second are listed in the order they began."""
    moments = [datetime(2026, 11, 23, 12, 0, 0, microsecond, tzinfo=UTC) for microsecond in range(0, 1_000_000, 997)]
    monkeypatch.setattr(sys.modules["pling_async.bulk.apply"], "datetime", Mock(now=Mock(side_effect=moments)))
    ids = [new_id() for _ in moments]
    assert ids == sorted(ids)
    assert {started(each) for each in ids} == {moments[0]}


async def test_a_damaged_run_is_listed_and_can_be_purged(kept: Kept, tmp_path: Path) -> None:
    """It hides no other run; it is purged by force alone, and the refusal says so (#92)."""
    damaged, whole = await kept(2), await kept(1)
    await asyncio.to_thread(_damage, damaged)
    assert await asyncio.to_thread(_listed, tmp_path) == {damaged.id: Status.DAMAGED, whole.id: Status.COMPLETE}
    (first, _) = await asyncio.to_thread(lambda: list(runs(tmp_path)))
    assert (first.account_id, first.writes, first.started.date()) == (None, None, (NOW - timedelta(days=2)).date())
    with pytest.raises(JournalError, match=f"pling runs purge {damaged.id} --force"):
        await asyncio.to_thread(purge, damaged.id, tmp_path)
    assert await asyncio.to_thread(purge, damaged.id, tmp_path, force=True) is Status.DAMAGED
    assert await asyncio.to_thread(_listed, tmp_path) == {whole.id: Status.COMPLETE}


async def test_a_damaged_run_blocks_its_account_until_it_is_purged(pling: PlingClient, writes: Any) -> None:
    """It may be in doubt: nothing is written before somebody decides, and the refusal names the command (#79, #92)."""
    rows = [{"mobile": f"+47999990{number:02}"} for number in range(3)]
    run = await bulk.merge(pling, rows[:1])
    await asyncio.to_thread(_damage, await asyncio.to_thread(history.find_run, run.id))
    sent = len(writes())
    with pytest.raises(JournalError, match=f"pling runs purge {run.id} --force"):
        await bulk.merge(pling, rows)
    assert len(writes()) == sent
    await asyncio.to_thread(bulk.purge, run.id, force=True)
    assert (await bulk.merge(pling, rows)).is_complete


async def test_a_run_in_doubt_can_be_given_up(kept: Kept, tmp_path: Path) -> None:
    """By force alone; the refusal names both ways out."""
    folder = await kept(0, is_in_doubt=True)
    with pytest.raises(RunInDoubt, match=rf"resume {folder.id}; or .* purge {folder.id} --force"):
        await asyncio.to_thread(purge, folder.id, tmp_path)
    assert await asyncio.to_thread(purge, folder.id, tmp_path, force=True) is Status.IN_DOUBT
    assert not await asyncio.to_thread(_listed, tmp_path)


async def test_the_run_that_has_the_lock_is_running(kept: Kept, account: AccountFolder, tmp_path: Path) -> None:
    """An older run that is resumed is, and the newest one is not."""
    older, newest = await kept(2, is_ended=False), await kept(1, is_ended=False)
    async with account.lock(older.id):
        assert await asyncio.to_thread(_listed, tmp_path) == {
            older.id: Status.RUNNING,
            newest.id: Status.INTERRUPTED,
        }
    assert set((await asyncio.to_thread(_listed, tmp_path)).values()) == {Status.INTERRUPTED}


async def test_a_run_is_running_while_it_is_resumed(pling: PlingClient) -> None:
    """Resuming names the run that it takes up, though a newer one was cut short since."""
    stop, seen = asyncio.Event(), list[dict[str, Status]]()
    settings = bulk.ApplySettings(stop=stop)

    async def cut_short(count: int) -> bulk.Run:
        stop.set()
        plan = await bulk.plan(pling, await bulk.prepare([{"mobile": f"+4799999{n:03}"} for n in range(count)]))
        return await bulk.apply(pling, plan, strategy="per_contact", settings=settings)

    older, newer = await cut_short(3), await cut_short(4)
    names = {older.id: "older", newer.id: "newer"}
    stop.clear()
    write = Journal.note

    async def note(self: Journal, kind: str, **detail: Any) -> None:
        kept = await asyncio.to_thread(lambda: list(runs()))
        seen.append({names[each.id]: each.status for each in kept})
        await write(self, kind, **detail)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Journal, "note", note)
        await bulk.resume(pling, older.id, settings=settings)
    assert seen[0] == {"older": Status.RUNNING, "newer": Status.INTERRUPTED}


async def test_purging_waits_for_no_writer_and_lets_none_in(
    kept: Kept, account: AccountFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has the lock from its first look to the end of the removal, force or not (#81)."""
    folder = await kept(0)
    async with account.lock():
        for force in (False, True):
            with pytest.raises(AccountBusy):
                await asyncio.to_thread(purge, folder.id, tmp_path, force=force)
    remove, seen = RunFolder.remove, []

    def watched(self: RunFolder) -> None:
        seen.append(account.run_at_work())
        remove(self)

    monkeypatch.setattr(RunFolder, "remove", watched)
    await asyncio.to_thread(purge, folder.id, tmp_path)
    assert seen == [""]
    with pytest.raises(SourceError, match="no such run"):
        await asyncio.to_thread(purge, folder.id, tmp_path)


async def test_forgetting_a_run_does_not_forget_its_removals(
    kept: Kept, account: AccountFolder, tmp_path: Path
) -> None:
    """Purged, or kept for no day: what it removed counts for 24 hours, and what older ones removed does not."""
    await kept(2, deleted=5)
    old, purged = await kept(0.5, deleted=3), await kept(0.1, deleted=4)
    assert await asyncio.to_thread(removed_recently, account) == 7
    await asyncio.to_thread(purge, purged.id, tmp_path)
    assert await asyncio.to_thread(removed_recently, account) == 7
    await asyncio.to_thread(forget_old, account, 0)
    assert not await asyncio.to_thread(_listed, tmp_path)
    assert await asyncio.to_thread(removed_recently, account) == 7
    assert (await asyncio.to_thread(account.removed.stat)).st_mode & 0o077 == 0
    kept_counts = await asyncio.to_thread(account.removed.read_text)
    assert old.id in kept_counts
    assert _run_id(2) not in kept_counts


async def test_a_run_that_was_half_forgotten_counts_once(kept: Kept, account: AccountFolder) -> None:
    """Killed between writing the count down and the removal: the same run is not added to itself."""
    folder = await kept(0, deleted=4)
    await asyncio.to_thread(removed._remember, account, folder)
    assert await asyncio.to_thread(removed_recently, account) == 4


async def test_damaged_counts_are_refused(account: AccountFolder, kept: Kept) -> None:
    """A limit that cannot be kept is not ignored; the message says what to do (#92)."""
    await kept(0)
    for content in ("{", "[]", '{"run": null}', '{"20260101": 1}'):
        await asyncio.to_thread(account.removed.write_text, content)
        with pytest.raises(JournalError, match="delete it"):
            await asyncio.to_thread(removed_recently, account)


@pytest.mark.parametrize(
    ("ages", "keep_days", "left"),
    [
        ((100, 50, 10), 90, (50, 10)),
        ((100, 50, 10), 0, ()),
        ((400, 200), 90, (200,)),  # one rests long, or a clock is ahead: the latest stay until the next time
        ((230, 201, 200), 90, (230, 201, 200)),
        ((200,), 0, ()),
        ((10, -300), 90, (10, -300)),  # a clock that was ahead, and was put right
        ((10,), 10**6, (10,)),
    ],
)
async def test_a_clock_that_is_ahead_deletes_no_latest_run(
    kept: Kept, account: AccountFolder, ages: tuple[int, ...], keep_days: int, left: tuple[int, ...]
) -> None:
    """No more than a month is believed to have passed since the newest run (#84)."""
    for days in ages:
        await kept(days)
    await asyncio.to_thread(forget_old, account, keep_days)
    names = await asyncio.to_thread(lambda: [folder.id for folder in account.runs()])
    assert names == [_run_id(days) for days in left]


async def test_only_what_is_known_to_have_ended_goes_by_itself(kept: Kept, account: AccountFolder) -> None:
    """Interrupted runs, runs in doubt and damaged ones stay, however old they are."""
    open_ones = [await kept(100, is_ended=False), await kept(99, is_in_doubt=True), await kept(98)]
    await asyncio.to_thread(_damage, open_ones[-1])
    await kept(97)
    await kept(0)
    await asyncio.to_thread(forget_old, account, 90)
    names = await asyncio.to_thread(lambda: [folder.id for folder in account.runs()])
    assert names == [folder.id for folder in open_ones] + [_run_id(0)]
