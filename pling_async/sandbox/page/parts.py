"""What the page is made of: parts with a path, a template and the values of it."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

from aiohttp import web
from attrs import frozen

from pling_async.sandbox.page.people import Tile
from pling_async.sandbox.service import Service

Values = dict[str, Any]
View = Callable[[web.Request], Awaitable[Values]]


@frozen
class Part:
    """One part of the page; without words nothing leads there but a link of another part."""

    path: str
    template: str
    view: View
    words: str | None = None


class System(Protocol):
    """What the page shows of one service."""

    @property
    def service(self) -> Service:
        """The service."""

    @property
    def title(self) -> str:
        """The name by which people know it."""

    def parts(self) -> Sequence[Part]:
        """Return the parts that are about it alone."""

    async def tiles(self, request: web.Request) -> Sequence[Tile]:
        """Return what the overview counts, and where each count leads."""
