"""Rows to contacts: one for each number, whatever the order and the chunks in which its rows came.

The last row wins field by field, a blank cell never erases, groups are united, and a STOP in any row stays.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import polars as pl
from attrs import frozen

from pling_async.bulk.columns import GROUPS, computed_name_is_long
from pling_async.bulk.rejects import of_contacts

MERGES: Final = pl.Schema(
    {"mobile": pl.String(), "rows": pl.List(pl.UInt32()), "field": pl.String(), "kept_row": pl.UInt32()}
)

_KEYS: Final = ("row", "mobile")
_DIGITS: Final = 15


@frozen(kw_only=True)
class Collapsed:
    """Contacts, one row a mobile, sorted; the rejects that only show when all rows are known; and the merges."""

    contacts: pl.DataFrame
    rejects: pl.DataFrame
    merges: pl.DataFrame


def collapse(chunks: list[pl.DataFrame], perhaps_stopped: pl.Series) -> Collapsed:
    """Unite the rows of each number; rows without one are left out.

    Sorting finds the numbers with several rows. Every contact then is a place in every column: that of its only row,
    or of the row that wins there. Empties `chunks`, so that they need not be in memory twice.
    """
    rows = pl.concat(chunks, how="diagonal", rechunk=True)
    chunks.clear()
    keys = _keys(rows["mobile"])
    order = keys.arg_sort(nulls_last=True).head(keys.len() - keys.null_count())
    keys = keys.gather(order)
    is_first = (keys != keys.shift(1)).fill_null(value=True)
    is_only = is_first & is_first.shift(-1, fill_value=True)
    contacts, merges = _contacts(rows, order.filter(is_first), _repeated(rows, order, is_first, ~is_only))
    contacts, rejects = _cleared(contacts, perhaps_stopped)
    return Collapsed(contacts=contacts, rejects=rejects, merges=merges)


def _contacts(rows: pl.DataFrame, places: pl.Series, repeated: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    fields = [name for name in rows.columns if name not in _KEYS]
    if not repeated.height:
        return rows[places].select("mobile", *fields, rows=pl.concat_list("row")), MERGES.to_frame()
    winners = _winners(repeated, fields)
    with ThreadPoolExecutor(1) as beside:
        merges = beside.submit(_merges, rows, repeated, winners, fields)
        return _united(rows, places, repeated, winners), merges.result()


def _keys(mobiles: pl.Series) -> pl.Series:
    """Return integers that sort as the numbers do as text, only faster: digits padded to fifteen, then their count."""
    digits = pl.col("mobile").str.len_bytes().cast(pl.Int64) - 1
    padding = pl.lit(10, pl.Int64).pow(_DIGITS - digits)
    key = pl.col("mobile").str.slice(1).cast(pl.Int64) * padding * 16 + digits
    return mobiles.to_frame("mobile").select(key).to_series()


def _repeated(rows: pl.DataFrame, order: pl.Series, is_first: pl.Series, chosen: pl.Series) -> pl.DataFrame:
    """Return the rows of numbers that have several, in their order: contact, at (both are places), and the fields."""
    found = pl.DataFrame({"contact": is_first.cum_sum() - 1, "at": order}).filter(chosen).sort("contact", "at")
    return found.with_columns(rows[found["at"]])


def _winners(repeated: pl.DataFrame, fields: list[str]) -> pl.DataFrame:
    """Return for each contact with several rows the place of the winning row of each field, null when all are blank."""
    texts = (name for name in fields if name != GROUPS)
    found = repeated.group_by("contact").agg(
        pl.col("mobile").first(), pl.col("row").alias("rows"), *(_winner(name).alias(f"{name}_at") for name in texts)
    )
    return found.sort("contact")


def _winner(name: str) -> pl.Expr:
    """Choose the last row that is not blank, and for the stop list the last that says STOP."""
    last = pl.when(pl.col(name).is_not_null()).then("at").max()
    return pl.coalesce(pl.when(name).then("at").max(), last) if name == "is_stopped" else last


def _united(rows: pl.DataFrame, places: pl.Series, repeated: pl.DataFrame, winners: pl.DataFrame) -> pl.DataFrame:
    fields = [name for name in rows.columns if name not in _KEYS]
    at = {name: places.clone().scatter(winners["contact"], winners[f"{name}_at"]) for name in fields if name != GROUPS}
    found = rows.select(pl.col(name).gather(pl.lit(at.get(name, places))) for name in ("mobile", *fields, "row"))
    lists = {"rows": _patched(found.select(pl.concat_list("row")).to_series(), winners["contact"], winners["rows"])}
    if GROUPS in fields:
        lists[GROUPS] = _patched(found[GROUPS], winners["contact"], _all_groups(repeated, winners))
    return found.drop("row").with_columns(**lists)


def _patched(lists: pl.Series, contacts: pl.Series, others: pl.Series) -> pl.Series:
    """Put other lists in the places of some contacts."""
    places = pl.int_range(lists.len(), eager=True).scatter(
        contacts, pl.int_range(others.len(), eager=True) + lists.len()
    )
    return pl.concat([lists, others], rechunk=True).gather(places)


def _all_groups(repeated: pl.DataFrame, winners: pl.DataFrame) -> pl.Series:
    names = repeated.select("contact", GROUPS).explode(GROUPS).drop_nulls().unique(maintain_order=True)
    lists = names.group_by("contact", maintain_order=True).agg(GROUPS)
    return winners.select("contact").join(lists, on="contact", how="left", maintain_order="left")[GROUPS]


def _merges(rows: pl.DataFrame, repeated: pl.DataFrame, winners: pl.DataFrame, fields: list[str]) -> pl.DataFrame:
    """Return a line for each number with several rows, and one for each field in which they disagree."""
    every = winners.select("mobile", "rows", field=pl.lit(None, pl.String), kept_row=pl.col("rows").list.last())
    winner = repeated["contact"].rle_id()
    lines = [every]
    for name in fields:
        if name != GROUPS:
            kept = rows[name].gather(winners[f"{name}_at"].gather(winner))
            differs = winner.filter((repeated[name] != kept).fill_null(value=False)).unique()
            found = winners[differs]
            kept_row = rows["row"].gather(found[f"{name}_at"])
            lines.append(found.select("mobile", "rows", field=pl.lit(name), kept_row=kept_row))
    return pl.concat(lines).sort("mobile", "field", nulls_last=False)


def _late_checks(contacts: pl.DataFrame, perhaps_stopped: pl.Series) -> Iterator[tuple[str, str, pl.Expr]]:
    """Yield what can only be told of all rows of a number, or of all numbers together."""
    if perhaps_stopped.len():
        yield "is_stopped", "stop_elsewhere", pl.col("mobile").is_in(perhaps_stopped.unique().implode())
    if {"first_name", "last_name"} <= set(contacts.columns):
        unnamed = pl.col("name").is_null() if "name" in contacts.columns else pl.lit(value=True)
        yield "name", "name_too_long", unnamed & computed_name_is_long()
    if "speed_dial" in contacts.columns:
        yield (
            "speed_dial",
            "duplicate_speed_dial",
            pl.col("speed_dial").is_not_null() & pl.col("speed_dial").is_duplicated(),
        )


def _cleared(contacts: pl.DataFrame, perhaps_stopped: pl.Series) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Take out the contacts that nobody should send: all their rows become rejects."""
    rejects = []
    for field, code, is_bad in _late_checks(contacts, perhaps_stopped):
        bad = contacts.filter(is_bad)
        if bad.height:
            rejects.append(of_contacts(bad, field, code))
            contacts = contacts.filter(~is_bad)
    return contacts, pl.concat(rejects) if rejects else of_contacts(contacts.clear(), "mobile", "stop_elsewhere")
