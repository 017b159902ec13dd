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
    turns = _turns(givers, frozenset(removals["mobile"]))
    rows = [(mobile, *turn) for mobile, turn in turns.items()]
    table = pl.DataFrame(rows, schema={"mobile": pl.String, "is_after": pl.Boolean, "turn": pl.UInt32}, orient="row")
    marked = others.join(table, on="mobile", how="left", maintain_order="left")
    marked = marked.with_columns(pl.col("is_after").fill_null(value=False), pl.col("turn").fill_null(value=0))
    parts = marked.partition_by("is_after", "turn", as_dict=True, include_key=False)
    before, after = (tuple(parts[key] for key in sorted(parts) if key[0] is is_after) for is_after in (False, True))
    return Turns(before, after)


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


def _turns(givers: Mapping[str, str], gone: frozenset[str]) -> dict[str, tuple[bool, int]]:
    """Return whether somebody waits for a removal, and how many others have to be written before.

    Of a swap nobody can be first: whoever is gets refused.
    """
    turns: dict[str, tuple[bool, int]] = {}
    for mobile in givers:
        waiting, first = dict[str, None](), mobile
        while first in givers and first not in turns and first not in waiting:
            waiting[first] = None
            first = givers[first]
        is_after, turn = turns.get(first, (first in gone, 0))
        for place, each in enumerate(reversed(waiting), start=turn + 1):
            turns[each] = (is_after, place)
    return turns
