"""The lock of an account: one writer holds it, and whoever only looks does not get in its way.

The operating system lets go of a lock when the process ends, however it ends: no lock is ever stale.
"""

import fcntl
import os
import time
from io import FileIO
from pathlib import Path
from typing import Final

from pling_async.errors import AccountBusy, ConfigurationError

_PATIENCE: Final = 0.1
"""Seconds for which a lock that is held is tried again: whoever looks has it for a moment, a run for longer."""
_PAUSE: Final = 0.005


class LockFile(FileIO):
    """An open lock file; closing it lets go of the lock."""

    def __init__(self, path: Path, *, is_writer: bool) -> None:
        flags = os.O_RDWR | os.O_CREAT if is_writer else os.O_RDONLY
        super().__init__(os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600), "r+" if is_writer else "r")
        self._process = os.getpid()

    def close(self) -> None:
        """Let go of the lock, also for the children that were forked meanwhile; a child lets go of nothing."""
        try:
            if not self.closed and os.getpid() == self._process:
                fcntl.flock(self, fcntl.LOCK_UN)
        finally:
            super().close()

    def said(self) -> tuple[str, str]:
        """Return the process and the run that the holder wrote down."""
        process, _, run_id = os.pread(self.fileno(), 100, 0).decode(errors="replace").partition(" ")
        return process, run_id


def take(path: Path, run_id: str) -> LockFile:
    """Take the lock and say in it who has it; raises `AccountBusy` while somebody else does."""
    try:
        file = LockFile(path, is_writer=True)
        try:
            _lock(file)
            file.truncate(0)
            file.write(f"{os.getpid()} {run_id}".encode())
        except BaseException:
            file.close()
            raise
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be locked: {error.strerror}; give another `state` folder") from error
    return file


def _lock(file: LockFile) -> None:
    patience = time.monotonic() + _PATIENCE
    while True:
        try:
            return fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= patience:
                process = file.said()[0] or "unknown"
                words = (
                    f"another run is writing to this account (process {process}); wait until it has ended, or end it"
                )
                raise AccountBusy(words) from None
        time.sleep(_PAUSE)


def run_at_work(path: Path) -> str | None:
    """Return the id of the run that has the lock, empty when it has no name; None when nobody has it."""
    try:
        with LockFile(path, is_writer=False) as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return file.said()[1]
    except OSError:
        return None  # where nothing can be locked no run is at work
    return None
