"""What is kept of a run, read back: its journal, its plan, and what became of every write."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

import polars as pl

from pling_async._version import __version__
from pling_async.bulk.journal_file import Intent, Record, read_journal
from pling_async.bulk.journalled import HALTED
from pling_async.bulk.plan import Plan, Strategy
from pling_async.bulk.plan_file import load_plan
from pling_async.bulk.run import WRITTEN_SCHEMA, Run
from pling_async.bulk.state import RunFolder
from pling_async.bulk.whole_account import judged
from pling_async.errors import JournalError, NotFound, Outcome
from pling_async.pling.models import InvalidContact

REPLACE: Final = "contacts/replace"
_UNSENT: Final = "nothing was sent for it"


def read_run(folder: RunFolder) -> tuple[Record, Run]:
    """Read a run back, and check that journal and plan belong together and to this version (#80)."""
    record = read_journal(folder.journal)
    if record.facts["version"] != __version__:
        raise JournalError(f"run {folder.id} was begun by version {record.facts['version']}; use that one for it")
    plan = load_plan(folder.plan)
    if plan.digest != record.facts["digest"]:
        raise JournalError(f"the plan of run {folder.id} is not the one it was begun with; plan the list again")
    strategy = Strategy(record.facts["strategy"])
    was_complete = (record.last("ended") or {}).get("complete")
    run = Run(id=folder.id, plan=plan, strategy=strategy, undo_of=record.facts["undo_of"], was_complete=was_complete)
    return record, run


def planned_intents(plan: Plan, record: Record) -> dict[str, list[Intent]]:
    """Return what was sent for each contact that the plan writes; a deletion is found by the id in its path."""
    mobiles = {f"contacts/{each}": mobile for mobile, each in plan.removals.select("mobile", "id").iter_rows()}
    found = defaultdict[str, list[Intent]](list)
    for intent in record.intents:
        if not intent.is_repair and (mobile := intent.subject or mobiles.get(intent.path)):
            found[mobile].append(intent)
    return dict(found)


def recorded(run: Run, record: Record) -> pl.DataFrame:
    """Return what the journal says of every write: mobile, action, outcome, code, message."""
    if run.strategy is Strategy.REPLACE:
        return _replaced(run, record)
    sent = planned_intents(run.plan, record)
    decided = {row[0]: tuple(row) for row in (record.last("decided") or {"rows": ()})["rows"]}
    why = _why_halted(record)
    writes = run.plan.writes.select("mobile", "action").iter_rows()
    rows = [
        decided.get(mobile) or (mobile, action, *_said(sent.get(mobile, []), why.get(action, _UNSENT)))
        for mobile, action in writes
    ]
    return pl.DataFrame(rows, schema=WRITTEN_SCHEMA, orient="row")


def settled_before(record: Record) -> dict[str, tuple[str, ...]]:
    """Return, by mobile, what processes that resumed the run found done by looking at the account."""
    found = (row for event in record.events if event.kind == "decided" for row in event.detail["rows"])
    return {row[0]: tuple(row) for row in found if row[2] == Outcome.APPLIED.value}


def _why_halted(record: Record) -> Mapping[str, str]:
    """Return, by action, why the last process left contacts out; empty if it was killed before it could say so."""
    last = next((each for each in reversed(record.events) if each.kind in {"resumed", "halted"}), None)
    return last.detail if last is not None and last.kind == "halted" else {}


def _said(sent: list[Intent], why_unsent: str) -> tuple[str, str, str]:
    """Return outcome, code and message of all requests for one contact together."""
    if not sent:
        return (Outcome.SKIPPED.value, HALTED, why_unsent)
    if Outcome.APPLIED in (each.outcome for each in sent) or _is_gone(sent):
        return (Outcome.APPLIED.value, "", "")
    last = sent[-1]
    outcome = Outcome.UNKNOWN if is_doubted(sent) else last.outcome or Outcome.UNKNOWN
    return (outcome.value, last.code, last.message)


def is_doubted(sent: list[Intent]) -> bool:
    """Tell whether a request for a contact may have been carried out, or still may be, whatever later ones met."""
    outcomes = {each.outcome for each in sent}
    return bool(outcomes & {None, Outcome.UNKNOWN}) and Outcome.APPLIED not in outcomes


def _is_gone(sent: list[Intent]) -> bool:
    """Tell whether a deletion found nobody after one that may have done it (I-17)."""
    return sent[-1].method == "DELETE" and sent[-1].code == NotFound.__name__ and is_doubted(sent)


def withheld(record: Record) -> Sequence[str]:
    """Return whom a repeated replace did not take off the stop list, since the first one may have done so."""
    found = record.last("withheld")
    return () if found is None else tuple(map(str, found["mobiles"]))


def _replaced(run: Run, record: Record) -> pl.DataFrame:
    """Judge the writes of a replace by its answer, or by what was concluded without one."""
    sent = [each for each in record.intents if each.path == REPLACE]
    is_applied = any(each.outcome is Outcome.APPLIED for each in sent)
    if is_applied or (record.last("conclusion") or {}).get("conclusion") == "converged":
        result = record.last("result") or {"invalid": ()}
        invalid = [InvalidContact(sent={"mobile": each["mobile"]}, error=each["error"]) for each in result["invalid"]]
        return judged(run.plan, invalid, withheld(record))
    undecided = [each for each in sent if each.outcome is not Outcome.NOT_APPLIED]
    outcome = Outcome.UNKNOWN if undecided else Outcome.NOT_APPLIED if sent else Outcome.SKIPPED
    return run.undecided(outcome, "nobody knows what became of the replace" if undecided else "nothing was carried out")
