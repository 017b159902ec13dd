"""Carry out a plan one contact at a time: additions and changes first, deletions last, after another look."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Mapping
from contextlib import aclosing
from typing import Any, Final

import polars as pl
from attrs import evolve, field, frozen

from pling_async.bulk.body import contact_of, with_sent_groups
from pling_async.bulk.difference import Action
from pling_async.bulk.journalled import HALTED, Halted, Journalled
from pling_async.bulk.lookout import Lookout
from pling_async.bulk.speed_dials import in_turn
from pling_async.bulk.workers import spread
from pling_async.errors import (
    BadRequest,
    ConflictError,
    NotFound,
    Outcome,
    PayloadTooLarge,
    PlingError,
    ValidationError,
)
from pling_async.pling.client import PlingClient
from pling_async.pling.models import Contact
from pling_async.pling.stop_list import refuse_stopped
from pling_async.session.retry import RetryLaw

DRIFTED: Final = "drifted"
"""The code of a contact that was left alone, since somebody else changed it."""
ALREADY: Final = "already_there"
"""The code of a contact that somebody else made what the plan wants, before anything was sent for it."""
STOPPED_AGAIN: Final = (
    "the request to take the person off the stop list was sent once, and whether they opted out again since cannot be "
    "told; they stay on it; plan the list again with a new consent"
)
REFUSALS: Final = frozenset(
    kind.__name__ for kind in (BadRequest, ConflictError, NotFound, PayloadTooLarge, ValidationError)
)
"""Codes of errors that the same request would meet again."""
_OPTED_OUT: Final = "the person opted out since, and is kept"
_RENUMBERED: Final = "somebody gave the contact another number since, and it is kept"
_FAILED: Final = "an earlier addition or change failed, so nothing is deleted"
_WORKERS_PER_SLOT: Final = 4
"""Workers for each request that may be in flight: while some wait for the server, others wait for the journal."""


Send = Callable[[Mapping[str, Any]], Awaitable[None]]


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
        rows: pl.DataFrame,
        lookout: Lookout,
        *,
        doubted: Collection[str] = (),
        is_failed: bool = False,
    ) -> None:
        self._client = client
        self._caller = caller
        self._plan = lookout.seen.plan
        self._rows = rows
        self._lookout = lookout
        self._doubted = doubted
        self._held_back = ""
        self._failed = is_failed
        self._renumbered = frozenset[str]()

    async def run(self) -> AsyncGenerator[Written, None]:
        """Yield one result for each row.

        Nothing is deleted when an addition or a change failed, or when the account cannot be listed after them; nothing
        more is sent after a 401 or 403, or once the journal cannot be written. Whoever opted out since, or has another
        number by now, is not deleted; whoever opted out is written as stopped. Whoever takes over a speed dial waits
        until it is free.
        """
        is_removal = pl.col("action") == Action.REMOVE.value
        others, removals = self._rows.filter(~is_removal), self._rows.filter(is_removal)
        turns = await asyncio.to_thread(in_turn, self._plan, others, removals)
        for part in turns.before_removals:
            async with aclosing(self._sent(part, self._upsert)) as results:
                async for written in results:
                    yield written
        if self._failed:
            self._held_back = _FAILED
        if others.height and removals.height and not (self._held_back or self._caller.why_halted()):
            await self._look_again(removals)
        for part, send in ((removals, self._delete), *((part, self._upsert) for part in turns.after_removals)):
            async with aclosing(self._sent(part, send)) as results:
                async for written in results:
                    yield written

    async def _sent(self, part: pl.DataFrame, send: Send) -> AsyncGenerator[Written, None]:
        rows = await asyncio.to_thread(with_sent_groups, part, self._plan.groups)
        workers = self._client.settings.max_in_flight * _WORKERS_PER_SLOT
        async with aclosing(spread(rows.iter_rows(named=True), self._guarded(send), workers=workers)) as results:
            async for written in results:
                yield written

    async def _look_again(self, removals: pl.DataFrame) -> None:
        """List the account once more: it may be long ago that it was, and a deletion goes by id alone."""
        try:
            now = await self._lookout.account()
        except PlingError as error:
            self._held_back = f"the account could not be listed again, so nothing is deleted: {error}"
            return
        self._renumbered = await asyncio.to_thread(_renumbered, removals, now.contacts)

    def _guarded(self, send: Send) -> Callable[[Mapping[str, Any]], Awaitable[Written]]:
        """Turn the errors of one send into its outcome: a bad row is an outcome, not an exception."""

        async def attempt(row: Mapping[str, Any]) -> Written:
            written = Written(mobile=row["mobile"], action=row["action"], outcome=Outcome.APPLIED)
            try:
                self._go_on()
                async with self._lookout.writing():
                    if drifted := self._why_kept(row):
                        return evolve(written, outcome=self._left_alone(row), code=DRIFTED, message=drifted)
                    await send({**row, "is_stopped": True} if self._lookout.has_stopped(row) else row)
            except PlingError as error:
                outcome, is_halt = self._outcome(row, error), isinstance(error, Halted)
                if outcome is Outcome.APPLIED:
                    return written
                self._failed = self._failed or not is_halt
                code = HALTED if is_halt else type(error).__name__
                return evolve(written, outcome=outcome, code=code, message=str(error))
            return written

        return attempt

    def _why_kept(self, row: Mapping[str, Any]) -> str:
        """Say why somebody who was to go is kept; empty otherwise."""
        if row["action"] != Action.REMOVE.value:
            return ""
        if row["mobile"] in self._renumbered:
            return _RENUMBERED
        return _OPTED_OUT if self._lookout.has_stopped(row) else ""

    def _left_alone(self, row: Mapping[str, Any]) -> Outcome:
        """Return the outcome of a contact that is sent no request any more."""
        return Outcome.UNKNOWN if row["mobile"] in self._doubted else Outcome.SKIPPED

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
        await self._client.contacts.write(contact)

    def _is_freed(self, row: Mapping[str, Any]) -> bool:
        is_to_be_freed = "is_stopped" in row["changed"] and not row["is_stopped"]
        return is_to_be_freed and row["mobile"] in self._plan.guards.consent

    async def _free(self, contact: Contact) -> None:
        """Write the planned state and take the person off the stop list, in one request that is sent once.

        Reading the contact again would not do: a server that hides the groups of stopped people would lose them.
        """
        await self._client.contacts.put(contact, RetryLaw.UNSENT, consent=True, check=refuse_stopped)

    async def _delete(self, row: Mapping[str, Any]) -> None:
        await self._client.contacts.delete(row["id"])


def _renumbered(removals: pl.DataFrame, now: pl.DataFrame) -> frozenset[str]:
    """Return the mobiles, in the plan, of contacts that have another one by now."""
    found = removals.select("id", "mobile").join(now.select("id", mobile_now="mobile"), on="id")
    return frozenset(found.filter(pl.col("mobile") != pl.col("mobile_now"))["mobile"])
