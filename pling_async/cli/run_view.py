"""How a run is shown: what became of every contact that the plan writes, and whether the account is as promised."""

import sys
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from rich.text import Text

from pling_async.bulk import report
from pling_async.bulk.private_files import check_place
from pling_async.cli.exits import Exit, message, worst_of
from pling_async.cli.options import Reports
from pling_async.cli.output import Output, cell, complain, note, table
from pling_async.cli.source_view import concerns, count_table, more, source_record
from pling_async.cli.streams import discard
from pling_async.errors import ConfigurationError, Outcome

if TYPE_CHECKING:
    from rich.table import Table

    from pling_async.bulk import Run

_WORDS: Final = {"add": "added", "change": "changed", "move": "new number", "remove": "removed"}
_SHOWN_FAILURES: Final = 10


def check_report(reports: Reports) -> None:
    """Raise `ConfigurationError` now when the report that is asked for cannot be written."""
    if reports.report is not None:
        check_place(reports.report)


def finish(output: Output, run: "Run", reports: Reports) -> Exit:
    """Write the report of a run if that was asked for, show the run, and return its exit code."""
    saved = save_outcomes(run, reports)
    try:
        show_run(output, run)
        sys.stdout.flush()
    except BrokenPipeError:
        discard(sys.stdout)
        note(_standing("the output was closed", run))
    except OSError:
        complain(_standing("the outcome cannot be shown", run))
        raise
    return run_exit(run) or saved


def save_outcomes(run: "Run", reports: Reports) -> Exit:
    """Write the report if that was asked for; a failure is no failure of the run."""
    if reports.report is None:
        return Exit.OK
    try:
        report.write_outcomes(run, reports.report, flavour=reports.flavour)
    except (ConfigurationError, OSError) as error:
        complain(_standing(f"the report was not written: {message(error)}", run))
        return Exit.FAILED
    note(f"the report of the run: {reports.report}")
    return Exit.OK


def _standing(trouble: str, run: "Run") -> str:
    """Say that what was done is done, whatever became of the words about it."""
    counts = ", ".join(f"{count} {words.replace('_', ' ')}" for words, count in report.run_counts(run).items())
    return f"{trouble}\nthe run stands as it is: {counts}; {run.verification or 'nothing was listed again'}"


def show_run(output: Output, run: "Run") -> None:
    """Print a run: as tables, as one JSON value, or as one NDJSON line for each row of the list."""
    if output.format == "json":
        output.record(run_record(run))
    elif output.format == "ndjson":
        output.records((), run.outcomes.iter_rows(named=True))
    else:
        output.show(_heading(run), "", count_table(_counts(run)), *_problems(run))


def run_record(run: "Run") -> dict[str, Any]:
    """Return what JSON says about a run."""
    return {
        "run": run.id,
        "digest": run.plan.digest,
        "strategy": run.strategy.value,
        "source": source_record(run.plan.source),
        **concerns(run.plan.source, run.warnings),
        "complete": run.is_complete,
        "counts": _counts(run),
        "outcomes": report.run_counts(run),
        "verification": None if run.verification is None else str(run.verification),
        "failed": list(_failures(run)),
    }


def run_exit(run: "Run") -> Exit:
    """Return the exit code of a run: the worst that happened decides."""
    failed = [each["code"] for each in _failures(run)]
    worst = worst_of(failed, has_unknown=run.outcome_counts[Outcome.UNKNOWN] > 0)
    if worst is not None:
        return worst
    if failed or not run.is_complete:
        return Exit.FAILED
    return Exit.REJECTS if run.plan.counts.rejected_rows else Exit.OK


def _heading(run: "Run") -> Text:
    if not run.plan.counts.writes:
        return Text("Nothing to do: the account already is what the list says.", style="bold green")
    listed = f"; listed again: {run.verification}" if run.verification else ""
    if run.is_complete:
        return Text(f"Applied ({run.strategy.value}){listed}.", style="bold green")
    return Text(f"Not everything was applied ({run.strategy.value}){listed}.", style="bold red")


def _counts(run: "Run") -> dict[str, int]:
    """Count what was really written, and take the rest from the plan."""
    applied = Counter(action for action, outcome in run.written.select("action", "outcome").iter_rows() if _ok(outcome))
    planned = report.plan_counts(run.plan)
    done = {words: applied[action] for action, words in _WORDS.items() if words in planned}
    return planned | done | _not_applied(run)


def _not_applied(run: "Run") -> dict[str, int]:
    others = {outcome: count for outcome, count in run.outcome_counts.items() if not _ok(outcome) and count}
    return {outcome.value.replace("_", " "): count for outcome, count in others.items()}


def _ok(outcome: str) -> bool:
    return outcome == Outcome.APPLIED


def _failures(run: "Run") -> Iterator[dict[str, Any]]:
    return (each for each in run.written.iter_rows(named=True) if not _ok(each["outcome"]))


def _problems(run: "Run") -> "Iterator[Text | Table]":
    for warning in run.warnings:
        yield Text(f"warning: {cell(warning)}", style="yellow")
    failures = list(_failures(run))
    if failures:
        columns = ("mobile", "action", "outcome", "code", "message")
        yield Text("")
        yield table(*columns, rows=([each[name] for name in columns] for each in failures[:_SHOWN_FAILURES]))
        yield from more(_SHOWN_FAILURES, len(failures), "-o json shows all of them")
