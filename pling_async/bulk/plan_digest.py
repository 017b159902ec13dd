"""What a plan's digest is of: everything that a confirmation is bound to."""

from typing import Any, Final

import polars as pl
from attrs import asdict

from pling_async.bulk.difference import Action
from pling_async.bulk.fields import WRITABLE
from pling_async.bulk.fingerprint import digest
from pling_async.bulk.guards import Guards
from pling_async.bulk.list_columns import differ

_UNFINGERPRINTED: Final = ("mobile", "contact_group_ids", "auto_created", "extra", "rows")
"""What a plan holds of every contact beside the values that a fingerprint is of."""
_DECISION: Final = ("action", "reason", "moved_from")


def digest_of(contacts: pl.DataFrame, rejects: pl.DataFrame, guards: Guards, **facts: object) -> str:
    """Return the SHA-256 of what a plan decides, and of the facts that it is bound to; see `Plan.digest`."""
    decisions = contacts.select(pl.struct(_DECISION).rle().struct.unnest()).unnest("value")
    changes = contacts.drop("before").with_row_index().filter(_differs(contacts))
    return digest(contacts.select(_UNFINGERPRINTED), decisions, changes, rejects, guards=_guard_facts(guards), **facts)


def _differs(contacts: pl.DataFrame) -> pl.Series:
    """Tell which contacts are written, or would not be as the account's fingerprint says they are."""
    before, action = contacts["before"].struct.unnest(), contacts["action"]
    differs = (action != Action.UNCHANGED.value) & (action != Action.KEEP.value)
    differs = differs | contacts["unstop_held_back"] | (contacts["changed"].list.len() > 0)
    for name in WRITABLE:
        wanted, held = contacts[name], before[name]
        differs = differs | (differ(wanted, held) if wanted.dtype == pl.List else wanted.ne_missing(held))
    return differs


def _guard_facts(guards: Guards) -> list[tuple[str, Any]]:
    said = asdict(guards) | {"consent": sorted(guards.consent.items()), "accounts": sorted(guards.accounts or ())}
    return sorted(said.items())
