"""One call of the API as its operations see it, and what they answer."""

import re
import sqlite3
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import urlencode

import orjson
from attrs import field, frozen

from pling_async.sandbox.ip1.errors import Problem
from pling_async.sandbox.ip1.semantics import Ip1Semantics

Pairs = tuple[tuple[str, str], ...]

LIMIT: Final = 50
"""Elements of a page, unless a request wants another number."""
_MOST: Final = 1000
"""The most that it gets; the document names no limit."""
_EXAMPLE: Final = 200
"""The most that the document's examples ask for."""
_NUMBER: Final = re.compile("[0-9]{1,15}")


def largest(semantics: Ip1Semantics) -> int:
    """Return the largest limit that is not refused."""
    return _EXAMPLE if semantics.large_pages == "refused" else _MOST


@frozen(kw_only=True)
class Answer:
    """A status, a body, and what is to be done when it has been sent."""

    status: int = 200
    body: bytes | None = None
    headers: Mapping[str, str] = field(factory=dict)
    later: Callable[[sqlite3.Connection], object] | None = None

    @classmethod
    def of(cls, body: object, *, status: int = 200, headers: Mapping[str, str] | None = None) -> "Answer":
        """Return an answer whose body is JSON."""
        return cls(status=status, body=orjson.dumps(body), headers=headers or {})


@frozen(kw_only=True)
class Window:
    """The part of a collection that a page is."""

    start: int
    limit: int
    step: int
    """From this page to the next one."""
    descending: bool


@frozen(kw_only=True)
class Call:
    """Everything an operation may look at."""

    connection: sqlite3.Connection
    semantics: Ip1Semantics
    place: Mapping[str, str]
    """What the path names."""
    url: str
    """Of the request, without its query."""
    query: Pairs
    body: bytes
    now: str

    def has(self, flag: str) -> bool:
        """Return whether a flag is there; its value does not matter."""
        return any(name == flag for name, _ in self.query)

    def json(self) -> Any:
        """Return the body's JSON."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError as error:
            raise Problem(detail=f"The body is not JSON: {error.msg}.", at="$") from error

    def window(self) -> Window:
        """Return which part of a collection is asked for."""
        order = self._one("order", "ASC")
        if order not in {"ASC", "DESC"}:
            raise Problem(detail="The order is ASC or DESC.", at="order")
        large = self.semantics.large_pages
        asked = self._whole("limit", LIMIT, least=1, most=largest(self.semantics))
        limit = asked if large == "given" else min(asked, _EXAMPLE)
        return Window(
            start=self._whole("start", 0, least=0, most=10**15 - 1),
            limit=limit,
            step=asked if large == "skipping" else limit,
            descending=order == "DESC",
        )

    def links(self, window: Window, total: int) -> dict[str, str]:
        """Return the Link header of a page (RFC 8288): self, first, prev, next and last, as far as there are such."""
        last = max(0, (total - 1) // window.step * window.step)
        places = {
            "self": window.start,
            "first": 0,
            "prev": max(0, window.start - window.step) if window.start > 0 else None,
            "next": window.start + window.step if window.start + window.step < total else None,
            "last": last,
        }
        links = (f'<{self._link(at, window)}>; rel="{name}"' for name, at in places.items() if at is not None)
        return {"Link": ", ".join(links)}

    def _link(self, start: int, window: Window) -> str:
        kept = [(name, value) for name, value in self.query if name not in {"start", "limit"}]
        query = urlencode([*kept, ("start", str(start)), ("limit", str(window.step))])
        base = self.url if self.semantics.links == "absolute" else ""
        return f"{base}?{query}"

    def _whole(self, name: str, default: int, *, least: int, most: int) -> int:
        text = self._one(name, str(default))
        if not _NUMBER.fullmatch(text) or not least <= int(text) <= most:
            raise Problem(detail=f"{name} is a whole number from {least} to {most}.", at=name)
        return int(text)

    def _one(self, name: str, default: str) -> str:
        values = [value for each, value in self.query if each == name]
        if len(values) > 1:
            raise Problem(detail=f"{name} is there more than once.", at=name)
        return values[0] if values else default


Operation = Callable[[Call], Answer]
