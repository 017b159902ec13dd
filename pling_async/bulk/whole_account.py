"""Carry out a plan with one replace of the whole account (section 3.11)."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import polars as pl

from pling_async.bulk.body import write_body
from pling_async.bulk.difference import Action
from pling_async.bulk.plan import WRITES, Plan
from pling_async.bulk.snapshot import Snapshot, snapshot
from pling_async.bulk.verify import compare
from pling_async.errors import Outcome, PlingError
from pling_async.pling.client import PlingClient
from pling_async.pling.models import InvalidContact, ReplaceResult

_LOST: Final = "the answer to the replace was lost; the account shows that it was applied"

SETTLE_SECONDS: Final = 2.0
"""How long to wait between the two listings that must agree before anything is concluded."""


async def replace_account(
    client: PlingClient, plan: Plan, on_sent: Callable[[int, int], None]
) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Send the whole wanted account in one request; return what became of every write, and warnings.

    The body is written to a private file first and streamed from there. The request is never repeated once it may
    have been seen: after an answer that decides nothing the account is listed until it holds still, and only an
    account that equals the plan's promise counts as applied. Raises the error of the request otherwise.
    """
    async with _spooled(plan) as body:
        try:
            result = await client.contacts.replace_encoded(body, on_sent=on_sent)
        except PlingError as error:
            if error.outcome is Outcome.UNKNOWN and await _converged(client, plan):
                return await asyncio.to_thread(_judged, plan, ()), (_LOST,)
            raise
    return await asyncio.to_thread(_judged, plan, result.invalid_contacts), tuple(_doubts(plan, result))


@asynccontextmanager
async def _spooled(plan: Plan) -> AsyncIterator[Path]:
    """Write the body to a file in a folder of its own, both private, and remove them afterwards."""
    folder = await asyncio.to_thread(tempfile.TemporaryDirectory, prefix="pling-")
    try:
        body = Path(folder.name) / "contacts.json"
        await asyncio.to_thread(write_body, body, plan.wanted, plan.groups, consent=plan.guards.consent)
        yield body
    finally:
        await asyncio.to_thread(folder.cleanup)


async def _converged(client: PlingClient, plan: Plan) -> bool:
    return (await asyncio.to_thread(compare, plan, await _settled(client))).is_clean


async def _settled(client: PlingClient) -> Snapshot:
    """List until two listings in a row agree, three times at most."""
    before = await snapshot(client)
    for _ in range(3):
        await asyncio.sleep(SETTLE_SECONDS)
        after = await snapshot(client)
        if after.fingerprint == before.fingerprint:
            break
        before = after
    return before


def _judged(plan: Plan, invalid: Iterable[InvalidContact]) -> pl.DataFrame:
    """Everything was applied save what the server calls invalid; those are matched by the mobile they echo."""
    refused = {str(each.sent.get("mobile")): each.error for each in invalid}
    schema = {"mobile": pl.String, "message": pl.String}
    said = pl.DataFrame({"mobile": list(refused), "message": list(refused.values())}, schema)
    is_refused = pl.col("message").is_not_null() & (pl.col("action") != Action.REMOVE.value)
    writes = plan.contacts.filter(pl.col("action").is_in([each.value for each in WRITES]))
    return writes.join(said, on="mobile", how="left", maintain_order="left").select(
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
    if result.invalid_contact_count:
        yield f"the server refused {result.invalid_contact_count} contacts"
