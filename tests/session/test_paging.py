"""Pages: asked for one ahead, each once, and none left under way."""

import asyncio
from contextlib import aclosing

import pytest

from pling_async import errors
from pling_async.session.paging import Page, pages


class Book:
    """Three pages of two, and what was asked of it."""

    def __init__(self, *, last: int = 2, after_last: int | None = None) -> None:
        self.last = last
        self.after_last = after_last
        self.asked: list[int] = []
        self.cancelled = 0
        self.hold = asyncio.Event()
        self.hold.set()

    async def read(self, at: int) -> Page[int, int]:
        """Return a page."""
        self.asked.append(at)
        try:
            await self.hold.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return Page((at * 10, at * 10 + 1), at + 1 if at < self.last else self.after_last)


async def test_pages_come_in_order() -> None:
    """Every element once, each page asked for once."""
    book = Book()
    assert [page async for page in pages(0, book.read)] == [(0, 1), (10, 11), (20, 21)]
    assert book.asked == [0, 1, 2]


async def test_the_next_page_is_asked_for_while_this_one_is_read() -> None:
    """One ahead, and no more than one."""
    book = Book()
    async with aclosing(pages(0, book.read)) as reading:
        assert await anext(reading) == (0, 1)
        await asyncio.sleep(0)
        assert book.asked == [0, 1]
        await asyncio.sleep(0.01)
        assert book.asked == [0, 1]


async def test_a_reader_who_leaves_takes_the_next_page_back() -> None:
    """No task is left behind, and no error of one is reported to nobody."""
    book = Book()
    async with aclosing(pages(0, book.read)) as reading:
        await anext(reading)
        book.hold.clear()
        await asyncio.sleep(0)
    assert (book.asked, book.cancelled) == ([0, 1], 1)


async def test_an_error_of_a_page_ahead_is_nobodys_when_the_reader_left() -> None:
    """A future whose exception is never retrieved would be reported by the loop."""

    async def read(at: int) -> Page[int, int]:
        if at:
            raise errors.ConnectionLost("x")
        return Page((0,), 1)

    async with aclosing(pages(0, read)) as reading:
        await anext(reading)
        await asyncio.sleep(0)


@pytest.mark.parametrize("again", [0, 1, 2])
async def test_a_circle_is_found(again: int) -> None:
    """A page that leads to one already read ends the listing with an error, after its own elements."""
    book = Book(after_last=again)
    reading = pages(0, book.read)
    assert [await anext(reading) for _ in range(3)] == [(0, 1), (10, 11), (20, 21)]
    with pytest.raises(errors.CorrelationError, match="circle"):
        await anext(reading)
    assert book.asked == [0, 1, 2]
