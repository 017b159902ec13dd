"""What the page shows of the systems beside Pling: contacts of each, and what it blocks."""

from collections.abc import Mapping, Sequence
from typing import Final

from aiohttp import web
from attrs import frozen

from pling_async.sandbox.page import front, front_legacy, ip1
from pling_async.sandbox.page.paging import turned
from pling_async.sandbox.page.parts import Part, Values
from pling_async.sandbox.page.people import Book, Tile, Wanted
from pling_async.sandbox.page.searching import Search
from pling_async.sandbox.service import Service
from pling_async.sandbox.worker import Worker

BOOKS: Final[Mapping[str, Book]] = {"ip1": ip1.BOOK, "front": front.BOOK, "front-legacy": front_legacy.BOOK}
"""By the name of the service."""


@frozen
class NeighbourViews:
    """Reads the store of one service by its book."""

    service: Service
    _book: Book
    _worker: Worker

    @property
    def title(self) -> str:
        """The name by which people know it."""
        return self._book.title

    def parts(self) -> Sequence[Part]:
        """Return the contacts, and the blacklist where there is one."""
        path = f"/page/{self.service.name}"
        contacts = Part(path, "neighbour.html.j2", self.contacts, self.title)
        if self._book.blacklist is None:
            return (contacts,)
        return contacts, Part(f"{path}/blacklist", "blacklist.html.j2", self.blacklist, f"{self.title} blacklist")

    async def tiles(self, _: web.Request) -> Sequence[Tile]:
        """Return what its store holds."""
        return await self._worker.run(self._book.tiles)

    async def contacts(self, request: web.Request) -> Values:
        """Return contacts, found by text and by label or list."""
        text, group = request.query.get("q", ""), request.query.get("group") or None
        found, page = await turned(
            request,
            lambda asked: self._worker.run(self._book.people, Wanted(text=text, group=group, page=asked)),
        )
        groups = await self._worker.run(self._book.groups) if self._book.groups else ()
        return {
            "service": self.service.name,
            "title": self.title,
            "group_word": self._book.group,
            "groups": groups,
            "people": found.people,
            "pages": page,
            "text": text,
            "group": group,
        }

    async def blacklist(self, request: web.Request) -> Values:
        """Return blocked numbers, contacts or not."""
        text, read = request.query.get("q", ""), self._book.blacklist
        if read is None:
            raise web.HTTPNotFound
        found, page = await turned(request, lambda asked: self._worker.run(read, Search(text=text, page=asked)))
        return {"title": self.title, "blocked": found.numbers, "pages": page, "text": text}
