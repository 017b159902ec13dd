"""One call of the API as its operations see it, and what they answer."""

import re
import sqlite3
from collections.abc import Callable, Mapping
from typing import Any, Final

import orjson
from attrs import frozen

from pling_async.sandbox.pling.access import User, check_account
from pling_async.sandbox.pling.errors import ApiError, Invalid
from pling_async.sandbox.pling.last_replace import LastReplace
from pling_async.sandbox.pling.semantics import Semantics
from pling_async.sandbox.pling.validation import ContactReader, integer
from pling_async.sandbox.spool import Spool

DIGITS: Final = 18
"""The longest number in a path or a query."""
_INTEGER: Final = re.compile(f"[0-9]{{1,{DIGITS}}}")


@frozen(kw_only=True)
class Answer:
    """A status and a body."""

    status: int = 200
    body: bytes | Spool | None = None

    @classmethod
    def of(cls, body: object, *, status: int = 200) -> "Answer":
        """Return an answer whose body is JSON."""
        return cls(status=status, body=orjson.dumps(body))


@frozen(kw_only=True)
class Call:
    """Everything an operation may look at."""

    connection: sqlite3.Connection
    semantics: Semantics
    reader: ContactReader
    user: User
    version: str
    query: Mapping[str, str]
    now: str
    spool: Spool
    last_replace: LastReplace
    """Where a replace leaves word of what it did."""
    id: int = 0
    """From the path."""
    crash_after: int | None = None
    """Items after which a replace dies."""

    def account(self) -> int:
        """Return accountId from the query, if the user may use it."""
        account_id = self.whole_number("accountId")
        if account_id is None:
            raise ApiError(status=400, message="accountId is required")
        self.allow(account_id)
        return account_id

    def allow(self, account_id: int) -> None:
        """Raise unless the account is one of the user's."""
        check_account(self.user, account_id, self.semantics)

    def whole_number(self, name: str) -> int | None:
        """Return a number from the query, None when it is absent."""
        value = self.query.get(name)
        if value is None:
            return None
        if not _INTEGER.fullmatch(value):
            raise ApiError(status=400, message=f"{name} must be an integer")
        return int(value)

    def json_object(self) -> dict[str, Any]:
        """Return the body, which must be a JSON object."""
        try:
            body = orjson.loads(self.spool.rewind().read())
        except orjson.JSONDecodeError as error:
            raise ApiError(status=400, message=f"The body is not JSON: {error.msg}", code="InvalidContent") from error
        if not isinstance(body, dict):
            raise ApiError(status=400, message="The body must be a JSON object", code="InvalidContent")
        return body

    def account_of(self, body: Mapping[str, Any]) -> int:
        """Return accountId from a body that adds something, if the user may use it."""
        account_id = integer(body, "accountId")
        if account_id is None:
            raise Invalid("accountId is required")
        self.allow(account_id)
        return account_id

    def check_identity(self, body: Mapping[str, Any], existing: Mapping[str, Any]) -> None:
        """Refuse a body that names another id or account than what it is to change, where the semantics says so."""
        switches = {"id": self.semantics.id_mismatch, "accountId": self.semantics.account_mismatch}
        for name, switch in switches.items():
            if switch == "reject" and integer(body, name) not in {None, existing[name]}:
                raise Invalid(f"{name} in the body is not that of the path")

    def conflict(self, message: str) -> ApiError:
        """Return the error for a mobile or speed dial that is another contact's (section 2.2)."""
        return ApiError(status=self.semantics.conflict_status, message=message)


Operation = Callable[[Call], Answer]
