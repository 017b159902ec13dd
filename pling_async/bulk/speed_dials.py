"""Whose turn it is where speed dials pass from one contact to another: each must be free before it is taken.

Two contacts that swap theirs cannot be written one by one; a replace can do that.
"""

from collections.abc import Mapping

import polars as pl
from attrs import frozen

from pling_async.bulk.plan import Plan


@frozen
class Turns:
    """Additions and changes in the order in which they can be sent, each part once the one before is answered."""

    before_removals: tuple[pl.DataFrame, ...]
    after_removals: tuple[pl.DataFrame, ...]
    """They take a speed dial over from somebody who goes."""


def in_turn(plan: Plan, others: pl.DataFrame, removals: pl.DataFrame) -> Turns:
    """Split additions and changes by who has to wait for whom."""
    givers = _givers(plan, others)
    if not givers:
        return Turns((others,), ())
    gone = frozenset(removals["mobile"])
    turns = {mobile: _turn(mobile, givers, gone) for mobile in givers}
    first = others.filter(~pl.col("mobile").is_in(list(turns)))
    parts = {
        turn: others.filter(pl.col("mobile").is_in([mobile for mobile, each in turns.items() if each == turn]))
        for turn in sorted(set(turns.values()))
    }
    return Turns(
        (first, *(part for (is_after, _), part in parts.items() if not is_after)),
        tuple(part for (is_after, _), part in parts.items() if is_after),
    )


def _givers(plan: Plan, others: pl.DataFrame) -> dict[str, str]:
    """Return by mobile from whom somebody takes a speed dial over: both as the plan calls them, if it writes both."""
    held = plan.baseline.filter(pl.col("speed_dial") != "").select(dial=_dial(), giver="mobile")
    if held.is_empty():
        return {}
    was = pl.coalesce("moved_from", "mobile")
    taken = others.filter(pl.col("speed_dial") != "").select("mobile", was=was, dial=_dial()).join(held, on="dial")
    taken = taken.filter(pl.col("giver") != pl.col("was"))
    names = plan.writes.select(giver=was, new="mobile")
    return dict(taken.join(names, on="giver").select("mobile", "new").iter_rows())


def _dial() -> pl.Expr:
    return pl.col("speed_dial").str.to_uppercase()


def _turn(mobile: str, givers: Mapping[str, str], gone: frozenset[str]) -> tuple[bool, int]:
    """Return whether somebody waits for a removal, and how many others have to be written before."""
    waits_for = [mobile]
    while (giver := givers.get(waits_for[-1])) is not None:
        if giver in gone:
            return True, len(waits_for)
        if giver in waits_for:
            break  # a swap: whoever comes first is refused
        waits_for.append(giver)
    return False, len(waits_for)
