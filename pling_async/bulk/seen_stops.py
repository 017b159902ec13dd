"""Whom a run saw on the stop list since its plan was made; written down at once, since the process may end any time."""

import asyncio
from collections.abc import Sequence

import polars as pl

from pling_async.bulk.fields import ACCOUNT_SCHEMA
from pling_async.bulk.journal import Journal
from pling_async.bulk.plan import Plan
from pling_async.bulk.snapshot import Snapshot
from pling_async.bulk.stops import arrived, carrying, known_stops, noted


class SeenStops:
    """Everybody who is to be on the stop list when a run ends.

    `known` are those whom an earlier process saw; `withheld`, the mobiles of those whom the plan takes off the list and
    who stay on it all the same.
    """

    def __init__(
        self, plan: Plan, journal: Journal, known: pl.DataFrame | None = None, withheld: Sequence[str] = ()
    ) -> None:
        self.plan = plan
        self._journal = journal
        self._withheld = tuple(withheld)
        self.people = known
        """None as long as nobody looked."""
        self.arrived = frozenset[str]() if known is None else frozenset(arrived(plan, known))
        """The mobiles of those whom the plan does not know as stopped."""

    async def see_account(self, account: Snapshot) -> None:
        """Heed whom a listing of the account shows there."""
        await self.see(account.contacts.filter("is_stopped").select(list(ACCOUNT_SCHEMA)))

    async def see_mobiles(self, mobiles: Sequence[str]) -> None:
        """Heed whom a listing shows of which only the numbers are known."""
        await self.see(await asyncio.to_thread(noted, self.plan, mobiles))

    def carried_by(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return a plan's rows with the stops of their people, so that requests say them."""
        return rows if self.people is None else carrying(rows, self.people)

    async def withhold(self, people: pl.DataFrame) -> None:
        """Keep people on the list whom the plan takes off it."""
        self._withheld = tuple(people["mobile"])
        await self.see(people)

    async def see(self, shown: pl.DataFrame) -> None:
        """Heed people who are there."""
        seen = shown if self.people is None else pl.concat([shown, self.people])
        self.people = await asyncio.to_thread(known_stops, self.plan, seen, self._withheld)
        since = frozenset(await asyncio.to_thread(arrived, self.plan, self.people))
        if since != self.arrived:
            self.arrived = since
            await self._journal.note("stops", mobiles=sorted(since))
