"""One seed's world: the loop, the server, the faults, the other people, the disk, and the runs that were made."""

import asyncio
import random
import shutil
import sqlite3
import tempfile
import traceback
from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Final

from attrs import define, field

from pling_async import ClientSettings, PlingClient, RetryPolicy, Timeouts
from pling_async.session.session import Session
from pling_async.session.settings import Runtime
from tests.simulation.faults import Faults
from tests.simulation.history import History, Sent
from tests.simulation.runs import Life, RunRecord
from tests.simulation.semantics import Semantics
from tests.simulation.server import ACCOUNT, Server
from tests.simulation.transport import SimulatedTransport
from tests.simulation.virtual_loop import Killed, VirtualLoop

THEMES: Final = ("removals", "consent", "full", "by_hand", "found", "dial", "early_undo", "refused_again")
"""Rare situations that a seed may be about; see `themes.py`."""
ORIGIN: Final = "http://127.0.0.1"
_STARTED: Final = datetime.fromisoformat("2025-06-30T12:00:00+00:00").timestamp()
_DISK: Final = Path("/dev/shm") if Path("/dev/shm").is_dir() else None  # noqa: S108 - memory is a fast disk


@define(eq=False)
class World:
    """Everything that one seed needs; close it."""

    seed: int
    rng: random.Random = field(init=False)
    spare: random.Random = field(init=False)
    """For what only some seeds are about, so that the draws of the others stay the same."""
    theme: str = ""
    """See `themes.py`."""
    loop: VirtualLoop = field(init=False)
    history: History = field(factory=History)
    semantics: Semantics = field(init=False)
    server: Server = field(init=False)
    faults: Faults = field(init=False)
    state: Path = field(init=False)
    settings: ClientSettings = field(init=False)
    sometimes: set[str] = field(factory=set)
    records: list[RunRecord] = field(factory=list)
    found: list[str] = field(factory=list)
    """Violations that show while the seed runs."""
    texts: list[str] = field(factory=list)
    """Everything said to people: messages, reprs, tracebacks, logs."""
    pending_shown: dict[int, Any] = field(factory=dict)
    healed_at: int | None = None
    """Position from which on everything works and nobody else writes."""
    wall_jump: float = 0.0
    kill_at_request: int | None = None
    kill_after: int = 1
    kill_at_connect: int | None = None
    """Kill the process while it opens so many journals."""
    disk_pages: int | None = None
    """How large a journal may become."""
    full_at: tuple[str, int] | None = None
    """What a journal has no room for: an event of this kind, or "settled" and the intent from which on."""
    connections: list[sqlite3.Connection] = field(factory=list)
    locks: list[IO[str]] = field(factory=list)
    taken: dict[str, str] = field(factory=dict)
    """Who was given whose speed dial, by the dial."""
    watchers: list[Callable[[Sent], None]] = field(factory=list)
    """Whoever looks at each mutating request as it leaves."""
    timers: list[asyncio.TimerHandle] = field(factory=list)
    """What other people, and the clock, are about to do."""

    def __attrs_post_init__(self) -> None:
        """Draw the seed's semantics and faults."""
        self.rng = random.Random(self.seed)  # noqa: S311 - no secret
        self.spare = random.Random(f"spare {self.seed}")  # noqa: S311 - likewise
        self.theme = self.spare.choice(THEMES) if self.spare.random() < 0.2 else ""
        self.loop = VirtualLoop(random.Random(self.rng.random()))  # noqa: S311 - no secret
        self.semantics = Semantics.drawn(self.rng)
        self.server = Server(self.semantics, self.history, self.loop.time)
        self.faults = Faults.drawn(random.Random(self.rng.random()))  # noqa: S311 - no secret
        self.state = Path(tempfile.mkdtemp(prefix="pling-simulation-", dir=_DISK))
        self.settings = ClientSettings(
            max_in_flight=self.rng.choice((1, 2, 8)),
            timeout=Timeouts(total=self.rng.choice((20.0, 60.0)), total_large=self.rng.choice((60.0, 900.0))),
            retry=RetryPolicy(attempts=self.rng.choice((1, 3, 3, 5))),
        )

    def close(self) -> None:
        """Remove what the seed left on the disk."""
        self._close_files()
        self.loop.close()
        shutil.rmtree(self.state, ignore_errors=True)

    def _close_files(self) -> None:
        """Do what the operating system does when a process is gone."""
        for connection in self.connections:
            connection.close()
        for lock in self.locks:
            lock.close()
        self.connections.clear()
        self.locks.clear()

    def wall_time(self) -> float:
        """Return the seconds since 1970 that this machine shows, which may jump."""
        return _STARTED + self.loop.now + self.wall_jump

    def client(self, life: Life) -> PlingClient:
        """Return a client over the simulated network."""
        runtime = Runtime(clock=self.loop.time, sleep=asyncio.sleep, random=self.rng.random)
        life.session = Session(life.transport, settings=life.settings, runtime=runtime)
        return PlingClient.over(life.session, account_id=ACCOUNT, origin=ORIGIN)

    def begin(self, record: RunRecord, kind: str) -> Life:
        """Start a process for a run."""
        transport = SimulatedTransport(self, record, len(record.lives))
        life = Life(kind=kind, started=len(self.history.events), transport=transport, settings=self.settings)
        record.lives.append(life)
        return life

    def live(self, record: RunRecord, kind: str, main: Callable[[PlingClient], Awaitable[Any]], **cut: Any) -> Life:
        """Let one process run to its end, or until it is `killed_at` a step or `cancelled_after` some seconds."""
        life, concluded = self.begin(record, kind), self._conclusions()
        try:
            life.result = self.loop.live(self._main(life, main, cut), killed_at=cut.get("killed_at"))
        except BaseException as error:  # noqa: BLE001 - a seed judges every error
            life.error = error
            if isinstance(error, Killed):
                self._close_files()
        self.kill_at_request = None
        life.has_concluded = self._conclusions() > concluded
        self.end(life)
        return life

    async def _main(self, life: Life, main: Callable[[PlingClient], Awaitable[Any]], cut: dict[str, Any]) -> Any:
        task = asyncio.current_task()
        if task is not None and (seconds := cut.get("cancelled_after")) is not None:
            self.loop.call_later(seconds, task.cancel)
        return await main(self.client(life))

    def end(self, life: Life) -> None:
        """Look at what a process leaves behind (I-23), and keep what it said (I-26)."""
        life.ended = life.ended or len(self.history.events)  # of two processes at once each knows when it ended
        for _ in range(500):  # a thread that has begun cannot be cancelled, and ends by itself
            self.wait(0.0)
            if not self.loop.tasks():
                break
            self.wait(0.01)
        if left := self.loop.tasks():
            self.found.append(f"I-23: tasks are left after {life.kind}: {len(left)}\n{self.loop.waiting()}")
            for task in left:
                task.cancel()
            self.loop.run_until_complete(asyncio.wait(left))
        if life.error is not None:
            self.texts += [repr(life.error), *traceback.format_exception(life.error)]
            self.texts += getattr(life.error, "__notes__", [])
        self.texts += [repr(life.result), repr(getattr(life.error, "run", None)), str(life.transport.run.plan)]

    def on_sent(self, sent: Sent) -> None:
        """Check the journal before a mutating request leaves (I-9), and kill the process if it is time."""
        if sent.is_mutating and sent.run.is_journalled and not self._is_intended(sent):
            self.found.append(f"I-9: request {sent.number} {sent.method} {sent.path} has no durable intent")
        for watcher in self.watchers if sent.is_mutating else ():
            watcher(sent)
        if sent.is_mutating and self.kill_at_request is not None:
            self.kill_at_request -= 1
            if self.kill_at_request == 0:
                self.loop.kill_in(self.kill_after)

    def _is_intended(self, sent: Sent) -> bool:
        question = "SELECT 1 FROM intent WHERE method = ? AND path = ? AND payload = ? AND outcome IS NULL"
        return any(self._journalled(question, sent.method, sent.path, sent.payload))

    def _conclusions(self) -> int:
        return sum(1 for _ in self._journalled("SELECT 1 FROM event WHERE kind = 'conclusion'"))

    def _journalled(self, question: str, *values: str) -> Iterator[Any]:
        for path in self.journals():
            connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
            try:
                yield from connection.execute(question, values).fetchall()
            except sqlite3.OperationalError:
                continue
            finally:
                connection.close()

    def journals(self) -> list[Path]:
        """Return the journals on the disk, oldest run first."""
        return sorted(self.state.glob("accounts/*/runs/*/journal.sqlite"), key=lambda path: path.stat().st_ctime_ns)

    def heal(self) -> None:
        """Let nothing go wrong any more, and nobody else write."""
        self.faults.heal()
        self.healed_at = len(self.history.events)
        self.disk_pages = self.kill_at_connect = self.full_at = None
        for timer in self.timers:
            timer.cancel()

    def is_healed(self, life: Life) -> bool:
        """Tell whether a process began when everything worked."""
        return self.healed_at is not None and life.started >= self.healed_at

    def wait(self, seconds: float) -> None:
        """Let time pass; what is under way at the server goes on."""
        self.loop.run_until_complete(asyncio.sleep(seconds))
