"""The transport over aiohttp: one request, one answer, our errors."""

import time
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from ssl import SSLContext
from typing import Any, Final

import aiohttp
from aiohttp import ClientSession

from pling_async.errors import ConfigurationError, Exchange, NoAnswer, ResponseTooLarge
from pling_async.session.protocol import Request, Response
from pling_async.session.settings import BaseUrl, ClientSettings, check_verifies
from pling_async.session.upload import PIECE, opened, pieces
from pling_async.session.watch import Watch
from pling_async.session.wire import Wire, WireRequest, translated

__all__ = ["AiohttpTransport", "ClientSession"]

_ERROR_CAP: Final = 64 * 1024


def _queueing() -> aiohttp.TraceConfig:
    """Return what notes on the wire that it waits for a connection, as only on a lent connector it can."""

    async def queued(_: object, context: Any, __: object) -> None:
        context.trace_request_ctx.queued = not context.trace_request_ctx.queued

    config = aiohttp.TraceConfig()
    config.on_connection_queued_start.append(queued)
    config.on_connection_queued_end.append(queued)
    return config


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
        self._is_closed = False
        self._watch = Watch()

    async def send(self, request: Request, *, request_id: str, timeout: float) -> Response:  # noqa: ASYNC109 - the seam
        """Return the answer, read to its end; every failure is ours, without aiohttp's error behind it."""
        watched = self._watch.over(timeout)
        silence = None if request.large else self._settings.timeout.read
        wire = Wire(self._base.origin, watched, silence, request.on_acquired)
        try:
            async with watched:
                return await self._exchange(request, request_id, wire)
        except NoAnswer as error:
            failure = error
        except aiohttp.ClientError as error:
            failure = translated(error, self._base.origin)
        except TimeoutError:
            failure = wire.overdue()
        failure.outcome = wire.outcome(failure)
        raise failure

    async def close(self) -> None:
        """Close the connections opened here; lent ones stay open."""
        self._is_closed = True
        self._watch.close()
        if self._http is not None:
            await self._http.close()

    async def _exchange(self, request: Request, request_id: str, wire: Wire) -> Response:
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

    async def _ask(self, request: Request, data: Any, headers: dict[str, str], wire: Wire) -> Response:
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

    def _check_lent(self, lender: ClientSession) -> None:
        """Refuse connections of somebody who verifies no certificates; our own `tls` would come before theirs."""
        theirs = getattr(lender.connector, "_ssl", True)
        if self._settings.tls is not None or not self._base.origin.startswith("https:"):
            return
        if not theirs:
            message = "the aiohttp session given as `http` verifies no certificates; lend one that does, or give"
            raise ConfigurationError(f"{message} ClientSettings(tls=ssl.create_default_context())")
        if isinstance(theirs, SSLContext):
            check_verifies(theirs)

    def _session(self) -> ClientSession:
        lender, connect = self._lender, self._settings.timeout.connect
        if self._is_closed:
            raise ConfigurationError("the client was closed while calls were under way; close it after them")
        if lender is not None and lender.closed:
            raise ConfigurationError("the aiohttp session given as `http` is closed; close it after the client")
        if self._http is None:
            if lender is not None:
                self._check_lent(lender)
            self._http = ClientSession(
                connector=lender.connector if lender else aiohttp.TCPConnector(limit=self._settings.max_in_flight),
                connector_owner=lender is None,
                headers={"Host": "", **self._headers},
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                request_class=WireRequest,
                timeout=aiohttp.ClientTimeout(sock_connect=connect)
                if lender
                else aiohttp.ClientTimeout(connect=connect),
                trace_configs=[*lender.trace_configs, _queueing()] if lender else [],
            )
        return self._http
