"""The only code that sends: one session per client, one operation per call, aiohttp nowhere else."""

import asyncio
import errno
import time
from collections.abc import Callable, Mapping
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

import aiohttp
from aiohttp import ClientHandlerType, ClientSession
from aiohttp.http import StreamWriter
from attrs import define

from pling_async.errors import (
    ConfigurationError,
    ConnectFailed,
    ConnectionLost,
    DeadlineExceeded,
    Exchange,
    HostNotFound,
    NoAnswer,
    Outcome,
    OutOfFiles,
    PoolTimeout,
    ProtocolError,
    ResponseTooLarge,
    TlsFailed,
)
from pling_async.session.attempts import Attempts
from pling_async.session.protocol import Request, Response, Transport
from pling_async.session.settings import BaseUrl, ClientSettings, Runtime
from pling_async.session.upload import PIECE, opened, pieces
from pling_async.session.watch import Watch, Watched

__all__ = ["AiohttpTransport", "Caller", "ClientSession", "Session"]

T = TypeVar("T")
_ERROR_CAP: Final = 64 * 1024
_SHORT: Final = 16 * 1024
"""Bytes of a body that no connection is too slow to take at once."""
_PATIENCE: Final = 1.0
"""Seconds before the server's silence is worth a timer."""


class Caller(Protocol):
    """What resources call: a session, or something in front of one."""

    @property
    def settings(self) -> ClientSettings:
        """How the session behind it behaves."""
        ...

    async def call(self, request: Request, decode: Callable[[bytes], T]) -> T:
        """See `Session.call`."""
        ...


class Session:
    """Calls operations: gates, attempts, retries, and one truthful error at the end.

    Transport, clock, sleep and randomness are arguments, so that a simulation can run it without sockets or time.
    Sessions that are `shared_as` the same pass the same gates, for servers that count the requests of all of them. The
    origin is what hooks are told.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        settings: ClientSettings,
        runtime: Runtime | None = None,
        shared_as: str | None = None,
        origin: str = "",
    ) -> None:
        self.settings = settings
        self._transport = transport
        self._attempts = Attempts(
            transport, settings=settings, runtime=runtime or Runtime(), shared_as=shared_as, origin=origin
        )
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False

    async def close(self) -> None:
        """Close what was opened here; a second time does nothing."""
        if not self._closed:
            self._closed = True
            await self._transport.close()

    async def call(self, request: Request, decode: Callable[[bytes], T]) -> T:
        """Return the decoded answer of one operation, or raise the error that ended it.

        Decoding is part of an attempt; a body above 256 kB is decoded in a thread.
        """
        self._check_usable()
        return await self._attempts.run(request, decode)

    def _check_usable(self) -> None:
        if self._closed:
            raise ConfigurationError("the client is closed; make a new one, or send inside its `async with`")
        loop = asyncio.get_running_loop()
        self._loop = self._loop or loop
        if self._loop is not loop:
            raise ConfigurationError("the client belongs to another event loop; make one client per loop")


@define(eq=False)
class _Wire:
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
        if isinstance(request, _Request):
            request.wire = self
        try:
            return await handler(request)
        except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
            failure = _translated(error, self.origin)
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


class _Request(aiohttp.ClientRequest):
    """A request whose headers are whole when it is made, and whose short body leaves together with them.

    For every body aiohttp makes a payload and, before Python 3.12, a task that sends it.
    """

    wire: _Wire
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
            raise ConnectionLost("unasked-for bytes lay on an idle connection", outcome=Outcome.NOT_APPLIED)
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


def _queueing() -> aiohttp.TraceConfig:
    """Return what notes on the wire that it waits for a connection, as only on a lent connector it can."""

    async def queued(_: object, context: Any, __: object) -> None:
        context.trace_request_ctx.queued = not context.trace_request_ctx.queued

    config = aiohttp.TraceConfig()
    config.on_connection_queued_start.append(queued)
    config.on_connection_queued_end.append(queued)
    return config


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


def _translated(error: Exception, origin: str) -> NoAnswer:
    """Return our error for one of aiohttp's, which must not be chained: they hold the Authorization header."""
    if getattr(error, "errno", None) in _NO_FILES:
        return OutOfFiles(f"{_TOO_MANY} ({origin})")
    kind, words = next((kind, words) for theirs, kind, words in _FAILURES if isinstance(error, theirs))
    failure = kind(f"{words} ({origin})")
    if isinstance(error, TimeoutError):
        failure.__cause__ = TimeoutError(words)
    return failure


class AiohttpTransport:
    """Sends over aiohttp, with everything switched off that repeats, redirects, remembers or unpacks by itself.

    A session given as `http` lends its connector and trace configs, nothing else, and is never closed here.
    """

    def __init__(
        self, base: BaseUrl, *, headers: Mapping[str, str], settings: ClientSettings, http: ClientSession | None = None
    ) -> None:
        self._base = base
        given = {name.lower() for name in settings.headers}
        self._headers = {name: value for name, value in headers.items() if name.lower() not in given}
        self._headers |= {**settings.headers, "Accept-Encoding": "identity"}
        self._settings = settings
        self._lender = http
        self._http: ClientSession | None = None
        self._watch = Watch()

    async def send(self, request: Request, *, request_id: str, timeout: float) -> Response:  # noqa: ASYNC109 - the seam
        """Return the answer, read to its end; every failure is ours, without aiohttp's error behind it."""
        watched = self._watch.over(timeout)
        silence = None if request.large else self._settings.timeout.read
        wire = _Wire(self._base.origin, watched, silence, request.on_acquired)
        try:
            async with watched:
                return await self._exchange(request, request_id, wire)
        except NoAnswer as error:
            failure = error
        except aiohttp.ClientError as error:
            failure = _translated(error, self._base.origin)
        except TimeoutError:
            failure = wire.overdue()
        failure.outcome = wire.outcome(failure)
        raise failure

    async def close(self) -> None:
        """Close the connections opened here; lent ones stay open."""
        self._watch.close()
        if self._http is not None:
            await self._http.close()

    async def _exchange(self, request: Request, request_id: str, wire: _Wire) -> Response:
        headers = {"X-Request-ID": request_id}
        if request.body is not None:
            headers["Content-Type"] = request.content_type
        if isinstance(request.body, bytes) and len(request.body) > PIECE:
            headers["Content-Length"] = str(len(request.body))
            return await self._ask(request, pieces(request.body), headers, wire)
        if not isinstance(request.body, Path):
            return await self._ask(request, request.body, headers, wire)
        async with opened(request.body, request.on_sent) as upload:
            headers["Content-Length"] = str(upload.size)
            try:
                return await self._ask(request, upload.chunks(), headers, wire)
            finally:
                upload.check()

    async def _ask(self, request: Request, data: Any, headers: dict[str, str], wire: _Wire) -> Response:
        async with self._session().request(
            request.method,
            self._base.url + request.path,
            params=request.query,
            data=data,
            headers=headers,
            allow_redirects=False,
            ssl=self._settings.tls or True,
            middlewares=(wire,),
            trace_request_ctx=wire,
        ) as answer:
            return Response(
                status=answer.status,
                body=await self._read(request, answer),
                headers=tuple(answer.headers.items()),
                received_at=time.time(),
                drop_connection=wire.drop,
            )

    async def _read(self, request: Request, answer: aiohttp.ClientResponse) -> bytes:
        setting = "listing_cap" if request.large else "answer_cap"
        refused = answer.status not in request.expected
        cap = _ERROR_CAP if refused else getattr(self._settings, setting)
        chunk = await answer.content.readany()
        if answer.content.at_eof() and len(chunk) <= cap:
            return chunk
        body = BytesIO()
        while chunk:
            body.write(chunk)
            if body.tell() > cap:
                answer.close()
                if refused:
                    break
                exchange = Exchange(status=answer.status)
                raise ResponseTooLarge(f"the answer passed {cap} bytes (ClientSettings.{setting})", exchange=exchange)
            chunk = await answer.content.readany()
        return body.getvalue()

    def _session(self) -> ClientSession:
        if self._http is None:
            lender, connect = self._lender, self._settings.timeout.connect
            if lender is not None and lender.closed:
                raise ConfigurationError("the aiohttp session given as `http` is closed")
            self._http = ClientSession(
                connector=lender.connector if lender else aiohttp.TCPConnector(limit=self._settings.max_in_flight),
                connector_owner=lender is None,
                headers={"Host": "", **self._headers},
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                request_class=_Request,
                timeout=aiohttp.ClientTimeout(sock_connect=connect)
                if lender
                else aiohttp.ClientTimeout(connect=connect),
                trace_configs=[*lender.trace_configs, _queueing()] if lender else [],
            )
        return self._http
