"""Text cut into windows: whole lines, and by the count of quotes whole records, so that each can be read by itself."""

from collections.abc import Iterable, Iterator
from typing import Final

_FAR: Final = 1 << 23
"""Bytes after which a window is cut at any line: a quote that never closes must not keep the whole file together."""


def windows(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the blocks' bytes, cut after line ends; only a reader of records can tell whether one ends there, too."""
    held: list[bytes] = []
    is_open = False
    for block in blocks:
        is_far = sum(map(len, held)) >= _FAR
        end = _last_line(block) if is_far else _last_record(block, is_open=is_open)
        if end:
            yield b"".join([*held, block[:end]])
            held, is_open = [block[end:]], _is_odd(block[end:])
        else:
            held.append(block)
            is_open ^= _is_odd(block)
    if any(held):
        yield b"".join(held)


def _is_odd(text: bytes) -> bool:
    return b'"' in text and text.count(b'"') % 2 == 1


def _last_record(block: bytes, *, is_open: bool) -> int:
    """Return where the last line ends that has an even number of quotes before it; 0 when there is none."""
    stop = len(block)
    is_open ^= _is_odd(block)
    while end := block.rfind(b"\n", 0, stop) + 1:
        is_open ^= block.count(b'"', end, stop) % 2 == 1
        if not is_open:
            return end
        stop = max(0, block.rfind(b'"', 0, end))
        is_open = False
    return 0


def _last_line(block: bytes) -> int:
    """Return where the last line ends, on old Macs at a carriage return; 0 when there is none."""
    return block.rfind(b"\n") + 1 or block.rfind(b"\r", 0, len(block) - 1) + 1
