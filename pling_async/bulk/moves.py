"""Number changes: a contact that goes and one that comes are one person when they share something unique.

A speed dial, an email address or a full name counts, in this order, and only where exactly one contact on either side
has it, those included whose number stays. Different speed dials are different people, whatever else they share. Such a
contact keeps its id, and with it its history: it gets the new number instead of being deleted.
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
    """Return mobile, moved_from and moved_by of every number change.

    Who stays counts as well: an email address that a family shares tells of nobody who joins it.
    """
    held, listed = _sides(contacts)
    found = pl.DataFrame(schema=_PAIRS)
    if Action.REMOVE.value not in held["action"] or Action.ADD.value not in listed["action"]:
        return found
    for sign in _SIGNS:
        gone = _only(held, sign, Action.REMOVE).rename({"mobile": "moved_from"})
        pairs = _only(listed, sign, Action.ADD).join(gone, on="sign").filter(~_contradicted())
        found = pl.concat([found, pairs.select("mobile", "moved_from", moved_by=pl.lit(sign))])
        held = held.join(found, left_on="mobile", right_on="moved_from", how="anti")
        listed = listed.join(found, on="mobile", how="anti")
    return found


def _sides(contacts: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return mobile, action and the signs of everybody whom the account has, and of everybody who is to be there."""
    wanted = contacts.select("mobile", "action", *_SIGNS)
    before = contacts.select("mobile", "action", *(pl.col("before").struct.field(sign) for sign in _SIGNS))
    is_new, goes = (pl.col("action") == action.value for action in (Action.ADD, Action.REMOVE))
    return before.filter(~is_new), wanted.filter(~goes)


def _only(side: pl.DataFrame, sign: str, action: Action) -> pl.DataFrame:
    """Return mobile, sign and speed dial of whom an action is about and nobody on their side shares the sign with."""
    signs = side.with_columns(sign=pl.col(sign).str.strip_chars().str.to_lowercase()).filter(pl.col("sign") != "")
    only = signs.filter(~pl.col("sign").is_duplicated() & (pl.col("action") == action.value))
    return only.select("mobile", "sign", "speed_dial")


def _contradicted() -> pl.Expr:
    """Tell whether two contacts have different speed dials: these are somebody's ids, and unique (section 2.2)."""
    one, other = pl.col("speed_dial").str.to_lowercase(), pl.col("speed_dial_right").str.to_lowercase()
    return (one != other) & (one != "") & (other != "")
