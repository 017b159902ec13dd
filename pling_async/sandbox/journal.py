"""The journal: what was asked of the sandbox, newest last, bounded."""

from collections import deque
from collections.abc import Iterator, Mapping
from typing import Final

from aiohttp import web
from attrs import define, field

KEPT_REQUESTS: Final = 1000
_SECRET: Final = frozenset({"authorization", "cookie", "proxy-authorization"})


@define(kw_only=True, eq=False)
class Entry:
    """One request; secrets are left out of the headers."""

    method: str
    path: str
    query: Mapping[str, str] = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    """Lower-case names."""
    body: bytes | None = field(default=None, repr=False)
    """At most the first 64 kB; None when the request had none."""
    body_size: int = 0
    status: int | None = None
    """None until answered, and when the connection was cut instead."""


class Journal:
    """The last 1000 requests."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=KEPT_REQUESTS)

    def __iter__(self) -> Iterator[Entry]:
        return iter(tuple(self._entries))

    def open(self, request: web.Request) -> Entry:
        """Begin the entry of a request that has just arrived."""
        headers = {name.lower(): value for name, value in request.headers.items()}
        entry = Entry(
            method=request.method,
            path=request.path,
            query=dict(request.query),
            headers={name: value for name, value in headers.items() if name not in _SECRET},
        )
        self._entries.append(entry)
        return entry

    def clear(self) -> None:
        """Forget every request."""
        self._entries.clear()
