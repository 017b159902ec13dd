"""Where a run keeps its files nothing is followed: not at the lock, the journal, or the folder of an account."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from pling_async import PlingClient, bulk, errors
from pling_async.bulk import ApplySettings
from pling_async.bulk.history import find_run
from pling_async.bulk.state import AccountFolder
from pling_async.sandbox import Sandbox


async def _plan(pling: PlingClient) -> bulk.Plan:
    return await bulk.plan(pling, await bulk.prepare([{"mobile": f"+479999910{n}"} for n in range(9)]))


def _linked(path: Path, target: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(target)


@pytest.mark.parametrize("place", ["account", "lock", "lock of nothing"])
async def test_no_run_begins_behind_a_link(sandbox: Sandbox, pling: PlingClient, tmp_path: Path, place: str) -> None:
    """A link in the place of an account's folder or lock is refused; where it leads nothing is written, nor sent."""
    elsewhere, account = tmp_path / "elsewhere", AccountFolder.of(None, pling.origin, pling.account_id).path
    if place == "account":
        elsewhere.mkdir()
    elif place == "lock":
        elsewhere.write_text("somebody's")
    await asyncio.to_thread(_linked, account if place == "account" else account / "lock", elsewhere)
    with pytest.raises((errors.ConfigurationError, OSError)):
        await bulk.apply(pling, await _plan(pling))
    assert all(entry.method == "GET" for entry in sandbox.requests)
    assert elsewhere.exists() is (place != "lock of nothing")
    assert place != "account" or list(elsewhere.iterdir()) == []
    assert place != "lock" or elsewhere.read_text() == "somebody's"


def _moved(path: Path, target: Path) -> None:
    path.rename(target)
    path.symlink_to(target)


@pytest.mark.parametrize("doing", ["resume", "apply"])
async def test_no_journal_is_read_through_a_link(
    sandbox: Sandbox, pling: PlingClient, tmp_path: Path, doing: str
) -> None:
    """A journal that was replaced by a link to one is none, for its own run and for every other of the account."""
    stop = asyncio.Event()
    stop.set()
    run = await bulk.apply(pling, await _plan(pling), strategy="per_contact", settings=ApplySettings(stop=stop))
    await asyncio.to_thread(lambda: _moved(find_run(run.id).journal, tmp_path / "journal.sqlite"))
    works: dict[str, Callable[[], object]] = {
        "resume": lambda: bulk.resume(pling, run.id),
        "apply": lambda: _applied(pling),
    }
    with pytest.raises(errors.JournalError, match="is a link"):
        await works[doing]()  # type: ignore[misc]
    (kept,) = await asyncio.to_thread(lambda: list(bulk.runs()))
    assert kept.status is bulk.Status.DAMAGED
    assert all(entry.method == "GET" for entry in sandbox.requests)


async def _applied(pling: PlingClient) -> None:
    await bulk.apply(pling, await _plan(pling))
