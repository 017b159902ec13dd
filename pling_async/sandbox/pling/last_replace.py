"""What the last replace did, contact by contact: its answer counts no removal and names nobody."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Final

from attrs import define, field

from pling_async.sandbox.pling.merge import Row

KEPT: Final = 1000
"""How many of each kind are remembered; all are counted."""

REFUSED: Final = "refused; nothing was changed"
APPLIED: Final = "applied"
CRASHED: Final = "died on the way; nothing was kept"
CRASHED_HALFWAY: Final = "died half way; what is shown was kept"


@define(kw_only=True, eq=False)
class Replacement:
    """One replace of an account."""

    account_id: int
    at: str
    outcome: str = REFUSED
    added: list[Row] = field(factory=list)
    changed: list[tuple[Row, Row]] = field(factory=list)
    """Before and after."""
    removed: list[Row] = field(factory=list)
    invalid: list[tuple[int, str]] = field(factory=list)
    """Places of items in the request, from 1, and what is wrong with them."""
    groups_removed: list[str] = field(factory=list)
    counts: dict[str, int] = field(factory=lambda: dict.fromkeys(("removed", "changed", "added", "invalid"), 0))

    def note_writes(self, added: Sequence[Row], changed: Sequence[tuple[Row, Row]]) -> None:
        """Remember contacts that were added, and contacts as they were and became."""
        self.counts["added"] += len(added)
        self.counts["changed"] += len(changed)
        self.added += added[: KEPT - len(self.added)]
        self.changed += changed[: KEPT - len(self.changed)]

    def note_removals(self, removed: Iterable[Row]) -> None:
        """Remember contacts that were removed."""
        rows = iter(removed)
        self.removed = list(islice(rows, KEPT))
        self.counts["removed"] = len(self.removed) + sum(1 for _ in rows)

    def note_invalid(self, errors: Mapping[int, str]) -> None:
        """Remember items that could not be used."""
        self.counts["invalid"] = len(errors)
        self.invalid = [(number + 1, error) for number, error in islice(sorted(errors.items()), KEPT)]


@define(eq=False)
class LastReplace:
    """The newest replacement, or none."""

    replacement: Replacement | None = None
