"""Files packed with gzip."""

import asyncio
import gzip
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path

import polars as pl
import pytest

from pling_async.errors import SourceError
from pling_async.sources import SourceInfo, packed

Read = Callable[..., Awaitable[tuple[pl.DataFrame, SourceInfo]]]
Write = Callable[..., Path]

LIST = "mobile;name\n99999101;Åse\n"
PACKED = gzip.compress(LIST.encode(), mtime=0)
JSON = '[{"mobile":"99999101","name":"Åse"}]'


@pytest.mark.parametrize(("content", "kind"), [(LIST, "csv"), (JSON, "json")])
async def test_what_gzip_packed_is_read(read: Read, write: Write, content: str, kind: str) -> None:
    """The program itself packs it; the hash is that of the list, so that packing it again changes nothing."""
    path = write(content)
    await asyncio.to_thread(subprocess.run, ["gzip", "--keep", path], check=True)
    frame, info = await read(f"{path}.gz")
    plain, same = await read(path)
    assert frame.equals(plain)
    assert (info.kind, same.kind, info.sha256) == (f"{kind}.gz", kind, same.sha256)


async def test_several_members_are_one_file(read: Read, write: Write) -> None:
    """Packed files may be put one after the other."""
    halves = [gzip.compress(part.encode()) for part in (LIST, "99999102;Ola\n")]
    frame, _ = await read(write(b"".join(halves)))
    assert frame.height == 2


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (PACKED[:-1], "cut off"),
        (PACKED[:12], "cut off"),
        (PACKED[:-8] + bytes(8), "damaged"),
        (PACKED + b"x", "damaged"),
        (b"\x1f\x8b\x08\x00" + b"\xff" * 30, "damaged"),
        (gzip.compress(PACKED, mtime=0), "twice"),
    ],
    ids=["no end", "a beginning", "another sum", "a byte more", "noise", "packed twice"],
)
async def test_a_bad_file_is_refused(read: Read, write: Write, content: bytes, said: str) -> None:
    """Rows that can be unpacked before the damage are not a list (#94)."""
    with pytest.raises(SourceError, match=rf"list\.csv\.gz: .*{said}"):
        await read(write(content, "list.csv.gz"))


async def test_a_bomb_is_not_unpacked(read: Read, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is small on the disk must not fill memory."""
    monkeypatch.setattr(packed, "_HARMLESS", 1 << 20)
    with pytest.raises(SourceError, match="more than 200 times its size"):
        await read(write(gzip.compress(bytes(1 << 25))))
