"""What the resources share: the session, paged listings, and what may stand in a path."""

import unicodedata
from collections.abc import AsyncGenerator, Callable, Hashable
from functools import partial
from typing import Any, Final, TypeVar
from urllib.parse import quote

from attrs import frozen

from pling_async.errors import BadRequest, CorrelationError, ValidationError
from pling_async.ip1.links import Query, next_query
from pling_async.session.account import BaseAccount
from pling_async.session.paging import Page, elements
from pling_async.session.protocol import Request, Response
from pling_async.session.retry import RetryLaw

T = TypeVar("T")

ANY_SUCCESS: Final = frozenset(range(200, 300))
"""Which status a PATCH, PUT or DELETE answers with is not published."""
PAGE_SIZE: Final = 500
"""Elements of a page, unless whoever lists wants another number."""
_EXAMPLE_SIZE: Final = 200
"""The largest page in the vendor's examples; which is the largest there may be is not published."""
_OWN_SIZE: Final = 50
"""Elements of a page that nobody asked a size for: none is cut to fewer."""
_START, _LIMIT = "start", "limit"


@frozen
class Account(BaseAccount):
    """The account that a token opens, and the session that reaches it."""

    origin: str

    def listing(
        self, path: str, query: Query, decode: Callable[[bytes], tuple[T, ...]], key: Callable[[T], Hashable]
    ) -> AsyncGenerator[T]:
        """Yield a collection's elements while the next page is on its way, each once."""
        return elements(query, partial(self._page, path, decode), key)

    async def _page(self, path: str, decode: Callable[[bytes], tuple[T, ...]], query: Query) -> Page[T, Query]:
        """Read a page; the first, when it is short, once more at the size it came in.

        It may have been cut. Then its link may count on by what was asked and pass over everybody in between, or be
        missing where that is past the end. Later pages are as large as what the server gave before.
        """
        asked = dict(query)
        if _START in asked:
            return await self._asked(path, decode, query)
        try:
            page = await self._asked(path, decode, query)
        except BadRequest:
            if asked[_LIMIT] != str(PAGE_SIZE):
                raise
            return await self._page(path, decode, _resized(query, _EXAMPLE_SIZE))
        count = len(page.elements)
        if count >= int(asked[_LIMIT]) or (page.next is None and count < _OWN_SIZE) or not count:
            return page
        return await self._asked(path, decode, _resized(query, count))

    async def _asked(self, path: str, decode: Callable[[bytes], tuple[T, ...]], query: Query) -> Page[T, Query]:
        answers: list[Response] = []
        request = Request(method="GET", path=path, law=RetryLaw.SAFE, query=query, on_answer=answers.append, large=True)
        found = await self.session.call(request, decode)
        return Page(found, next_query(answers[-1], self.origin, path, query))


def paged(page_size: int) -> Query:
    """Return how many elements a page shall have."""
    if type(page_size) is not int or page_size < 1:
        raise ValidationError.unsent("page_size", "bad_number", "the page_size must be a whole number above 0")
    return ((_LIMIT, str(page_size)),)


def _resized(query: Query, page_size: int) -> Query:
    """Return a query for pages of another size."""
    return (*((name, value) for name, value in query if name != _LIMIT), *paged(page_size))


def segment(value: Any, what: str) -> str:
    """Return a text as a segment of a path, or refuse what would lead to another resource.

    An empty one is the most dangerous: DELETE contacts/ deletes every contact of the account.
    """
    if not isinstance(value, str) or not value.strip():
        raise ValidationError.unsent(
            what, "empty", f"the {what} is empty; such a request would be about the whole collection"
        )
    if "/" in value or "\\" in value or value in {".", ".."} or not _is_printable(value):
        message = f"the {what} has a slash or a control character, or is a step in a path"
        raise ValidationError.unsent(what, "bad_characters", message)
    return quote(value, safe="")


def _is_printable(value: str) -> bool:
    return not any(unicodedata.category(character) in {"Cc", "Cs"} for character in value)


def same(what: str, asked: object, answered: object) -> None:
    """Raise `CorrelationError` unless the answer is about what was asked (I-19)."""
    if answered != asked:
        raise CorrelationError(f"the answer has another {what} than the request")
