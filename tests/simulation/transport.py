"""The transport of the simulation: it plays the network between a client and the model of the server.

The server goes on whatever becomes of the client: a request that timed out may still be applied a minute later.
Failures are those that the real transport raises, with the outcomes that it gives them.
"""

import asyncio
import hashlib
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import orjson
from attrs import define, field

from pling_async.errors import ConnectFailed, ConnectionLost, DeadlineExceeded, NoAnswer, Outcome, ProtocolError
from pling_async.session.protocol import Request, Response
from tests.simulation.history import Sent, Shown
from tests.simulation.server import Answer, Steps, finished, first_steps

_JSON: Final = (("Content-Type", "application/json"),)
_SILENCE: Final = 30.0
"""Seconds after which a connection counts as dead, save for listings and replaces."""
_LATEST: Final = 120.0

_REFUSALS: Final = {"rate_limit": 429, "pause": 429, "late_pause": 429, "error_before": 503, "outage": 503}
_STATUSES: Final = {**_REFUSALS, "no_access": 401, "forbidden": 403, "too_large": 413}
"""Answers that come before the server did anything."""


@define(eq=False)
class SimulatedTransport:
    """One process's connections."""

    world: Any
    run: Any
    life: int
    in_flight: int = 0
    most_in_flight: int = 0
    closed: bool = False
    is_in_doubt: bool = False
    """It sent a replace whose believable answer never came."""
    _loop: Any = field(init=False)

    def __attrs_post_init__(self) -> None:
        """Remember the loop, which is the clock."""
        self._loop = self.world.loop

    async def send(self, request: Request, *, request_id: str, timeout: float) -> Response:  # noqa: ASYNC109 - the seam
        """Send one request once, and let it meet its fate."""
        if self._loop.is_dead:
            raise asyncio.CancelledError
        sent = self._written_down(request, request_id, timeout)
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            async with asyncio.timeout(timeout):
                return await self._exchange(sent, request)
        except NoAnswer as error:
            failure = error
        except TimeoutError:
            failure = DeadlineExceeded("no whole answer before the deadline")
            failure.__cause__ = TimeoutError("total")
            failure.outcome = Outcome.UNKNOWN if sent.acquired else Outcome.NOT_APPLIED
        finally:
            self.in_flight -= 1
        sent.came_at, sent.result = self._loop.now, type(failure).__name__
        sent.is_in_doubt = failure.outcome is Outcome.UNKNOWN
        raise failure

    async def close(self) -> None:
        """Close the connections."""
        self.closed = True

    def _written_down(self, request: Request, request_id: str, seconds: float) -> Sent:
        content = request.body.read_bytes() if isinstance(request.body, Path) else request.body or b""
        body = orjson.loads(content) if content else None
        sent = Sent(
            number=len(self.world.history.requests),
            run=self.run,
            life=self.life,
            at=self._loop.now,
            method=request.method,
            path=request.path,
            query=dict(request.query),
            body=body,
            payload=hashlib.sha256(content).hexdigest(),
            request_id=request_id,
            timeout=seconds,
            position=len(self.world.history.events),
            fault=self.world.faults.fate(method=request.method, path=request.path, about=_about(body)),
        )
        self.world.history.add(sent)
        self.world.on_sent(sent)
        return sent

    async def _exchange(self, sent: Sent, request: Request) -> Response:
        await asyncio.sleep(self._latency(sent))
        if sent.fault == "refused":
            raise ConnectFailed("the connection was refused, or the host cannot be reached")
        sent.acquired = True
        self.is_in_doubt = self.is_in_doubt or sent.is_replace
        if request.on_acquired is not None:
            request.on_acquired()
        if sent.fault == "reset_before":
            raise ConnectionLost("the connection broke")
        if sent.fault in _STATUSES:
            return await self._refused(sent)
        if sent.fault in {"timeout", "dies", "protocol", "error_after", "reset_after"}:
            return await self._lost(sent, request)
        answer = await self._served(sent)
        return self._answered(sent, answer)

    def _latency(self, sent: Sent) -> float:
        return float(self.world.rng.random() * (20.0 if sent.fault in {"slow", "slow_replace"} else 0.2))

    async def _refused(self, sent: Sent) -> Response:
        headers: tuple[tuple[str, str], ...] = _JSON
        if sent.fault in {"pause", "late_pause"}:
            sent.retry_after = float(self.world.rng.choice((1, 7, 30)) if sent.fault == "pause" else 600)
            headers = (*_JSON, ("Retry-After", str(int(sent.retry_after))))
        return self._response(sent, _STATUSES[sent.fault], orjson.dumps({"error": "not now"}), headers)

    async def _lost(self, sent: Sent, request: Request) -> Response:
        """Let the server do its work at once, late or never, and the answer get lost."""
        steps = self.world.server.steps(sent)
        if sent.fault == "dies":
            self._die(sent, steps)
            raise ConnectionLost("the connection broke")
        self._applied_some_time(sent, steps)
        await asyncio.sleep(self._latency(sent))
        if sent.fault == "error_after":
            return self._response(sent, 502, b"<html>bad gateway</html>", ())
        if sent.fault == "reset_after":
            raise ConnectionLost("the connection broke")
        if sent.fault == "protocol":
            raise ProtocolError("the answer was cut short or is badly framed")
        await asyncio.sleep(math.inf if request.large else _SILENCE)
        error = ConnectionLost("the server fell silent")
        error.__cause__ = TimeoutError("silence")
        raise error

    def _die(self, sent: Sent, steps: Steps) -> None:
        """Crash in the middle of a replace: all or nothing, or after some rows."""
        if self.world.server.semantics.commit == "row_by_row":
            for _ in first_steps(steps, self.world.rng.randint(1, max(1, len(sent.body)))):
                pass
        elif self.world.rng.random() < 0.5:
            finished(steps)

    def _applied_some_time(self, sent: Sent, steps: Steps) -> None:
        when = self.world.server.semantics.lost
        if when == "any":
            when = self.world.rng.choice(("at_once", "late", "never"))
        if sent.method == "GET" or when == "never":
            return
        if when == "at_once":
            self._done_in_time(steps, lambda _: None)
            return
        self.world.sometimes.add("late apply")
        delay = self.world.rng.random() * _LATEST
        self._loop.call_later(delay, self._done_in_time, steps, lambda _: None)

    async def _served(self, sent: Sent) -> Answer:
        answered: asyncio.Future[Answer] = self._loop.create_future()
        self._done_in_time(self.world.server.steps(sent), lambda answer: _resolve(answered, answer))
        answer = await answered
        if self.world.faults.forgets_a_stop and self.run.plan is not None:
            self._forget_a_stop(sent)
        if answer.status < 400:
            self._show(sent, answer)
        await asyncio.sleep(self._latency(sent))
        return answer

    def _forget_a_stop(self, sent: Sent) -> None:
        """Let the server break its word about one person, once."""
        server = self.world.server
        items = sent.body if isinstance(sent.body, list) else [sent.body or {}]
        said = [item["mobile"] for item in items if item.get("stop") == 1 and item["mobile"] in server.contacts]
        if sent.is_mutating and said:
            self.world.faults.forgets_a_stop = False
            server.write(said[0], {**server.contacts[said[0]], "stop": 0}, actor="client", cause=sent)

    def _done_in_time(self, steps: Steps, then: Callable[[Answer], Any]) -> None:
        """Take the steps: all at once, or row by row with a little time between them."""
        if self.world.server.semantics.commit == "atomic":
            then(finished(steps))
            return
        try:
            next(steps)
        except StopIteration as end:
            then(end.value)
        else:
            self._loop.call_later(self.world.rng.random() * 0.05, self._done_in_time, steps, then)

    def _show(self, sent: Sent, answer: Answer) -> None:
        """Remember what the server is about to show; it counts once the answer is believable and there."""
        server = self.world.server
        rows = answer.body.get("contacts", [answer.body]) if isinstance(answer.body, dict) else []
        mobiles = [row["mobile"] for row in rows if "mobile" in row]
        people = {mobile: server.person(server.contacts[mobile]) for mobile in mobiles if mobile in server.contacts}
        is_account = sent.method == "GET" and sent.path == "contacts" and set(sent.query) == {"accountId"}
        sent.shown_at = len(self.world.history.events)
        self.world.pending_shown[sent.number] = (people, is_account)

    def _answered(self, sent: Sent, answer: Answer) -> Response:
        body = b"" if answer.body is None else orjson.dumps(answer.body)
        headers: tuple[tuple[str, str], ...] = _JSON
        match sent.fault if answer.status < 400 else "":
            case "truncated":
                body = body[: max(1, len(body) // 2)]
            case "garbage":
                body, headers = b"<html>please log in</html>", (("Content-Type", "text/html"),)
            case "empty":
                body = b""
            case "not_json":
                body = self.world.rng.choice((b"{}", b'{"contacts":null,"contactGroups":[]}', b"[]", b"null", b"NaN"))
            case "mismatch":
                body = self._of_somebody_else(answer.body)
            case _ if sent.number in self.world.pending_shown:
                people, is_account = self.world.pending_shown.pop(sent.number)
                self.is_in_doubt = self.is_in_doubt and not sent.is_replace
                self.world.history.add(Shown(at=self._loop.now, sent=sent, people=people, is_account=is_account))
        return self._response(sent, answer.status, body, headers)

    def _of_somebody_else(self, contact: dict[str, Any]) -> bytes:
        self.world.sometimes.add("correlation mismatch")
        return orjson.dumps({**contact, **self.world.rng.choice(({"mobile": "+4799999999"}, {"accountId": 1}))})

    def _response(self, sent: Sent, status: int, body: bytes, headers: tuple[tuple[str, str], ...]) -> Response:
        sent.came_at, sent.result = self._loop.now, status
        return Response(status=status, headers=headers, body=body, received_at=self.world.wall_time())


def _about(body: Any) -> str:
    """Say what is special about a request for one contact; speed dials that a list gives begin with an L."""
    if not isinstance(body, dict):
        return ""
    return "frees" if body.get("stop") == 0 else "dial" if (body.get("speedDial") or "").startswith("L") else ""


def _resolve(answered: "asyncio.Future[Answer]", answer: Answer) -> None:
    if not answered.done():
        answered.set_result(answer)
