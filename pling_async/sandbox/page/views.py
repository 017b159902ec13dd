"""What the page shows of the sandbox as a whole: the overview, requests, faults and switches."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, get_args

from aiohttp import web
from attrs import frozen

from pling_async.sandbox.controls import Controls
from pling_async.sandbox.faults import Action
from pling_async.sandbox.journal import Entry
from pling_async.sandbox.page import forms, journal_view
from pling_async.sandbox.page.neighbour_views import BOOKS, NeighbourViews
from pling_async.sandbox.page.paging import pages
from pling_async.sandbox.page.parts import Part, System, Values
from pling_async.sandbox.page.pling_views import PlingViews
from pling_async.sandbox.pling.service import PlingService

_LATEST: Final = 8


@frozen
class Views:
    """Reads the traffic and the switches of one sandbox, and knows what is read of each service."""

    controls: Controls
    pling: PlingViews | None
    systems: Sequence[System]
    """What is shown of each service, Pling's too."""

    @classmethod
    def of(cls, controls: Controls) -> "Views":
        """Return what a sandbox shows, whichever services it has."""
        worker, services = controls.stage.worker, controls.services.values()
        pling = next((PlingViews(each, worker) for each in services if isinstance(each, PlingService)), None)
        others = [NeighbourViews(each, BOOKS[each.name], worker) for each in services if each.name in BOOKS]
        return cls(controls, pling, [*([pling] if pling else []), *others])

    def parts(self) -> Sequence[Part]:
        """Return every part, in the order in which they are offered."""
        return (
            Part("/", "overview.html.j2", self.overview, "Overview"),
            *(part for system in self.systems for part in system.parts()),
            Part("/page/requests", "requests.html.j2", self.requests, "Requests"),
            Part("/page/faults", "faults.html.j2", self.faults, "Faults"),
            Part("/page/switches", "switches.html.j2", self.switches, "Switches"),
        )

    async def common(self, request: web.Request) -> Values:
        """Return what every part shows around its own."""
        return {
            "path": request.path,
            "navigation": [(part.path, part.words) for part in self.parts() if part.words],
            "account": self.pling.account(request) if self.pling else None,
            "accounts": await self.pling.accounts() if self.pling else [],
        }

    async def overview(self, request: web.Request) -> Values:
        """Return counts of each service, the latest requests, and what is not as usual."""
        latest = journal_view.chosen(self.controls.traffic.journal, "")[:_LATEST]
        return {
            "systems": [(each.title, each.service.prefix, await each.tiles(request)) for each in self.systems],
            "latest": [await self._shown(entry) for entry in latest],
            "changed_switches": self._changed(),
            "armed": len(self.controls.traffic.faults.armed()),
            "clock": self.controls.stage.clock.now(),
        }

    async def requests(self, request: web.Request) -> Values:
        """Return the journal, newest first, with bodies."""
        text = request.query.get("q", "")
        found = journal_view.chosen(self.controls.traffic.journal, text)
        page = pages(request, len(found), journal_view.PAGE_SIZE)
        shown = [await self._shown(entry) for entry in found[page.start : page.end]]
        return {"text": text, "pages": page, "entries": shown}

    async def faults(self, _: web.Request) -> Values:
        """Return the faults that are armed, and a form for another one."""
        armed = [(fault.action, forms.described(fault)) for fault in self.controls.traffic.faults.armed()]
        return {"armed": armed, "actions": get_args(Action)}

    async def switches(self, _: web.Request) -> Values:
        """Return every switch as it stands: Pling's, to be set, and those that were chosen at the start."""
        settings = [(each.title, each.service.name, each.service.settings()) for each in self.systems]
        return {"systems": [each for each in settings if each[-1]], "settable": PlingService.name}

    def _changed(self) -> Sequence[str]:
        """Return the switches that are not as usual, as the command line takes them."""
        return [
            f"{'' if system is self.pling else f'{system.service.name}.'}{each.name}={each.value}"
            for system in self.systems
            for each in system.service.settings()
            if each.value != each.default
        ]

    async def _shown(self, entry: Entry) -> Mapping[str, Any]:
        return await self.controls.stage.worker.call(journal_view.shown, entry)
