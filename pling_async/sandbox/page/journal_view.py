"""Requests of the journal, as they are shown."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, Final

import orjson

from pling_async.sandbox.journal import Entry

PAGE_SIZE: Final = 25
_SHOWN_BODY: Final = 20_000
"""Characters of a body; the journal keeps 64 kB."""


def chosen(journal: Iterable[Entry], text: str) -> list[Entry]:
    """Return the requests whose method, path or status has a text in it, newest first."""
    wanted = text.strip().casefold()
    return [entry for entry in reversed(list(journal)) if wanted in _line(entry).casefold()]


def shown(entry: Entry) -> Mapping[str, Any]:
    """Return what is shown of a request; a job for the worker, since it reads the body."""
    body = _readable(entry)
    return {
        "method": entry.method,
        "path": entry.path,
        "query": "&".join(f"{name}={value}" for name, value in entry.query.items()),
        "status": _status(entry),
        "colour": _colour(entry),
        "headers": sorted(entry.headers.items()),
        "size": entry.body_size,
        "body": body[:_SHOWN_BODY],
        "is_cut": len(body) > _SHOWN_BODY or entry.body_size > len(entry.body or b""),
    }


def _line(entry: Entry) -> str:
    return f"{entry.method} {entry.path} {_status(entry)}"


def _status(entry: Entry) -> str:
    if entry.status is None:
        return "no answer"
    known = {each.value: each.phrase for each in HTTPStatus}
    return f"{entry.status} {known.get(entry.status, '')}".strip()


def _colour(entry: Entry) -> str:
    return {None: "red", 2: "green", 4: "amber", 5: "red"}.get(entry.status and entry.status // 100, "")


def _readable(entry: Entry) -> str:
    """Return a body as JSON with line breaks when it is JSON, else as it came."""
    body = entry.body or b""
    try:
        return orjson.dumps(orjson.loads(body), option=orjson.OPT_INDENT_2).decode()
    except orjson.JSONDecodeError:
        return body.decode(errors="replace")
