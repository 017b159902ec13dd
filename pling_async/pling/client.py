"""The client: opens, closes, composes."""

import os
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from pling_async._version import __version__
from pling_async.errors import ConfigurationError
from pling_async.pling.account import Account
from pling_async.pling.contacts import Contacts
from pling_async.pling.groups import Groups
from pling_async.pling.stop_list import StopList
from pling_async.session.auth import BasicAuth, Secret, as_secret
from pling_async.session.session import AiohttpTransport, Caller, ClientSession, Session
from pling_async.session.settings import BaseUrl, ClientSettings

DEFAULT_URL: Final = "https://login.pling.as/api/"


class PlingClient:
    """One account of the Pling Contacts API; `for_account` gives another one over the same session.

    Use it as `async with`, or `close` it. An aiohttp session given as `http` lends its connections and stays open.
    """

    def __init__(
        self,
        user: str,
        password: str | Secret,
        *,
        account_id: int,
        base_url: str = DEFAULT_URL,
        settings: ClientSettings | None = None,
        http: ClientSession | None = None,
    ) -> None:
        password = as_secret(password)  # whatever fails from here on, no traceback has the text
        base, settings = BaseUrl.parse(base_url), settings or ClientSettings()
        headers = {
            "Accept-Version": "1.0.*",
            "Authorization": BasicAuth(user, password).header_value(),
            "User-Agent": f"pling-async/{__version__}",
        }
        transport = AiohttpTransport(base, headers=headers, settings=settings, http=http)
        self._owned: Session | None = Session(transport, settings=settings)
        self._compose(self._owned, account_id, base.origin)

    @classmethod
    def over(cls, session: Caller, *, account_id: int, origin: str) -> Self:
        """Return a client over a session made elsewhere, for instance on a simulated transport; it stays open."""
        self = cls.__new__(cls)
        self._compose(session, account_id, origin)
        self._owned = None
        return self

    @classmethod
    def from_env(cls, *, settings: ClientSettings | None = None, http: ClientSession | None = None) -> Self:
        """Return a client from PLING_USERNAME, PLING_PASSWORD or PLING_PASSWORD_FILE, PLING_ACCOUNT_ID, PLING_BASE_URL.

        Only the last one has a default. The file must be readable by its owner alone.
        """
        account = _variable("PLING_ACCOUNT_ID")
        if not account.isascii() or not account.isdigit():
            raise ConfigurationError("PLING_ACCOUNT_ID must be a whole number")
        return cls(
            _variable("PLING_USERNAME"),
            password_from_env(),
            account_id=int(account),
            base_url=os.environ.get("PLING_BASE_URL") or DEFAULT_URL,
            settings=settings,
            http=http,
        )

    def for_account(self, account_id: int) -> Self:
        """Return a client for another account over the same session; only the first client closes it."""
        return self.over(self.session, account_id=account_id, origin=self.origin)

    def _compose(self, session: Caller, account_id: int, origin: str) -> None:
        self.session = session
        self.settings = session.settings
        self.origin = origin
        self.account_id = _checked(account_id)
        account = Account(session, account_id)
        self.contacts = Contacts(account)
        self.groups = Groups(account)
        self.stop_list = StopList(self.contacts)

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

    def __repr__(self) -> str:
        return f"{type(self).__name__}(account_id={self.account_id}, origin={self.origin!r})"


def _checked(account_id: Any) -> int:
    if type(account_id) is not int or account_id < 0:
        raise ConfigurationError("account_id must be the whole number that came with the credentials")
    return account_id


def _variable(name: str) -> str:
    if not (value := os.environ.get(name)):
        raise ConfigurationError(f"the environment variable {name} is not set")
    return value


def password_from_env() -> Secret:
    """Return PLING_PASSWORD, or what is in the PLING_PASSWORD_FILE."""
    if password := os.environ.get("PLING_PASSWORD"):
        return Secret(password)
    if not (name := os.environ.get("PLING_PASSWORD_FILE")):
        raise ConfigurationError("neither of the environment variables PLING_PASSWORD, PLING_PASSWORD_FILE is set")
    try:
        with Path(name).open(encoding="utf-8") as file:
            if os.fstat(file.fileno()).st_mode & 0o077:
                raise ConfigurationError("others may read the PLING_PASSWORD_FILE; chmod 600 it")
            return Secret(file.read().removesuffix("\n").removesuffix("\r"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"the PLING_PASSWORD_FILE cannot be read ({type(error).__name__})") from error
