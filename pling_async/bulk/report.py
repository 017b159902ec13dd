"""Reports: what a person reads before and after a run, and the files that go with it."""

from pathlib import Path
from typing import Final

import polars as pl

from pling_async.bulk.csv_report import Flavour, write_csv
from pling_async.bulk.plan import Plan
from pling_async.bulk.private_files import private_file
from pling_async.bulk.run import Run
from pling_async.errors import Outcome

REJECT_COLUMNS: Final = ("row", "field", "code", "message")
OUTCOME_COLUMNS: Final = ("row", "outcome", "code", "message", "mobile", "action", "moved_from")

_LONGEST_MESSAGE: Final = 300

_KEPT: Final = {
    "merge": "kept (not in the list)",
    "stopped": "kept (stopped)",
    "rejected_row": "kept (in a rejected row)",
    "auto_created": "kept (auto-created)",
    "held_back": "kept (removal held back)",
    "not_of_run": "kept (not of the run)",
}


def plan_counts(plan: Plan) -> dict[str, int]:
    """Return what a plan would do, in words and numbers, in the order in which it is shown."""
    counts = plan.counts
    return {
        "added": counts.add,
        "changed": counts.change,
        "unchanged": counts.unchanged,
        **({"new number": counts.move} if counts.move else {}),
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


def write_rejects(rejects: pl.DataFrame, path: Path, *, flavour: Flavour | str = Flavour.SPREADSHEET) -> None:
    """Write one line for each problem of a rejected row, without the row's values; private, replaced as a whole."""
    write_lines(rejects.select(REJECT_COLUMNS), path, flavour)


def write_outcomes(run: Run, path: Path, *, flavour: Flavour | str = Flavour.SPREADSHEET) -> None:
    """Write `outcome_lines` to a private file, which is replaced as a whole."""
    write_lines(outcome_lines(run), path, flavour)


def outcome_lines(run: Run) -> pl.DataFrame:
    """Return one line for each row of the list, in its order, and then one for each other contact that was written.

    A row with several numbers that says STOP has a line for each of them.

    Columns row, outcome, code, message, mobile, action, moved_from (the old number of a person with a new one). A row
    whose contact was not written has no mobile and no action. A contact that no row speaks of has no row: a removal,
    which the API does not report, or anything that an undo wrote.
    """
    rows = run.told if run.undo_of is None else run.told.clear()
    others = run.written.join(rows, on="mobile", how="anti").sort("mobile")
    lines = pl.concat([rows, others.with_columns(row=pl.lit(None, rows.schema["row"])).select(rows.columns)])
    moves = run.plan.contacts.select("mobile", "moved_from")
    return lines.join(moves, on="mobile", how="left", maintain_order="left").select(OUTCOME_COLUMNS)


def write_lines(lines: pl.DataFrame, path: Path, flavour: Flavour | str) -> None:
    """Write lines, of which one column is `message`, to a private file, which is replaced as a whole."""
    messages = lines["message"].unique().to_list()
    told = lines.with_columns(
        pl.col("message").replace_strict(messages, [*map(_visible, messages)], return_dtype=pl.String)
    )
    with private_file(path) as out:
        write_csv(told, out, Flavour(flavour))


def _visible(message: str) -> str:
    """Return a message that others may have had a part in, bounded, with what acts on a terminal made visible."""
    message = message[:_LONGEST_MESSAGE]
    if message.isprintable():
        return message
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode("ascii") for each in message)
