"""Contacts in the order of their numbers, and two frames of contacts side by side: sorted, not hashed."""

from typing import Final

import polars as pl

_DIGITS: Final = 15


def by_mobile(contacts: pl.DataFrame) -> pl.DataFrame:
    """Return contacts sorted by mobile, as text."""
    if not contacts["mobile"].is_sorted():
        quickly = contacts[_keys(contacts["mobile"]).arg_sort()]
        contacts = quickly if quickly["mobile"].is_sorted() else contacts.sort("mobile")
    return contacts.set_sorted("mobile")


def aligned(left: pl.DataFrame, right: pl.DataFrame) -> pl.DataFrame:
    """Return one row for each mobile of either side, null where a side does not have it.

    Both are sorted by mobile, have each mobile once, and share no other column.
    """
    if left["mobile"].equals(right["mobile"]):
        return left.hstack(right.drop("mobile"))
    places = _places(left["mobile"], right["mobile"])
    sides = [_at(side, places[name]) for name, side in (("left", left), ("right", right))]
    return pl.concat([places.select("mobile"), *sides], how="horizontal")


def _places(left: pl.Series, right: pl.Series) -> pl.DataFrame:
    """Return every mobile, and its row on either side."""
    row, nowhere = pl.int_range(pl.len(), dtype=pl.UInt32), pl.lit(None, pl.UInt32)
    first, second = (side.alias("mobile").to_frame() for side in (left, right))
    both = first.with_columns(left=row, right=nowhere).merge_sorted(
        second.with_columns(left=nowhere, right=row), key="mobile"
    )
    is_pair = (both["mobile"] == both["mobile"].shift(-1)).fill_null(value=False)  # of which the left one comes first
    right_of_pair = pl.when(is_pair).then(pl.col("right").shift(-1)).otherwise("right")
    return both.with_columns(right=right_of_pair).filter(~is_pair.shift(1, fill_value=False))


def _at(side: pl.DataFrame, places: pl.Series) -> pl.DataFrame:
    cells = side.drop("mobile")
    return cells.select(pl.all().gather(pl.lit(places))) if places.has_nulls() else cells


def _keys(mobiles: pl.Series) -> pl.Series:
    """Return integers that sort as E.164 numbers do as text: digits padded to fifteen, then their count."""
    digits = pl.col("mobile").str.len_bytes().cast(pl.Int64) - 1
    padding = pl.lit(10, pl.Int64).pow((_DIGITS - digits).clip(0, _DIGITS))
    number = pl.col("mobile").str.slice(1).cast(pl.Int64, strict=False)
    return mobiles.alias("mobile").to_frame().select(number * padding * 16 + digits).to_series()
