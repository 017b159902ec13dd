"""What a client tells whoever listens: one value for each step of an operation.

An operation is `Started`; each attempt is `Sending`, `Answered` if an answer came, and `Retrying` if another attempt
follows; at the end the operation is `Done`, or it `GaveUp`.

Hooks are given as `ClientSettings(hooks=(hook, ...))` and are called in the event loop, in order, so they must not
block. What a hook raises is logged, the first time as a warning, and changes nothing: to listen is not to take part.
Events name no person, no secret and no query; only headers hold what the server wrote.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from attrs import field, frozen

from pling_async.errors import PlingError

__all__ = ["Answered", "Done", "Event", "GaveUp", "Hook", "Retrying", "Sending", "Started", "recording"]


def _kind(error: BaseException) -> str:
    return type(error).__name__


@frozen(kw_only=True)
class Event:
    """One step of one operation."""

    request_id: str
    """The same in the logs, in errors and in the X-Request-ID header; all attempts share it."""
    method: str
    route: str
    """The path below the base URL with its ids left out, as in /contacts/{id}."""
    origin: str
    """Scheme, host and port; empty when the session does not know them."""
    attempt: int
    """The latest attempt, counted from 1; 0 before the first."""
    elapsed: float
    """Seconds since the operation began."""


@frozen(kw_only=True)
class Started(Event):
    """An operation begins, and waits for its turn."""


@frozen(kw_only=True)
class Sending(Event):
    """A request is about to be sent; twice for one attempt if no file descriptor was left for its connection."""

    waited: float
    """Seconds for a free slot, for the rate, and for a pause that the server asked for."""


@frozen(kw_only=True)
class Answered(Event):
    """An answer was read to its end; whether it can be believed is decided after this."""

    status: int
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    """In the order received, repeated names kept."""
    seconds: float
    """From sending to the last byte."""

    def header(self, name: str) -> str | None:
        """Return the first value of a header, whatever the case of its name."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


@frozen(kw_only=True)
class Retrying(Event):
    """An attempt failed, and another one follows."""

    error: PlingError = field(repr=_kind)
    delay: float
    """Seconds until it may wait for its turn."""


@frozen(kw_only=True)
class Done(Event):
    """The operation returned."""


@frozen(kw_only=True)
class GaveUp(Event):
    """The operation raised: our error, its cancellation, or what the caller's own code raised meanwhile."""

    error: BaseException = field(repr=_kind)


Hook = Callable[[Event], None]
"""Whatever takes an event."""

_recorders: Final[ContextVar[tuple[Hook, ...]]] = ContextVar("pling_async_recorders", default=())


@contextmanager
def recording() -> Iterator[list[Answered]]:
    """Collect status and headers of every answer to what is awaited inside, and to tasks that are started inside.

    Answers that are tried again are in the list too; the last one is the one that counted.
    """
    answers: list[Answered] = []

    def record(event: Event) -> None:
        if isinstance(event, Answered):
            answers.append(event)

    token = _recorders.set((*_recorders.get(), record))
    try:
        yield answers
    finally:
        _recorders.reset(token)


def recorders() -> tuple[Hook, ...]:
    """Return those who record here and now."""
    return _recorders.get()
