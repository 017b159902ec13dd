"""What the resources share: the session, paged listings, and what may stand in a path."""

import unicodedata
from collections.abc import AsyncGenerator, Callable, Hashable
from functools import partial
from typing import Any, Final, TypeVar
from urllib.parse import quote

from attrs import frozen

from pling_async.errors import CorrelationError, Problem, ValidationError
from pling_async.ip1.links import Query, next_query
from pling_async.session.paging import Page, elements
from pling_async.session.protocol import Request, Response
from pling_async.session.retry import RetryLaw
from pling_async.session.session import Caller
from pling_async.session.settings import BaseUrl

T = TypeVar("T")

ANY_SUCCESS: Final = frozenset(range(200, 300))
"""Which status a PATCH, PUT or DELETE answers with is not published."""


@frozen
class Account:
    """The account that a token opens, and the session that reaches it."""

    session: Caller
    base: BaseUrl

    async def call(self, request: Request, decode: Callable[[bytes], T], check: Callable[[T], None]) -> T:
        """Return the answer after checking that it speaks of what was asked; the check is part of the attempt."""

        def checked(body: bytes) -> T:
            answer = decode(body)
            check(answer)
            return answer

        return await self.session.call(request, checked)

    def listing(
        self, path: str, query: Query, decode: Callable[[bytes], tuple[T, ...]], key: Callable[[T], Hashable]
    ) -> AsyncGenerator[T]:
        """Yield a collection's elements while the next page is on its way, each once."""
        return elements(query, partial(self._page, path, decode), key)

    async def _page(self, path: str, decode: Callable[[bytes], tuple[T, ...]], query: Query) -> Page[T, Query]:
        answers: list[Response] = []
        request = Request(method="GET", path=path, law=RetryLaw.SAFE, query=query, on_answer=answers.append, large=True)
        found = await self.session.call(request, decode)
        return Page(found, next_query(answers[-1], self.base, path, query))


def segment(value: Any, what: str) -> str:
    """Return a text as a segment of a path, or refuse what would lead to another resource.

    An empty one is the most dangerous: DELETE contacts/ deletes every contact of the account.
    """
    if not isinstance(value, str) or not value.strip():
        raise refused(what, "empty", "is empty; such a request would be about the whole collection")
    if "/" in value or "\\" in value or value in {".", ".."} or not _is_printable(value):
        raise refused(what, "bad_characters", "has a slash or a control character, or is a step in a path")
    return quote(value, safe="")


def _is_printable(value: str) -> bool:
    return not any(unicodedata.category(character) in {"Cc", "Cs"} for character in value)


def refused(what: str, code: str, problem: str) -> ValidationError:
    """Return the error for an argument, whose value may be personal and stays out of it."""
    message = f"nothing was sent: the {what} {problem}"
    return ValidationError(message, [Problem(field=what, code=code, message=message)])


def same(what: str, asked: str, answered: object) -> None:
    """Raise `CorrelationError` unless the answer is about what was asked (I-19)."""
    if answered != asked:
        raise CorrelationError(f"the answer has another {what} than the request")
