"""A run over all its processes: what it may do, and how each process ended."""

from collections.abc import Sequence
from typing import Any

from attrs import define, field

from pling_async import ClientSettings
from pling_async.errors import JournalError
from pling_async.session.session import Session
from tests.simulation.history import State
from tests.simulation.people import Row
from tests.simulation.transport import SimulatedTransport


@define(eq=False, kw_only=True)
class Life:
    """One process: what it was to do, and how it ended."""

    kind: str
    """apply, resume, undo, upsert or plan."""
    started: int
    """Position in the history."""
    ended: int = 0
    result: Any = None
    error: BaseException | None = None
    transport: SimulatedTransport
    settings: ClientSettings
    session: Session | None = None
    has_concluded: bool = False
    """Whether it wrote down what a replace did; it may have been killed a moment later."""

    @property
    def run(self) -> Any:
        """The `bulk.Run` it ended with, if there is one, from its result or its error."""
        if self.kind not in {"apply", "resume", "undo"}:
            return None
        return self.result if self.result is not None else getattr(self.error, "run", None)


@define(eq=False, kw_only=True)
class RunRecord:
    """One run, over all its processes, with what it may do."""

    kind: str
    mode: str = "merge"
    strategy: str = "auto"
    rows: Sequence[Row] = ()
    guards: Any = None
    consent: frozenset[str] = frozenset()
    prepared: Any = None
    plan: Any = None
    run_id: str | None = None
    undo_of: "RunRecord | None" = None
    confirm: str | None = None
    """The beginning of a digest; not always the plan's."""
    is_journalled: bool = True
    outcomes: list[Any] = field(factory=list)
    """What an upsert said of its rows."""
    lives: list[Life] = field(factory=list)
    promised: State | None = None
    """What the plan promises, once somebody looked."""
    baseline: State | None = None

    def same(self, kind: str) -> "RunRecord":
        """Return another run of the same list."""
        return RunRecord(
            kind=kind,
            mode=self.mode,
            strategy=self.strategy,
            rows=self.rows,
            guards=self.guards,
            consent=self.consent,
            prepared=self.prepared,
        )

    @property
    def is_confirmed(self) -> bool:
        """Whether somebody confirmed exactly this plan."""
        return self.confirm is not None and self.plan.digest.startswith(self.confirm)

    @property
    def resumed(self) -> bool:
        """Whether more than one process worked on it."""
        return any(life.kind == "resume" for life in self.lives)

    @property
    def last(self) -> Life:
        """The process that worked on it last."""
        return self.lives[-1]

    @property
    def run(self) -> Any:
        """The `bulk.Run` that its last process ended with, if there is one."""
        return self.last.run


def is_full(error: BaseException | None) -> bool:
    """Tell whether a process ended because the disk is full."""
    return isinstance(error, JournalError) and "full" in str(error)
