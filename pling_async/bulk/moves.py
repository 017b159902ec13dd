"""Number changes: a contact that goes and one that comes are one person when they share something unique.

A speed dial, an email address or a full name counts, in this order, and only where exactly one contact on either side
has it. Such a contact keeps its id, and with it its history: it gets the new number instead of being deleted.
"""

from collections.abc import Callable
from typing import Final

import polars as pl

from pling_async.bulk.difference import Action

_SIGNS: Final = ("speed_dial", "email", "name")
"""What tells that two contacts are one person, the surest first."""

_PAIRS: Final = {"mobile": pl.String(), "moved_from": pl.String(), "moved_by": pl.String()}

Difference = Callable[[pl.DataFrame], pl.DataFrame]
"""From the account's contacts to the plan's."""


def without_moves(contacts: pl.DataFrame) -> pl.DataFrame:
    """Add the columns that say whose number changes, all null."""
    nothing = pl.lit(None, pl.String)
    return contacts.with_columns(moved_from=nothing, moved_by=nothing)


def with_moves(contacts: pl.DataFrame, account: pl.DataFrame, difference: Difference) -> pl.DataFrame:
    """Turn pairs of a removal and an addition into moves; `contacts` is what `difference` made of the account."""
    return moved(contacts, account, difference, pairs_among(contacts))


def moved(contacts: pl.DataFrame, account: pl.DataFrame, difference: Difference, pairs: pl.DataFrame) -> pl.DataFrame:
    """Compare again as if the account had the new numbers already, and call what changes so a move."""
    if pairs.is_empty():
        return without_moves(contacts)
    renamed = account.join(pairs, left_on="mobile", right_on="moved_from", how="left", suffix="_new")
    renamed = renamed.with_columns(mobile=pl.coalesce("mobile_new", "mobile")).select(account.columns)
    again = difference(renamed).join(pairs, on="mobile", how="left", maintain_order="left")
    is_move = pl.col("moved_from").is_not_null()
    return again.with_columns(action=pl.when(is_move).then(pl.lit(Action.MOVE.value)).otherwise("action"))


def pairs_among(contacts: pl.DataFrame) -> pl.DataFrame:
    """Return mobile, moved_from and moved_by of every number change."""
    gone = contacts.filter(pl.col("action") == Action.REMOVE.value).select("mobile", *_SIGNS)
    come = contacts.filter(pl.col("action") == Action.ADD.value).select("mobile", *_SIGNS)
    found = pl.DataFrame(schema=_PAIRS)
    if gone.is_empty() or come.is_empty():
        return found
    for sign in _SIGNS:
        pairs = _only(come, sign).join(_only(gone, sign).rename({"mobile": "moved_from"}), on="sign")
        found = pl.concat([found, pairs.select("mobile", "moved_from", moved_by=pl.lit(sign))])
        gone = gone.join(found, left_on="mobile", right_on="moved_from", how="anti")
        come = come.join(found, on="mobile", how="anti")
    return found


def _only(side: pl.DataFrame, sign: str) -> pl.DataFrame:
    """Return mobile and sign of the contacts that nobody else on their side shares it with."""
    signs = side.select("mobile", sign=pl.col(sign).str.strip_chars().str.to_lowercase()).filter(pl.col("sign") != "")
    return signs.filter(~pl.col("sign").is_duplicated())
