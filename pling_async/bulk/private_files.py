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
    """Open a file for writing that appears under its name, mode 0600, only once it is whole.

    An older file stays intact until then. Raises `ConfigurationError` when the place cannot be written to, is a
    directory or a symbolic link.
    """
    if path.is_symlink() or path.is_dir():
        raise ConfigurationError(f"{path} is a {'link' if path.is_symlink() else 'directory'}; name a file to write")
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with create_private(beside) as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        beside.replace(path)
    except BaseException:
        with suppress(FileNotFoundError):
            beside.unlink()
        raise


def create_private(path: Path) -> BinaryIO:
    """Create a new file that only its owner can read."""
    try:
        return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "wb")
    except OSError as error:
        raise ConfigurationError(f"{path.parent} cannot be written to: {error.strerror}") from error
