"""What every request to a service passes: the journal, the spooling of its body, and the faults."""

from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

from pling_async.sandbox.faults import Faults
from pling_async.sandbox.journal import Journal
from pling_async.sandbox.sabotage import Cut, Sabotage
from pling_async.sandbox.service import Stage
from pling_async.sandbox.spool import Spool, receive

SPOOL: Final = web.RequestKey("spool", Spool)
"""The request's body."""


class Traffic:
    """The middleware around every service."""

    def __init__(self, stage: Stage) -> None:
        self.faults = Faults()
        self.journal = Journal()
        self.sabotage = Sabotage(stage.clock, stage.later)
        self._worker = stage.worker

    @web.middleware
    async def pass_through(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Journal a request, read it whole, and let it pass or spoil it."""
        entry = self.journal.open(request)
        request[SPOOL] = spool = await receive(request, self._worker)
        entry.body, entry.body_size = spool.head or None, spool.size
        fault = self.faults.take(request.method, request.path)
        response = await (self.sabotage.perform(fault, request, handler) if fault else handler(request))
        if not isinstance(response, Cut):
            entry.status = response.status
        return response
