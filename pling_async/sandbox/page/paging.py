"""Pages of a list: which rows are shown, and the way to the others."""

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

from aiohttp import web
from attrs import frozen
from yarl import URL

from pling_async.sandbox.page import forms
from pling_async.sandbox.page.searching import PAGE_SIZE


class Counted(Protocol):
    """A page of what was found, which knows how much there is in all."""

    @property
    def total(self) -> int:
        """How many rows all pages have."""


C = TypeVar("C", bound=Counted)


@frozen(kw_only=True)
class Pages:
    """One page among those of a list; counts from 1."""

    url: URL
    total: int
    size: int
    asked: int

    @property
    def last(self) -> int:
        """The number of the last page."""
        return max(1, -(-self.total // self.size))

    @property
    def number(self) -> int:
        """The number of this page, which is the last one when a later one was asked for."""
        return min(self.asked, self.last)

    @property
    def start(self) -> int:
        """How many rows are on the pages before."""
        return (self.number - 1) * self.size

    @property
    def end(self) -> int:
        """The number of the last row on this page."""
        return min(self.start + self.size, self.total)

    @property
    def previous(self) -> str | None:
        """Where the page before is."""
        return self._at(self.number - 1) if self.number > 1 else None

    @property
    def next(self) -> str | None:
        """Where the page behind is."""
        return self._at(self.number + 1) if self.number < self.last else None

    def _at(self, number: int) -> str:
        return str(self.url.update_query(page=number))


def pages(request: web.Request, total: int, size: int = PAGE_SIZE) -> Pages:
    """Return the page that is asked for, the first unless one is."""
    return Pages(url=request.rel_url, total=total, size=size, asked=number(request, "page") or 1)


async def turned(request: web.Request, find: Callable[[int], Awaitable[C]]) -> tuple[C, Pages]:
    """Return the rows of the page that is asked for, or of the last one, and the way to the others."""
    found = await find(number(request, "page") or 1)
    turned_to = pages(request, found.total)
    return (found if turned_to.number == turned_to.asked else await find(turned_to.number)), turned_to


def number(request: web.Request, name: str) -> int | None:
    """Return a number of the query; what is none is as good as absent."""
    try:
        return forms.whole(request.query.get(name, ""), name) or None
    except ValueError:
        return None
