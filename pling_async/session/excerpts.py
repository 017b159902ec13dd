"""Text of a server made fit for messages and logs: short, visible, and without the numbers of people."""

import re
from typing import Any, Final

import orjson

from pling_async.phones import masked

_MOST: Final = 200
_READ: Final = 2000
"""Characters that are looked at, so that the work is bounded whatever came."""
_KEYS: Final = ("message", "error", "title", "detail", "code", "errors", "_error")
_PROBLEM: Final = ("title", "detail", "errors")
"""What RFC 9457 says, and what servers add to it: the title alone seldom helps."""
_NUMBER: Final = re.compile(r"\+?\d(?:[ ().\u00a0/-]{0,2}\d){6,}")
_CREDENTIALS: Final = re.compile(r"(?i)\b(basic|bearer)\s+[A-Za-z0-9._~+/=-]+")
_ADDRESS: Final = re.compile(r"[^\s@<>\"',;]+@[^\s@<>\"',;]+")


def sanitised(text: str) -> str:
    """Return at most 200 characters: people and secrets masked, control and bidi characters escaped."""
    text = _CREDENTIALS.sub(r"\1 ***", text[:_READ])
    text = _ADDRESS.sub("***@***", text)
    text = _NUMBER.sub(lambda match: masked(re.sub(r"[^\d+]", "", match[0])), text)
    return "".join(map(_visible, text))[:_MOST]


def excerpt(body: bytes) -> str:
    """Return the start of a body, sanitised."""
    return sanitised(body[: _READ * 4].decode("utf-8", errors="replace"))


def server_message(body: bytes) -> str:
    """Return what the server says is wrong, from the error shapes in use, or the start of the body."""
    try:
        said = _find(orjson.loads(body), depth=4)
    except orjson.JSONDecodeError:
        return excerpt(body)
    return sanitised(said)


def _find(value: Any, depth: int) -> str:
    if isinstance(value, str | int):
        return str(value)
    if depth == 0:
        return ""
    if isinstance(value, list):
        return "; ".join(filter(None, (_find(each, depth - 1) for each in value[:5])))
    if isinstance(value, dict):
        keys = _PROBLEM if "title" in value and not {"message", "error"} & value.keys() else _KEYS
        found = filter(None, (_said(key, value[key], depth - 1) for key in keys if key in value))
        said = ": ".join(found) if keys is _PROBLEM else next(found, "")
        return ": ".join(filter(None, (said, _find(value.get("details", []), depth - 1))))
    return ""


def _said(key: str, value: Any, depth: int) -> str:
    """Return what a member says; errors by field are a list of their own."""
    if key == "errors" and isinstance(value, dict):
        return "; ".join(f"{field}: {_find(each, depth - 1)}" for field, each in list(value.items())[:5])
    return _find(value, depth)


def _visible(character: str) -> str:
    return character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
