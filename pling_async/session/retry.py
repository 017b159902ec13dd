"""When to try again: arithmetic on what is known. It never sleeps, and never reads a clock.

The law of each operation says what a repetition could do; the policy says how long to wait; the budget says
when an outage is no longer worth asking about.
"""

from enum import Enum, auto
from math import inf
from typing import Final

from attrs import define, field, frozen, validators

from pling_async.errors import (
    ConnectFailed,
    ConnectionLost,
    DecodeError,
    HostNotFound,
    Outcome,
    PlingError,
    PoolTimeout,
    ProtocolError,
    RateLimited,
    ServerError,
    TlsFailed,
)


class RetryLaw(Enum):
    """What a repetition of an operation could do, and so when one is allowed."""

    SAFE = auto()
    """It changes nothing: repeat after every passing failure."""
    CONVERGENT = auto()
    """The same bytes twice leave what they leave once: repeat, byte for byte."""
    UNSENT = auto()
    """A repetition could do harm: only when the server certainly did nothing."""
    NEVER = auto()
    """A repetition could do harm, and what the server's refusals mean is not documented: the caller decides."""


_MOST_ATTEMPTS: Final[tuple[tuple[type[PlingError], float], ...]] = (
    (TlsFailed, 1),
    (PoolTimeout, 1),
    (HostNotFound, 2),
    (ConnectFailed, inf),
    (ConnectionLost, inf),
    (ProtocolError, inf),
    (RateLimited, inf),
    (ServerError, inf),
)
"""How often an operation may be tried when it fails like this; what is not listed is final."""

_MOST_SAFE_ATTEMPTS: Final[tuple[tuple[type[PlingError], float], ...]] = (*_MOST_ATTEMPTS, (DecodeError, 2))
"""The same for safe operations: an answer that cannot be read may be asked for once more."""


def _most_attempts(error: PlingError, law: RetryLaw) -> float:
    table = _MOST_SAFE_ATTEMPTS if law is RetryLaw.SAFE else _MOST_ATTEMPTS
    return next((most for kind, most in table if isinstance(error, kind)), 1)


@frozen(kw_only=True)
class RetryPolicy:
    """How often, and after how long; exponential with full jitter. Times are seconds."""

    attempts: int = field(default=3, validator=validators.ge(1))
    base: float = field(default=0.5, validator=validators.ge(0))
    base_when_limited: float = field(default=1.0, validator=validators.ge(0))
    """In place of `base` after a 429 that does not say for how long."""
    longest: float = field(default=20.0, validator=validators.ge(0))
    """The exponential part stops growing here."""
    longest_retry_after: float = field(default=120.0, validator=validators.ge(0))
    """A server that asks for more is not waited for: its error goes to the caller."""

    def allows(self, error: PlingError, *, attempt: int, law: RetryLaw) -> bool:
        """Return whether another attempt may follow attempt number `attempt`, which failed like this."""
        if law is RetryLaw.UNSENT and error.outcome is not Outcome.NOT_APPLIED:
            return False
        if law is RetryLaw.NEVER or not self.waits_for(error):
            return False
        return attempt < min(self.attempts, _most_attempts(error, law))

    def waits_for(self, error: PlingError) -> bool:
        """Return whether the server's Retry-After, if any, is short enough to wait for."""
        return (error.retry_after or 0) <= self.longest_retry_after

    def delay(self, error: PlingError, *, attempt: int, chance: float) -> float:
        """Return the seconds to wait after attempt number `attempt`; `chance` is random in 0..1."""
        is_vague = isinstance(error, RateLimited) and error.retry_after is None
        base = self.base_when_limited if is_vague else self.base
        backoff = chance * min(self.longest, base * 2.0 ** min(attempt - 1, 64))
        return max(backoff, error.retry_after or 0)


@define
class RetryBudget:
    """Tokens that retries cost and successes earn, so that an outage costs little more than the calls."""

    capacity: int = 500
    retry_cost: int = 5
    timeout_cost: int = 10
    tokens: int = field(init=False)

    def __attrs_post_init__(self) -> None:
        """Start full."""
        self.tokens = self.capacity

    def cost(self, error: PlingError) -> int:
        """Return what a retry after this error costs; a timeout has already cost the server more."""
        return self.timeout_cost if isinstance(error.__cause__, TimeoutError) else self.retry_cost

    def spend(self, cost: int) -> bool:
        """Take the tokens of one retry, or return False when they are not there."""
        if cost > self.tokens:
            return False
        self.tokens -= cost
        return True

    def earn(self, spent: int) -> None:
        """Give back what a successful operation spent, at least one token."""
        self.tokens = min(self.capacity, self.tokens + max(1, spent))
