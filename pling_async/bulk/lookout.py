"""People who opt out while a run writes one contact after the other: they are looked for, written down and heeded."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from math import inf
from typing import Any, Final

import polars as pl

from pling_async.bulk.listing_frame import read_listing
from pling_async.bulk.seen_stops import SeenStops
from pling_async.bulk.snapshot import Snapshot, last_snapshot
from pling_async.errors import JournalError, PlingError
from pling_async.pling.client import PlingClient

EVERY: Final = 30.0
"""Seconds between two looks at the stop list: for about so long a STOP may stay unseen."""


class Lookout:
    """Looks at the stop list from time to time, and lets nobody write meanwhile."""

    def __init__(self, client: PlingClient, seen: SeenStops) -> None:
        self._client = client
        self.seen = seen
        """Who opted out since the plan was made."""
        self._clock = asyncio.get_running_loop().time
        self._due = self._clock() + EVERY
        self._under_way = 0
        self._is_quiet, self._is_open = asyncio.Event(), asyncio.Event()
        self._is_open.set()

    def has_stopped(self, row: Mapping[str, Any]) -> bool:
        """Tell whether the person of a plan's row opted out since, with the new number or the old one."""
        return row["mobile"] in self.seen.arrived or row["moved_from"] in self.seen.arrived

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[None]:
        """Look if it is time to, then let a request be built and sent.

        A look waits for what is under way, and everybody else for the look: no request was built before a listing and
        is sent after it, so each one says every stop that was seen.
        """
        if self._clock() >= self._due:
            await self._look()
        while not self._is_open.is_set():
            await self._is_open.wait()
        self._under_way += 1
        try:
            yield
        finally:
            self._under_way -= 1
            self._is_quiet.set()

    async def _look(self) -> None:
        """List the stopped contacts; a look that fails is made up for by the next one."""
        self._due = inf
        self._is_open.clear()
        try:
            while self._under_way:
                self._is_quiet.clear()
                await self._is_quiet.wait()
            stopped = partial(_stopped, account_id=self._client.account_id)
            mobiles = await self._client.contacts.read_listing(stopped, stopped=True)
            await self.seen.see_mobiles(mobiles)
        except JournalError:
            raise
        except PlingError:
            pass
        finally:
            self._due = self._clock() + EVERY
            self._is_open.set()

    async def account(self) -> Snapshot:
        """List the whole account."""
        account = await last_snapshot(self._client)
        await self.seen.see_account(account)
        return account


def _stopped(body: bytes, *, account_id: int) -> list[str]:
    """Return the mobiles of stopped contacts; a server that narrows nothing is no reason to stop anybody."""
    contacts = read_listing(body).contacts
    is_ours = (pl.col("account_id") == account_id).fill_null(value=True)
    return contacts.filter(pl.col("is_stopped").fill_null(value=False) & is_ours)["mobile"].to_list()
