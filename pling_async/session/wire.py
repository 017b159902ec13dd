"""One request on aiohttp's wire: what it sends, whether the server may have seen it, and what its errors mean."""

import errno
from collections.abc import Callable
from functools import partial
from typing import Any, Final

import aiohttp
from aiohttp import ClientHandlerType
from aiohttp.http import StreamWriter
from attrs import define

from pling_async.errors import (
    ConnectFailed,
    ConnectionLost,
    DeadlineExceeded,
    HostNotFound,
    NoAnswer,
    Outcome,
    OutOfFiles,
    PoolTimeout,
    ProtocolError,
    TlsFailed,
)
from pling_async.session.watch import Watched

_SHORT: Final = 16 * 1024
"""Bytes of a body that no connection is too slow to take at once."""
_PATIENCE: Final = 1.0
"""Seconds before the server's silence is worth a timer."""


@define(eq=False)
class Wire:
    """What is known of one request on the wire; also the middleware that keeps aiohttp from sending it twice."""

    origin: str
    watched: Watched
    silence: float | None
    """Seconds that the server may say nothing."""
    on_acquired: Callable[[], None] | None
    protocol: Any = None
    """Of the connection that was acquired, so that the server may see the request."""
    queued: bool = False
    """It waits for a free connection of a lent connector."""

    async def __call__(self, request: aiohttp.ClientRequest, handler: ClientHandlerType) -> aiohttp.ClientResponse:
        """Turn the errors after which aiohttp repeats GET, PUT and DELETE by itself into ours."""
        if isinstance(request, WireRequest):
            request.wire = self
        try:
            return await handler(request)
        except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
            failure = translated(error, self.origin)
        raise failure

    def acquire(self, protocol: Any) -> None:
        """Note that there is a connection; most answers come too soon for a timer to be worth its while."""
        self.protocol = protocol
        if self.on_acquired is not None:
            self.on_acquired()
        if self.silence is not None:
            patience = min(_PATIENCE, self.silence / 2)
            self.watched.remind(patience, partial(self._limit_silence, self.silence - patience))

    def _limit_silence(self, left: float) -> None:
        self.protocol.read_timeout = left
        self.protocol.start_timeout()
        self.protocol.read_timeout = self.silence

    def drop(self) -> None:
        """Close the connection."""
        if self.protocol is not None:
            self.protocol.close()

    def overdue(self) -> NoAnswer:
        """Return what it means that the time is over."""
        kind = PoolTimeout if self.queued else DeadlineExceeded
        failure = kind(f"no whole answer before the deadline ({self.origin})")
        failure.__cause__ = TimeoutError("total")
        return failure

    def outcome(self, failure: NoAnswer) -> Outcome:
        """Return whether the server can have seen the request."""
        if isinstance(failure, ConnectFailed | DeadlineExceeded):
            return Outcome.NOT_APPLIED if self.protocol is None else Outcome.UNKNOWN
        return failure.outcome


class WireRequest(aiohttp.ClientRequest):
    """A request whose headers are whole when it is made, and whose short body leaves together with them.

    For every body aiohttp makes a payload and, before Python 3.12, a task that sends it.
    """

    wire: Wire
    _short: bytes | None = None

    def update_headers(self, headers: Any) -> None:
        """Take the headers as the session put them together, a place for Host at their head; nobody else holds them."""
        self.headers = headers
        self.headers["Host"] = self.url.host_port_subcomponent or ""

    def update_body_from_data(self, body: Any, *others: Any) -> None:
        """Keep a short body as it is; who lends a session with trace configs wants to be told of every piece."""
        if isinstance(body, bytes) and len(body) <= _SHORT and not self.session.trace_configs:
            self._short = body
            self.headers["Content-Length"] = str(len(body))
        else:
            super().update_body_from_data(body, *others)

    async def send(self, conn: Any) -> aiohttp.ClientResponse:
        """Send, unless something already waits to be read: it would be taken for the answer (#18)."""
        if conn.protocol.should_close:
            raise ConnectionLost("unexpected bytes were waiting on an idle connection", outcome=Outcome.NOT_APPLIED)
        self.wire.acquire(conn.protocol)
        return await (super().send(conn) if self._short is None else self._send_at_once(conn.protocol, self._short))

    async def _send_at_once(self, protocol: Any, body: bytes) -> aiohttp.ClientResponse:
        writer = StreamWriter(protocol, self.loop)
        await writer.write_headers(f"{self.method} {self.url.raw_path_qs} HTTP/1.1", self.headers)
        await writer.write_eof(body)
        protocol.start_timeout()
        return self.response_class(
            self.method,
            self.original_url,
            writer=None,
            continue100=None,
            timer=self._timer,
            request_info=self.request_info,
            traces=[],
            loop=self.loop,
            session=self.session,
            stream_writer=writer,
        )


_FAILURES: Final[tuple[tuple[type[Exception], type[NoAnswer], str], ...]] = (
    (aiohttp.ClientConnectorDNSError, HostNotFound, "the host name does not resolve"),
    (aiohttp.ClientConnectorCertificateError, TlsFailed, "the server's certificate is not valid for it"),
    (aiohttp.ClientSSLError, TlsFailed, "the TLS handshake failed"),
    (aiohttp.ServerFingerprintMismatch, TlsFailed, "the server's certificate has another fingerprint"),
    (aiohttp.ConnectionTimeoutError, ConnectFailed, "connecting took too long"),
    (aiohttp.ClientConnectorError, ConnectFailed, "the connection was refused, or the host cannot be reached"),
    (aiohttp.SocketTimeoutError, ConnectionLost, "the server fell silent"),
    (aiohttp.ClientPayloadError, ProtocolError, "the answer was cut short or is badly framed"),
    (aiohttp.ClientResponseError, ProtocolError, "the answer is not HTTP"),
    (aiohttp.ClientConnectionError, ConnectionLost, "the connection broke"),
    (Exception, ProtocolError, "the exchange failed"),
)


_NO_FILES: Final = frozenset({errno.EMFILE, errno.ENFILE})
_TOO_MANY: Final = "too many files are open; raise the limit (ulimit -n) or lower ClientSettings.max_in_flight"


def translated(error: Exception, origin: str) -> NoAnswer:
    """Return our error for one of aiohttp's, which must not be chained: they hold the Authorization header."""
    if getattr(error, "errno", None) in _NO_FILES:
        return OutOfFiles(f"{_TOO_MANY} ({origin})")
    kind, words = next((kind, words) for theirs, kind, words in _FAILURES if isinstance(error, theirs))
    failure = kind(f"{words} ({origin})")
    if isinstance(error, TimeoutError):
        failure.__cause__ = TimeoutError(words)
    return failure
