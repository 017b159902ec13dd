"""OpenTelemetry as a hook: spans and metrics by the semantic conventions for HTTP clients, naming nobody.

`ClientSettings(hooks=(OpenTelemetry(),))` uses the providers of the program. An operation is an INTERNAL span, each of
its attempts a CLIENT span below it. `url.template` stands for `url.full`, which would name ids and the account;
exceptions are told by their type alone, and neither header nor body is recorded. No `traceparent` is sent: the trace
is yours, not the server's.
"""

import asyncio
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from attrs import define

from pling_async._version import __version__
from pling_async.errors import MissingExtraError, PlingError, StatusError
from pling_async.hooks import Answered, Done, Event, GaveUp, Retrying, Sending, Started

try:
    from opentelemetry.metrics import Histogram, MeterProvider, get_meter
    from opentelemetry.trace import Span, SpanKind, StatusCode, TracerProvider, get_tracer, set_span_in_context
except ModuleNotFoundError as error:
    missing = "pling_async.telemetry needs opentelemetry-api; install it with: pip install 'pling-async[otel]'"
    raise MissingExtraError(missing) from error

__all__ = ["OpenTelemetry"]

Attributes = Mapping[str, str | int]

_NAME: Final = "pling_async"
_BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)
"""Seconds, as the conventions advise for requests."""
_LONGER: Final = (*_BUCKETS, 30, 60, 300, 900)
_REFUSED: Final = 400


@define(eq=False)
class _Trace:
    """One operation under way."""

    span: Span
    target: Attributes
    attempt: Span | None = None
    sent_at: float = 0.0
    """Seconds after the operation's beginning."""
    is_measured: bool = True
    """The latest attempt needs no further measurement."""


class OpenTelemetry:
    """A hook that makes spans and measures; without providers it uses the global ones.

    One may serve many clients. Metrics: `http.client.request.duration`, one for each attempt;
    `pling_async.operation.duration`; `pling_async.retries`; `pling_async.wait.duration`, whose `pling_async.wait` is
    "turn" (a free slot, the rate, a pause the server asked for) or "retry" (between attempts).
    """

    def __init__(
        self, *, tracer_provider: TracerProvider | None = None, meter_provider: MeterProvider | None = None
    ) -> None:
        self._tracer = get_tracer(_NAME, __version__, tracer_provider)
        meter = get_meter(_NAME, __version__, meter_provider)

        def histogram(name: str, buckets: tuple[float, ...], words: str) -> Histogram:
            return meter.create_histogram(name, "s", words, explicit_bucket_boundaries_advisory=buckets)

        self._requests = histogram("http.client.request.duration", _BUCKETS, "Duration of HTTP client requests.")
        self._operations = histogram("pling_async.operation.duration", _LONGER, "All attempts, and waiting.")
        self._waits = histogram("pling_async.wait.duration", _LONGER, "Waiting for a turn, or to try again.")
        self._retries = meter.create_counter("pling_async.retries", "{retry}", "Attempts beyond the first.")
        self._under_way: dict[str, _Trace] = {}

    def __call__(self, event: Event) -> None:
        """Take one step of an operation."""
        if isinstance(event, Started):
            self._begin(event)
        elif (trace := self._under_way.get(event.request_id)) is None:
            return  # it began before anybody listened
        elif isinstance(event, Sending):
            self._send(trace, event)
        elif isinstance(event, Answered):
            self._answer(trace, event)
        elif isinstance(event, Retrying):
            self._retry(trace, event)
        elif isinstance(event, Done | GaveUp):
            self._end(trace, event)

    def _begin(self, event: Started) -> None:
        attributes = {"pling_async.request_id": event.request_id, "url.template": event.route}
        span = self._tracer.start_span(f"{_NAME} {event.method} {event.route}", attributes=attributes)
        self._under_way[event.request_id] = _Trace(span, _target(event))

    def _send(self, trace: _Trace, event: Sending) -> None:
        self._waits.record(event.waited, {**trace.target, "pling_async.wait": "turn"})
        trace.sent_at, trace.is_measured = event.elapsed, False
        if trace.attempt is None:
            again = {"http.request.resend_count": event.attempt - 1} if event.attempt > 1 else {}
            trace.attempt = self._tracer.start_span(
                f"{event.method} {event.route}",
                context=set_span_in_context(trace.span),
                kind=SpanKind.CLIENT,
                attributes={**trace.target, **again},
            )

    def _answer(self, trace: _Trace, event: Answered) -> None:
        status: dict[str, str | int] = {"http.response.status_code": event.status}
        if event.status >= _REFUSED:
            status["error.type"] = str(event.status)
        self._measure(trace, event.seconds, status)
        if trace.attempt is not None:
            trace.attempt.set_attributes(status)
            trace.attempt.set_status(StatusCode.ERROR if event.status >= _REFUSED else StatusCode.UNSET)

    def _retry(self, trace: _Trace, event: Retrying) -> None:
        self._close(trace, event, event.error)
        cause = {"error.type": _type(event.error)}
        trace.span.add_event("pling_async.retry", {**cause, "pling_async.delay": event.delay})
        self._retries.add(1, {**trace.target, **cause})
        self._waits.record(event.delay, {**trace.target, **cause, "pling_async.wait": "retry"})

    def _end(self, trace: _Trace, event: Done | GaveUp) -> None:
        del self._under_way[event.request_id]
        error = event.error if isinstance(event, GaveUp) else None
        self._close(trace, event, error)
        trace.span.set_attribute("pling_async.attempts", event.attempt)
        if isinstance(error, PlingError):
            trace.span.set_attribute("pling_async.outcome", error.outcome.value)
        self._operations.record(event.elapsed, {**trace.target, **_failed(trace.span, error)})
        trace.span.end()

    def _close(self, trace: _Trace, event: Event, error: BaseException | None) -> None:
        """End the span of the latest attempt, if one was sent; a wait that failed is nobody's attempt."""
        if trace.attempt is None:
            return
        why = _failed(trace.attempt, error)
        if not trace.is_measured:
            self._measure(trace, event.elapsed - trace.sent_at, why)
        trace.attempt.end()
        trace.attempt = None

    def _measure(self, trace: _Trace, seconds: float, why: Attributes) -> None:
        trace.is_measured = True
        self._requests.record(seconds, {**trace.target, **why})


def _target(event: Event) -> Attributes:
    parts = urlsplit(event.origin)
    port = parts.port or {"https": 443, "http": 80}.get(parts.scheme)
    server = {"server.address": parts.hostname, "server.port": port, "url.scheme": parts.scheme}
    known = {name: value for name, value in server.items() if value}
    return {"http.request.method": event.method, "url.template": event.route, **known}


def _type(error: BaseException) -> str:
    """Return the status of a refusal, and the class of anything else: few values, and never a message."""
    if isinstance(error, StatusError) and error.status is not None:
        return str(error.status)
    return f"{type(error).__module__}.{type(error).__qualname__}"


def _failed(span: Span, error: BaseException | None) -> Attributes:
    """Mark a span as failed and return what says why; a cancellation is no failure."""
    if error is None:
        return {}
    why = {"error.type": _type(error)}
    span.set_attributes(why)
    if not isinstance(error, asyncio.CancelledError):
        span.set_status(StatusCode.ERROR)
    return why
