"""What is kept of a run, read back: its journal, its plan, and what became of every write."""

from collections import defaultdict
from typing import Final

import polars as pl

from pling_async._version import __version__
from pling_async.bulk.journal_file import Intent, Record, read_journal
from pling_async.bulk.per_contact import HALTED
from pling_async.bulk.plan import Plan, Strategy
from pling_async.bulk.plan_file import load_plan
from pling_async.bulk.run import WRITTEN_SCHEMA, Run
from pling_async.bulk.state import RunFolder
from pling_async.bulk.whole_account import judged
from pling_async.errors import JournalError, Outcome
from pling_async.pling.models import InvalidContact

REPLACE: Final = "contacts/replace"


def read_run(folder: RunFolder) -> tuple[Record, Run]:
    """Read a run back, and check that journal and plan belong together and to this version (#80)."""
    record = read_journal(folder.journal)
    if record.facts["version"] != __version__:
        raise JournalError(f"run {folder.id} was begun by version {record.facts['version']}; use that one for it")
    plan = load_plan(folder.plan)
    if plan.digest != record.facts["digest"]:
        raise JournalError(f"the plan of run {folder.id} is not the one it was begun with; plan the list again")
    strategy = Strategy(record.facts["strategy"])
    run = Run(id=folder.id, plan=plan, strategy=strategy, undo_of=record.facts["undo_of"])
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
    writes = run.plan.writes.select("mobile", "action").iter_rows()
    rows = [_row(mobile, action, sent.get(mobile, [])) for mobile, action in writes]
    return pl.DataFrame(rows, schema=WRITTEN_SCHEMA, orient="row")


def _row(mobile: str, action: str, sent: list[Intent]) -> tuple[str, ...]:
    if not sent:
        return (mobile, action, Outcome.SKIPPED.value, HALTED, "nothing was sent for it")
    intent = next((each for each in sent if each.outcome is Outcome.APPLIED), sent[-1])
    return (mobile, action, (intent.outcome or Outcome.UNKNOWN).value, intent.code, intent.message)


def _replaced(run: Run, record: Record) -> pl.DataFrame:
    """Judge the writes of a replace by its answer, or by what was concluded without one."""
    sent = [each for each in record.intents if each.path == REPLACE]
    is_applied = any(each.outcome is Outcome.APPLIED for each in sent)
    if is_applied or (record.last("conclusion") or {}).get("conclusion") == "converged":
        result = record.last("result") or {"invalid": ()}
        invalid = [InvalidContact(sent={"mobile": each["mobile"]}, error=each["error"]) for each in result["invalid"]]
        return judged(run.plan, invalid)
    undecided = [each for each in sent if each.outcome is not Outcome.NOT_APPLIED]
    outcome = Outcome.UNKNOWN if undecided else Outcome.NOT_APPLIED if sent else Outcome.SKIPPED
    return run.undecided(outcome, "nobody knows what became of the replace" if undecided else "nothing was carried out")
