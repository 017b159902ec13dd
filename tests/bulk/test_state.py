"""One writer at a time, and whoever only looks disturbs nobody."""

import asyncio
import errno
import fcntl
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pling_async.bulk import lock_file
from pling_async.bulk.lock_file import LockFile
from pling_async.bulk.state import AccountFolder, accounts
from pling_async.errors import AccountBusy, ConfigurationError

RUN = "20260101T000000-00000000"


@pytest.fixture
def account(tmp_path: Path) -> AccountFolder:
    """Name an account of which nothing is kept."""
    return AccountFolder.of(tmp_path, "https://api.test", 1)


async def test_looking_does_not_stop_a_writer(account: AccountFolder) -> None:
    """A writer gets its lock while others look at it as fast as they can (I-10)."""
    async with account.lock(RUN):
        pass
    is_over = threading.Event()
    looking = threading.Thread(target=_look, args=(account, is_over))
    looking.start()
    try:
        for _ in range(50):
            async with account.lock(RUN):
                pass
    finally:
        is_over.set()
        await asyncio.to_thread(looking.join)


def _look(account: AccountFolder, is_over: threading.Event) -> None:
    while not is_over.is_set():
        account.run_at_work()


def test_looking_changes_nothing(account: AccountFolder) -> None:
    """It makes no file, and leaves what the holder wrote; the run is told while it has the lock and not after."""
    assert account.run_at_work() is None
    assert not account.path.exists()
    with account.locked():
        assert account.run_at_work() == ""
    lock = account.path / "lock"
    held = lock_file.take(lock, RUN)
    assert account.run_at_work() == RUN
    assert lock.read_text() == f"{os.getpid()} {RUN}"
    held.close()
    assert account.run_at_work() is None
    assert lock.read_text() == f"{os.getpid()} {RUN}"


async def test_a_lock_that_is_free_soon_is_waited_for(account: AccountFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever looks has a lock for a moment only."""
    monkeypatch.setattr(lock_file, "_PATIENCE", 10)
    held = await asyncio.to_thread(account._take, RUN)
    asyncio.get_running_loop().call_later(0.03, held.close)
    async with account.lock():
        pass


async def test_a_lock_that_is_held_is_not_waited_for(account: AccountFolder) -> None:
    """A moment is waited and no longer; then the error names the holder (#81)."""
    async with account.lock(), asyncio.timeout(5):
        with pytest.raises(AccountBusy, match=f"process {os.getpid()}"):
            async with account.lock():
                pass


@pytest.mark.parametrize(("broken", "number"), [("write", errno.ENOSPC), ("flock", errno.ENOLCK)])
def test_a_lock_that_cannot_be_had_is_told_and_let_go(
    account: AccountFolder, monkeypatch: pytest.MonkeyPatch, broken: str, number: int
) -> None:
    """A full disk, or a file system without locks: an error of ours that does not blame another run (#89)."""
    with monkeypatch.context() as patched:
        patched.setattr(LockFile if broken == "write" else fcntl, broken, _failing(number))
        with pytest.raises(ConfigurationError, match=os.strerror(number)), account.locked():
            pass
        if broken == "flock":
            assert account.run_at_work() is None
    with account.locked():
        pass


def _failing(number: int) -> Any:
    real = fcntl.flock

    def fail(*arguments: Any) -> None:
        if arguments[1:] == (fcntl.LOCK_UN,):
            return real(*arguments)
        raise OSError(number, os.strerror(number))

    return fail


def test_a_child_keeps_no_lock(account: AccountFolder) -> None:
    """A process that was forked meanwhile neither holds the lock any longer nor lets go of it (#87)."""
    held = lock_file.take(_lock_of(account), RUN)
    waits, tells = os.pipe()
    child = os.fork()
    if child == 0:  # it leaves as a child does that unwinds the stack, and then lives on
        held.close()
        os.write(tells, b"released")
        time.sleep(30)
        os._exit(0)
    try:
        os.read(waits, 8)
        with pytest.raises(AccountBusy), account.locked():
            pass
        held.close()
        with account.locked():
            pass
    finally:
        os.kill(child, 9)
        os.waitpid(child, 0)
        os.close(waits)
        os.close(tells)


def test_a_child_that_never_lets_go(account: AccountFolder) -> None:
    """The parent's end of the run is the end of the lock, whatever a child inherited."""
    with account.locked():
        child = os.fork()
        if child == 0:
            time.sleep(30)
            os._exit(0)
    try:
        with account.locked():
            pass
    finally:
        os.kill(child, 9)
        os.waitpid(child, 0)


def _lock_of(account: AccountFolder) -> Path:
    account.path.mkdir(parents=True)
    return account.path / "lock"


def test_only_folders_are_accounts(account: AccountFolder, tmp_path: Path) -> None:
    """What a file manager leaves there is none."""
    with account.locked():
        pass
    for name in (".DS_Store", "notes.txt"):
        (tmp_path / "accounts" / name).write_text("x")
    assert list(accounts(tmp_path)) == [account]


def test_a_reader_does_not_spoil_a_removal(account: AccountFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite removes files of its own beside a journal that somebody reads at the same time."""
    folder = account.run(RUN)
    folder.create()
    for name in ("journal.sqlite", "journal.sqlite-wal"):
        (folder.path / name).write_text("x")
    unlink, vanished = os.unlink, iter((True,))

    def raced(path: Any, **named: Any) -> None:
        if str(path).endswith("-wal") and next(vanished, False):
            raise FileNotFoundError(path)
        unlink(path, **named)

    monkeypatch.setattr(os, "unlink", raced)
    folder.remove()
    assert not folder.path.exists()


@pytest.fixture(autouse=True)
def no_descriptor_is_left(account: AccountFolder) -> Iterator[None]:
    """Close every file again; a leaked one would still hold the lock."""
    yield
    with account.locked():
        pass
