"""What the page shows of Pling: contacts, groups, the stop list and the last replace."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

from aiohttp import web
from attrs import frozen

from pling_async.sandbox.page import pling_queries, replace_view
from pling_async.sandbox.page.paging import number, pages, turned
from pling_async.sandbox.page.parts import Part, Values
from pling_async.sandbox.page.people import Tile
from pling_async.sandbox.page.pling_queries import Wanted
from pling_async.sandbox.page.searching import PAGE_SIZE
from pling_async.sandbox.pling.last_replace import KEPT
from pling_async.sandbox.pling.service import PlingService
from pling_async.sandbox.worker import Worker

T = TypeVar("T")


@frozen
class PlingViews:
    """Reads Pling's store, an account at a time."""

    service: PlingService
    _worker: Worker
    title: str = "Pling"

    def parts(self) -> Sequence[Part]:
        """Return its parts."""
        return (
            Part("/page/contacts", "contacts.html.j2", self.contacts, "Contacts"),
            Part(r"/page/contacts/{id:[0-9]{1,18}}", "contact.html.j2", self.contact),
            Part("/page/groups", "groups.html.j2", self.groups, "Groups"),
            Part("/page/stop-list", "stop_list.html.j2", self.stop_list, "Stop list"),
            Part("/page/replace", "replace.html.j2", self.replace, "Last replace"),
        )

    async def tiles(self, request: web.Request) -> Sequence[Tile]:
        """Return how many contacts, stopped ones and groups the account has."""
        counts = await self._read(pling_queries.counts, self.account(request))
        return (
            ("/page/contacts", counts["contacts"], "contacts"),
            ("/page/stop-list", counts["stopped"], "of them stopped"),
            ("/page/groups", counts["groups"], "groups"),
        )

    async def contacts(self, request: web.Request) -> Values:
        """Return contacts, found by text and group."""
        account, text, group = self.account(request), request.query.get("q", ""), number(request, "group")
        search = partial(Wanted, account=account, text=text, group=group)
        groups = await self._read(pling_queries.groups, account)
        return {**await self._found(request, search), "text": text, "group": group, "groups": groups}

    async def contact(self, request: web.Request) -> Values:
        """Return one contact, whole."""
        found = await self._read(pling_queries.contact, int(request.match_info["id"]))
        if found is None:
            raise web.HTTPNotFound(text="There is no such contact")
        return {"contact": found}

    async def groups(self, request: web.Request) -> Values:
        """Return groups with their members counted."""
        return {"groups": await self._read(pling_queries.groups, self.account(request))}

    async def stop_list(self, request: web.Request) -> Values:
        """Return who has opted out."""
        account, text = self.account(request), request.query.get("q", "")
        search = partial(Wanted, account=account, text=text, stopped=True)
        remembered = await self._read(pling_queries.remembered, account)
        return {**await self._found(request, search), "text": text, "remembered": remembered}

    async def replace(self, request: web.Request) -> Values:
        """Return what the last replace did."""
        done = self.service.last_replace.replacement
        if done is None:
            return {"done": None}
        asked = request.query.get("kind")
        first = next((kind for kind in replace_view.KINDS if done.counts[kind]), "changed")
        kind = asked if asked in replace_view.KINDS else first
        page = pages(request, min(done.counts[kind], KEPT))
        names = await self._read(pling_queries.group_names, done.account_id)
        lines = await self._worker.call(replace_view.lines, done, kind, page.start, PAGE_SIZE, names)
        return {"done": done, "kind": kind, "kinds": replace_view.KINDS, "kept": KEPT, "pages": page, "lines": lines}

    def account(self, request: web.Request) -> int:
        """Return the account that is looked at: the first one unless another is asked for."""
        return number(request, "account") or self.service.users[0].accounts[0]

    async def accounts(self) -> list[int]:
        """Return every account that users have or that holds something."""
        known = await self._read(pling_queries.accounts)
        return sorted({*known, *(account for user in self.service.users for account in user.accounts)})

    async def _found(self, request: web.Request, search: Callable[..., Wanted]) -> Values:
        found, page = await turned(request, lambda asked: self._read(pling_queries.contacts, search(page=asked)))
        return {"contacts": found.contacts, "pages": page}

    async def _read(self, job: Callable[..., T], *arguments: Any) -> T:
        return await self._worker.run(job, *arguments)
