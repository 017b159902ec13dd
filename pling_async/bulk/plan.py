"""A plan: what a list would do to an account, decided before anything is sent.

A plan is a value. It carries everything that `apply` needs, so that what was reviewed is what happens: the state each
contact should have, the fingerprint of the account it was made for, the guards and their verdicts, and a digest.
"""

import asyncio
from collections.abc import Mapping
from enum import StrEnum
from functools import cached_property, partial
from typing import Final

import polars as pl
from attrs import field, frozen

from pling_async.bulk.body import estimated_bytes
from pling_async.bulk.difference import Action, Mode, Reason, difference
from pling_async.bulk.fields import row_count, usable_rows
from pling_async.bulk.guard_facts import NOTHING, Facts, Past
from pling_async.bulk.guards import Guards, Level, Verdict, judge
from pling_async.bulk.moves import with_moves, without_moves
from pling_async.bulk.plan_digest import digest_of
from pling_async.bulk.prepare import Prepared
from pling_async.bulk.snapshot import Snapshot
from pling_async.bulk.snapshot import snapshot as take_snapshot
from pling_async.errors import ConfigurationError
from pling_async.phones import masked
from pling_async.pling.client import PlingClient
from pling_async.sources import SourceInfo

WRITES: Final = (Action.ADD, Action.CHANGE, Action.MOVE, Action.REMOVE)
"""What costs a request when contacts are sent one by one."""

_REQUEST_COST: Final = 20_000
"""Bytes of a replace that are worth one more request; requests wait for the server, bytes for the wire."""

_WORTH_MOVING: Final = 10_000
"""Requests that are worth the ids of people with new numbers: a replace deletes them and adds them again."""


class Strategy(StrEnum):
    """How a plan is carried out."""

    AUTO = "auto"
    REPLACE = "replace"
    """One call with the whole account (section 3.11)."""
    PER_CONTACT = "per_contact"
    """One call for each contact that differs; deletions last."""


@frozen(kw_only=True)
class Cost:
    """What each strategy would send."""

    replace_bytes: int
    """About; the exact size is known once the body is written."""
    per_contact_requests: int


@frozen(kw_only=True)
class Counts:
    """How many contacts, and rows, a plan decides about."""

    add: int
    change: int
    unchanged: int
    move: int
    """Contacts that get a new number."""
    remove: int
    keep: Mapping[str, int]
    """By reason; see `Reason`."""
    rejected_rows: int
    removed_auto_created: int
    """Those among `remove` that an incoming message had created; Guards(keep_auto_created=True) keeps them."""

    @property
    def writes(self) -> int:
        """Contacts that the account holds differently today."""
        return self.add + self.change + self.move + self.remove


@frozen(kw_only=True, slots=False)
class Plan:
    """What a list would do to an account; made by `bulk.plan`, carried out by `bulk.apply`."""

    mode: Mode
    origin: str
    account_id: int
    fingerprint: str
    """The account's, when the plan was made; `apply` refuses when it has another one."""
    listing: str | None = field(default=None, eq=False)
    """The snapshot's; see there. A plan that was kept in a file has none, since nothing there vouches for it."""
    source: SourceInfo
    guards: Guards
    contacts: pl.DataFrame = field(repr=row_count, eq=False)
    """One row for each contact of either side; see `difference`."""
    groups: pl.DataFrame = field(repr=row_count, eq=False)
    """The account's groups, id and name."""
    rejects: pl.DataFrame = field(repr=row_count, eq=False)
    merges: pl.DataFrame = field(repr=row_count, eq=False)

    @cached_property
    def counts(self) -> Counts:
        """How many contacts each action takes."""
        actions = dict(self.contacts["action"].value_counts().iter_rows())
        kept = self.contacts.filter(pl.col("action") == Action.KEEP.value)
        removed = self.contacts.filter(pl.col("action") == Action.REMOVE.value)
        return Counts(
            **{
                each.value: actions.get(each.value, 0)
                for each in (Action.ADD, Action.CHANGE, Action.UNCHANGED, Action.MOVE, Action.REMOVE)
            },
            keep={str(reason): count for reason, count in sorted(kept["reason"].value_counts().iter_rows())},
            rejected_rows=self.rejects["row"].n_unique(),
            removed_auto_created=removed["auto_created"].count(),
        )

    @cached_property
    def cost(self) -> Cost:
        """What each strategy would send."""
        return Cost(replace_bytes=estimated_bytes(self.wanted), per_contact_requests=self.counts.writes)

    @cached_property
    def strategy(self) -> Strategy:
        """What "auto" means for this plan.

        Only a replace may be one: it would wipe whoever joins the account meanwhile. None can be empty.
        """
        cheap = self.cost.per_contact_requests * _REQUEST_COST <= self.cost.replace_bytes
        cheap = cheap or (self.counts.move > 0 and self.counts.writes <= _WORTH_MOVING)
        may_replace = self.mode is Mode.REPLACE and not self.wanted.is_empty()
        return Strategy.REPLACE if may_replace and not cheap else Strategy.PER_CONTACT

    @cached_property
    def wanted(self) -> pl.DataFrame:
        """The account as it should be afterwards: every contact but those that go."""
        return self.contacts.filter(pl.col("action") != Action.REMOVE.value) if self.counts.remove else self.contacts

    @cached_property
    def writes(self) -> pl.DataFrame:
        """The contacts that are added, changed, moved or removed."""
        is_write = pl.col("action").is_in([each.value for each in WRITES])
        return self.contacts.filter(is_write) if self.counts.writes < self.contacts.height else self.contacts

    @property
    def baseline(self) -> pl.DataFrame:
        """The account as it was: mobile and every writable field."""
        held = self.contacts.filter(pl.col("before").is_not_null())
        return held.select(pl.coalesce("moved_from", "mobile").alias("mobile"), "before").unnest("before")

    @property
    def removals(self) -> pl.DataFrame:
        """The contacts that go."""
        return self.contacts.filter(pl.col("action") == Action.REMOVE.value)

    @cached_property
    def verdicts(self) -> tuple[Verdict, ...]:
        """What every guard says, for the strategy that "auto" means."""
        return self.judged_for(self.strategy)

    def judged_for(self, strategy: Strategy, past: Past = NOTHING) -> tuple[Verdict, ...]:
        """Return what every guard says if the plan is carried out in this way, after what other runs did."""
        return judge(self._facts(strategy, past), self.guards)

    @property
    def is_refused(self) -> bool:
        """Whether a guard refuses the plan."""
        return any(verdict.level is Level.REFUSED for verdict in self.verdicts)

    @cached_property
    def digest(self) -> str:
        """SHA-256 over account, baseline, source, guards and every wanted value: what a confirmation is bound to.

        Values that the account has already are bound by its fingerprint, and only the others are hashed.
        """
        return digest_of(
            self.contacts,
            self.rejects,
            self.guards,
            origin=self.origin,
            account_id=self.account_id,
            mode=self.mode.value,
            fingerprint=self.fingerprint,
            source=self.source.sha256,
        )

    def group_names_removed(self) -> tuple[str, ...]:
        """Return the account's groups that a replace would delete, since nobody is left in them (section 3.11)."""
        left = set(self.wanted["contact_groups"].explode().drop_nulls().unique())
        return tuple(sorted(name for name in self.groups["name"].unique() if name not in left))

    def _facts(self, strategy: Strategy, past: Past) -> Facts:
        kept = self.counts.keep
        doomed_groups = self.group_names_removed() if strategy is Strategy.REPLACE and self.counts.writes else ()
        return Facts(
            account_id=self.account_id,
            removed_recently=past.removals,
            moves=self.counts.move,
            account_contacts=self.contacts.height - self.counts.add,
            usable_rows=usable_rows(self.contacts),
            rejected_rows=self.counts.rejected_rows,
            removals=self.counts.remove,
            removals_held_back=kept.get(Reason.HELD_BACK.value, 0),
            behind_rejected_rows=kept.get(Reason.REJECTED_ROW.value, 0),
            stopped_kept=kept.get(Reason.STOPPED.value, 0),
            unstops_held_back=int(self.contacts["unstop_held_back"].sum()),
            consents_used_by=past.consents_used_by,
            groups_removed=doomed_groups,
            duplicate_speed_dials=_duplicate_speed_dials(self.wanted),
        )


def _duplicate_speed_dials(wanted: pl.DataFrame) -> tuple[str, ...]:
    """Return the masked mobiles that would share a speed dial, however it is spelled."""
    dialled = wanted.select("mobile", "speed_dial").filter(pl.col("speed_dial") != "")
    shared = dialled.filter(pl.col("speed_dial").str.to_uppercase().is_duplicated())
    return tuple(masked(mobile) for mobile in shared["mobile"])


async def plan(
    client: PlingClient,
    prepared: Prepared,
    *,
    mode: Mode | str = Mode.MERGE,
    guards: Guards | None = None,
    snapshot: Snapshot | None = None,
) -> Plan:
    """Compare a prepared list with the account and decide what would be done; nothing is written.

    `mode` "merge" adds and changes; "replace" also removes contacts that the list does not have. A snapshot taken
    before may be given; otherwise the account is listed now.
    """
    baseline = snapshot or await take_snapshot(client)
    made_for = (baseline.origin, baseline.account_id)
    if made_for != (client.origin, client.account_id):
        raise ConfigurationError(
            f"the snapshot is of account {made_for[1]} at {made_for[0]}, the client is for another one"
        )
    return await asyncio.to_thread(compare, prepared, baseline, mode=Mode(mode), guards=guards or Guards())


def compare(prepared: Prepared, baseline: Snapshot, *, mode: Mode, guards: Guards) -> Plan:
    """Make the plan from values alone; CPU work, so `plan` calls it off the event loop."""
    made = Plan(
        mode=mode,
        origin=baseline.origin,
        account_id=baseline.account_id,
        fingerprint=baseline.fingerprint,
        listing=baseline.listing,
        source=prepared.source,
        guards=guards,
        contacts=_contacts(prepared, baseline.contacts, mode, guards),
        groups=baseline.groups,
        rejects=prepared.rejects,
        merges=prepared.merges,
    )
    _ = made.digest, made.verdicts  # computed here, in the thread, and kept
    return made


def _contacts(prepared: Prepared, account: pl.DataFrame, mode: Mode, guards: Guards) -> pl.DataFrame:
    """Compare list and account; in a replace, look for people whose number changed."""
    compared = partial(difference, prepared.contacts, rejects=prepared.rejects, mode=mode, guards=guards)
    found = compared(account)
    if mode is Mode.REPLACE and guards.find_moves:
        return with_moves(found, account, compared)
    return without_moves(found)
