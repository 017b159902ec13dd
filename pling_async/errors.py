"""Every error this package raises, and what each says about the request behind it.

    PlingError
    |-- ConfigurationError       the client was set up wrongly (also a ValueError)
    |-- MissingExtraError        an optional dependency is not installed
    |-- ValidationError          a value breaks a documented rule; nothing was sent (also a ValueError)
    |-- SourceError              a list cannot be read: file, row, field (also a ValueError)
    |-- GuardRefused             a plan breaks a guard; nothing was sent
    |-- StalePlan                the account is no longer what the plan was made for
    |-- VerificationError        the account is not what the run should have left
    |-- AccountBusy              another run writes to the account on this machine
    |-- RunInDoubt               nobody knows yet what an earlier run's replace did
    |-- JournalError             the journal cannot be written or believed; nothing more is sent
    |-- NoAnswer                 no usable answer came
    |   |-- ConnectFailed        no connection was ever acquired
    |   |   |-- TlsFailed        certificate or handshake; never retried
    |   |   |-- HostNotFound     the host name does not resolve; retried once
    |   |   |-- OutOfFiles       this machine has no file descriptor left for a connection
    |   |   `-- PoolTimeout      no free slot within the deadline
    |   |-- ConnectionLost       the connection broke after it was acquired
    |   |-- DeadlineExceeded     the operation's total time ran out
    |   `-- ProtocolError        the bytes are not HTTP, or not whole
    |-- BadAnswer                an answer came, and cannot be believed
    |   |-- DecodeError          the body is not the JSON it should be
    |   |   `-- SchemaError      it is JSON of another shape; `json_path` says where
    |   |-- CorrelationError     it speaks of another contact or account than the request
    |   |-- ResponseTooLarge     the body passed its cap
    |   `-- UnexpectedRedirect   3xx; never followed
    `-- StatusError              the answer was no
        |-- BadRequest           400, 422 and other 4xx
        |   `-- PageTokenExpired the listing cannot go on from here; begin it again
        |-- AuthenticationError  401
        |-- PermissionDenied     403
        |-- NotFound             404, 410
        |-- ConflictError        409
        |   `-- HandleConflict   the handle is another contact's, whatever the status
        |-- PayloadTooLarge      413
        |-- RateLimited          429
        |-- ContractError        405, 406, 415, 501, 505: the server speaks another version
        `-- ServerError          5xx, and 408

`except NoAnswer` and `except StatusError` are different branches on purpose: after the first
nobody knows what the server did unless `outcome` says so.
"""

from collections.abc import Iterable
from typing import Any, Self

from pling_async.error_values import Exchange as Exchange
from pling_async.error_values import Outcome as Outcome
from pling_async.error_values import Place as Place
from pling_async.error_values import Problem as Problem
from pling_async.error_values import ProblemDetails as ProblemDetails


class PlingError(Exception):
    """Base of everything here; carries the exchange (method, path, status, ...) and the outcome."""

    default_outcome = Outcome.NOT_APPLIED

    system = "pling"
    """Which of several systems a command spoke with when it was raised."""

    run: Any = None
    """The `bulk.Run` that ended with this error, if one had begun to write: its outcomes, and what differs."""

    def __init__(self, message: str, *, exchange: Exchange | None = None, outcome: Outcome | None = None) -> None:
        super().__init__(message)
        self.exchange = exchange or Exchange()
        self.outcome = outcome or self.default_outcome

    @property
    def method(self) -> str | None:
        """HTTP method of the request, None when the error is not about a request."""
        return self.exchange.method

    @property
    def path(self) -> str | None:
        """Path of the request below the base URL, without its query."""
        return self.exchange.path

    @property
    def status(self) -> int | None:
        """HTTP status, None when no answer came."""
        return self.exchange.status

    @property
    def excerpt(self) -> str:
        """Start of the answer, bounded and with control characters escaped."""
        return self.exchange.excerpt

    @property
    def problem(self) -> ProblemDetails | None:
        """What the refusal says as fields that a program can read, None where there are none."""
        return self.exchange.problem

    @property
    def retry_after(self) -> float | None:
        """Seconds the server asked to wait."""
        return self.exchange.retry_after

    @property
    def request_id(self) -> str | None:
        """Our id of the operation."""
        return self.exchange.request_id

    @property
    def attempts(self) -> int:
        """How often the operation was tried."""
        return self.exchange.attempts


class ConfigurationError(PlingError, ValueError):
    """The client was set up wrongly: base URL, credentials, account or settings."""


class MissingExtraError(PlingError):
    """An optional dependency is missing; the message has the pip command."""


class ValidationError(PlingError, ValueError):
    """Values break documented rules (section 2); nothing was sent."""

    def __init__(self, message: str, problems: Iterable[Problem] = ()) -> None:
        super().__init__(message)
        self.problems = tuple(problems)

    @classmethod
    def unsent(cls, field: str, code: str, message: str) -> Self:
        """Return the error for one argument of a request; its value may be personal, and the message has none."""
        message = f"nothing was sent: {message}"
        return cls(message, [Problem(field=field, code=code, message=message)])


class SourceError(PlingError, ValueError):
    """A list cannot be read, or cannot be trusted to be whole; nothing was sent."""

    def __init__(self, message: str, place: Place | None = None) -> None:
        super().__init__(f"{place}: {message}" if place else message)
        self.place = place

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle the finished message; the place is already in it and comes back with the state."""
        return (_plain_source_error, (str(self),), self.__dict__)


def _plain_source_error(message: str) -> SourceError:
    return SourceError(message)


class GuardRefused(PlingError):
    """The plan breaks one or more guards; nothing was sent. The message names what would allow it."""


class StalePlan(PlingError):
    """The account changed since the plan was made, or the plan is for another account; plan again."""


class VerificationError(PlingError):
    """The account is not what the run should have left; the run's report lists the differences."""

    default_outcome = Outcome.UNKNOWN


class AccountBusy(PlingError):
    """Another run writes to this account on this machine; nothing was sent."""


class RunInDoubt(PlingError):
    """An earlier run sent a replace and nobody knows what became of it; nothing is sent until it is resumed."""


class JournalError(PlingError):
    """A journal cannot be written or read; nothing is sent without a durable intent."""


class NoAnswer(PlingError):
    """No usable answer came; `outcome` says whether the server can have seen the request."""

    default_outcome = Outcome.UNKNOWN


class ConnectFailed(NoAnswer):
    """No connection was ever acquired: refused, unreachable, unknown host, connect timeout."""

    default_outcome = Outcome.NOT_APPLIED


class TlsFailed(ConnectFailed):
    """The TLS handshake failed (expired, self-signed, wrong host); never retried, never weakened."""


class HostNotFound(ConnectFailed):
    """The host name of the base URL does not resolve; most often a typo, so retried only once."""


class OutOfFiles(ConnectFailed):
    """No file descriptor was left for a first connection; the message names the limit (ulimit -n)."""


class PoolTimeout(ConnectFailed):
    """No free slot in the client came within the operation's deadline."""


class ConnectionLost(NoAnswer):
    """The connection broke after it was acquired, before a whole answer came."""


class DeadlineExceeded(NoAnswer):
    """The operation's total time ran out."""


class ProtocolError(NoAnswer):
    """What came is not HTTP, or is cut short; never mistaken for a status of the server."""


class BadAnswer(PlingError):
    """A response came, and cannot be believed; a mutation behind it may have happened."""

    default_outcome = Outcome.UNKNOWN


class DecodeError(BadAnswer):
    """The body is not the JSON it should be."""


class SchemaError(DecodeError):
    """The body is JSON of another shape; `json_path` says where, as in $.contacts[3].stop."""

    json_path = "$"

    @classmethod
    def at(cls, json_path: str, expected: str) -> "SchemaError":
        """Build the error for one place; values are left out, they are personal data."""
        error = cls(f"{json_path}: expected {expected}")
        error.json_path = json_path
        return error


class CorrelationError(BadAnswer):
    """The answer speaks of another contact, group or account than the request."""


class ResponseTooLarge(BadAnswer):
    """The body passed its cap; the message names the setting that raises it."""


class UnexpectedRedirect(BadAnswer):
    """The server answered 3xx; redirects are never followed and nothing was sent elsewhere."""


class StatusError(PlingError):
    """The server answered, and the answer was no."""


class BadRequest(StatusError):
    """400, 422 and other 4xx: the server refused the values."""


class PageTokenExpired(BadRequest):
    """A listing in pages cannot go on: its page token has expired, or what it lists is gone; begin it again."""


class AuthenticationError(StatusError):
    """401: wrong or missing credentials; a run stops at once."""


class PermissionDenied(StatusError):
    """403: the user cannot access the account (section 1.3); a run stops at once."""


class NotFound(StatusError):
    """404 or 410: no such contact or group, or the base URL is not the API's."""


class ConflictError(StatusError):
    """409: another contact has this mobile or speed dial (section 2.2)."""


class HandleConflict(ConflictError):
    """A handle is another contact's: `owner` is that contact's id."""

    def __init__(
        self,
        message: str,
        *,
        owner: str | None = None,
        exchange: Exchange | None = None,
        outcome: Outcome | None = None,
    ) -> None:
        super().__init__(message, exchange=exchange, outcome=outcome)
        self.owner = owner


class PayloadTooLarge(StatusError):
    """413: the body is too large; a replace is never split, since a part of it would delete the rest."""


class RateLimited(StatusError):
    """429: too many requests; `retry_after` has the server's wish in seconds."""


class ContractError(StatusError):
    """405, 406, 415, 501 or 505: the server speaks another version; check Accept-Version and the URL."""


class ServerError(StatusError):
    """5xx or 408: the server failed; a mutation behind it may have happened."""

    default_outcome = Outcome.UNKNOWN
