"""Pages: asked for one ahead, each once, and none left under way."""

import asyncio
import gc
from contextlib import aclosing

import pytest

from pling_async import errors
from pling_async.session.paging import Page, elements, pages


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
        """Return a page; every one but the first waits while it is held."""
        self.asked.append(at)
        try:
            await (self.hold.wait() if at else asyncio.sleep(0))
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
    """One ahead, and no more than one, also for a reader that never waits for anything else."""
    book = Book()
    async with aclosing(pages(0, book.read)) as reading:
        assert await anext(reading) == (0, 1)
        assert book.asked == [0, 1]
        await asyncio.sleep(0.01)
        assert book.asked == [0, 1]


async def test_a_reader_who_leaves_takes_the_next_page_back() -> None:
    """No task is left behind, and no error of one is reported to nobody."""
    book = Book()
    async with aclosing(pages(0, book.read)) as reading:
        book.hold.clear()
        await anext(reading)
    assert (book.asked, book.cancelled) == ([0, 1], 1)


async def test_an_error_of_a_page_ahead_is_nobodys_when_the_reader_left() -> None:
    """A future whose exception is never retrieved would be reported by the loop."""
    reported: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: reported.append(context))

    async def read(at: int) -> Page[int, int]:
        if at:
            raise errors.ConnectionLost("x")
        return Page((0,), 1)

    async with aclosing(pages(0, read)) as reading:
        await anext(reading)
        await asyncio.sleep(0)
    gc.collect()
    assert reported == []


@pytest.mark.parametrize("again", [0, 1, 2])
async def test_a_circle_is_found(again: int) -> None:
    """A page that leads to one already read ends the listing with an error, after its own elements."""
    book = Book(after_last=again)
    reading = pages(0, book.read)
    assert [await anext(reading) for _ in range(3)] == [(0, 1), (10, 11), (20, 21)]
    with pytest.raises(errors.CorrelationError, match="circle"):
        await anext(reading)
    assert book.asked == [0, 1, 2]


@pytest.mark.parametrize(("numbers", "found"), [((), []), ((7, 8), [7, 8])], ids=["empty", "the same"])
async def test_a_listing_without_an_end_is_given_up(numbers: tuple[int, ...], found: list[int]) -> None:
    """After a thousand pages in a row that have nothing new, whoever counts on for ever is not asked any more."""
    asked, seen = [], []

    async def read(at: int) -> Page[int, int]:
        asked.append(at)
        return Page(numbers, at + 1)

    async def collect() -> None:
        async for each in elements(0, read, int):
            seen.append(each)  # noqa: PERF401 - the error must not take what was found

    with pytest.raises(errors.CorrelationError, match="1000 pages in a row have nothing new"):
        await collect()
    assert seen == found
    assert 1001 <= len(asked) <= 1003


async def test_pages_without_anything_new_may_be_in_between() -> None:
    """Whatever is new makes the count begin again."""

    async def read(at: int) -> Page[int, int]:
        return Page((at,) if at % 900 == 0 else (), at + 1 if at < 2700 else None)

    assert [each async for each in elements(0, read, int)] == [0, 900, 1800, 2700]
