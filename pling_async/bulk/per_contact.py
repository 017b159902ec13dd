"""Carry out a plan one contact at a time: additions and changes first, deletions last."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Collection, Mapping
from contextlib import aclosing
from typing import Any, Final

import polars as pl
from attrs import evolve, field, frozen

from pling_async.bulk.body import contact_of, with_sent_groups
from pling_async.bulk.difference import Action
from pling_async.bulk.journalled import Halted, Journalled
from pling_async.bulk.plan import Plan
from pling_async.bulk.workers import spread
from pling_async.errors import (
    BadRequest,
    ConflictError,
    NotFound,
    Outcome,
    PayloadTooLarge,
    PlingError,
    ValidationError,
    VerificationError,
)
from pling_async.pling.client import PlingClient
from pling_async.pling.models import Contact
from pling_async.session.retry import RetryLaw

HALTED: Final = "halted"
"""The code of what was left out since the run stopped."""
DRIFTED: Final = "drifted"
"""The code of a contact that was left alone, since somebody else changed it."""
ALREADY: Final = "already_there"
"""The code of a contact that somebody else made what the plan wants, before anything was sent for it."""
STOPPED_AGAIN: Final = (
    "the request to take the person off the stop list was sent once, and whether they opted out again since cannot be "
    "told; they stay on it; plan the list again if the consent still holds"
)
REFUSALS: Final = frozenset(
    kind.__name__ for kind in (BadRequest, ConflictError, NotFound, PayloadTooLarge, ValidationError)
)
"""Codes of errors that the same request would meet again."""
_WORKERS_PER_SLOT: Final = 4
"""Workers for each request that may be in flight: while some wait for the server, others wait for the journal."""


@frozen(kw_only=True)
class Written:
    """What became of one contact of a plan."""

    mobile: str = field(repr=False)
    action: str
    outcome: Outcome
    code: str = ""
    """The error's class, or why it was skipped."""
    message: str = field(default="", repr=False)


class PerContact:
    """Sends some of the rows that a plan writes, over a client that journals them.

    `doubted` are the mobiles for which an earlier process of the run sent a request that may still be carried out;
    with `is_failed`, one of its additions or changes failed for good.
    """

    def __init__(
        self,
        client: PlingClient,
        caller: Journalled,
        plan: Plan,
        rows: pl.DataFrame,
        *,
        doubted: Collection[str] = (),
        is_failed: bool = False,
    ) -> None:
        self._client = client
        self._caller = caller
        self._plan = plan
        self._rows = rows
        self._doubted = doubted
        self._held_back = ""
        self._failed = is_failed

    async def run(self) -> AsyncGenerator[Written, None]:
        """Yield one result for each row.

        Nothing is deleted when an addition or a change failed; nothing more is sent after a 401 or 403, or once the
        journal cannot be written.
        """
        removals = pl.col("action") == Action.REMOVE.value
        for part, send in ((self._rows.filter(~removals), self._upsert), (self._rows.filter(removals), self._delete)):
            if self._failed and send == self._delete:
                self._held_back = "an earlier addition or change failed, so nothing is deleted"
            rows = await asyncio.to_thread(with_sent_groups, part, self._plan.groups)
            workers = self._client.settings.max_in_flight * _WORKERS_PER_SLOT
            async with aclosing(spread(rows.iter_rows(named=True), self._guarded(send), workers=workers)) as results:
                async for written in results:
                    yield written

    def _guarded(self, send: Callable[[Mapping[str, Any]], Any]) -> Callable[[Mapping[str, Any]], Any]:
        """Turn the errors of one send into its outcome: a bad row is an outcome, not an exception."""

        async def attempt(row: Mapping[str, Any]) -> Written:
            written = Written(mobile=row["mobile"], action=row["action"], outcome=Outcome.APPLIED)
            try:
                self._go_on()
                await send(row)
            except PlingError as error:
                outcome, is_halt = self._outcome(row, error), isinstance(error, Halted)
                if outcome is Outcome.APPLIED:
                    return written
                self._failed = self._failed or not is_halt
                code = HALTED if is_halt else type(error).__name__
                return evolve(written, outcome=outcome, code=code, message=str(error))
            return written

        return attempt

    def _go_on(self) -> None:
        if halted := self._caller.why_halted() or self._held_back:
            raise Halted(halted)

    def _outcome(self, row: Mapping[str, Any], error: PlingError) -> Outcome:
        """Return the outcome of a contact whose last request failed, whatever an earlier process sent for it (§1)."""
        if row["mobile"] not in self._doubted:
            return error.outcome
        is_gone = row["action"] == Action.REMOVE.value and isinstance(error, NotFound)
        return Outcome.APPLIED if is_gone else Outcome.UNKNOWN

    async def _upsert(self, row: Mapping[str, Any]) -> None:
        contact = contact_of(row)
        if row["action"] == Action.ADD.value:
            await self._client.contacts.add(contact)
            return
        if self._is_freed(row):
            await self._free(contact)
            return
        await self._client.contacts.update(contact)

    def _is_freed(self, row: Mapping[str, Any]) -> bool:
        is_to_be_freed = "is_stopped" in row["changed"] and not row["is_stopped"]
        return is_to_be_freed and row["mobile"] in self._plan.guards.consent

    async def _free(self, contact: Contact) -> None:
        """Write the planned state and take the person off the stop list, in one request that is sent once.

        Reading the contact again would not do: a server that hides the groups of stopped people would lose them.
        """
        saved = await self._client.contacts.put(contact, RetryLaw.UNSENT, consent=True)
        if saved.is_stopped:
            raise VerificationError("the server took the request, yet answers that the person is stopped")

    async def _delete(self, row: Mapping[str, Any]) -> None:
        await self._client.contacts.delete(row["id"])
