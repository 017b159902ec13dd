"""The bookkeeping of one operation over its attempts: identity, deadline, doubt."""

import os

import attrs
from attrs import define, field

from pling_async.errors import NotFound, Outcome, PlingError
from pling_async.hooks import Hook
from pling_async.session.protocol import Request


@define
class Operation:
    """One call of the session; its outcome is that of all its attempts together."""

    request: Request
    began: float
    """In the session clock's time, as all times here."""
    deadline: float
    hooks: tuple[Hook, ...] = field(default=(), repr=False)
    """Who is told of its steps."""
    id: str = field(factory=lambda: os.urandom(16).hex())
    attempts: int = 0
    started: float = 0.0
    """When the last attempt began."""
    spent: int = 0
    """Tokens of the retry budget."""
    in_flight: bool = False
    in_doubt: bool = False
    """Some attempt may have reached the server, and no definite answer followed it."""

    @property
    def labels(self) -> dict[str, str]:
        """What log records say of it besides their text; prefixed, since programs label their records themselves."""
        return {"pling_request_id": self.id}

    def begin(self, now: float) -> None:
        """Count one attempt."""
        self.attempts += 1
        self.started = now
        self.in_flight = True

    def retract(self) -> None:
        """Take back an attempt that found no connection to begin with."""
        self.attempts -= 1
        self.in_flight = False

    def is_done_by(self, error: PlingError) -> bool:
        """Return whether an error means success: gone already, after an attempt that may have done it."""
        return self.request.missing_is_done and self.in_doubt and isinstance(error, NotFound)

    def record(self, error: PlingError) -> None:
        """Complete an attempt's error with what is known of the whole operation."""
        self.in_flight = False
        self.in_doubt = self.in_doubt or error.outcome is Outcome.UNKNOWN
        error.exchange = attrs.evolve(
            error.exchange,
            method=self.request.method,
            path=self.request.shown_path,
            request_id=self.id,
            attempts=self.attempts,
        )

    def conclude(self, error: PlingError) -> None:
        """Give the last error the outcome of the operation."""
        if self.in_doubt:
            error.outcome = Outcome.UNKNOWN

    def cut_short(self, error: BaseException) -> None:
        """Tell a caller who cancelled it, or whose own code failed meanwhile, what is known of it."""
        outcome = Outcome.UNKNOWN if self.in_doubt or self.in_flight else Outcome.NOT_APPLIED
        error.add_note(f"pling_async: {self} was cut short, outcome {outcome.value}")
        if isinstance(error, PlingError):
            error.outcome = outcome

    def __str__(self) -> str:
        return f"{self.request.method} {self.request.shown_path} (attempt {self.attempts}, request {self.id})"
