"""Files as blocks of bytes: small enough that what is done to one of them never holds up an event loop."""

import hashlib
import os
import stat
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, Protocol

from pling_async.errors import Place, SourceError

BLOCK: Final = 1 << 22
_STDIN: Final = "-"
_CONTINUES: Final = 0x80
"""From here up, a byte of UTF-8 is part of a character of several bytes."""
_LEADS: Final = (0xC0, 0xE0, 0xF0)
"""From here up, it begins one of two, three and four bytes."""


class Readable(Protocol):
    """A file, or what behaves as one."""

    def read(self, size: int, /) -> bytes:
        """Return so many bytes, fewer at the end."""


def name_of(path: str | Path) -> str:
    """Return what a source is called: its path as given, or stdin."""
    return "stdin" if str(path) == _STDIN else str(path)


def read_blocks(path: str | Path) -> list[bytes]:
    """Read a file, or "-" for standard input, and check that the file was the same before and after (#95)."""
    if str(path) == _STDIN:
        return list(blocks(sys.stdin.buffer))
    name = name_of(path)
    try:
        with Path(path).open("rb") as file:
            before = os.fstat(file.fileno())
            found = list(blocks(file))
            after, named = os.fstat(file.fileno()), Path(path).stat()
    except OSError as error:
        raise SourceError(f"cannot be read: {error.strerror}", Place(source=name)) from error
    size = sum(map(len, found))
    same = all(
        (each.st_ino, each.st_size, each.st_mtime_ns) == (before.st_ino, size, before.st_mtime_ns)
        for each in (after, named)
    )
    if stat.S_ISREG(before.st_mode) and not same:
        raise SourceError(
            "the file changed while it was read; wait until it is written, and try again", Place(source=name)
        )
    return found


def blocks(file: Readable, size: int = BLOCK) -> Iterator[bytes]:
    """Yield what a file holds; a block of UTF-8 ends where a character does."""
    while block := file.read(size):
        yield block + file.read(_missing(block))


def digest_of(blocks: Iterable[bytes]) -> str:
    """Return the SHA-256 of what a file holds."""
    sha = hashlib.sha256()
    for block in blocks:
        sha.update(block)
    return sha.hexdigest()


def _missing(block: bytes) -> int:
    """Return how many bytes of its last character a block of UTF-8 lacks."""
    for seen, byte in enumerate(reversed(block[-3:]), start=1):
        if byte >= _LEADS[0]:
            return max(0, 1 + sum(byte >= lead for lead in _LEADS) - seen)
        if byte < _CONTINUES:
            break
    return 0
