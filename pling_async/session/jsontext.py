"""Strict JSON: what two parsers could read differently is refused, and a long text never stops the event loop."""

import json
import re
from collections.abc import Callable
from typing import Any, Final

import orjson

from pling_async.errors import DecodeError

_DUPLICATES_CHECKED: Final = 1 << 20
_PIECE: Final = 1 << 18
_SEAM: Final = re.compile(rb"\}\s*,\s*\{")
_MOST_TRIES: Final = 8


def load_json(body: bytes) -> Any:
    """Return the value of a JSON text, or raise `DecodeError`.

    Refused are NaN and infinities, lone surrogates, byte order marks, nesting beyond 1024, and, up to 1 MiB,
    repeated keys and integers of thousands of digits. The error shows a place, never the text. A value that is
    written as it was read, byte for byte, has none of these, and most servers write so; others are parsed twice.
    """
    try:
        value = orjson.loads(body)
        if len(body) <= _DUPLICATES_CHECKED and orjson.dumps(value) != body:
            _parse_again(body.decode())
    except (ValueError, RecursionError) as error:
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
    if opening is None or len(body) <= _DUPLICATES_CHECKED:
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
        try:
            return orjson.loads(b"[" + body[start : seam.start() + 1] + b"]"), seam.end() - 1
        except orjson.JSONDecodeError:
            continue
    return None


def _unique(pairs: list[tuple[str, Any]]) -> None:
    if len({key for key, _ in pairs}) != len(pairs):
        raise ValueError("a key occurs twice in one object")


_parse_again: Final = json.JSONDecoder(object_pairs_hook=_unique).decode


def _reason(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} at character {error.pos}"
    return str(error) if type(error) is ValueError else "nested too deeply"
