"""Listings in pages: the next page is asked for while this one is read, and no page is read twice."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Hashable
from contextlib import suppress
from typing import Generic, TypeVar

from attrs import frozen

from pling_async.errors import CorrelationError

T = TypeVar("T")
At = TypeVar("At", bound=Hashable)


@frozen
class Page(Generic[T, At]):
    """Some elements of a listing, and where the next ones are; None after the last page."""

    elements: tuple[T, ...]
    next: At | None


async def pages(first: At, read: Callable[[At], Awaitable[Page[T, At]]]) -> AsyncGenerator[tuple[T, ...]]:
    """Yield the elements page by page; raises `CorrelationError` when a page leads to one that was read before."""
    seen = {first}
    page = await read(first)
    while page.next is not None:
        if page.next in seen:
            yield page.elements
            raise CorrelationError("the pages of the listing lead in a circle; it cannot be read to its end")
        seen.add(page.next)
        ahead = asyncio.ensure_future(read(page.next))
        try:
            yield page.elements
            page = await ahead
        finally:
            await _stopped(ahead)
    yield page.elements


async def _stopped(ahead: "asyncio.Future[Page[T, At]]") -> None:
    """Take a page back that nobody waits for any more; its error would be nobody's either."""
    if not ahead.done():
        ahead.cancel()
        with suppress(asyncio.CancelledError):
            await ahead
    elif not ahead.cancelled():
        ahead.exception()
