"""How a plan is shown: counts first, then what the guards say, then examples of what changes."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from rich.text import Text

from pling_async.bulk import Action, Level, Mode, Verdict, report
from pling_async.cli.output import Output, cell, counted, table
from pling_async.cli.source_view import concerns, count_table, labelled, more, source_lines, source_record

if TYPE_CHECKING:
    from rich.table import Table

    from pling_async.bulk import Plan

MARKS: Final = {Level.PASSED: ("ok", "green"), Level.HELD: ("held", "yellow"), Level.REFUSED: ("REFUSED", "bold red")}

Sign = tuple[str, str, str]
"""What stands before a contact, in which colour, and the words above all of its kind."""

_SIGNS: Final[Mapping[str, Sign]] = {
    Action.ADD.value: ("+", "green", "added"),
    Action.CHANGE.value: ("~", "yellow", "changed"),
    Action.MOVE.value: (">", "yellow", "with a new number"),
    Action.REMOVE.value: ("-", "red", "removed"),
}

MODES: Final = {
    Mode.MERGE: "nobody is removed",
    Mode.REPLACE: "contacts that the list does not have are removed",
    Mode.UNDO: "what the run added is removed, unless somebody changed it since",
}


def show_plan(output: Output, plan: "Plan", details: int) -> None:
    """Print a plan: as tables, as one JSON value, or as one NDJSON line a contact that is not simply unchanged."""
    if output.format == "json":
        output.record(plan_record(plan))
    elif output.format == "ndjson":
        output.records((), contact_records(plan))
    else:
        output.show(*source_lines(plan.source), *_account_lines(plan), "", count_table(_counts(plan)), "")
        output.show(verdict_table(plan.verdicts), *examples(plan.contacts, _SIGNS, details, _summary))


def plan_record(plan: "Plan") -> dict[str, Any]:
    """Return what JSON says about a plan, contacts included."""
    return {
        "digest": plan.digest,
        "mode": plan.mode.value,
        "origin": plan.origin,
        "account_id": plan.account_id,
        "fingerprint": plan.fingerprint,
        "source": source_record(plan.source),
        **concerns(plan.source),
        "counts": _counts(plan),
        "cost": {
            "replace_bytes": plan.cost.replace_bytes,
            "per_contact_requests": plan.cost.per_contact_requests,
            "strategy": plan.strategy.value,
        },
        "guards": [{"guard": each.guard, "level": each.level.value, "message": each.message} for each in plan.verdicts],
        "contacts": list(contact_records(plan)),
    }


def contact_records(plan: "Plan") -> Iterator[dict[str, Any]]:
    """Yield one record a contact, unless it is unchanged or simply not in the list of a merge."""
    for row in plan.contacts.iter_rows(named=True):
        if row["action"] != Action.UNCHANGED.value and row["reason"] != "merge":
            yield {
                "mobile": row["mobile"],
                "id": row["id"],
                "action": row["action"],
                "moved_from": row["moved_from"],
                "moved_by": row["moved_by"],
                "reason": row["reason"],
                "changed": _changes(row),
                "rows": row["rows"],
            }


def _changes(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: {"from": row["before"][name], "to": row[name]} for name in row["changed"]}


def _counts(plan: "Plan") -> dict[str, int]:
    return report.plan_counts(plan)


def _account_lines(plan: "Plan") -> Iterator[Text]:
    yield labelled("account", f"{plan.account_id} at {cell(plan.origin)}")
    what = MODES[plan.mode]
    yield labelled("mode", f"{plan.mode.value} ({what})")
    if plan.counts.writes:
        size = f"{plan.cost.replace_bytes / 1000:.0f} kB in one replace"
        requests = f"{counted(plan.cost.per_contact_requests, 'request')} one by one"
        yield labelled("cost", f"about {size}, or {requests}; auto is {plan.strategy.value}")


def verdict_table(verdicts: Iterable[Verdict]) -> "Table":
    """Return what the guards say as a table."""
    made = table("guard", "verdict", "", rows=())
    for verdict in verdicts:
        mark, style = MARKS[verdict.level]
        made.add_row(Text(verdict.guard), Text(mark, style=style), Text(cell(verdict.message)))
    return made


def examples(
    contacts: Any, signs: Mapping[str, Sign], limit: int, summary: Callable[[str, Mapping[str, Any]], str]
) -> "Iterator[Text | Table]":
    """Show the first contacts of each action that a frame has, each with its `summary`."""
    for action, (sign, style, words) in signs.items():
        chosen = contacts.filter(action=action)
        if limit and chosen.height:
            yield Text(f"\n{words}", style="bold")
            made = table("", "", "", rows=())
            for row in chosen.head(limit).iter_rows(named=True):
                made.add_row(Text(sign, style=style), Text(cell(row["mobile"])), Text(summary(action, row)))
            yield made
            yield from more(limit, chosen.height, "--details N shows more, -o ndjson all")


def _summary(action: str, row: Mapping[str, Any]) -> str:
    if action == Action.MOVE:
        return f"was {cell(row['moved_from'])} (the same {row['moved_by'].replace('_', ' ')})"
    if action != Action.CHANGE:
        return person(row)
    changes = ((name, each["from"], each["to"]) for name, each in _changes(row).items())
    return "; ".join(f"{name}: {_quoted(before)} → {_quoted(after)}" for name, before, after in changes)


def person(row: Mapping[str, Any]) -> str:
    """Return who is added or removed: name and groups, and that they are stopped."""
    return ", ".join(
        filter(None, [cell(row["name"]), *map(cell, row["contact_groups"]), row["is_stopped"] and "stopped"])
    )


def _quoted(value: Any) -> str:
    return f"[{cell(value)}]" if isinstance(value, list) else cell(value) or "(blank)"
