"""Reading a JSON array of any length without holding it, or the interpreter, for long."""

import re
from collections.abc import Iterator
from typing import IO, Any, Final

import orjson

BLOCK: Final = 1 << 18
"""Bytes parsed at once, so that other threads wait a millisecond or two."""
_TAIL: Final = 1 << 14
_END_OF_OBJECT: Final = re.compile(rb"\}(?=[ \t\r\n]*,)")


class NotAnArray(ValueError):
    """The text is not a JSON array."""


def items(file: IO[bytes], block: int = BLOCK) -> Iterator[Any]:
    """Yield the items of the JSON array that a file holds, from its start.

    The text is cut where an object ends before a comma. A head of the text that becomes JSON by closing one bracket was
    cut between two items of the outer array and nowhere else, so a wrong guess is noticed, and cut further on.
    """
    file.seek(0)
    text, is_first, wanted = b"", True, block
    while more := file.read(wanted):
        text += more
        end = _last_end(text)
        parsed = _closed(text[:end]) if end else None
        if parsed is None:
            wanted = len(text)
            continue
        yield from parsed if is_first else parsed[1:]
        text, is_first, wanted = b"[0" + text[end:], False, block
    yield from _whole(text) if is_first else _whole(text)[1:]


def _last_end(text: bytes) -> int:
    ends = [match.end() for match in _END_OF_OBJECT.finditer(text, max(0, len(text) - _TAIL))]
    return ends[-1] if ends else 0


def _closed(head: bytes) -> list[Any] | None:
    try:
        parsed: list[Any] = orjson.loads(head + b"]")
    except orjson.JSONDecodeError:
        return None
    return parsed


def _whole(text: bytes) -> list[Any]:
    try:
        parsed = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise NotAnArray(f"the body is not JSON: {error.msg}") from error
    if not isinstance(parsed, list):
        raise NotAnArray("the body must be a JSON array")
    return parsed
