"""What became of everybody in a copy, counted while it is carried out."""

from collections import Counter
from typing import TYPE_CHECKING, Final

from attrs import define, field

from pling_async.errors import Outcome

if TYPE_CHECKING:
    from pling_async.bulk.per_contact import Written
    from pling_async.targets.written import WrittenRows


_WRITTEN: Final = frozenset({"add", "change"})
"""Actions of those who are to be written."""


@define
class Tally:
    """What became of everybody: counts, and those whom something went wrong with."""

    done: Counter[tuple[str, Outcome]] = field(factory=Counter)
    """By action and outcome."""
    failed: "list[Written]" = field(factory=list, repr=False)
    warned: "list[Written]" = field(factory=list, repr=False)
    """Written, with something to look at."""
    reported: "WrittenRows | None" = None
    """Everybody, if there is to be a report."""
    is_stopped: bool = False
    left_out: int = 0
    """People who were to be written, and stopped before that."""

    def add(self, each: "Written") -> None:
        """Count one person."""
        self.done[each.action, each.outcome] += 1
        if each.outcome is not Outcome.APPLIED and (each.outcome is not Outcome.SKIPPED or each.code == "halted"):
            self.failed.append(each)
        elif each.outcome is Outcome.SKIPPED and each.action in _WRITTEN:
            self.left_out += 1
        elif each.outcome is Outcome.APPLIED and each.message:
            self.warned.append(each)
        if self.reported is not None:
            self.reported.add(each)

    @property
    def written(self) -> int:
        """How many people of those to be written have had their turn."""
        return sum(count for (action, _), count in self.done.items() if action in _WRITTEN)

    def counted(self, outcome: Outcome) -> int:
        """Return how many people ended in an outcome."""
        return sum(count for (_, each), count in self.done.items() if each is outcome)
