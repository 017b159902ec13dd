"""How a client behaves, and where it sends: frozen values, checked when they are made."""

import asyncio
import inspect
import ipaddress
import random
import re
import ssl
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

import attrs
from attrs import Factory, field, frozen
from attrs.validators import deep_iterable

from pling_async.errors import ConfigurationError
from pling_async.hooks import Hook
from pling_async.session.retry import RetryPolicy

_OURS: Final = {"authorization", "accept-encoding", "content-type", "content-length", "cookie", "host", "x-request-id"}
_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


def _positive(instance: object, attribute: "attrs.Attribute[Any]", value: object) -> None:
    if value is not None and not (isinstance(value, int | float) and 0 < value < float("inf")):
        raise ConfigurationError(f"{type(instance).__name__}.{attribute.name} must be above 0 and finite")


@frozen(kw_only=True)
class Timeouts:
    """Seconds. `total` and `total_large` bound a whole operation: waiting, every attempt and the pauses between."""

    total: float = field(default=60.0, validator=_positive)
    total_large: float = field(default=900.0, validator=_positive)
    """For listings and replace, where the server may work for minutes before its first byte."""
    connect: float = field(default=10.0, validator=_positive)
    """DNS, TCP and TLS of one attempt."""
    read: float = field(default=30.0, validator=_positive)
    """Silence on the connection; a listing or replace may be silent until its total time is over."""


def _checked_headers(_: object, __: object, headers: Mapping[str, str]) -> None:
    for name, value in headers.items():
        if not _TOKEN.fullmatch(name) or name.lower() in _OURS or not value.isprintable():
            raise ConfigurationError(f"the header {name!r} cannot be set here, or its value is not printable text")


def _verifying(_: object, __: object, context: ssl.SSLContext | None) -> None:
    if context is not None:
        check_verifies(context)


def check_verifies(context: object) -> None:
    """Raise `ConfigurationError` for what would talk to a server whose certificate is not verified."""
    if not isinstance(context, ssl.SSLContext):
        raise ConfigurationError("tls takes an ssl.SSLContext, as of ssl.create_default_context(cafile=...)")
    if context.verify_mode is not ssl.CERT_REQUIRED or not context.check_hostname:
        raise ConfigurationError("the SSLContext does not verify certificates; load the CA into it instead")
    if context.minimum_version < ssl.TLSVersion.TLSv1_2:
        raise ConfigurationError(
            "the SSLContext allows versions older than TLS 1.2; set its minimum_version to ssl.TLSVersion.TLSv1_2"
        )


def _hooks(given: Iterable[Hook]) -> tuple[Hook, ...]:
    return tuple(given)  # `tuple` itself says too little of what it takes for a type checker to know a hook


def _callable(_: object, __: object, hook: Any) -> None:
    if not callable(hook) or inspect.iscoroutinefunction(hook):
        raise ConfigurationError("a hook is a plain function of an event, not a coroutine; see pling_async.hooks")


def _of_kind(kind: type, example: str) -> Callable[[object, "attrs.Attribute[Any]", object], None]:
    def check(_: object, attribute: "attrs.Attribute[Any]", value: object) -> None:
        if not isinstance(value, kind):
            raise ConfigurationError(f"ClientSettings.{attribute.name} takes a value like {example}")

    return check


@frozen(kw_only=True)
class ClientSettings:
    """Everything about a client that is not who, where and which account."""

    timeout: Timeouts = field(factory=Timeouts, validator=_of_kind(Timeouts, "Timeouts(total=30)"))
    retry: RetryPolicy = field(factory=RetryPolicy, validator=_of_kind(RetryPolicy, "RetryPolicy(attempts=3)"))
    max_in_flight: int = field(default=8, validator=_positive)
    rate: float | None = field(default=None, validator=_positive)
    """Requests per second over all workers; None is as fast as answers come."""
    answer_cap: int = field(default=1 << 20, validator=_positive)
    """Most bytes of an answer about one contact or group, or of a list of groups."""
    listing_cap: int = field(default=1 << 30, validator=_positive)
    """Most bytes of a listing or of the answer to a replace."""
    headers: Mapping[str, str] = field(factory=dict, validator=_checked_headers, repr=lambda given: f"{sorted(given)}")
    """Sent with every request, for instance {"Accept-Version": "1.*"}; ours win for Authorization and the like."""
    tls: ssl.SSLContext | None = field(default=None, validator=_verifying)
    """For a private CA; certificates and the host's name are always verified, and TLS is 1.2 at least."""
    hooks: tuple[Hook, ...] = field(default=(), converter=_hooks, validator=deep_iterable(_callable), repr=False)
    """Told of every step of every operation: see `pling_async.hooks`."""


@frozen(kw_only=True)
class Runtime:
    """Time and chance as a session sees them; tests and simulations bring their own."""

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    random: Callable[[], float] = Factory(lambda: random.SystemRandom().random)


@frozen
class BaseUrl:
    """Where an API lives: https, or http on loopback; a path is kept, the last slash may be missing."""

    url: str
    """Ends with a slash."""
    origin: str

    @classmethod
    def parse(cls, text: str) -> "BaseUrl":
        """Return the base URL of a text, or raise `ConfigurationError` without repeating the text."""
        if not text.isprintable() or " " in text or "\\" in text:
            raise ConfigurationError("the base URL contains blanks, backslashes or control characters")
        try:
            parts = urlsplit(text)
            port = parts.port
        except ValueError:
            raise ConfigurationError("the base URL is not a URL") from None
        _check_parts(parts)
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        origin = f"{parts.scheme}://{host}" + (f":{port}" if port is not None else "")
        return cls(f"{origin}{parts.path.rstrip('/')}/", origin)


def _check_parts(parts: SplitResult) -> None:
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ConfigurationError("the base URL must be absolute, like https://login.pling.as/api/")
    if "@" in parts.netloc:
        raise ConfigurationError("the base URL contains a user name; give user and password as arguments")
    if parts.query or parts.fragment:
        raise ConfigurationError("the base URL contains a query or a fragment; end it with the path")
    if parts.scheme == "http" and not _is_loopback(parts.hostname):
        raise ConfigurationError("http is allowed for loopback hosts only, since passwords travel along; use https")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
