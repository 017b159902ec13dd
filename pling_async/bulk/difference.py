"""The difference between a prepared list and an account, column by column; nothing here does I/O.

The result has one row for each contact of either side: the full state it should have (`ACCOUNT_SCHEMA`), and

* `action`: add, change, unchanged, remove or keep; `reason` says why a contact is kept;
* `changed`: names of the fields that change;
* `before`: the account's values, null for an addition;
* `rows`: the rows of the source that speak for it, empty for a contact that only the account has.
"""

from collections.abc import Collection
from enum import StrEnum
from typing import Final

import polars as pl

from pling_async.bulk.alignment import aligned, by_mobile
from pling_async.bulk.fields import ACCOUNT_SCHEMA, LIST_SCHEMA, TEXTS, WRITABLE
from pling_async.bulk.guards import Guards
from pling_async.bulk.list_columns import differ, patched, tidy
from pling_async.pling.models import Contact, text_rules


class Mode(StrEnum):
    """What a list says about the contacts it does not have: nothing, or that they are to go."""

    MERGE = "merge"
    REPLACE = "replace"
    UNDO = "undo"
    """Of a plan that takes a run back; see `undo`."""


class Action(StrEnum):
    """What a plan does with one contact."""

    ADD = "add"
    CHANGE = "change"
    UNCHANGED = "unchanged"
    REMOVE = "remove"
    MOVE = "move"
    """The person has a new number; see `moves`."""
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
    NOT_OF_RUN = "not_of_run"
    """The run that is taken back did not touch it, or somebody else did since."""


_PARTS: Final = ("first_name", "last_name")
_LISTED: Final = pl.col("rows").is_not_null()
_KNOWN: Final = pl.col("id").is_not_null()


def difference(
    listed: pl.DataFrame, account: pl.DataFrame, rejects: pl.DataFrame, *, mode: Mode, guards: Guards
) -> pl.DataFrame:
    """Compare a prepared list with an account's contacts, sorted by mobile."""
    spoken = [name for name in LIST_SCHEMA if name in listed.columns]
    new = listed.select(spoken).rename({name: f"{name}_new" for name in spoken if name in WRITABLE})
    both = aligned(by_mobile(account), by_mobile(new))
    wanted = _wanted(both, mode, guards)
    changed = _changed(both, wanted, {*spoken, *(["name"] if set(_PARTS) & set(spoken) else [])})
    return _decided(both, wanted, changed, _reason(rejects, mode=mode, guards=guards))


def _wanted(both: pl.DataFrame, mode: Mode, guards: Guards) -> pl.DataFrame:
    """Return the value that every writable field should have."""
    wanted = both.select(
        *(_given(both, name).fill_null("") for name in TEXTS),
        _wanted_stop(both, guards),
        _given(both, "is_active").fill_null(value=True),
    )
    return wanted.with_columns(_wanted_names(both, wanted["name"]), _wanted_groups(both, mode))


def _given(both: pl.DataFrame, name: str) -> pl.Expr:
    """Return what the list says, and where it says nothing, what the account has."""
    return pl.coalesce(f"{name}_new", name).alias(name) if f"{name}_new" in both.columns else pl.col(name)


def _wanted_stop(both: pl.DataFrame, guards: Guards) -> pl.Expr:
    """Let stops only rise, save where consent is held."""
    was = pl.col("is_stopped").fill_null(value=False)
    if "is_stopped_new" not in both.columns:
        return was
    says = pl.col("is_stopped_new")
    freed = says.not_().fill_null(value=False) & pl.col("mobile").is_in(list(guards.consent))
    return ((was & ~freed) | says.fill_null(value=False)).alias("is_stopped")


def _wanted_groups(both: pl.DataFrame, mode: Mode) -> pl.Series:
    """In a replace the list's groups are the contact's groups; a merge adds to them. A blank cell says nothing."""
    was = both["contact_groups"]
    if "contact_groups_new" not in both.columns:
        return _filled(was)
    says = tidy(both["contact_groups_new"])
    places = (says.is_not_null() & differ(was, says)).arg_true()
    others = says.gather(places)
    if mode is Mode.MERGE:
        others = tidy(pl.select(pl.concat_list(_filled(was.gather(places)), others)).to_series())
    return patched(_filled(was), places, others) if places.len() else _filled(was)


def _filled(lists: pl.Series) -> pl.Series:
    return lists.fill_null(pl.Series([[]], dtype=lists.dtype)) if lists.has_nulls() else lists


def _wanted_names(both: pl.DataFrame, names: pl.Series) -> pl.Series:
    """Follow first and last name when the list changes them and gives no full name (section 2.2).

    An account's own full name stays as long as its parts do. A name past its limit (both parts at theirs) is not
    built; the contact keeps the one it has.
    """
    parts = [part for part in _PARTS if f"{part}_new" in both.columns]
    if not parts:
        return names
    new, held = ([pl.col(f"{part}{side}") for part in parts] for side in ("_new", ""))
    moved = pl.any_horizontal(
        (says != was.fill_null("")) | (says.is_not_null() & (names == "")) for says, was in zip(new, held, strict=True)
    )
    unnamed = pl.col("name_new").is_null() if "name_new" in both.columns else pl.lit(value=True)
    places = both.select(unnamed & moved.fill_null(value=False)).to_series().arg_true()
    moving = both.select(_given(both, part).fill_null("").gather(places) for part in _PARTS)
    built = moving.select(pl.concat_str(_PARTS, separator=" ").str.strip_chars()).to_series()
    fits = (built != "") & (built.str.len_chars() <= text_rules(Contact)["name"].max_length)
    return names.scatter(places.filter(fits), built.filter(fits))


def _changed(both: pl.DataFrame, wanted: pl.DataFrame, changeable: Collection[str]) -> pl.Series:
    """List the fields that change, in the document's order; empty for additions.

    Each row's fields are counted as the bits of a number first: there are few numbers, and lists of text are slow.
    """
    bits = pl.repeat(0, both.height, dtype=pl.Int32, eager=True)
    for bit, name in enumerate(WRITABLE):
        if name in changeable:
            bits = bits + _differs(wanted[name], both[name], both["id"].is_not_null()).cast(pl.Int32) * 2**bit
    seen = bits.unique().sort()
    names = [[name for bit, name in enumerate(WRITABLE) if number >> bit & 1] for number in seen]
    return pl.Series("changed", names, dtype=pl.List(pl.String)).gather(seen.search_sorted(bits))


def _differs(wanted: pl.Series, held: pl.Series, is_known: pl.Series) -> pl.Series:
    return (differ(wanted, held) if held.dtype == pl.List else wanted.ne_missing(held)) & is_known


def _decided(both: pl.DataFrame, wanted: pl.DataFrame, changed: pl.Series, reason: pl.Expr) -> pl.DataFrame:
    action = (
        pl.when(_LISTED & ~_KNOWN)
        .then(pl.lit(Action.ADD.value))
        .when(_LISTED & (pl.lit(changed).list.len() > 0))
        .then(pl.lit(Action.CHANGE.value))
        .when(_LISTED)
        .then(pl.lit(Action.UNCHANGED.value))
        .when(reason.is_not_null())
        .then(pl.lit(Action.KEEP.value))
        .otherwise(pl.lit(Action.REMOVE.value))
    )
    says = pl.col("is_stopped_new") if "is_stopped_new" in both.columns else pl.lit(None, pl.Boolean)
    held_stop = _LISTED & pl.col("is_stopped") & says.not_() & pl.lit(wanted["is_stopped"])
    return both.select(
        *(pl.lit(wanted[name]) if name in WRITABLE else pl.col(name) for name in ACCOUNT_SCHEMA),
        action.alias("action"),
        reason.alias("reason"),
        pl.lit(changed),
        pl.when(_KNOWN).then(pl.struct(WRITABLE)).alias("before"),
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
