"""Listings in pages: the next page is asked for while this one is read, and nothing comes twice."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Hashable, Iterable
from contextlib import aclosing, suppress
from typing import Any, Final, Generic, TypeVar

from attrs import frozen

from pling_async.errors import CorrelationError

T = TypeVar("T")
At = TypeVar("At", bound=Hashable)

_MOST_IN_VAIN: Final = 1000
"""Pages in a row without anything new; a server that counts on for ever would be asked for ever."""


@frozen
class Page(Generic[T, At]):
    """Some elements of a listing, and where the next ones are; None after the last page."""

    elements: tuple[T, ...]
    next: At | None


async def elements(
    first: At, read: Callable[[At], Coroutine[Any, Any, Page[T, At]]], key: Callable[[T], Hashable]
) -> AsyncGenerator[T]:
    """Yield a listing's elements, each once however the pages shift while they are read.

    Raises what `pages` does, and `CorrelationError` for a listing that goes on and on and has nothing new.
    """
    seen: set[Hashable] = set()
    in_vain = 0
    async with aclosing(pages(first, read)) as reading:
        async for page in reading:
            known = len(seen)
            for element in _unseen(page, [*map(key, page)], seen):
                yield element
            del page  # before the next one is waited for
            in_vain = 0 if len(seen) > known else in_vain + 1
            if in_vain > _MOST_IN_VAIN:
                raise CorrelationError(f"{_MOST_IN_VAIN} pages in a row have nothing new; the listing has no end")


def _unseen(page: Iterable[T], keys: list[Hashable], seen: set[Hashable]) -> Iterable[T]:
    """Return the elements of a page that did not come before; nearly always all of them."""
    known = len(seen)
    if seen.isdisjoint(keys):
        seen.update(keys)
        if len(seen) - known == len(keys):
            return page
        seen.difference_update(keys)
    firsts = dict[Hashable, T]()
    for key, element in zip(keys, page, strict=True):
        firsts.setdefault(key, element)
    page = [element for key, element in firsts.items() if key not in seen]
    seen.update(keys)
    return page


async def pages(first: At, read: Callable[[At], Coroutine[Any, Any, Page[T, At]]]) -> AsyncGenerator[tuple[T, ...]]:
    """Yield the elements page by page; raises `CorrelationError` when a page leads to one that was read before."""
    seen = {first}
    page = await read(first)
    while page.next is not None:
        if page.next in seen:
            yield page.elements
            raise CorrelationError("the pages of the listing lead in a circle; it cannot be read to its end")
        seen.add(page.next)
        ahead = asyncio.create_task(read(page.next))
        try:
            await asyncio.sleep(0)  # one turn, in which it leaves: the reader may have nothing to wait for
            yield page.elements
            del page
            page = await ahead
        finally:
            await _stopped(ahead)
    yield page.elements


async def _stopped(ahead: "asyncio.Task[Page[T, At]]") -> None:
    """Take a page back that nobody waits for any more; its error would be nobody's either."""
    if not ahead.done():
        ahead.cancel()
        with suppress(asyncio.CancelledError):
            await ahead
    elif not ahead.cancelled():
        ahead.exception()
