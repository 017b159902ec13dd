"""A session whose every mutating operation has a durable intent before it is sent, and its outcome after (I-9)."""

import asyncio
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

import attrs

from pling_async.bulk.journal import Journal
from pling_async.errors import (
    AuthenticationError,
    ConfigurationError,
    JournalError,
    Outcome,
    PermissionDenied,
    PlingError,
)
from pling_async.session.protocol import Request
from pling_async.session.session import Caller
from pling_async.session.settings import ClientSettings

T = TypeVar("T")

HALTED: Final = "halted"
"""The code of what was left out since the run stopped."""
_FATAL: Final = (AuthenticationError, PermissionDenied, JournalError, ConfigurationError)
"""After one of these every further request would fail alike, may lock the user out, or would not be journalled."""


class Halted(PlingError):
    """The run stopped before this request; it was not sent. Never leaves `bulk`."""

    default_outcome = Outcome.SKIPPED


class Journalled:
    """Calls operations like the session behind it; whatever a run writes goes through here.

    Intents wait for the disk while other requests are on their way, so more may be called at a time than are sent.
    """

    def __init__(self, session: Caller, journal: Journal, stop: asyncio.Event | None = None) -> None:
        self._session = session
        self._journal = journal
        self._stop = stop
        self._slots = asyncio.Semaphore(session.settings.max_in_flight)
        self.fatal: PlingError | None = None
        """What ended the run early: nothing is sent after it."""
        self.is_finishing = False
        """Whether what is left has to be done even after being asked to stop: a verdict, and the repair of stops."""
        self.requests = 0
        """Mutating requests that the server may have seen, every attempt counted (I-16)."""

    @property
    def settings(self) -> ClientSettings:
        """Those of the session."""
        return self._session.settings

    def why_halted(self) -> str:
        """Say why nothing more is sent; empty while the run goes on."""
        if self.fatal is not None:
            return f"stopped after {type(self.fatal).__name__}"
        is_stopped = self._stop is not None and self._stop.is_set() and not self.is_finishing
        return "stopped on request" if is_stopped else ""

    async def call(self, request: Request, decode: Callable[[bytes], T]) -> T:
        """Call an operation; `JournalError` when its intent cannot be written, and nothing is sent then."""
        if request.method == "GET":
            return await self._session.call(request, decode)
        try:
            return await self._written(request, decode)
        except _FATAL as error:
            self.fatal = self.fatal or error
            raise

    async def _written(self, request: Request, decode: Callable[[bytes], T]) -> T:
        number = await self._journal.intend(
            method=request.method,
            path=request.path,
            subject=request.subject,
            payload=await _sha256(request.body),
            is_repair=self.is_finishing and request.subject is not None,
        )
        seen = _Seen()
        try:
            async with self._slots:
                self._go_on()
                answer = await self._session.call(attrs.evolve(request, on_acquired=seen.count), decode)
        except PlingError as error:
            self._settle(number, error.outcome, seen, error)
            raise
        except BaseException as error:
            self._settle(number, Outcome.UNKNOWN if seen.requests else Outcome.NOT_APPLIED, seen, error)
            raise
        finally:
            self.requests += seen.requests
        self._journal.settle(number, Outcome.APPLIED, attempts=seen.requests)
        return answer

    def _go_on(self) -> None:
        if halted := self.why_halted():
            raise Halted(halted)

    def _settle(self, number: int, outcome: Outcome, seen: "_Seen", error: BaseException) -> None:
        code = HALTED if isinstance(error, Halted) else type(error).__name__
        message = str(error) if isinstance(error, PlingError) else ""
        self._journal.settle(number, outcome, code=code, message=message, attempts=seen.requests)


class _Seen:
    """Counts the requests of one operation that the server may have seen."""

    requests = 0

    def count(self) -> None:
        self.requests += 1


async def _sha256(body: bytes | Path | None) -> str:
    if isinstance(body, Path):
        return await asyncio.to_thread(_file_sha256, body)
    return hashlib.sha256(body or b"").hexdigest()


def _file_sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
