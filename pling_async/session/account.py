"""What the accounts of all systems have in common: the session that reaches them, and answers that must fit."""

from collections.abc import Callable
from typing import TypeVar

from attrs import frozen

from pling_async.session.protocol import Request
from pling_async.session.session import Caller

T = TypeVar("T")


@frozen
class BaseAccount:
    """The session that reaches an account; what else is known of one, each system says in its own `Account`."""

    session: Caller

    async def call(self, request: Request, decode: Callable[[bytes], T], check: Callable[[T], None]) -> T:
        """Return the answer after checking that it speaks of what was asked; the check is part of the attempt."""

        def checked(body: bytes) -> T:
            answer = decode(body)
            check(answer)
            return answer

        return await self.session.call(request, checked)
