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
    gone, come = held.filter(action=Action.REMOVE.value), listed.filter(action=Action.ADD.value)
    found = pl.DataFrame(schema=_PAIRS)
    if gone.is_empty() or come.is_empty():
        return found
    for sign in _SIGNS:
        shared = _signs(come, sign).join(_signs(gone, sign), on="sign", how="semi")
        old = _only(_signs(held, sign), Action.REMOVE, shared, found["moved_from"])
        new = _only(_signs(listed, sign), Action.ADD, shared, found["mobile"])
        pairs = new.join(old.rename({"mobile": "moved_from"}), on="sign").filter(~_contradicted())
        found = pl.concat([found, pairs.select("mobile", "moved_from", moved_by=pl.lit(sign))])
    return found


def _sides(contacts: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return mobile, action and the signs of everybody whom the account has, and of everybody who is to be there."""
    wanted = contacts.select("mobile", "action", *_SIGNS)
    before = contacts.select("mobile", "action", *(pl.col("before").struct.field(sign) for sign in _SIGNS))
    is_new, goes = (pl.col("action") == action.value for action in (Action.ADD, Action.REMOVE))
    return before.filter(~is_new), wanted.filter(~goes)


def _signs(side: pl.DataFrame, sign: str) -> pl.DataFrame:
    spelled = pl.col(sign).str.strip_chars().str.to_lowercase()
    return side.select("mobile", "action", "speed_dial", sign=spelled).filter(pl.col("sign") != "")


def _only(signs: pl.DataFrame, action: Action, shared: pl.DataFrame, paired: pl.Series) -> pl.DataFrame:
    """Return those whom an action is about and who alone on their side have a shared sign, the paired left out."""
    theirs = signs.join(shared, on="sign", how="semi").filter(~pl.col("mobile").is_in(paired.implode()))
    return theirs.filter(~pl.col("sign").is_duplicated() & (pl.col("action") == action.value))


def _contradicted() -> pl.Expr:
    """Tell whether two contacts have different speed dials: these are somebody's ids, and unique (section 2.2)."""
    one, other = pl.col("speed_dial").str.to_lowercase(), pl.col("speed_dial_right").str.to_lowercase()
    return (one != other) & (one != "") & (other != "")
