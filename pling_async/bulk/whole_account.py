"""Carry out a plan with one replace of the whole account (section 3.11)."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import polars as pl

from pling_async.bulk.body import write_body
from pling_async.bulk.difference import Action
from pling_async.bulk.fields import ACCOUNT_SCHEMA
from pling_async.bulk.guards import some
from pling_async.bulk.journal import Journal
from pling_async.bulk.per_contact import DRIFTED, STOPPED_AGAIN
from pling_async.bulk.plan import Plan
from pling_async.bulk.reconcile import Conclusion, reconcile
from pling_async.bulk.seen_stops import SeenStops
from pling_async.bulk.snapshot import Snapshot
from pling_async.bulk.stops import as_held, keep_stops, lost_from
from pling_async.errors import JournalError, Outcome, PlingError, VerificationError
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

Sent = tuple[pl.DataFrame, tuple[str, ...]]
"""What became of every write, and warnings."""


class WholeAccount:
    """Sends one replace; the request is never repeated once it may have been seen."""

    def __init__(
        self,
        client: PlingClient,
        journal: Journal,
        folder: Path,
        on_progress: Callable[[int, int, str], None],
        seen: SeenStops,
    ) -> None:
        self._client = client
        self._plan = seen.plan
        self._journal = journal
        self._folder = folder
        self._on_progress = on_progress
        self.conclusion: Conclusion | None = None
        """What the account showed after an answer that decided nothing."""
        self._account: Snapshot | None = None
        self.written: pl.DataFrame | None = None
        """What became of every write, once that is known."""
        self.seen = seen
        """Whom an earlier process saw on the stop list, or a listing after a lost answer."""

    async def send(self, *, settle: float) -> Sent:
        """Send the whole wanted account in one request.

        The body is written to a private file first and streamed from there. After an answer that decides nothing the
        account is watched until it holds still, and only an account that equals the plan's promise counts as applied.
        Raises the error of the request otherwise, with what the account showed; what `on_progress` raises goes to the
        caller at once, and the run is in doubt until it is resumed.
        """
        earlier, self.conclusion = self.conclusion, None
        progress, withheld = _Progress(self._on_progress), await self._withheld(earlier)
        try:
            async with self._spooled({} if earlier else self._plan.guards.consent) as body:
                result = await self._client.contacts.replace_encoded(body, on_sent=progress.tell)
        except PlingError as error:
            if error.outcome is Outcome.NOT_APPLIED and earlier is not None:
                error.outcome = Outcome.UNKNOWN  # an earlier one was carried out in part, or may have been
                raise
            if error.outcome is not Outcome.UNKNOWN or error is progress.failure:
                raise
            await self._explained(error, settle)
            self.written = await asyncio.to_thread(judged, self._plan, (), withheld)
            return self.written, (LOST,)
        self.written = await asyncio.to_thread(judged, self._plan, result.invalid_contacts, withheld)
        await self._noted(result)
        return self.written, tuple(_doubts(self._plan, result))

    async def _noted(self, result: ReplaceResult) -> None:
        invalid = [{"mobile": str(each.sent.get("mobile")), "error": each.error} for each in result.invalid_contacts]
        try:
            await self._journal.note("result", invalid=invalid)
        except JournalError as error:
            error.outcome = Outcome.UNKNOWN  # the replace was carried out; verifying is left
            raise

    async def _withheld(self, earlier: Conclusion | None) -> list[str]:
        """Return whom a replace that was lost was to free, and who is stopped: maybe anew, after it had freed them."""
        if earlier is None or self._account is None:
            return []
        freed = self._plan.writes.filter(pl.col("changed").list.contains("is_stopped") & ~pl.col("is_stopped"))
        stopped = self._account.contacts.filter("is_stopped").join(freed, on="mobile", how="semi")
        withheld = stopped["mobile"].to_list()
        if withheld:
            await self._journal.note("withheld", mobiles=withheld)
            await self.seen.withhold(stopped.select(list(ACCOUNT_SCHEMA)))
        return withheld

    async def watched(self, *, settle: float) -> Conclusion:
        """Watch the account and conclude what a replace did; whatever it is, people lose no stop by it."""
        found = await reconcile(
            self._client,
            self._plan,
            settle=settle,
            on_progress=self._on_progress,
            on_stops=self.seen.see_mobiles,
            on_listing=self.seen.see_account,
        )
        lost = await self._keep_stops(found.account)
        await self._journal.note("conclusion", conclusion=found.conclusion.value)
        if found.conclusion is Conclusion.FOREIGN:
            await self._journal.note("ended", complete=False)
        self.conclusion, self._account = found.conclusion, found.account
        if lost and found.conclusion is not Conclusion.CONVERGED:
            raise VerificationError(f"{lost} people left the stop list, and the server does not put them back")
        return found.conclusion

    async def _keep_stops(self, account: Snapshot) -> int:
        """Put back who left the stop list; return how many people the server does not put back."""

        def lost(account: Snapshot) -> pl.DataFrame:
            stops = pl.DataFrame(schema=ACCOUNT_SCHEMA) if self.seen.people is None else self.seen.people
            return as_held(lost_from(stops, account), account)

        after, _ = await keep_stops(self._client, lost, account, self.seen.see_account)
        return (await asyncio.to_thread(lost, after)).height

    async def _explained(self, error: PlingError, settle: float) -> None:
        """Conclude what the account shows; raise the error unless it is what the plan promised."""
        try:
            conclusion = await self.watched(settle=settle)
        except PlingError as unseen:
            error.args = (f"{error}; {_NOT_SEEN}",)
            raise error from unseen
        if conclusion is not Conclusion.CONVERGED:
            error.args = (f"{error}; {_WAY_OUT[conclusion]}",)
            raise error

    @asynccontextmanager
    async def _spooled(self, consent: Iterable[str]) -> AsyncIterator[Path]:
        """Write the body to a private file in the run's folder, and remove it afterwards."""
        body = self._folder / "contacts.json"
        try:
            await asyncio.to_thread(self._spool, body, consent)
            yield body
        finally:
            await asyncio.to_thread(body.unlink, missing_ok=True)

    def _spool(self, body: Path, consent: Iterable[str]) -> None:
        """Write the body anew, a killed process may have left an older one; with stops that arrived since."""
        body.unlink(missing_ok=True)
        write_body(body, self.seen.carried_by(self._plan.wanted), self._plan.groups, consent=consent)


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


def judged(plan: Plan, invalid: Iterable[InvalidContact], withheld: Sequence[str] = ()) -> pl.DataFrame:
    """Everything was applied save what the server calls invalid; those are matched by the mobile they echo.

    Of the people `withheld` from leaving the stop list nobody knows whether an earlier request had let them.
    """
    refused = {str(each.sent.get("mobile")): sanitised(each.error) for each in invalid}
    schema = {"mobile": pl.String, "message": pl.String}
    said = pl.DataFrame({"mobile": list(refused), "message": list(refused.values())}, schema)
    is_refused = pl.col("message").is_not_null() & (pl.col("action") != Action.REMOVE.value)
    is_withheld = pl.col("mobile").is_in(list(withheld))

    def said_of(refused: Any, kept_stopped: str, other: str) -> pl.Expr:
        return pl.when(is_refused).then(refused).when(is_withheld).then(pl.lit(kept_stopped)).otherwise(pl.lit(other))

    return plan.writes.join(said, on="mobile", how="left", maintain_order="left").select(
        "mobile",
        "action",
        outcome=said_of(pl.lit(Outcome.NOT_APPLIED.value), Outcome.UNKNOWN.value, Outcome.APPLIED.value),
        code=said_of(pl.lit("refused_by_server"), DRIFTED, ""),
        message=said_of("message", STOPPED_AGAIN, ""),
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
