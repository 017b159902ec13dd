"""Whom `pling doctor` asks, as whom, and with which request, that writes nothing."""

import ssl
from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Final
from urllib.parse import urlsplit

from attrs import field, frozen

from pling_async.pling.codec import decode_groups
from pling_async.session.auth import Auth, BasicAuth, BearerAuth, Secret
from pling_async.session.protocol import Request, Response, interpret
from pling_async.session.retry import RetryLaw
from pling_async.session.settings import BaseUrl, ClientSettings
from pling_async.session.transport import AiohttpTransport

if TYPE_CHECKING:
    from pling_async.cli.configuration import Configuration

_HTTPS: Final = 443
_HTTP: Final = 80
_NOT_LET_IN: Final = frozenset({401, 403})
_FAILED: Final = 500


@frozen(kw_only=True)
class Endpoint(ABC):
    """One API, and how it is asked whether we are let in."""

    base: BaseUrl
    tls: ssl.SSLContext | None = field(default=None, repr=False)
    system: ClassVar[str]
    has_versions: ClassVar[bool] = False
    """Whether it is asked for a version of itself."""

    @property
    def host(self) -> str:
        """The host's name or address."""
        return urlsplit(self.base.url).hostname or ""

    @property
    def port(self) -> int:
        """The port, also where the URL has none."""
        parts = urlsplit(self.base.url)
        return parts.port or (_HTTPS if parts.scheme == "https" else _HTTP)

    @property
    def is_encrypted(self) -> bool:
        """Whether TLS is spoken; without it the host is this machine."""
        return self.base.url.startswith("https:")

    @property
    @abstractmethod
    def auth(self) -> Auth:
        """What fills the Authorization header."""

    @property
    @abstractmethod
    def question(self) -> Request:
        """The request that shows whether we are let in."""

    @abstractmethod
    def understood(self, response: Response) -> str | None:
        """Return what the answer says of the credentials, None when nobody can tell, or raise what is wrong."""

    def transport(self, *, anonymous: bool = False, **headers: str) -> AiohttpTransport:
        """Return what sends requests one by one, as they are; close it."""
        ours = {"Accept-Version": "1.0.*"} if self.has_versions else {}
        if not anonymous:
            ours["Authorization"] = self.auth.header_value()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        settings = ClientSettings(headers=named, tls=self.tls)
        return AiohttpTransport(self.base, headers=ours, settings=settings)


@frozen(kw_only=True)
class Target(Endpoint):
    """An account of Pling."""

    username: str
    password: Secret
    account_id: int
    system: ClassVar[str] = "pling"
    has_versions: ClassVar[bool] = True

    @property
    def auth(self) -> Auth:
        """The user's."""
        return BasicAuth(self.username, self.password)

    @property
    def question(self) -> Request:
        """Its groups: the shortest listing."""
        query = {"accountId": str(self.account_id)}
        return Request(method="GET", path="contact-groups", query=query, law=RetryLaw.SAFE)

    def understood(self, response: Response) -> str:
        """Return who may see what."""
        groups = decode_groups(interpret(self.question, response))
        return f"{self.username} may see account {self.account_id}, which has {len(groups)} groups"


@frozen(kw_only=True)
class _Token(Endpoint):
    token: Secret

    @property
    def auth(self) -> Auth:
        """The token's."""
        return BearerAuth(self.token)


@frozen(kw_only=True)
class Ip1(_Token):
    """The account of IP1 that a token opens."""

    system: ClassVar[str] = "ip1"

    @property
    def question(self) -> Request:
        """A page of one contact."""
        return Request(method="GET", path="v2/contacts", query={"limit": "1"}, law=RetryLaw.SAFE)

    def understood(self, response: Response) -> str:
        """Return whether the token opens an account."""
        from pling_async.ip1.codec import decode_contacts  # noqa: PLC0415 - only who asks IP1 needs it

        is_empty = not decode_contacts(interpret(self.question, response))
        return "the token opens an account" + (" without contacts" if is_empty else "")


@frozen(kw_only=True)
class Front(_Token):
    """A company in Front."""

    system: ClassVar[str] = "front"

    @property
    def question(self) -> Request:
        """Whom the token speaks for."""
        return Request(method="GET", path="me", law=RetryLaw.SAFE)

    def understood(self, response: Response) -> str:
        """Return which company it is."""
        from pling_async.frontapp.codec import decode  # noqa: PLC0415 - only who asks Front needs it
        from pling_async.frontapp.models import Company  # noqa: PLC0415 - likewise

        company = partial(decode, Company)(interpret(self.question, response))
        return f"the token speaks for the company {company.id}"


@frozen(kw_only=True)
class FrontLegacy(Endpoint):
    """Front's deprecated API, which has one request, and that one writes."""

    company: str
    password: Secret
    system: ClassVar[str] = "front-legacy"

    @property
    def auth(self) -> Auth:
        """The company's."""
        return BasicAuth(self.company, self.password)

    @property
    def question(self) -> Request:
        """A reading that the API does not have: whoever is not let in is told so before that."""
        return Request(method="GET", path="contacts", law=RetryLaw.SAFE, answers_json=False)

    def understood(self, response: Response) -> None:
        """Raise when the credentials are refused, or nobody is there."""
        if response.status in _NOT_LET_IN or response.status >= _FAILED:
            interpret(self.question, response)


def endpoint_of(configured: "Configuration", secret: Secret) -> Endpoint:
    """Return a neighbour that is configured."""
    system = configured.system
    base = BaseUrl.parse(configured.value("base_url") or system.default_url)
    tls = ssl.create_default_context()
    if system.user is not None:
        return FrontLegacy(base=base, tls=tls, company=configured.value(system.user), password=secret)
    makes: Callable[..., Endpoint] = Ip1 if system.name == Ip1.system else Front
    return makes(base=base, tls=tls, token=secret)
