"""Carry out a plan one contact at a time: additions and changes first, deletions last."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, Final

import polars as pl
from attrs import frozen

from pling_async.bulk.body import contact_of, with_sent_groups
from pling_async.bulk.difference import Action
from pling_async.bulk.plan import Plan
from pling_async.bulk.workers import spread
from pling_async.errors import AuthenticationError, Outcome, PermissionDenied, PlingError
from pling_async.pling.client import PlingClient

_FATAL: Final = (AuthenticationError, PermissionDenied)
"""After one of these every further request would fail alike, and may lock the user out."""


@frozen(kw_only=True)
class Written:
    """What became of one contact of a plan."""

    mobile: str
    action: str
    outcome: Outcome
    code: str = ""
    """The error's class, or why it was skipped."""
    message: str = ""


class PerContact:
    """Sends what a plan writes, and remembers when to stop."""

    def __init__(self, client: PlingClient, plan: Plan) -> None:
        self._client = client
        self._plan = plan
        self._halted = ""
        self._failed = False
        self.fatal: PlingError | None = None
        """What stopped the run before its end."""

    async def run(self) -> AsyncIterator[Written]:
        """Yield one result for each contact that the plan adds, changes or removes.

        Nothing is deleted when an addition or a change failed; nothing more is sent after a 401 or 403.
        """
        upserts = self._plan.contacts.filter(pl.col("action").is_in([Action.ADD.value, Action.CHANGE.value]))
        for part, send in ((upserts, self._upsert), (self._plan.removals, self._delete)):
            if self._failed and not self._halted:
                self._halted = "an earlier addition or change failed, so nothing is deleted"
            rows = await asyncio.to_thread(with_sent_groups, part, self._plan.groups)
            async for written in spread(
                rows.iter_rows(named=True), self._guarded(send), workers=self._client.settings.max_in_flight
            ):
                yield written

    def _guarded(self, send: Callable[[Mapping[str, Any]], Any]) -> Callable[[Mapping[str, Any]], Any]:
        """Turn the errors of one send into its outcome: a bad row is an outcome, not an exception."""

        async def attempt(row: Mapping[str, Any]) -> Written:
            known = {"mobile": row["mobile"], "action": row["action"]}
            if self._halted:
                return Written(**known, outcome=Outcome.SKIPPED, code="halted", message=self._halted)
            try:
                await send(row)
            except PlingError as error:
                self._note(error)
                return Written(**known, outcome=error.outcome, code=type(error).__name__, message=str(error))
            return Written(**known, outcome=Outcome.APPLIED)

        return attempt

    def _note(self, error: PlingError) -> None:
        self._failed = True
        if isinstance(error, _FATAL):
            self.fatal = self.fatal or error
            self._halted = f"stopped after {type(error).__name__}"

    async def _upsert(self, row: Mapping[str, Any]) -> None:
        contact = contact_of(row)
        if row["action"] == Action.ADD.value:
            await self._client.contacts.add(contact)
            return
        saved = await self._client.contacts.update(contact)
        if self._is_freed(row):
            await self._client.stop_list.remove(saved, consent=self._plan.guards.consent[saved.mobile])

    def _is_freed(self, row: Mapping[str, Any]) -> bool:
        return "is_stopped" in row["changed"] and not row["is_stopped"]

    async def _delete(self, row: Mapping[str, Any]) -> None:
        await self._client.contacts.delete(row["id"])
