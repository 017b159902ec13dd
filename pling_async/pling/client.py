"""The client: opens, closes, composes."""

import os
from typing import Any, Final, Self

from pling_async.errors import ConfigurationError
from pling_async.pling.account import Account
from pling_async.pling.contacts import Contacts
from pling_async.pling.groups import Groups
from pling_async.pling.stop_list import StopList
from pling_async.session.auth import BasicAuth, Secret, as_secret
from pling_async.session.client import Client
from pling_async.session.environment import secret, variable
from pling_async.session.session import Caller
from pling_async.session.settings import BaseUrl, ClientSettings
from pling_async.session.transport import ClientSession

DEFAULT_URL: Final = "https://login.pling.as/api/"
_VERSION: Final = {"Accept-Version": "1.0.*"}


class PlingClient(Client):
    """One account of the Pling Contacts API; `for_account` gives another one over the same session.

    Use it as `async with`, or `close` it. An aiohttp session given as `http` lends its connections and stays open; one
    that verifies no certificates is refused, unless the settings have `tls`.
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
        base = BaseUrl.parse(base_url)
        session = self._open(base, BasicAuth(user, password), settings=settings, http=http, headers=_VERSION)
        self._compose(session, account_id, base.origin)

    @classmethod
    def over(cls, session: Caller, *, account_id: int, origin: str) -> Self:
        """Return a client over a session made elsewhere, for instance on a simulated transport; it stays open."""
        self = cls.__new__(cls)
        self._compose(session, account_id, origin)
        return self

    @classmethod
    def from_env(cls, *, settings: ClientSettings | None = None, http: ClientSession | None = None) -> Self:
        """Return a client from PLING_USERNAME, PLING_PASSWORD or PLING_PASSWORD_FILE, PLING_ACCOUNT_ID, PLING_BASE_URL.

        Only the last one has a default. The file must be readable by its owner alone.
        """
        account = variable("PLING_ACCOUNT_ID")
        if not account.isascii() or not account.isdigit():
            raise ConfigurationError("PLING_ACCOUNT_ID must be a whole number")
        return cls(
            variable("PLING_USERNAME"),
            secret("PLING_PASSWORD"),
            account_id=int(account),
            base_url=os.environ.get("PLING_BASE_URL") or DEFAULT_URL,
            settings=settings,
            http=http,
        )

    def for_account(self, account_id: int) -> Self:
        """Return a client for another account over the same session; only the first client closes it."""
        return self.over(self.session, account_id=account_id, origin=self.origin)

    def _compose(self, session: Caller, account_id: int, origin: str) -> None:
        self._use(session, origin)
        self.account_id = _checked(account_id)
        account = Account(session, account_id)
        self.contacts = Contacts(account)
        self.groups = Groups(account)
        self.stop_list = StopList(self.contacts)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(account_id={self.account_id}, origin={self.origin!r})"


def _checked(account_id: Any) -> int:
    if type(account_id) is not int or account_id < 0:
        raise ConfigurationError("account_id must be the whole number that came with the credentials")
    return account_id
