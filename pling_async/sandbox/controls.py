"""What can be done to a sandbox from outside its APIs; `Sandbox` and the admin routes offer it."""

import sqlite3
from collections.abc import Mapping
from pathlib import Path

from attrs import frozen

from pling_async.sandbox import snapshot
from pling_async.sandbox.clock import at
from pling_async.sandbox.service import Seed, Service, Stage
from pling_async.sandbox.snapshot import Snapshot
from pling_async.sandbox.traffic import Traffic


@frozen(kw_only=True)
class Controls:
    """The store, the clock and the traffic of one sandbox."""

    stage: Stage
    traffic: Traffic
    services: Mapping[str, Service]
    """By name."""

    async def open(self, database: str | Path) -> None:
        """Open the store and create what is missing of it."""
        await self.stage.worker.start(database)
        await self.stage.worker.run(self._create)

    async def close(self) -> None:
        """Drop what is to be applied late and close the store."""
        await self.drop()
        await self.stage.worker.stop()

    async def drop(self) -> None:
        """Forget what was to be done later, and reset the connections that are silent."""
        self.traffic.sabotage.end_silence()
        await self.stage.later.drop()

    async def seed(self, service: str, objects: Seed) -> None:
        """Put wire objects into a service's store."""
        await self.stage.worker.run(self.services[service].seed, objects, self.stage.clock.now())

    async def snapshot(self) -> Snapshot:
        """Return the whole store."""
        return await self.stage.worker.run(snapshot.dump, self._tables(), self.stage.clock.ticks)

    async def restore(self, state: Snapshot) -> None:
        """Make the store and the clock what a snapshot says."""
        at(state["ticks"])  # refuses what is no time, before anything is changed
        await self.stage.worker.run(self._load, state)
        self.stage.clock.set(state["ticks"])

    async def reset(self) -> None:
        """Go back to an empty store, an empty journal and no faults."""
        await self.drop()
        await self.stage.worker.run(self._empty)
        self.stage.clock.set(0)
        self.traffic.faults.clear()
        self.traffic.journal.clear()

    def _tables(self) -> tuple[str, ...]:
        return tuple(table for service in self.services.values() for table in service.tables)

    def _create(self, connection: sqlite3.Connection) -> None:
        for service in self.services.values():
            service.create(connection)

    def _load(self, connection: sqlite3.Connection, state: Snapshot) -> None:
        snapshot.load(connection, self._tables(), state)
        self._create(connection)  # a sandbox of other services has not the first ids of these

    def _empty(self, connection: sqlite3.Connection) -> None:
        snapshot.clear(connection, self._tables())
        self._create(connection)
