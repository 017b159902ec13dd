"""Carry out a plan with one replace of the whole account (section 3.11)."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import polars as pl

from pling_async.bulk.body import write_body
from pling_async.bulk.difference import Action
from pling_async.bulk.guards import some
from pling_async.bulk.journal import Journal
from pling_async.bulk.plan import Plan
from pling_async.bulk.reconcile import Conclusion, reconcile
from pling_async.errors import Outcome, PlingError
from pling_async.pling.client import PlingClient
from pling_async.pling.models import InvalidContact, ReplaceResult
from pling_async.session.excerpts import sanitised

LOST: Final = "the answer to the replace was lost; the account shows that it was applied"

_WAY_OUT: Final = {
    Conclusion.UNTOUCHED: "the account is still as it was; resume the run to send the plan again",
    Conclusion.PARTIAL: "a part of the plan was carried out; resume the run to finish it",
    Conclusion.FOREIGN: "the account is neither as it was nor as planned: plan the list again",
}
_NOT_SEEN: Final = "the account could not be watched; resume the run to find out what happened"

Sent = tuple[pl.DataFrame, tuple[str, ...], Conclusion | None]
"""What became of every write, warnings, and the conclusion if the answer was lost."""


class WholeAccount:
    """Sends one replace; the request is never repeated once it may have been seen."""

    def __init__(self, client: PlingClient, plan: Plan, journal: Journal, folder: Path) -> None:
        self._client = client
        self._plan = plan
        self._journal = journal
        self._folder = folder
        self.conclusion: Conclusion | None = None
        """What the account showed after an answer that decided nothing."""

    async def send(self, *, settle: float, on_progress: Callable[[int, int, str], None]) -> Sent:
        """Send the whole wanted account in one request.

        The body is written to a private file first and streamed from there. After an answer that decides nothing the
        account is watched until it holds still, and only an account that equals the plan's promise counts as applied.
        Raises the error of the request otherwise, with what the account showed; what `on_progress` raises goes to the
        caller at once, and the run is in doubt until it is resumed.
        """
        progress = _Progress(on_progress)
        try:
            async with _spooled(self._plan, self._folder) as body:
                result = await self._client.contacts.replace_encoded(body, on_sent=progress.tell)
        except PlingError as error:
            if error.outcome is not Outcome.UNKNOWN or error is progress.failure:
                raise
            await self._watch(error, settle, on_progress)
            return await asyncio.to_thread(judged, self._plan, ()), (LOST,), self.conclusion
        invalid = [{"mobile": str(each.sent.get("mobile")), "error": each.error} for each in result.invalid_contacts]
        await self._journal.note("result", invalid=invalid)
        written = await asyncio.to_thread(judged, self._plan, result.invalid_contacts)
        return written, tuple(_doubts(self._plan, result)), None

    async def _watch(self, error: PlingError, settle: float, on_progress: Callable[[int, int, str], None]) -> None:
        """Conclude what the account shows; raise the error unless it is what the plan promised."""
        try:
            found = await reconcile(self._client, self._plan, settle=settle, on_progress=on_progress)
        except PlingError as unseen:
            error.args = (f"{error}; {_NOT_SEEN}",)
            raise error from unseen
        self.conclusion = found.conclusion
        await self._journal.note("conclusion", conclusion=found.conclusion.value)
        if found.conclusion is not Conclusion.CONVERGED:
            error.args = (f"{error}; {_WAY_OUT[found.conclusion]}",)
            raise error


class _Progress:
    """Tells the caller about bytes, and knows its errors from those of the request."""

    def __init__(self, on_progress: Callable[[int, int, str], None]) -> None:
        self._on_progress = on_progress
        self.failure: Exception | None = None

    def tell(self, sent: int, size: int) -> None:
        try:
            self._on_progress(sent, size, "bytes")
        except Exception as error:
            self.failure = error
            raise


@asynccontextmanager
async def _spooled(plan: Plan, folder: Path) -> AsyncIterator[Path]:
    """Write the body to a private file in the run's folder, and remove it afterwards."""
    body = folder / "contacts.json"
    try:
        await asyncio.to_thread(_spool, plan, body)
        yield body
    finally:
        await asyncio.to_thread(body.unlink, missing_ok=True)


def _spool(plan: Plan, body: Path) -> None:
    """Write the body anew; a process that was killed may have left an older one."""
    body.unlink(missing_ok=True)
    write_body(body, plan.wanted, plan.groups, consent=plan.guards.consent)


def judged(plan: Plan, invalid: Iterable[InvalidContact]) -> pl.DataFrame:
    """Everything was applied save what the server calls invalid; those are matched by the mobile they echo."""
    refused = {str(each.sent.get("mobile")): sanitised(each.error) for each in invalid}
    schema = {"mobile": pl.String, "message": pl.String}
    said = pl.DataFrame({"mobile": list(refused), "message": list(refused.values())}, schema)
    is_refused = pl.col("message").is_not_null() & (pl.col("action") != Action.REMOVE.value)
    return plan.writes.join(said, on="mobile", how="left", maintain_order="left").select(
        "mobile",
        "action",
        outcome=pl.when(is_refused).then(pl.lit(Outcome.NOT_APPLIED.value)).otherwise(pl.lit(Outcome.APPLIED.value)),
        code=pl.when(is_refused).then(pl.lit("refused_by_server")).otherwise(pl.lit("")),
        message=pl.when(is_refused).then("message").otherwise(pl.lit("")),
    )


def _doubts(plan: Plan, result: ReplaceResult) -> Iterator[str]:
    """Compare the server's counts with what was sent; verification decides, these only explain."""
    sent = plan.wanted.height
    counted = (
        result.added_contact_count
        + result.modified_contact_count
        + result.unchanged_contact_count
        + result.invalid_contact_count
    )
    if counted != sent:
        yield f"the server counted {counted} contacts, {sent} were sent"
    if plan.counts.move:
        yield f"{some(plan.counts.move, 'contact')} with a new number got a new id, as a replace gives them"
    if result.invalid_contact_count:
        yield f"the server refused {result.invalid_contact_count} contacts"
