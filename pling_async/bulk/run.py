"""A run: what applying a plan did, one true outcome for every input row."""

from collections.abc import Iterable
from functools import cached_property
from typing import Final

import polars as pl
from attrs import astuple, field, frozen

from pling_async.bulk.fields import row_count
from pling_async.bulk.per_contact import Written
from pling_async.bulk.plan import Plan, Strategy
from pling_async.bulk.reconcile import Conclusion
from pling_async.bulk.verify import Verification
from pling_async.errors import Outcome

WRITTEN_SCHEMA: Final = pl.Schema(dict.fromkeys(("mobile", "action", "outcome", "code", "message"), pl.String()))

_GRAVITY: Final = {
    outcome.value: place
    for place, outcome in enumerate((Outcome.UNKNOWN, Outcome.NOT_APPLIED, Outcome.APPLIED, Outcome.SKIPPED))
}


@frozen(kw_only=True, slots=False)
class Run:
    """What applying a plan did; made by `bulk.apply`."""

    id: str
    plan: Plan
    strategy: Strategy
    written: pl.DataFrame = field(factory=lambda: written_frame(()), repr=row_count, eq=False)
    """One row for each contact that the plan adds, changes or removes: mobile, action, outcome, code, message."""
    verification: Verification | None = None
    """None when nothing was sent, or the run ended early."""
    warnings: tuple[str, ...] = ()
    conclusion: Conclusion | None = None
    """What the account showed after a replace whose answer was lost."""
    requests: int = 0
    """Mutating requests of this process that the server may have seen, every attempt counted."""
    was_complete: bool | None = None
    """What was found when it ended, of a run that is read back; None while it has not ended, or in its own process."""
    undo_of: str | None = None
    """Id of the run that this one takes back."""
    reissued: pl.DataFrame = field(factory=lambda: reissued_frame(()), repr=row_count, eq=False)
    """Columns mobile, old_id, new_id: contacts that an undo added again; the server gave them new ids."""

    @cached_property
    def outcomes(self) -> pl.DataFrame:
        """One row for each row of the source, in its order: row, outcome, code, message.

        Of a row with several contacts, all of which it stops, it is the outcome that one has to look after most.
        """
        return self.told.unique("row", keep="first", maintain_order=True).select("row", "outcome", "code", "message")

    @cached_property
    def told(self) -> pl.DataFrame:
        """One row for each row of the source and each contact of it, in its order, the gravest outcome of a row first.

        Columns row, outcome, code, message, mobile and action (null when nothing was to be written).
        """
        listed = self.plan.contacts.filter(pl.col("rows").list.len() > 0).select("mobile", "rows")
        of_contacts = listed.join(self.written, on="mobile", how="left").explode("rows")
        usable = of_contacts.select(
            pl.col("rows").alias("row"),
            pl.col("outcome").fill_null(Outcome.SKIPPED.value),
            pl.col("code").fill_null("unchanged"),
            pl.col("message").fill_null(""),
            pl.when(pl.col("action").is_not_null()).then("mobile").alias("mobile"),
            "action",
        )
        first = self.plan.rejects.unique("row", keep="first", maintain_order=True)
        rejected = first.select("row", pl.lit(Outcome.SKIPPED.value).alias("outcome"), "code", "message")
        lines = pl.concat([usable, rejected], how="diagonal")
        return lines.sort("row", pl.col("outcome").replace_strict(_GRAVITY), maintain_order=True)

    @cached_property
    def outcome_counts(self) -> dict[Outcome, int]:
        """How many contacts ended in each outcome, among those that the plan writes."""
        counts = dict(self.written["outcome"].value_counts().iter_rows())
        return {outcome: counts.get(outcome.value, 0) for outcome in Outcome}

    def undecided(self, outcome: Outcome, message: str, code: str = "halted") -> pl.DataFrame:
        """Give every write of the plan the same outcome, as a frame like `written`."""
        said = {"outcome": outcome.value, "code": code, "message": message}
        return self.plan.writes.select("mobile", "action", *(pl.lit(value).alias(name) for name, value in said.items()))

    @property
    def is_complete(self) -> bool:
        """Whether every write of the plan was applied and the account is what the plan promised."""
        if self.was_complete is not None:
            return self.was_complete
        applied = self.outcome_counts[Outcome.APPLIED] == self.written.height
        return applied and (self.verification is None or self.verification.is_clean)


def reissued_frame(rows: Iterable[tuple[str, int, int]]) -> pl.DataFrame:
    """Turn rows of mobile, old id and new id into the frame that a run keeps."""
    schema = {"mobile": pl.String(), "old_id": pl.Int64(), "new_id": pl.Int64()}
    return pl.DataFrame(list(rows), schema=schema, orient="row")


def written_frame(results: Iterable[Written]) -> pl.DataFrame:
    """Turn results into the frame that a run keeps."""
    return pl.DataFrame([astuple(each) for each in results], schema=WRITTEN_SCHEMA, orient="row")
