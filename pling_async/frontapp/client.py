"""The client: opens, composes."""

import hashlib
import os
from functools import partial
from typing import Final, Self

from pling_async.frontapp.account import Account
from pling_async.frontapp.avatars import Avatars
from pling_async.frontapp.codec import decode
from pling_async.frontapp.contacts import Contacts
from pling_async.frontapp.conversations import Conversations
from pling_async.frontapp.custom_fields import CustomFields
from pling_async.frontapp.handles import Handles
from pling_async.frontapp.lists import Lists
from pling_async.frontapp.models import Company
from pling_async.frontapp.notes import Notes
from pling_async.frontapp.paths import at
from pling_async.session.auth import BearerAuth, Secret, as_secret
from pling_async.session.client import Client
from pling_async.session.environment import secret
from pling_async.session.retry import RetryPolicy
from pling_async.session.session import Caller
from pling_async.session.settings import BaseUrl, ClientSettings, Timeouts
from pling_async.session.transport import ClientSession

DEFAULT_URL: Final = "https://api2.frontapp.com/"
PATIENT: Final = ClientSettings(timeout=Timeouts(total=300), retry=RetryPolicy(attempts=5), answer_cap=16 << 20)
"""Front counts requests by the minute: whoever finds the minute full waits for the next one."""


class FrontClient(Client):
    """One company in Front's Core API (frontapp.com).

    Use it as `async with`, or `close` it. An aiohttp session given as `http` lends its connections and stays open.
    Front counts requests by company: clients of one token share their limits, those of the first of them, and so do
    clients of several tokens that are told the same `company`, a name of your own choice.
    """

    def __init__(
        self,
        token: str | Secret,
        *,
        base_url: str = DEFAULT_URL,
        settings: ClientSettings | None = None,
        http: ClientSession | None = None,
        company: str | None = None,
    ) -> None:
        token = as_secret(token)  # whatever fails from here on, no traceback has the text
        base = BaseUrl.parse(base_url)
        session = self._open(
            base, BearerAuth(token), settings=settings or PATIENT, http=http, shared_as=_gate(base, token, company)
        )
        self._compose(session, base.origin)

    @classmethod
    def over(cls, session: Caller, *, origin: str) -> Self:
        """Return a client over a session made elsewhere, for instance on a simulated transport; it stays open."""
        self = cls.__new__(cls)
        self._compose(session, origin)
        return self

    @classmethod
    def from_env(cls, *, settings: ClientSettings | None = None, http: ClientSession | None = None) -> Self:
        """Return a client from FRONT_TOKEN or FRONT_TOKEN_FILE, FRONT_BASE_URL and FRONT_COMPANY.

        The last two need not be there. The file must be readable by its owner alone.
        """
        base_url, company = os.environ.get("FRONT_BASE_URL") or DEFAULT_URL, os.environ.get("FRONT_COMPANY")
        return cls(secret("FRONT_TOKEN"), base_url=base_url, settings=settings, http=http, company=company)

    def _compose(self, session: Caller, origin: str) -> None:
        self._use(session, origin)
        self._account = Account(session)
        self.contacts = Contacts(self._account)
        self.handles = Handles(self._account)
        self.avatars = Avatars(self._account)
        self.lists = Lists(self._account)
        self.notes = Notes(self._account)
        self.conversations = Conversations(self._account)
        self.custom_fields = CustomFields(self._account)

    async def company(self) -> Company:
        """Return whom the token speaks for: the cheapest way to try it."""
        return await self._account.read(at("me"), partial(decode, Company))

    def __repr__(self) -> str:
        return f"{type(self).__name__}(origin={self.origin!r})"


def _gate(base: BaseUrl, token: Secret, company: str | None) -> str:
    """Return the name of the gates that the clients of a company or a token share; nobody can tell the token of it."""
    if company:
        return f"{base.origin} company {company}"
    return f"{base.origin} token {hashlib.sha256(token.reveal().encode()).hexdigest()}"
