"""What keeps web pages and other machines out: DNS rebinding is seen in Host, requests of other pages in Origin."""

import logging
from collections.abc import Callable, Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.http import HttpProcessingError
from aiohttp.typedefs import Handler, Middleware

HOST: Final = "127.0.0.1"


def silent_about_headers() -> logging.Logger:
    """Return a logger for faults of the sandbox; what cannot be read as HTTP is none, and may be a password."""
    logger = logging.getLogger("pling_async.sandbox")
    logger.addFilter(_is_no_request)
    return logger


def _is_no_request(record: logging.LogRecord) -> bool:
    kind = record.exc_info[0] if record.exc_info else None
    return kind is None or not issubclass(kind, HttpProcessingError)


def check_address(host: str, *, exposed: bool) -> None:
    """Raise `ValueError` for what is no address, and for one that others can reach unless that is wanted."""
    if not (ip_address(host).is_loopback or exposed):
        raise ValueError(f"other machines could reach the sandbox at {host}; if that is wanted: exposed=True, --i-know")


def is_loopback(url: str) -> bool:
    """Return whether a URL leads to this machine."""
    return _is_own(_hostname(urlsplit(url).netloc))


def _nothing(_: str) -> bool:
    return False


def no_web_pages(hostnames: Iterable[str], *, exposed: bool, is_page: Callable[[str], bool] = _nothing) -> Middleware:
    """Return the middleware that refuses what a web page can have caused, save the sandbox's own on its own paths.

    A page that had its name rebound to this machine asks for it by that name. An address is nobody's to rebind, so any
    is fine in Host once others may ask at all.
    """
    known = {name.lower() for name in hostnames}

    @web.middleware
    async def refuse(request: web.Request, handler: Handler) -> web.StreamResponse:
        host = _hostname(request.headers.get("Host", ""))
        if not (_is_own(host) or host in known or (exposed and _address(host))):
            return web.Response(status=403, text="the sandbox does not go by this name")
        if _is_of_a_page(request) and not (is_page(request.path) and _is_of_our_own(request)):
            return web.Response(status=403, text="the sandbox does not answer web pages")
        return await handler(request)

    return refuse


def _is_of_a_page(request: web.Request) -> bool:
    return "Origin" in request.headers or request.headers.get("Sec-Fetch-Site", "none") != "none"


def _is_of_our_own(request: web.Request) -> bool:
    """Tell whether the page that caused a request came from this very server: scheme, name and port."""
    own = f"http://{request.headers.get('Host', '')}"
    return request.headers.get("Sec-Fetch-Site", "none") in {"none", "same-origin"} and request.headers.getall(
        "Origin", [own]
    ) == [own]


def _hostname(netloc: str) -> str | None:
    try:
        return urlsplit(f"//{netloc}").hostname
    except ValueError:
        return None


def _is_own(host: str | None) -> bool:
    address = _address(host)
    return host == "localhost" if address is None else address.is_loopback


def _address(host: str | None) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host or "")
    except ValueError:
        return None
