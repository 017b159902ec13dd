"""What each part of the page shows, as the values of its template."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final, TypeVar, get_args

from aiohttp import web
from attrs import frozen

from pling_async.sandbox.controls import Controls
from pling_async.sandbox.faults import Action
from pling_async.sandbox.journal import Entry
from pling_async.sandbox.page import forms, journal_view, queries, replace_view
from pling_async.sandbox.page.paging import Pages
from pling_async.sandbox.page.queries import PAGE_SIZE, Wanted
from pling_async.sandbox.pling.last_replace import KEPT
from pling_async.sandbox.pling.service import PlingService

T = TypeVar("T")
Values = dict[str, Any]

_LATEST: Final = 8


@frozen
class Views:
    """Reads the store and the traffic of one sandbox."""

    controls: Controls
    pling: PlingService

    async def overview(self, request: web.Request) -> Values:
        """Return counts, the latest requests, and what fills and empties the store."""
        latest = journal_view.chosen(self.controls.traffic.journal, "")[:_LATEST]
        return {
            "counts": await self._read(queries.counts, await self.account(request)),
            "latest": [await self._shown(entry) for entry in latest],
            "changed_switches": [each for each in self.pling.reading.settings() if each.value != each.default],
            "armed": len(self.controls.traffic.faults.armed()),
            "prefixes": {name: service.prefix for name, service in self.controls.services.items()},
            "clock": self.controls.stage.clock.now(),
        }

    async def contacts(self, request: web.Request) -> Values:
        """Return contacts, found by text and group."""
        account, text, group = await self.account(request), request.query.get("q", ""), _number(request, "group")
        search = partial(Wanted, account=account, text=text, group=group)
        return {
            **await self._found(request, search),
            "text": text,
            "group": group,
            "groups": await self._read(queries.groups, account),
        }

    async def contact(self, request: web.Request) -> Values:
        """Return one contact, whole."""
        found = await self._read(queries.contact, int(request.match_info["id"]))
        if found is None:
            raise web.HTTPNotFound(text="There is no such contact")
        return {"contact": found}

    async def groups(self, request: web.Request) -> Values:
        """Return groups with their members counted."""
        return {"groups": await self._read(queries.groups, await self.account(request))}

    async def stop_list(self, request: web.Request) -> Values:
        """Return who has opted out."""
        account, text = await self.account(request), request.query.get("q", "")
        search = partial(Wanted, account=account, text=text, stopped=True)
        remembered = await self._read(queries.remembered, account)
        return {**await self._found(request, search), "text": text, "remembered": remembered}

    async def requests(self, request: web.Request) -> Values:
        """Return the journal, newest first, with bodies."""
        text = request.query.get("q", "")
        found = journal_view.chosen(self.controls.traffic.journal, text)
        pages = _pages(request, len(found), journal_view.PAGE_SIZE)
        return {
            "text": text,
            "pages": pages,
            "entries": [await self._shown(entry) for entry in found[pages.start : pages.end]],
        }

    async def replace(self, request: web.Request) -> Values:
        """Return what the last replace did."""
        done = self.pling.last_replace.replacement
        if done is None:
            return {"done": None}
        asked = request.query.get("kind")
        first = next((kind for kind in replace_view.KINDS if done.counts[kind]), "changed")
        kind = asked if asked in replace_view.KINDS else first
        pages = _pages(request, min(done.counts[kind], KEPT), PAGE_SIZE)
        names = await self._read(queries.group_names, done.account_id)
        lines = await self._call(replace_view.lines, done, kind, pages.start, PAGE_SIZE, names)
        return {"done": done, "kind": kind, "kinds": replace_view.KINDS, "kept": KEPT, "pages": pages, "lines": lines}

    async def faults(self, _: web.Request) -> Values:
        """Return the faults that are armed, and a form for another one."""
        armed = [(fault.action, forms.described(fault)) for fault in self.controls.traffic.faults.armed()]
        return {"armed": armed, "actions": get_args(Action)}

    async def switches(self, _: web.Request) -> Values:
        """Return every switch as it stands."""
        return {"settings": list(self.pling.reading.settings())}

    async def account(self, request: web.Request) -> int:
        """Return the account that is looked at: the first one unless another is asked for."""
        return _number(request, "account") or self.pling.users[0].accounts[0]

    async def accounts(self) -> list[int]:
        """Return every account that users have or that holds something."""
        known = await self._read(queries.accounts)
        return sorted({*known, *(account for user in self.pling.users for account in user.accounts)})

    async def _found(self, request: web.Request, search: Callable[..., Wanted]) -> Mapping[str, Any]:
        asked = _number(request, "page") or 1
        found = await self._read(queries.contacts, search(page=asked))
        pages = Pages(url=request.rel_url, total=found.total, size=PAGE_SIZE, asked=asked)
        if pages.number != asked:
            found = await self._read(queries.contacts, search(page=pages.number))
        return {"contacts": found.contacts, "pages": pages}

    async def _shown(self, entry: Entry) -> Mapping[str, Any]:
        return await self._call(journal_view.shown, entry)

    async def _read(self, job: Callable[..., T], *arguments: object) -> T:
        return await self.controls.stage.worker.run(job, *arguments)

    async def _call(self, job: Callable[..., T], *arguments: object) -> T:
        return await self.controls.stage.worker.call(job, *arguments)


def _pages(request: web.Request, total: int, size: int) -> Pages:
    return Pages(url=request.rel_url, total=total, size=size, asked=_number(request, "page") or 1)


def _number(request: web.Request, name: str) -> int | None:
    """Return a number of the query; what is none is as good as absent."""
    try:
        return forms.whole(request.query.get(name, ""), name) or None
    except ValueError:
        return None
