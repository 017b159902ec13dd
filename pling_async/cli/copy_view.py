"""How a copy to another system is shown: its plan, and what became of everybody."""

import sys
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

import orjson
from attrs import asdict
from rich.text import Text

from pling_async.bulk import report
from pling_async.cli.exits import Exit, message, worst_of
from pling_async.cli.options import Reports
from pling_async.cli.output import Output, cell, complain, note, table
from pling_async.cli.plan_view import Sign, examples, person, verdict_table
from pling_async.cli.source_view import count_table, labelled, more
from pling_async.cli.streams import discard
from pling_async.cli.tally import Tally
from pling_async.errors import ConfigurationError, Outcome

if TYPE_CHECKING:
    from pling_async.targets import CopyPlan

_SIGNS: Final[Mapping[str, Sign]] = {"add": ("+", "green", "added"), "change": ("~", "yellow", "changed")}
_WHY: Final = {"stopped": "left out (stopped)", "number_taken": "left out (another contact's number)"}
_COLUMNS: Final = ("mobile", "action", "outcome", "code", "message")
_SHOWN_FAILURES: Final = 10


def show_copy(output: Output, plan: "CopyPlan", details: int) -> None:
    """Print a plan: as tables, as one JSON value, or as one NDJSON line a person who is not simply unchanged."""
    if output.format == "json":
        output.record(_record(plan))
    elif output.format == "ndjson":
        output.records((), _people(plan))
    else:
        output.show(*_heading(plan), "", count_table(_counts(plan)), "", verdict_table(plan.verdicts))
        output.show(*examples(plan.contacts, _SIGNS, details, _summary))


def _record(plan: "CopyPlan") -> dict[str, Any]:
    return {
        "to": plan.title,
        "target": plan.target_origin,
        "account_id": plan.account_id,
        "origin": plan.origin,
        "counts": _counts(plan),
        "left_behind": dict(plan.left),
        "guards": [{"guard": each.guard, "level": each.level.value, "message": each.message} for each in plan.verdicts],
        "contacts": list(_people(plan)),
    }


def _counts(plan: "CopyPlan") -> dict[str, int]:
    counts = plan.counts
    return {
        "added": counts["add"],
        "changed": counts["change"],
        "unchanged": counts["unchanged"],
        **{words: plan.skipped[why] for why, words in _WHY.items() if plan.skipped.get(why)},
        f"only in {plan.title}": plan.unmatched,
    }


def _people(plan: "CopyPlan") -> Iterator[dict[str, Any]]:
    for row in plan.differences.iter_rows(named=True):
        named = {"mobile": row["mobile"], "action": row["action"], "reason": row["reason"], "id": row["target_id"]}
        yield {**named, "changed": _changes(row)}


def _changes(row: Mapping[str, Any]) -> dict[str, Any]:
    before = orjson.loads(row["before"]) if row["before"] else {}
    return {name: {"from": before.get(name), "to": row[name]} for name in row["changed"]}


def _heading(plan: "CopyPlan") -> Iterator[Text]:
    yield labelled("from", f"account {plan.account_id} at {cell(plan.origin)}")
    yield labelled("to", f"{plan.title} at {cell(plan.target_origin)} (nobody is removed)")
    if plan.left:
        words = ", ".join(f"{name}: {count}" for name, count in plan.left.items())
        yield labelled("no place there", words, style="yellow")


def _summary(action: str, row: Mapping[str, Any]) -> str:
    if action == "add":
        return person(row)
    changes = _changes(row).items()
    return "; ".join(f"{name}: {cell(each['from']) or '(blank)'} → {cell(each['to'])}" for name, each in changes)


def finish_copy(output: Output, plan: "CopyPlan", tally: Tally, reports: Reports) -> Exit:
    """Write the report if that was asked for, show what became of everybody, and return the exit code."""
    saved = _save(tally, reports)
    try:
        _show(output, plan, tally)
        sys.stdout.flush()
    except BrokenPipeError:
        discard(sys.stdout)
        told = ", ".join(f"{count} {words}" for words, count in {**_done(plan, tally), **_others(plan, tally)}.items())
        note(f"the output was closed\nthe copy stands as it is: {told}")
    return _exit(tally) or saved


def _show(output: Output, plan: "CopyPlan", tally: Tally) -> None:
    counts = {outcome.value: tally.counted(outcome) for outcome in Outcome if tally.counted(outcome)}
    failed, warned = ([asdict(each) for each in some] for some in (tally.failed, tally.warned))
    if output.format == "table":
        output.show(_verdict(plan, tally), "", count_table({**_done(plan, tally), **_others(plan, tally)}))
        if told := failed + warned:
            rows = ([each[name] for name in _COLUMNS] for each in told[:_SHOWN_FAILURES])
            output.show("", table(*_COLUMNS, rows=rows), *more(_SHOWN_FAILURES, len(told), "-o json shows all"))
    else:
        said = {"counts": _done(plan, tally), "outcomes": counts, "failed": failed, "warned": warned}
        output.record({"to": plan.title, **said})


def _done(plan: "CopyPlan", tally: Tally) -> dict[str, int]:
    done = {words: tally.done[action, Outcome.APPLIED] for action, (_, _, words) in _SIGNS.items()}
    left = {_WHY["stopped"]: plan.skipped.get("stopped", 0) + tally.left_out} if tally.left_out else {}
    return _counts(plan) | done | left


def _others(plan: "CopyPlan", tally: Tally) -> dict[str, int]:
    halted = sum(each.outcome is Outcome.SKIPPED for each in tally.failed)
    found = {
        "stopped meanwhile": tally.done["stop", Outcome.APPLIED],
        "not applied": tally.counted(Outcome.NOT_APPLIED),
        "unknown": tally.counted(Outcome.UNKNOWN),
        "not sent": halted,
        "without an outcome": plan.write_count - tally.written,
    }
    return {words: count for words, count in found.items() if count}


def _verdict(plan: "CopyPlan", tally: Tally) -> Text:
    if not plan.write_count:
        return _nothing(plan)
    if tally.failed or tally.is_stopped:
        return Text("Not everything was copied; the same command does the rest.", style="bold red")
    return Text(f"Copied to {plan.title}.", style="bold green")


def _nothing(plan: "CopyPlan") -> Text:
    """Say that all of it is there only if it is."""
    if plan.skipped or plan.left or plan.addresses_taken or plan.stopped_elsewhere:
        words = f"Nothing to write, though {plan.title} lacks some of it: see above, and --plan-only."
        return Text(words, style="bold yellow")
    return Text(f"Nothing to do: {plan.title} has all of it already.", style="bold green")


def _save(tally: Tally, reports: Reports) -> Exit:
    """Write one line for each person; a failure is no failure of the copy."""
    if reports.report is None or tally.reported is None:
        return Exit.OK
    lines = tally.reported.frame().select("outcome", "code", "message", "mobile", "action")
    try:
        report.write_lines(lines, reports.report, reports.flavour)
    except (ConfigurationError, OSError) as error:
        complain(f"the report was not written: {message(error)}")
        return Exit.FAILED
    note(f"the report of the copy: {reports.report}")
    return Exit.OK


def _exit(tally: Tally) -> Exit:
    worst = worst_of((each.code for each in tally.failed), has_unknown=tally.counted(Outcome.UNKNOWN) > 0)
    return worst or (Exit.FAILED if tally.failed else Exit.OK)
