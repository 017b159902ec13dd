"""Section 3.11: replace the account's contacts, in one transaction, whatever their number.

The items are staged in a temporary table, one numbered row for each that has a mobile; what is wrong with the others is
kept by number. Then repeated mobiles and speed dials are settled, the rows applied in order, and the rest removed.
"""

from collections.abc import Iterator
from typing import Any

import orjson
from attrs import define, field

from pling_async.sandbox.pling.calls import Answer, Call
from pling_async.sandbox.pling.errors import ApiError, Invalid
from pling_async.sandbox.pling.groups import GroupFinder, group_by_id, remove_group, unused_groups
from pling_async.sandbox.pling.json_array import NotAnArray, items
from pling_async.sandbox.pling.last_replace import APPLIED, CRASHED, CRASHED_HALFWAY, Replacement
from pling_async.sandbox.pling.merge import Policy, merge, new_contact
from pling_async.sandbox.pling.staging import Staged, Staging
from pling_async.sandbox.pling.store import BATCH, Contacts
from pling_async.sandbox.pling.validation import check_new, integer
from pling_async.sandbox.spool import Spool
from pling_async.sandbox.worker import Crashed


def replace_contacts(call: Call) -> Answer:
    """Section 3.11; the answer is that of section 2.5, where removals are not counted."""
    account_id = call.account()
    done = call.last_replace.replacement = Replacement(account_id=account_id, at=call.now)
    try:
        with Staging(call.connection, account_id, call.semantics) as staging:
            answer = _Replace(call, account_id, staging, done, call.crash_after).run()
    except Crashed as crash:
        done.outcome = CRASHED_HALFWAY if crash.keeps else CRASHED
        raise
    done.outcome = APPLIED
    return answer


@define
class _Counts:
    added: int = 0
    modified: int = 0
    unchanged: int = 0


@define(eq=False)
class _Replace:
    call: Call
    account_id: int
    staging: Staging
    done: Replacement
    left: int | None
    """Rows that may still be written before the server dies; None: it lives."""
    counts: _Counts = field(factory=_Counts)

    def run(self) -> Answer:
        self._stage()
        self.staging.settle_duplicates()
        if self.call.semantics.speed_dial_check == "final":
            self.staging.settle_speed_dials()
        self._apply()
        self._remove()
        return self._answer()

    def _stage(self) -> None:
        reader, staging = self.call.reader, self.staging
        finder = GroupFinder(self.call.connection, self.account_id, self.call.now, self.call.semantics)
        for number, item in enumerate(self._items()):
            mobile = None
            try:
                mobile = reader.mobile(item)
                check_new(item, self.call.semantics)
                given = reader.fields(item)
                finder.resolve(given)
            except Invalid as problem:
                staging.add_invalid(number, mobile, str(problem))
            else:
                staging.add(number, mobile, given)
        staging.finish()

    def _items(self) -> Iterator[dict[str, Any]]:
        try:
            for item in items(self.call.spool.rewind()):
                self._check_account(item)
                yield item
        except NotAnArray as error:
            raise ApiError(status=400, message=str(error), code="InvalidContent") from error

    def _check_account(self, item: object) -> None:
        """Refuse the whole request for an item of another account, or one that is no contact at all."""
        if not isinstance(item, dict):
            raise NotAnArray("the body must be an array of contacts")
        if integer(item, "accountId") not in {None, self.account_id}:
            raise Invalid("accountId of an item is not that of the account")

    def _apply(self) -> None:
        contacts = Contacts(self.call.connection, self.account_id, self.call.semantics)
        is_sequential = self.call.semantics.speed_dial_check == "sequential"
        for batch in self.staging.batches(1 if is_sequential else BATCH):
            rows = batch[: self.left]
            self._write(contacts, self._without_conflict(contacts, rows) if is_sequential else rows)
            if self.left is not None:
                self.left -= len(rows)
                self._die_when_spent()

    def _without_conflict(self, contacts: Contacts, rows: list[Staged]) -> list[Staged]:
        taken = [row for row in rows if self._is_taken(contacts, row)]
        self.staging.refuse(row.number for row in taken)
        return [row for row in rows if row not in taken]

    def _is_taken(self, contacts: Contacts, row: Staged) -> bool:
        own = None if row.existing is None else row.existing["id"]
        return contacts.holder(row.given.get("speedDial")) not in {None, own}

    def _write(self, contacts: Contacts, rows: list[Staged]) -> None:
        policy = Policy.for_replace(self.call.semantics)
        added, changes = [], []
        for row in rows:
            if row.existing is None:
                remembered = {"stop": 1} if contacts.is_remembered(row.mobile) else {}
                added.append({**new_contact({**remembered, **row.given}), "mobile": row.mobile})
            elif (changed := merge(row.existing, row.given, policy)) != row.existing:
                changes.append((row.existing, changed))
        contacts.insert(added, self.call.now)
        contacts.update(changes, self.call.now)
        self.done.note_writes(added, changes)
        self.counts.added += len(added)
        self.counts.modified += len(changes)
        self.counts.unchanged += len(rows) - len(added) - len(changes)

    def _remove(self) -> None:
        self.done.note_removals(self.staging.remove_others(-1 if self.left is None else self.left))
        if self.left is not None:
            self.left = 0
            self._die_when_spent()
        for group_id in unused_groups(self.call.connection, self.account_id, self.call.semantics):
            group = group_by_id(self.call.connection, group_id) or {}
            self.done.groups_removed.append(group.get("name", ""))
            remove_group(self.call.connection, group_id, self.call.now)

    def _die_when_spent(self) -> None:
        if not self.left:
            raise Crashed(keeps=self.call.semantics.replace_commit == "row_by_row")

    def _answer(self) -> Answer:
        errors = self.staging.errors
        self.done.note_invalid(errors)
        counts = {
            "addedContactCount": self.counts.added,
            "modifiedContactCount": self.counts.modified,
            "unchangedContactCount": self.counts.unchanged,
            "invalidContactCount": len(errors),
        }
        spool = Spool()
        spool.write(orjson.dumps(counts)[:-1] + b',"invalidContacts":[')
        echoed = (
            orjson.dumps({**item, "error": errors[number]})
            for number, item in enumerate(self._items() if errors else ())
            if number in errors
        )
        for index, item in enumerate(echoed):
            spool.write((b"," if index else b"") + item)
        spool.write(b"]}")
        return Answer(body=spool)
