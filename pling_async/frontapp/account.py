"""What the resources share: one way to ask, one way to write, and listings that never leave the base URL."""

from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from operator import attrgetter
from typing import Final, TypeVar
from urllib.parse import parse_qsl, urlsplit

from attrs import frozen

from pling_async.errors import (
    BadRequest,
    CorrelationError,
    NotFound,
    Outcome,
    PageTokenExpired,
    PlingError,
    ValidationError,
)
from pling_async.frontapp.codec import decode_page, dumped
from pling_async.frontapp.models import Contact, Conversation
from pling_async.frontapp.paths import Spot
from pling_async.session.account import BaseAccount
from pling_async.session.paging import Page, elements
from pling_async.session.protocol import OK, Request
from pling_async.session.retry import RetryLaw

T = TypeVar("T")
Given = TypeVar("Given")
Listed = TypeVar("Listed", Contact, Conversation)
Query = tuple[tuple[str, str], ...]

DONE: Final = frozenset({200, 202, 204})
"""Documented is 204 without a body."""
PAGE_SIZE: Final = 100
"""Most elements of a page."""
_TOKEN: Final = "page_token"  # noqa: S105 - where a page begins


@frozen
class Account(BaseAccount):
    """The company that a token speaks for, and the session that reaches it."""

    async def read(
        self, spot: Spot, decode: Callable[[bytes], T], *, query: Query = (), expected: frozenset[int] = OK
    ) -> T:
        """Ask for something."""
        request = Request(
            method="GET", path=spot.path, shown_path=spot.shown, query=query, law=RetryLaw.SAFE, expected=expected
        )
        return await self.session.call(request, decode)

    async def write(self, method: str, spot: Spot, value: object, *, law: RetryLaw = RetryLaw.CONVERGENT) -> None:
        """Send JSON, as `send` does."""
        await self.send(method, spot, dumped(value), law=law)

    async def delete(self, spot: Spot, value: object = None) -> None:
        """Delete what a path names, or the value there; a deletion that is repeated may find nothing any more."""
        await self.send("DELETE", spot, None if value is None else dumped(value), missing_is_done=True)

    async def send(
        self,
        method: str,
        spot: Spot,
        body: bytes | None,
        *,
        law: RetryLaw = RetryLaw.CONVERGENT,
        content_type: str = "application/json",
        missing_is_done: bool = False,
    ) -> None:
        """Change something whose answer is empty."""
        request = Request(
            method=method,
            path=spot.path,
            shown_path=spot.shown,
            law=law,
            body=body,
            content_type=content_type,
            expected=DONE,
            answers_json=False,
            missing_is_done=missing_is_done,
        )
        await self.session.call(request, _ignored)

    def listing(self, spot: Spot, model: type[Listed], query: Query = ()) -> AsyncGenerator[Listed]:
        """Yield a listing element by element while the next page is on its way; none appears twice.

        What changes while it is read may be missing or be as it was before, as in any listing in pages.
        """
        return elements(query, partial(self._page, spot, model), attrgetter("id"))

    async def _page(self, spot: Spot, model: type[Listed], query: Query) -> Page[Listed, Query]:
        """Read one page; of the link to the next one only the query counts, and the base URL stays."""
        try:
            page = await self.read(spot, partial(decode_page, model), query=query)
        except (BadRequest, NotFound) as error:
            if _TOKEN not in dict(query):
                raise
            message = "the page token is not valid any more, or what it lists is gone; begin the listing again"
            raise PageTokenExpired(f"{message} ({error})", exchange=error.exchange) from error
        return Page(page.elements, None if page.next is None else _following(query, page.next))


def _following(query: Query, link: str) -> Query:
    """Return the query of the next page, from an absolute URL as documented, or from a bare token."""
    if "?" not in link and "://" not in link:
        return (*((name, value) for name, value in query if name != _TOKEN), (_TOKEN, link))
    try:
        following = tuple(parse_qsl(urlsplit(link).query, keep_blank_values=True))
    except ValueError:
        following = ()
    if _TOKEN not in dict(following):
        raise CorrelationError("the link to the next page has no page_token")
    return following


@contextmanager
def part_of(outcome: Outcome, note: str) -> Iterator[None]:
    """Say of a failure inside what it leaves of the whole operation, of which it is a part."""
    try:
        yield
    except PlingError as error:
        error.outcome = outcome
        error.add_note(note)
        raise


def paged(page_size: int) -> Query:
    """Return how many elements a page shall have."""
    if type(page_size) is not int or not 1 <= page_size <= PAGE_SIZE:
        raise ValidationError.unsent("page_size", "bad_number", f"a page has 1 to {PAGE_SIZE} elements")
    return (("limit", str(page_size)),)


def several(values: Iterable[Given], field: str) -> tuple[Given, ...]:
    """Return what a list was given for, and refuse one that stands alone: of a text every letter would be one."""
    if isinstance(values, str):
        raise ValidationError.unsent(field, "not_a_list", f"{field} are a list, also when there is only one")
    return tuple(values)


def filters(q: Mapping[str, object]) -> Query:
    """Return q[...] parameters: times as seconds since 1970, sequences as repeated names."""
    return tuple((f"q[{name}]", _spelled(each)) for name, value in q.items() for each in _each(value))


def _each(value: object) -> Sequence[object]:
    return value if isinstance(value, list | tuple) else (value,)


def _spelled(value: object) -> str:
    if isinstance(value, datetime):
        return f"{value.timestamp():.3f}"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _ignored(_: object) -> None:
    """Accept an answer that says nothing."""
