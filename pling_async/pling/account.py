"""What the three resources share: the account they speak for, and what must be true of a request and its answer."""

from collections.abc import Iterable, Mapping
from typing import Any

import orjson
from attrs import frozen

from pling_async.errors import CorrelationError, Problem, ValidationError
from pling_async.pling.codec import encode
from pling_async.pling.models import Contact, ContactGroup
from pling_async.session.account import BaseAccount
from pling_async.session.unset import UNSET, Unset


@frozen
class Account(BaseAccount):
    """One account, and the session that reaches it."""

    id: int

    @property
    def query(self) -> dict[str, str]:
        """The query that every listing needs."""
        return {"accountId": str(self.id)}

    def encoded(self, value: Contact | ContactGroup, *, consent: bool = False) -> bytes:
        """Return the body of a POST or PUT (sections 3.3, 3.4, 3.8 and 3.9)."""
        for problem in self.problems(value.check()):
            raise ValidationError(f"{type(value).__name__} was not sent: {problem.message}", [problem])
        return written(value, encode(value, account_id=self.id, consent=consent))

    def problems(self, value: Contact | ContactGroup) -> tuple[Problem, ...]:
        """Return what keeps a value out of this account: it was read from another one."""
        if value.account_id is UNSET or value.account_id == self.id:
            return ()
        message = f"it belongs to an account other than {self.id}; evolve(account_id=UNSET, id=UNSET) copies it"
        return (Problem(field="account_id", code="other_account", message=message),)

    def correlate(self, answer: Contact | ContactGroup, **asked: Any) -> None:
        """Raise `CorrelationError` unless the answer is of this account and has the values asked for (I-19)."""
        expected = {"account_id": self.id, **asked}
        given = {name: getattr(answer, name) for name in expected}
        wrong = [name for name in expected if given[name] is not UNSET and given[name] != expected[name]]
        if wrong:
            raise CorrelationError(f"the answer has another {' and '.join(wrong)} than the request")

    def correlate_all(self, answers: Iterable[Contact | ContactGroup]) -> None:
        """Check that a listing holds this account's rows only (#48)."""
        for answer in answers:
            self.correlate(answer)


def written(value: Contact | ContactGroup, wire: Mapping[str, Any]) -> bytes:
    """Return the JSON text of a value's object; `extra` may hold anything, and not all of it can be written."""
    try:
        return orjson.dumps(wire)
    except orjson.JSONEncodeError as error:
        message = "one of the unknown fields cannot be written as JSON; take it out"
        problem = Problem(field="extra", code="not_json", message=message)
        raise ValidationError(f"{type(value).__name__} was not sent: extra: {message}", [problem]) from error


def known_id(value: int | Unset, what: str) -> int:
    """Return an id fit for a path, or refuse what would lead to another resource."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        message = f"the id of a {what} is a whole number, as the server gave it"
        raise ValidationError(message, [Problem(field="id", code="no_id", message=message)])
    return value


def ignored(_: object) -> None:
    """Accept an answer that says nothing."""
