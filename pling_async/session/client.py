"""What the clients of all systems have in common: a session, and an end."""

from collections.abc import Mapping
from types import TracebackType
from typing import Self

from pling_async._version import __version__
from pling_async.session.auth import Auth
from pling_async.session.session import Caller, Session
from pling_async.session.settings import BaseUrl, ClientSettings
from pling_async.session.transport import AiohttpTransport, ClientSession


class Client:
    """Use it as `async with`, or `close` it; a session made elsewhere, or lent as `http`, stays open."""

    session: Caller
    settings: ClientSettings
    origin: str
    _owned: Session | None = None

    async def close(self) -> None:
        """Close the session if this client opened it; a second time does nothing."""
        if self._owned is not None:
            await self._owned.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    def _open(
        self,
        base: BaseUrl,
        auth: Auth,
        *,
        settings: ClientSettings | None,
        http: ClientSession | None,
        headers: Mapping[str, str] | None = None,
        shared_as: str | None = None,
    ) -> Session:
        """Return a session of this client's own."""
        settings = settings or ClientSettings()
        own = {"Authorization": auth.header_value(), "User-Agent": f"pling-async/{__version__}"}
        transport = AiohttpTransport(base, headers={**(headers or {}), **own}, settings=settings, http=http)
        self._owned = Session(transport, settings=settings, shared_as=shared_as, origin=base.origin)
        return self._owned

    def _use(self, session: Caller, origin: str) -> None:
        """Take a session, whoever made it."""
        self.session = session
        self.settings = session.settings
        self.origin = origin
