"""The difference between a prepared list and an account: joins, not loops; nothing here does I/O.

The result has one row for each contact of either side: the full state it should have (`ACCOUNT_SCHEMA`), and

* `action`: add, change, unchanged, remove or keep; `reason` says why a contact is kept;
* `changed`: names of the fields that change;
* `before`: the account's values, null for an addition;
* `rows`: the rows of the source that speak for it, empty for a contact that only the account has.
"""

from enum import StrEnum
from typing import Final

import polars as pl

from pling_async.bulk.fields import ACCOUNT_SCHEMA, LIST_SCHEMA, TEXTS, WRITABLE, sorted_lists
from pling_async.bulk.guards import Guards
from pling_async.pling.models import Contact, text_rules


class Mode(StrEnum):
    """What a list says about the contacts it does not have: nothing, or that they are to go."""

    MERGE = "merge"
    REPLACE = "replace"


class Action(StrEnum):
    """What a plan does with one contact."""

    ADD = "add"
    CHANGE = "change"
    UNCHANGED = "unchanged"
    REMOVE = "remove"
    KEEP = "keep"


class Reason(StrEnum):
    """Why a contact that the list does not have is kept."""

    MERGE = "merge"
    """A merge removes nobody."""
    STOPPED = "stopped"
    """Dropping it would lose the person's opt-out."""
    REJECTED_ROW = "rejected_row"
    """The list has the number, in a row that could not be used."""
    AUTO_CREATED = "auto_created"
    """An incoming message created it, and the guards keep those."""
    HELD_BACK = "held_back"
    """Some rows could not be read: it may be behind one of them."""


_NAME_PARTS: Final = ("first_name", "last_name")
_LISTED: Final = pl.col("rows").is_not_null()
_KNOWN: Final = pl.col("id").is_not_null()


def difference(
    listed: pl.DataFrame, account: pl.DataFrame, rejects: pl.DataFrame, *, mode: Mode, guards: Guards
) -> pl.DataFrame:
    """Compare a prepared list with an account's contacts, sorted by mobile."""
    joined = account.join(_complete(listed), on="mobile", how="full", coalesce=True, suffix="_new")
    wanted = joined.with_columns(*_wanted_texts(), *_wanted_flags(guards), _wanted_groups(mode)).with_columns(
        _wanted_name(), pl.col("contact_groups_wanted").map_batches(sorted_lists)
    )
    wanted = wanted.with_columns(_changed(wanted))
    return _decided(wanted, rejects, mode=mode, guards=guards).sort("mobile")


def _complete(listed: pl.DataFrame) -> pl.DataFrame:
    """Give a list the columns it lacks, as nulls: not spoken for."""
    missing = [pl.lit(None, dtype).alias(name) for name, dtype in LIST_SCHEMA.items() if name not in listed.columns]
    return listed.with_columns(missing).select(list(LIST_SCHEMA))


def _wanted_texts() -> list[pl.Expr]:
    return [pl.coalesce(f"{name}_new", name, pl.lit("")).alias(f"{name}_wanted") for name in TEXTS]


def _wanted_flags(guards: Guards) -> list[pl.Expr]:
    """Let stops only rise, save where consent is held; active is whatever the list says, else as it was."""
    was_stopped, says = pl.col("is_stopped").fill_null(value=False), pl.col("is_stopped_new")
    freed = says.not_().fill_null(value=False) & pl.col("mobile").is_in(list(guards.consent))
    return [
        ((was_stopped & ~freed) | says.fill_null(value=False)).alias("is_stopped_wanted"),
        pl.coalesce("is_active_new", "is_active", pl.lit(value=True)).alias("is_active_wanted"),
    ]


def _wanted_groups(mode: Mode) -> pl.Expr:
    """In a replace the list's groups are the contact's groups; a merge adds to them. A blank cell says nothing."""
    was = pl.col("contact_groups").fill_null([])
    says = pl.col("contact_groups_new")
    given = says if mode is Mode.REPLACE else pl.concat_list(was, says.fill_null([]))
    return pl.coalesce(given, was).list.unique(maintain_order=True).alias("contact_groups_wanted")


def _wanted_name() -> pl.Expr:
    """Follow first and last name when the list changes them and gives no full name (section 2.2).

    An account's own full name stays as long as its parts do. A name past its limit (both parts at theirs) is not
    built; the contact keeps the one it has.
    """
    given, held = ([pl.col(f"{part}{side}") for part in _NAME_PARTS] for side in ("_new", ""))
    moved = pl.any_horizontal(
        (new != old.fill_null("")) | (new.is_not_null() & (pl.col("name_wanted") == ""))
        for new, old in zip(given, held, strict=True)
    )
    parts = pl.concat_str([f"{part}_wanted" for part in _NAME_PARTS], separator=" ").str.strip_chars()
    follows = pl.col("name_new").is_null() & moved.fill_null(value=False) & (parts != "")
    fits = parts.str.len_chars() <= text_rules(Contact)["name"].max_length
    return pl.when(follows & fits).then(parts).otherwise("name_wanted").alias("name_wanted")


def _changed(wanted: pl.DataFrame) -> pl.Series:
    """List the fields that change, in the document's order; empty for additions.

    Each row's fields are counted as the bits of a number first: there are few numbers, and lists of text are slow.
    """
    differs = (_KNOWN & (pl.col(f"{name}_wanted") != pl.col(name)).fill_null(value=False) for name in WRITABLE)
    bits = wanted.select(bits=pl.sum_horizontal(each.cast(pl.Int32) * 2**bit for bit, each in enumerate(differs)))
    seen = bits["bits"].unique()
    names = [[name for bit, name in enumerate(WRITABLE) if number >> bit & 1] for number in seen]
    schema = {"bits": seen.dtype, "changed": pl.List(pl.String)}
    return bits.join(
        pl.DataFrame({"bits": seen, "changed": names}, schema), on="bits", how="left", maintain_order="left"
    )["changed"]


def _decided(wanted: pl.DataFrame, rejects: pl.DataFrame, *, mode: Mode, guards: Guards) -> pl.DataFrame:
    reason = _reason(rejects, mode=mode, guards=guards)
    action = (
        pl.when(_LISTED & ~_KNOWN)
        .then(pl.lit(Action.ADD.value))
        .when(_LISTED & (pl.col("changed").list.len() > 0))
        .then(pl.lit(Action.CHANGE.value))
        .when(_LISTED)
        .then(pl.lit(Action.UNCHANGED.value))
        .when(reason.is_not_null())
        .then(pl.lit(Action.KEEP.value))
        .otherwise(pl.lit(Action.REMOVE.value))
    )
    before = pl.when(_KNOWN).then(pl.struct(WRITABLE))
    held_stop = _LISTED & pl.col("is_stopped") & pl.col("is_stopped_new").not_() & pl.col("is_stopped_wanted")
    state = [(pl.col(f"{name}_wanted") if name in WRITABLE else pl.col(name)).alias(name) for name in ACCOUNT_SCHEMA]
    return wanted.select(
        *state,
        action.alias("action"),
        reason.alias("reason"),
        "changed",
        before.alias("before"),
        held_stop.fill_null(value=False).alias("unstop_held_back"),
        pl.col("rows").fill_null([]),
    )


def _reason(rejects: pl.DataFrame, *, mode: Mode, guards: Guards) -> pl.Expr:
    """Say why a contact that only the account has stays; null means that it goes."""
    if mode is Mode.MERGE:
        return pl.when(~_LISTED).then(pl.lit(Reason.MERGE.value))
    behind = rejects["mobile"].drop_nulls().unique().to_list()
    held_back = rejects.height > 0 and not guards.removals_despite_rejects
    return pl.when(~_LISTED).then(
        pl.when(pl.col("is_stopped"))
        .then(pl.lit(Reason.STOPPED.value))
        .when(pl.col("mobile").is_in(behind))
        .then(pl.lit(Reason.REJECTED_ROW.value))
        .when(pl.col("auto_created").is_not_null() & pl.lit(guards.keep_auto_created))
        .then(pl.lit(Reason.AUTO_CREATED.value))
        .when(pl.lit(held_back))
        .then(pl.lit(Reason.HELD_BACK.value))
    )
