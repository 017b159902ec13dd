"""The lock of an account: one writer holds it, and whoever only looks does not get in its way.

The operating system lets go of a lock when the process ends, however it ends: no lock is ever stale.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from attrs import frozen

from pling_async.errors import AccountBusy, ConfigurationError

_PATIENCE: Final = 0.1
"""Seconds for which a lock that is held is tried again: whoever looks has it for a moment, a run for longer."""
_PAUSE: Final = 0.005


@frozen
class Held:
    """A lock that this process holds."""

    _descriptor: int
    _process: int

    def release(self) -> None:
        """Let go of it, also for the children that were forked meanwhile; a child lets go of nothing."""
        try:
            if os.getpid() == self._process:
                fcntl.flock(self._descriptor, fcntl.LOCK_UN)
        finally:
            os.close(self._descriptor)


def take(path: Path, run_id: str) -> Held:
    """Take the lock and say in it who has it; raises `AccountBusy` while somebody else does."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        held = Held(descriptor, os.getpid())
        try:
            _lock(descriptor)
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()} {run_id}".encode(), 0)
        except BaseException:
            held.release()
            raise
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be locked: {error.strerror}; give another `state` folder") from error
    return held


def _lock(descriptor: int) -> None:
    patience = time.monotonic() + _PATIENCE
    while True:
        try:
            return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= patience:
                process = _said(descriptor)[0] or "unknown"
                words = f"another run writes to this account (process {process}); wait until it has ended, or end it"
                raise AccountBusy(words) from None
        time.sleep(_PAUSE)


def run_at_work(path: Path) -> str | None:
    """Return the id of the run that has the lock, empty when it has no name; None when nobody has it."""
    try:
        with _opened(path) as descriptor:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return _said(descriptor)[1]
            fcntl.flock(descriptor, fcntl.LOCK_UN)  # closing does not do it for a child that was forked meanwhile
    except OSError:
        return None  # where nothing can be locked no run is at work
    return None


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _said(descriptor: int) -> tuple[str, str]:
    """Return the process and the run that the holder wrote down."""
    process, _, run_id = os.pread(descriptor, 100, 0).decode(errors="replace").partition(" ")
    return process, run_id
