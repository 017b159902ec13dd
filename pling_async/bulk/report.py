"""Reports: what a person reads before and after a run, and the files that go with it."""

from pathlib import Path
from typing import Final

import polars as pl

from pling_async.bulk.plan import Plan
from pling_async.bulk.private_files import private_file
from pling_async.bulk.run import Run
from pling_async.errors import Outcome

_KEPT: Final = {
    "merge": "kept (not in the list)",
    "stopped": "kept (stopped)",
    "rejected_row": "kept (in a rejected row)",
    "auto_created": "kept (auto-created)",
    "held_back": "kept (removal held back)",
}


def plan_counts(plan: Plan) -> dict[str, int]:
    """Return what a plan would do, in words and numbers, in the order in which it is shown."""
    counts = plan.counts
    return {
        "added": counts.add,
        "changed": counts.change,
        "unchanged": counts.unchanged,
        "removed": counts.remove,
        "kept (stopped)": counts.keep.get("stopped", 0),
        **{words: counts.keep[reason] for reason, words in _KEPT.items() if counts.keep.get(reason)},
        "rejected rows": counts.rejected_rows,
    }


def run_counts(run: Run) -> dict[str, int]:
    """Return what became of the contacts that a run wrote; only outcomes that occurred."""
    return {
        outcome.value: count for outcome, count in run.outcome_counts.items() if count or outcome is Outcome.APPLIED
    }


def write_rejects(rejects: pl.DataFrame, path: Path) -> None:
    """Write rejected rows as CSV (row, field, code, message), without their values; private, replaced as a whole."""
    with private_file(path) as out:
        rejects.select("row", "field", "code", "message").write_csv(out)
