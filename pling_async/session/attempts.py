"""The attempts of one operation: gate, send, interpret, decode, and perhaps again."""

import asyncio
import logging
from collections.abc import Callable
from functools import cached_property
from typing import Final, TypeVar

from pling_async.errors import BadAnswer, OutOfFiles, PlingError, ProtocolError, RateLimited
from pling_async.hooks import Answered, Done, GaveUp, Retrying, Sending, Started, recorders
from pling_async.session.limiter import Limiter, shared_limiter
from pling_async.session.operation import Operation
from pling_async.session.protocol import Request, Response, Transport, exchange_of, interpret
from pling_async.session.quota import quota_of
from pling_async.session.retry import RetryBudget
from pling_async.session.settings import ClientSettings, Runtime
from pling_async.session.telling import Teller
from pling_async.session.upload import CallerFailed

T = TypeVar("T")
_log: Final = logging.getLogger("pling_async")
_DECODED_IN_THREAD: Final = 256 * 1024


class Attempts:
    """Runs operations over a transport; owns what they share: the gates and the retry budget."""

    def __init__(
        self,
        transport: Transport,
        *,
        settings: ClientSettings,
        runtime: Runtime,
        shared_as: str | None = None,
        origin: str = "",
    ) -> None:
        self._transport = transport
        self._tell = Teller(origin).tell
        self._settings = settings
        self._runtime = runtime
        self._budget = RetryBudget()
        self._shared_as = shared_as

    @cached_property
    def _limiter(self) -> Limiter:
        return self._new_limiter() if self._shared_as is None else shared_limiter(self._shared_as, self._new_limiter)

    def _new_limiter(self) -> Limiter:
        settings, runtime = self._settings, self._runtime
        return Limiter(
            max_in_flight=settings.max_in_flight, rate=settings.rate, clock=runtime.clock, sleep=runtime.sleep
        )

    async def run(self, request: Request, decode: Callable[[bytes], T]) -> T:
        """Return the decoded answer of one operation, or raise the error that ended it."""
        timeout = self._settings.timeout
        total = timeout.total_large if request.large else timeout.total
        now = self._runtime.clock()
        operation = Operation(request, now, deadline=now + total, hooks=(*self._settings.hooks, *recorders()))
        self._tell(operation, Started, now)
        try:
            result = await self._marked(operation, decode)
        except BaseException as error:
            self._tell(operation, GaveUp, self._runtime.clock(), error=error)
            raise
        self._tell(operation, Done, self._runtime.clock())
        return result

    async def _marked(self, operation: Operation, decode: Callable[[bytes], T]) -> T:
        """Run it; what cuts it short is marked with what is known of it."""
        try:
            return await self._run(operation, decode)
        except asyncio.CancelledError as cancelled:
            operation.cut_short(cancelled)
            raise
        except CallerFailed as failed:
            error = failed.original()
        operation.cut_short(error)
        raise error

    async def _run(self, operation: Operation, decode: Callable[[bytes], T]) -> T:
        while True:
            try:
                result = await self._attempt(operation, decode)
            except PlingError as error:
                operation.record(error)
                if operation.is_done_by(error):
                    return decode(b"")
                delay = self._delay(operation, error)
                if delay is None:
                    operation.conclude(error)
                    raise
                _log.info("%s: %s, again in %.2f s", operation, type(error).__name__, delay, extra=operation.labels)
                self._tell(operation, Retrying, self._runtime.clock(), error=error, delay=delay)
            else:
                self._budget.earn(operation.spent)
                self._limiter.widen(operation.started)
                return result
            await self._runtime.sleep(delay)

    async def _attempt(self, operation: Operation, decode: Callable[[bytes], T]) -> T:
        request = operation.request
        response = await self._sent(operation)
        now = self._runtime.clock()
        seconds = now - operation.started
        if _log.isEnabledFor(logging.DEBUG):
            _log.debug("%s: %d in %.3f s", operation, response.status, seconds, extra=operation.labels)
        self._tell(operation, Answered, now, status=response.status, headers=response.headers, seconds=seconds)
        try:
            body = interpret(request, response)
            if request.on_answer is not None:
                request.on_answer(response)
            return await asyncio.to_thread(decode, body) if len(body) > _DECODED_IN_THREAD else decode(body)
        except (BadAnswer, ProtocolError) as error:
            response.drop_connection()
            if isinstance(error, BadAnswer) and error.exchange.status is None:
                error.exchange = exchange_of(request, response)
            raise

    async def _sent(self, operation: Operation) -> Response:
        """Send once; where the machine has no file descriptor for it, wait for a connection of the others."""
        asked = self._runtime.clock()
        while True:
            async with self._limiter.slot(operation.deadline):
                operation.begin(self._runtime.clock())
                self._tell(operation, Sending, operation.started, waited=operation.started - asked)
                timeout = operation.deadline - operation.started
                try:
                    response = await self._transport.send(operation.request, request_id=operation.id, timeout=timeout)
                except OutOfFiles:
                    if not self._limiter.make_do():
                        raise
                    operation.retract()
                else:
                    if (quota := quota_of(response)) is not None:
                        self._limiter.heed(quota)  # before the next one takes this place
                    return response

    def _delay(self, operation: Operation, error: PlingError) -> float | None:
        policy = self._settings.retry
        if isinstance(error, RateLimited):
            self._limiter.narrow(operation.started)
        if error.retry_after and policy.waits_for(error):
            self._limiter.pause(error.retry_after)
        if not policy.allows(error, attempt=operation.attempts, law=operation.request.law):
            return None
        delay = policy.delay(error, attempt=operation.attempts, chance=self._runtime.random())
        cost = self._budget.cost(error)
        if self._runtime.clock() + delay >= operation.deadline or not self._budget.spend(cost):
            return None
        operation.spent += cost
        return delay
