"""What keeps web pages out of the sandbox: DNS rebinding is seen in Host, requests of other pages in Origin."""

from typing import Final
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler

_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})


@web.middleware
async def local_only(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse requests that a web page can have caused."""
    if _host(request.headers.get("Host", "")) not in _LOOPBACK:
        return web.Response(status=403, text="the sandbox answers to localhost only")
    if "Origin" in request.headers:
        return web.Response(status=403, text="the sandbox does not answer web pages")
    return await handler(request)


def _host(header: str) -> str | None:
    try:
        return urlsplit(f"//{header}").hostname
    except ValueError:
        return None
