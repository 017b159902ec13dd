"""List operations on a Pling account: prepare, plan, apply, verify.

`upsert` works with the core alone. The rest needs polars; without it, using a name says which extra to install.
"""

from typing import NoReturn

from pling_async.bulk.upsert import RowOutcome, upsert
from pling_async.errors import MissingExtraError, Outcome

try:
    import polars as pl
except ModuleNotFoundError:

    def __getattr__(name: str) -> NoReturn:
        if name in __all__:
            raise MissingExtraError(f"bulk.{name} needs polars; install it with: pip install 'pling-async[bulk]'")
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

else:
    del pl
    from pling_async.bulk.apply import apply
    from pling_async.bulk.at_once import merge, replace
    from pling_async.bulk.difference import Action, Mode, Reason
    from pling_async.bulk.execution import ApplySettings
    from pling_async.bulk.guards import Guards, Level, Verdict
    from pling_async.bulk.history import KeptRun, Status, purge, runs
    from pling_async.bulk.plan import Counts, Plan, Strategy, plan
    from pling_async.bulk.plan_file import load_plan, save_plan
    from pling_async.bulk.prepare import Prepared, prepare
    from pling_async.bulk.reconcile import Conclusion
    from pling_async.bulk.resume import resume
    from pling_async.bulk.run import Run
    from pling_async.bulk.settings import PrepareSettings
    from pling_async.bulk.snapshot import Snapshot, snapshot
    from pling_async.bulk.undo import plan_undo, undo
    from pling_async.bulk.verify import Verification
    from pling_async.sources import Query

__all__ = [
    "Action",
    "ApplySettings",
    "Conclusion",
    "Counts",
    "Guards",
    "KeptRun",
    "Level",
    "Mode",
    "Outcome",
    "Plan",
    "PrepareSettings",
    "Prepared",
    "Query",
    "Reason",
    "RowOutcome",
    "Run",
    "Snapshot",
    "Status",
    "Strategy",
    "Verdict",
    "Verification",
    "apply",
    "load_plan",
    "merge",
    "plan",
    "plan_undo",
    "prepare",
    "purge",
    "replace",
    "resume",
    "runs",
    "save_plan",
    "snapshot",
    "undo",
    "upsert",
]
