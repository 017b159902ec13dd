"""The client: opens, composes."""

import os
from typing import Final, Self

from pling_async.ip1.account import Account
from pling_async.ip1.blacklist import Blacklist
from pling_async.ip1.contacts import Contacts
from pling_async.ip1.labels import Labels
from pling_async.session.auth import BearerAuth, Secret, as_secret
from pling_async.session.client import Client
from pling_async.session.environment import secret
from pling_async.session.session import Caller
from pling_async.session.settings import BaseUrl, ClientSettings
from pling_async.session.transport import ClientSession

DEFAULT_URL: Final = "https://api.ip1sms.com/"


class Ip1Client(Client):
    """The account of the IP1 contacts API that a token opens.

    Use it as `async with`, or `close` it. An aiohttp session given as `http` lends its connections and stays open.
    """

    def __init__(
        self,
        token: str | Secret,
        *,
        base_url: str = DEFAULT_URL,
        settings: ClientSettings | None = None,
        http: ClientSession | None = None,
    ) -> None:
        token = as_secret(token)  # whatever fails from here on, no traceback has the text
        base = BaseUrl.parse(base_url)
        self._compose(self._open(base, BearerAuth(token), settings=settings, http=http), base.origin)

    @classmethod
    def over(cls, session: Caller, *, origin: str) -> Self:
        """Return a client over a session made elsewhere, for instance on a simulated transport; it stays open."""
        self = cls.__new__(cls)
        self._compose(session, origin)
        return self

    @classmethod
    def from_env(cls, *, settings: ClientSettings | None = None, http: ClientSession | None = None) -> Self:
        """Return a client from IP1_TOKEN or IP1_TOKEN_FILE, and IP1_BASE_URL, which has a default.

        The file must be readable by its owner alone.
        """
        return cls(
            secret("IP1_TOKEN"), base_url=os.environ.get("IP1_BASE_URL") or DEFAULT_URL, settings=settings, http=http
        )

    def _compose(self, session: Caller, origin: str) -> None:
        self._use(session, origin)
        account = Account(session, origin)
        self.contacts = Contacts(account)
        self.labels = Labels(account)
        self.blacklist = Blacklist(account)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(origin={self.origin!r})"
