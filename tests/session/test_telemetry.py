"""OpenTelemetry hears what happened, by its own conventions, and nobody's number, name, id or secret."""

import asyncio
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import attrs
import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode, get_current_span

from pling_async import Contact, PlingClient, errors
from pling_async.sandbox import Fault, Sandbox
from pling_async.session.settings import ClientSettings, Timeouts
from pling_async.telemetry import OpenTelemetry


class Heard:
    """What a program's own exporters would have got."""

    def __init__(self) -> None:
        self._exporter, self._reader = InMemorySpanExporter(), InMemoryMetricReader()
        self.tracers = TracerProvider(shutdown_on_exit=False)
        self.tracers.add_span_processor(SimpleSpanProcessor(self._exporter))
        self.meters = MeterProvider([self._reader], shutdown_on_exit=False)
        self.hook = OpenTelemetry(tracer_provider=self.tracers, meter_provider=self.meters)

    @property
    def spans(self) -> list[ReadableSpan]:
        """Return the finished spans in the order in which they ended."""
        return list(self._exporter.get_finished_spans())

    def metrics(self) -> dict[str, list[Any]]:
        """Return the points of each metric by its name."""
        data = self._reader.get_metrics_data()
        assert data is not None
        scopes = [scope for resource in data.resource_metrics for scope in resource.scope_metrics]
        return {metric.name: list(metric.data.data_points) for scope in scopes for metric in scope.metrics}


@pytest.fixture
def heard() -> Iterator[Heard]:
    """Return exporters in memory and the hook that feeds them."""
    heard = Heard()
    yield heard
    heard.tracers.shutdown()
    heard.meters.shutdown()


async def test_spans_of_an_operation_and_its_attempts(
    serve: Any, connect: Any, get: Any, reply: Any, heard: Heard
) -> None:
    """An operation is a span below the caller's, its attempts are client spans below it, as the conventions ask."""
    server = await serve(reply(503), reply())
    with heard.tracers.get_tracer("program").start_as_current_span("work") as work:
        await connect(server.url, hooks=[heard.hook]).call(get, bytes)
        assert get_current_span() is work
    first, second, operation, _ = heard.spans
    assert [span.name for span in heard.spans] == [*["GET /things/{id}"] * 2, "pling_async GET /things/{id}", "work"]
    assert first.parent == second.parent == operation.context
    assert operation.parent == work.get_span_context()
    assert (first.kind, second.kind, operation.kind) == (SpanKind.CLIENT, SpanKind.CLIENT, SpanKind.INTERNAL)
    assert dict(first.attributes or {}) == {
        "http.request.method": "GET",
        "url.template": "/things/{id}",
        "http.response.status_code": 503,
        "error.type": "503",
    }
    assert dict(second.attributes or {})["http.request.resend_count"] == 1
    assert (first.status.status_code, second.status.status_code) == (StatusCode.ERROR, StatusCode.UNSET)
    assert operation.status.status_code is StatusCode.UNSET
    assert dict(operation.attributes or {})["pling_async.attempts"] == 2
    (retry,) = operation.events
    assert dict(retry.attributes or {})["error.type"] == "503"


async def test_metrics(serve: Any, connect: Any, get: Any, reply: Any, heard: Heard) -> None:
    """Durations of requests and operations, retries, and how long was waited for what, are measured."""
    server = await serve(reply(429, b"", "Retry-After: 3"), reply())
    await connect(server.url, hooks=[heard.hook]).call(get, bytes)
    metrics = heard.metrics()
    assert {point.attributes["http.response.status_code"] for point in metrics["http.client.request.duration"]} == {
        200,
        429,
    }
    (operation,) = metrics["pling_async.operation.duration"]
    assert (operation.count, operation.sum >= 3) == (1, True)
    (retries,) = metrics["pling_async.retries"]
    assert (retries.value, retries.attributes["error.type"]) == (1, "429")
    waits = {point.attributes["pling_async.wait"]: point for point in metrics["pling_async.wait.duration"]}
    assert waits["turn"].count == 2
    assert waits["retry"].sum >= 3


async def test_an_answer_that_never_came(serve: Any, connect: Any, post: Any, heard: Heard) -> None:
    """A lost answer is measured once, with the class of its error, and the operation says that nobody knows."""
    server = await serve(None)
    with pytest.raises(errors.NoAnswer):
        await connect(server.url, hooks=[heard.hook]).call(post, bytes)
    attempt, operation = heard.spans
    assert dict(attempt.attributes or {})["error.type"] == "pling_async.errors.ConnectionLost"
    assert dict(operation.attributes or {})["pling_async.outcome"] == "unknown"
    assert (attempt.status.status_code, operation.status.status_code) == (StatusCode.ERROR, StatusCode.ERROR)
    (request,) = heard.metrics()["http.client.request.duration"]
    assert (request.count, request.attributes["error.type"]) == (1, "pling_async.errors.ConnectionLost")


async def test_a_cancellation_ends_its_spans(serve: Any, connect: Any, get: Any, silence: Any, heard: Heard) -> None:
    """Nothing stays open, and being told to stop is no failure."""
    server = await serve(silence)
    call = asyncio.create_task(connect(server.url, hooks=[heard.hook]).call(get, bytes))
    await server.asked.wait()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert [span.status.status_code for span in heard.spans] == [StatusCode.UNSET] * 2
    assert {dict(span.attributes or {})["error.type"] for span in heard.spans} == {"asyncio.exceptions.CancelledError"}


async def test_a_turn_that_never_came(serve: Any, connect: Any, get: Any, silence: Any, heard: Heard) -> None:
    """An operation that was never sent has a span and no attempt."""
    server = await serve(silence)
    session = connect(server.url, hooks=[heard.hook], max_in_flight=1, timeout=Timeouts(total=0.1, total_large=30))
    first = asyncio.create_task(session.call(attrs.evolve(get, large=True), bytes))
    await server.asked.wait()
    with pytest.raises(errors.PoolTimeout):
        await session.call(get, bytes)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    unsent = next(span for span in heard.spans if dict(span.attributes or {}).get("pling_async.attempts") == 0)
    assert dict(unsent.attributes or {})["pling_async.outcome"] == "not_applied"
    assert [span.parent for span in heard.spans].count(unsent.context) == 0


async def test_nobody_is_named(heard: Heard) -> None:
    """Neither number, name, id, account, password nor query is in any span or metric, refusals included."""
    async with Sandbox(database=":memory:") as sandbox:
        settings = ClientSettings(hooks=(heard.hook,))
        client = PlingClient(
            sandbox.username, sandbox.password, account_id=sandbox.account_id, base_url=sandbox.url, settings=settings
        )
        async with client as pling:
            kari = await pling.contacts.add(Contact(mobile="+4799999001", first_name="Kari"))
            sandbox.fail(Fault(status=400, body=b'{"error":"Kari +4799999001"}'))
            with pytest.raises(errors.BadRequest):
                await pling.contacts.add(Contact(mobile="+4799999002", first_name="Kari"))
            await pling.contacts.list(group_id=None, stopped=False)
            await pling.contacts.delete(kari.id or 0)
    said = " ".join([*(span.to_json() for span in heard.spans), str(heard.metrics())])
    for secret in (
        "99999001",
        "99999002",
        "Kari",
        str(kari.id),
        str(sandbox.account_id),
        sandbox.password,
        "accountId",
    ):
        assert not re.search(rf"(?<![0-9.]){secret}(?![0-9])", said)  # floats have digits of their own
    address = {dict(span.attributes or {}).get("server.port") for span in heard.spans if span.kind is SpanKind.CLIENT}
    assert address == {sandbox.port}


def _python(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


def test_nothing_is_imported_unless_asked_for() -> None:
    """A client without the hook loads no OpenTelemetry."""
    code = "import sys, pling_async; pling_async.PlingClient; print('opentelemetry' in sys.modules)"
    assert _python(code).strip() == "False"


def test_a_missing_extra_is_named() -> None:
    """Without opentelemetry-api the import says what to install."""
    code = """
import sys
sys.modules["opentelemetry"] = None
from pling_async import errors
try:
    import pling_async.telemetry
except errors.MissingExtraError as error:
    print(error)
"""
    assert "pip install 'pling-async[otel]'" in _python(code)
