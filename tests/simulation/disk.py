"""What the product takes from the machine by itself, and the simulation has to put in its place.

The wall clock (`datetime.now`), run ids, the size of the disk under a journal, and the lock files of killed processes.
Listings are pure functions of their bytes, so each is read into columns once.
"""

import functools
import sqlite3
import sys
from collections.abc import Callable
from datetime import datetime, tzinfo
from typing import Any, Final

import pling_async.bulk  # noqa: F401 - loads every module that is patched
from tests.simulation.world import World

_CURRENT: Final[list[World]] = []


class _AnyMoment(type(datetime)):  # type: ignore[misc]
    """Lets every datetime be an instance of the class that stands in for it."""

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, datetime)


class WallClock(datetime, metaclass=_AnyMoment):
    """A datetime whose now is the world's."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        """Return the moment that the world's wall clock shows."""
        return datetime.fromtimestamp(_CURRENT[-1].wall_time(), tz=tz)


class _Tokens:
    """Run ids from the seed."""

    @staticmethod
    def token_hex(size: int) -> str:
        """Return hexadecimal digits."""
        return _CURRENT[-1].rng.randbytes(size).hex()


def inhabit(world: World) -> None:
    """Make a world the one whose clock and disk the product sees."""
    _CURRENT[:] = [world]


def patch() -> None:
    """Replace, once in this process, what the product takes from the machine."""
    modules = {name: module for name, module in sys.modules.items() if name.startswith("pling_async.bulk.")}
    for name, module in modules.items():
        if getattr(module, "datetime", None) is datetime and not name.endswith((".listing_frame", ".fields")):
            module.datetime = WallClock  # type: ignore[attr-defined]
    sys.modules["pling_async.bulk.apply"].secrets = _Tokens  # type: ignore[attr-defined]
    for name in ("journal", "journal_file"):
        module = sys.modules[f"pling_async.bulk.{name}"]
        module.connect = _bounded(module.connect)  # type: ignore[attr-defined]
    state = sys.modules["pling_async.bulk.state"]
    state.AccountFolder._take = _held(state.AccountFolder._take)
    snapshot = sys.modules["pling_async.bulk.snapshot"]
    snapshot.read_listing = functools.lru_cache(maxsize=256)(snapshot.read_listing)  # type: ignore[attr-defined]
    snapshot.from_listed = _once(snapshot.from_listed)  # type: ignore[attr-defined]


def _bounded(connect: Callable[..., sqlite3.Connection]) -> Callable[..., sqlite3.Connection]:
    """Let a journal meet the end of the disk, as SQLite itself reports it (#89)."""

    def bounded(path: Any) -> sqlite3.Connection:
        connection = connect(path)
        world = _CURRENT[-1]
        world.connections.append(connection)
        if world.kill_at_connect is not None:
            world.kill_at_connect -= 1
            if world.kill_at_connect == 0:
                world.loop.kill_in(1)
                raise sqlite3.OperationalError("killed")
        if world.disk_pages is not None:
            connection.execute(f"PRAGMA max_page_count = {world.disk_pages}")
        if world.full_at is not None:
            _fill(connection, *world.full_at)
        return connection

    return bounded


_LARGE: Final = "INSERT INTO run VALUES (hex(randomblob(8)), hex(zeroblob(200000)))"
_ROOM: Final = 40
"""Pages that fit, fewer than the large row needs."""


def _fill(connection: sqlite3.Connection, kind: str, number: int) -> None:
    """Let the disk be full at one kind of row: together with it comes one that finds no room."""
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'event'").fetchone():
        return
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages + _ROOM}")
    when = f"BEFORE INSERT ON main.event WHEN NEW.kind = '{kind}'"
    if kind == "settled":
        when = f"BEFORE UPDATE ON main.intent WHEN NEW.outcome = 'applied' AND NEW.number >= {number}"
    connection.execute(f"CREATE TEMP TRIGGER full {when} BEGIN {_LARGE}; END")
    connection.commit()


def _held(take: Callable[..., Any]) -> Callable[..., Any]:
    """Know the lock files that are held, since the operating system closes those of a killed process."""

    def held(*whose: Any) -> Any:
        file = take(*whose)
        _CURRENT[-1].locks.append(file)
        return file

    return held


def _once(from_listed: Callable[..., Any]) -> Callable[..., Any]:
    """Remember the last snapshots by the listing they were made of."""
    made: dict[int, tuple[Any, Any]] = {}

    def once(listed: Any, **whose: Any) -> Any:
        if id(listed) not in made:
            if len(made) > 256:
                made.clear()
            made[id(listed)] = listed, from_listed(listed, **whose)
        return made[id(listed)][1]

    return once
