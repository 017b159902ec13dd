"""Strict JSON: what two parsers could read differently is refused, and a long text never stops the event loop."""

import json
import re
from collections.abc import Callable
from typing import Any, Final

import orjson

from pling_async.errors import DecodeError

_PARSED_TWICE: Final = 1 << 20
"""Bytes of the longest text that is worth a second parse only because it is written in another way."""

_PIECE: Final = 1 << 18
_SEAM: Final = re.compile(rb"\}\s*,\s*\{")
_MOST_TRIES: Final = 8
_UNREADABLE: Final = (ValueError, RecursionError, orjson.JSONEncodeError)
"""The last one for what is nested so deeply that it could be read, but not written back."""


def is_sendable(value: object) -> bool:
    """Tell whether a value is a text that UTF-8 has bytes for: a lone surrogate, half a character, has none."""
    try:
        return isinstance(value, str) and value.encode() is not None
    except UnicodeEncodeError:
        return False


def load_json(body: bytes) -> Any:
    """Return the value of a JSON text, or raise `DecodeError`.

    Refused are NaN and infinities, lone surrogates, byte order marks, nesting beyond 254, repeated keys, and, up to
    1 MiB, integers of thousands of digits. The error shows a place, never the text.
    """
    try:
        value = orjson.loads(body)
        _refuse_repeated_keys(body, value, is_short=len(body) <= _PARSED_TWICE)
    except _UNREADABLE as error:
        reason = _reason(error)
    else:
        return value
    raise DecodeError(f"the answer is not strict JSON: {reason}")


def load_in_pieces(body: bytes, member: str, take: Callable[[list[Any]], None]) -> Any:
    """Parse an object whose first member is a long array, giving most of the array to `take`, list by list.

    Returned is the object with what is left of the array. A parser holds the interpreter for as long as it runs, so
    that even in a thread one long text would stop the event loop. Cutting at "},{" is exact: a cut within a string
    or at another depth leaves a piece that is not JSON, and then the next place is tried.
    """
    opening = re.match(rb'\s*\{\s*"' + member.encode() + rb'"\s*:\s*\[', body)
    if opening is None or len(body) <= _PARSED_TWICE:
        return load_json(body)
    start = opening.end()
    while (piece := _piece(body, start)) is not None:
        elements, start = piece
        take(elements)
    return load_json(opening[0] + body[start:])


def _piece(body: bytes, start: int) -> tuple[list[Any], int] | None:
    """Return the elements from `start` on and where the next one starts, or None to parse the rest at once."""
    seams = _SEAM.finditer(body, start + _PIECE)
    for seam, _ in zip(seams, range(_MOST_TRIES), strict=False):
        text = b"[" + body[start : seam.start() + 1] + b"]"
        try:
            elements = orjson.loads(text)
            _refuse_repeated_keys(text, elements, is_short=False)
        except orjson.JSONDecodeError:
            continue
        except _UNREADABLE:
            break
        return elements, seam.end() - 1
    return None


def _refuse_repeated_keys(text: bytes, value: Any, *, is_short: bool) -> None:
    """Raise `ValueError` when a key of an object was dropped for another of its name.

    A text that is its value written again has dropped none, and most servers write so. A key that is dropped takes its
    colon along, and no other colon can go or come unless it is escaped. What is in doubt still is parsed a second time.
    """
    written = orjson.dumps(value)
    if written == text:
        return
    if is_short or b"\\u003" in text or text.count(b":") != written.count(b":"):
        _parse_again(text.decode())


def _unique(pairs: list[tuple[str, Any]]) -> None:
    if len({key for key, _ in pairs}) != len(pairs):
        raise ValueError("a key occurs twice in one object")


_parse_again: Final = json.JSONDecoder(object_pairs_hook=_unique).decode


def _reason(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} at character {error.pos}"
    return str(error) if type(error) is ValueError else "nested too deeply"
