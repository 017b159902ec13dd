"""The plan of a copy out of Pling: who is added to the other system, who is changed, and who is left out.

Pling lists an account in one answer, so that its side is held in columns. The other side is read page by page and
compared as it comes: of a contact there only the id is kept, and what would change of it.
"""

import asyncio
from collections.abc import Collection, Mapping
from functools import cached_property

import polars as pl
from attrs import field, frozen

from pling_async.bulk.fields import WRITABLE, row_count
from pling_async.bulk.guards import Guards, Verdict
from pling_async.bulk.snapshot import Snapshot
from pling_async.bulk.snapshot import snapshot as take_snapshot
from pling_async.errors import ConfigurationError
from pling_async.pling.client import PlingClient
from pling_async.targets.base import Target
from pling_async.targets.matching import CopyAction, Matching, Why
from pling_async.targets.verdicts import CopyFacts, judge


@frozen(kw_only=True, slots=False)
class CopyPlan:
    """What a copy would do; made by `targets.plan`, carried out by `targets.apply`."""

    title: str
    target_origin: str
    target_account: str
    """What the other system calls the account; "" when nothing there says so."""
    places: frozenset[str]
    """Attributes that the other system had a place for; `apply` refuses when one of them is gone."""
    origin: str
    account_id: int
    fingerprint: str
    """Of the account, when the plan was made; `apply` refuses when it has another one."""
    listing: str | None = field(default=None, eq=False)
    target_count: int | None = None
    """Contacts there before they were read, where one could be added twice; `apply` refuses to add if it changed."""
    contacts: pl.DataFrame = field(repr=row_count, eq=False)
    """One row a person of the account: mobile, every field, and `matching.DECIDED`."""
    left: Mapping[str, int] = field(factory=dict)
    """Values by attribute that the other system has no place for."""
    addresses_taken: int = 0
    """E-mail addresses that stay behind since another contact has them there."""
    same_number: int = 0
    """Contacts there with the number of another one; the last one of each number is compared."""
    stopped_elsewhere: int = 0
    """Stopped people whose number is an additional one of a contact there that has no mark, and gets none."""
    stopped_there: int = 0
    """Stopped people whose contact there stays without a mark, since nothing there has a place for it."""
    unmatched: int = 0
    """Contacts there that Pling does not know; they stay as they are."""
    guards: Guards = field(factory=Guards)

    @cached_property
    def counts(self) -> dict[str, int]:
        """How many people each action takes."""
        found = dict(self.contacts["action"].value_counts().iter_rows())
        return {action.value: found.get(action.value, 0) for action in CopyAction}

    @cached_property
    def skipped(self) -> dict[str, int]:
        """How many people are left out, by reason."""
        return {str(why): count for why, count in self.contacts["reason"].drop_nulls().value_counts().iter_rows()}

    @property
    def write_count(self) -> int:
        """How many people are added or changed."""
        return self.counts["add"] + self.counts["change"]

    @property
    def writes(self) -> pl.DataFrame:
        """Who is added or changed: those who are stopped first, so that nobody waits for that."""
        chosen = self.contacts.filter(pl.col("action").is_in([CopyAction.ADD.value, CopyAction.CHANGE.value]))
        return chosen.sort("is_stopped", descending=True, maintain_order=True)

    @property
    def differences(self) -> pl.DataFrame:
        """Everybody who is not simply unchanged."""
        return self.contacts.filter(pl.col("action") != CopyAction.UNCHANGED.value)

    @cached_property
    def verdicts(self) -> tuple[Verdict, ...]:
        """What the guards say."""
        facts = CopyFacts(
            account_id=self.account_id,
            people=self.contacts.height,
            stopped=int(self.contacts["is_stopped"].sum()),
            stopped_skipped=self.skipped.get(Why.STOPPED, 0),
            numbers_taken=self.skipped.get(Why.NUMBER_TAKEN, 0),
            addresses_taken=self.addresses_taken,
            same_number=self.same_number,
            also_marked=int(self.contacts.filter("is_stopped")["also"].list.len().sum()),
            stopped_elsewhere=self.stopped_elsewhere,
            stopped_there=self.stopped_there,
        )
        return judge(facts, self.guards, self.title)


async def plan(
    client: PlingClient, target: Target, *, guards: Guards | None = None, snapshot: Snapshot | None = None
) -> CopyPlan:
    """Compare an account with another system, and decide what a copy would write there; nothing is sent.

    A person is known by their number. What Pling leaves blank, and whom it does not know, stays as it is there. Of the
    guards, `accounts` and `min_rows` mean something here.
    """
    account = snapshot or await take_snapshot(client)
    if (account.origin, account.account_id) != (client.origin, client.account_id):
        raise ConfigurationError("the snapshot is of another account than the client's")
    target_account = await target.account()
    target_count = await target.count()
    matching = Matching(target, account.contacts.select("mobile", *WRITABLE), await target.open())
    await matching.read()
    contacts = await asyncio.to_thread(matching.decided)
    return CopyPlan(
        title=target.title,
        target_origin=target.origin,
        target_account=target_account,
        target_count=target_count,
        places=frozenset(matching.places),
        origin=account.origin,
        account_id=account.account_id,
        fingerprint=account.fingerprint,
        listing=account.listing,
        contacts=contacts,
        left=_left(contacts, matching.places),
        addresses_taken=matching.addresses_taken,
        same_number=matching.same_number,
        stopped_elsewhere=matching.stopped_elsewhere,
        stopped_there=matching.stopped_there,
        unmatched=matching.unmatched,
        guards=guards or Guards(),
    )


def _left(contacts: pl.DataFrame, places: Collection[str]) -> dict[str, int]:
    """Count the values that have no place; that somebody is stopped is no value, and has a guard."""
    texts = {
        name: int((contacts[name].str.strip_chars() != "").sum())
        for name in WRITABLE
        if contacts.schema[name] == pl.String
    }
    found = {**texts, "is_active": int((~contacts["is_active"]).sum())}
    return {name: count for name, count in found.items() if count and name not in places}
