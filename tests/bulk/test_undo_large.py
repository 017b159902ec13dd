"""A large replace is taken back: names, groups, stops and every other field of the account."""

import os
from typing import Any

import pytest

from pling_async import PlingClient, bulk
from pling_async.bulk import ApplySettings, Guards
from pling_async.bulk.fields import canonical
from pling_async.sandbox import Sandbox

CONTACTS = int(os.environ.get("PLING_UNDO_CONTACTS", "400"))
"""How large the account is; ten thousand take a few minutes with coverage on."""


def _contact(number: int) -> dict[str, Any]:
    return {
        "id": number + 1,
        "mobile": f"+4799{999_999 - number:06}",
        "name": f"Ås {number}",
        "firstName": "Ås",
        "lastName": str(number),
        "speedDial": f"S{number}" if number % 3 == 0 else "",
        "comment": "as it was",
        "address": f"Storgata {number}",
        "postalCode": f"{number % 10_000:04}",
        "city": "OSLO",
        "email": f"n{number}@example.com",
        "stop": int(number % 10 == 0),
        "active": int(number % 7 != 0),
        "contactGroupIds": [1 + number % 4, 5],
    }


def _row(number: int) -> dict[str, Any]:
    row = {"mobile": _contact(number)["mobile"], "city": "BERGEN", "name": "Other", "contact_groups": ["New"]}
    return {**row, "comment": "-", "email": "other@example.com", "is_active": "1"}


@pytest.mark.slow
@pytest.mark.timeout(1800)
async def test_undo_restores_a_large_account(pling: PlingClient, sandbox: Sandbox) -> None:
    """A list replaces every name, group and field, and removes half of the account: undo brings all of it back."""
    groups = [{"id": number, "name": f"Group {number}"} for number in range(1, 6)]
    await sandbox.seed(contacts=[_contact(number) for number in range(CONTACTS)], contact_groups=groups)
    before = canonical((await bulk.snapshot(pling)).contacts)
    free = Guards(max_removals=CONTACTS, max_removals_per_day=10 * CONTACTS, allow_group_removal=True)
    run = await bulk.replace(pling, [_row(number) for number in range(0, CONTACTS, 2)], guards=free, strategy="replace")
    assert run.is_complete
    assert run.plan.counts.remove > CONTACTS // 3
    undone = await bulk.undo(pling, run.id, settings=ApplySettings())
    assert undone.is_complete
    assert canonical((await bulk.snapshot(pling)).contacts).equals(before)
    assert undone.reissued.height == run.plan.counts.remove  # what cannot come back is reported
