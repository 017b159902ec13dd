"""Files with personal data: readable by their owner alone, never half written, never through a link."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from pling_async.errors import ConfigurationError


@contextmanager
def private_file(path: Path) -> Iterator[BinaryIO]:
    """Open a file for writing that appears under its name, mode 0600, only once it is whole and on the disk.

    An older file stays intact until then, and no other file stays behind. Raises `ConfigurationError` for a place that
    is none for a file, and `OSError` with the file's name when the disk is full.
    """
    _check_name(path)
    beside = _beside(path)
    try:
        with create_private(beside) as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        beside.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        if error.filename is not None:
            raise
        raise OSError(error.errno, error.strerror or str(error), str(path)) from error
    finally:
        beside.unlink(missing_ok=True)


def check_place(path: Path) -> None:
    """Raise `ConfigurationError` when `private_file` could not write there: before the work whose result goes there."""
    _check_name(path)
    beside = _beside(path)
    create_private(beside).close()
    beside.unlink()


def create_private(path: Path) -> BinaryIO:
    """Create a new file that only its owner can read."""
    try:
        return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "wb")
    except OSError as error:
        raise ConfigurationError(f"{path.parent} cannot be written to: {error.strerror}") from error


def _check_name(path: Path) -> None:
    """Refuse links, folders and devices: a rename would put a file in their place."""
    if path.is_symlink():
        raise ConfigurationError(f"{path} is a link; name a file to write")
    if path.is_dir():
        raise ConfigurationError(f"{path} is a directory; name a file to write")
    if path.exists() and not path.is_file():
        raise ConfigurationError(f"{path} is a device or a pipe; name a file to write")


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}")


def sync_folder(folder: Path) -> None:
    """Make the new name as durable as the file; some file systems cannot, and then it comes later."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
