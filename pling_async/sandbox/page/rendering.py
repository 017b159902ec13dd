"""HTML of the sandbox's page; a job for the worker, since templates are read from files."""

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

if TYPE_CHECKING:
    from jinja2 import Environment

MISSING: Final = "The sandbox's page needs jinja2: pip install 'pling-async[cli]'"

_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def render(template: str, values: Mapping[str, Any], status: int) -> web.Response:
    """Return a page; without jinja2 a line that says what to install."""
    try:
        environment = _environment()
    except ImportError:
        return web.Response(status=501, text=MISSING)
    style = _style()
    text = environment.get_template(template).render(**values, style=style)
    headers = {**_HEADERS, "Content-Security-Policy": _policy(style)}
    body = text.encode("utf-8", "replace")
    return web.Response(status=status, body=body, content_type="text/html", charset="utf-8", headers=headers)


def _policy(style: str) -> str:
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


@cache
def _style() -> str:
    from markupsafe import Markup  # noqa: PLC0415 - comes with jinja2

    here = files(__package__)
    texts = (here.joinpath(name).read_text(encoding="utf-8") for name in ("base.css", "sandbox.css"))
    return Markup("".join(texts))  # noqa: S704 - our own files


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415 - an extra

    from pling_async.sandbox.page.text import block, plain, visible  # noqa: PLC0415 - needs what comes with jinja2

    environment = Environment(
        loader=PackageLoader("pling_async.sandbox", "page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"visible": visible, "block": block, "plain": plain, "counted": "{:,}".format}
    return environment
