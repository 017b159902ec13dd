"""Verification believes only a listing, and repairs stops upward only."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from pling_async import PlingClient, bulk
from pling_async.bulk import Plan
from pling_async.bulk.verify import verify
from pling_async.sandbox import Sandbox, Semantics

OLA, NILS = "+4799999001", "+4799999002"
State = Callable[[], Awaitable[dict[str, dict[str, Any]]]]


@pytest.fixture
async def plan(pling: PlingClient, sandbox: Sandbox) -> Plan:
    """Apply a plan that keeps one stopped contact and adds another contact."""
    await sandbox.seed(
        contacts=[{"id": 1, "mobile": NILS, "stop": 1, "comment": "letter", "contactGroupIds": [1]}],
        contact_groups=[{"id": 1, "name": "Kunder"}],
    )
    made = await bulk.plan(pling, await bulk.prepare([{"mobile": OLA, "city": "OSLO"}]), mode="replace")
    await bulk.apply(pling, made)
    return made


async def test_an_account_as_promised_is_clean(pling: PlingClient, plan: Plan) -> None:
    """Nothing is repaired when nothing is wrong."""
    verification = await verify(pling, plan)
    assert verification.is_clean
    assert verification.repaired_stops == 0
    assert "what the plan promised" in str(verification)


async def test_a_lost_stop_is_set_again(pling: PlingClient, plan: Plan, state: State) -> None:
    """Somebody whom the server made reachable is stopped again, and the run says so (I-4)."""
    await pling.stop_list.remove(await pling.contacts.get(1), consent="none: this test plays a faulty server")
    verification = await verify(pling, plan)
    assert (verification.repaired_stops, verification.is_clean) == (1, True)
    assert (await state())[NILS]["stop"] == 1


@pytest.mark.parametrize("sandbox", [Semantics(), Semantics(omitted_in_post="default")], indirect=True)
async def test_a_lost_stopped_contact_comes_back_stopped(pling: PlingClient, plan: Plan, state: State) -> None:
    """An opt-out that vanished with its contact is written again, with everything it held."""
    await pling.contacts.delete(1)
    await pling.groups.delete(1)
    verification = await verify(pling, plan)
    assert (verification.repaired_stops, verification.is_clean) == (1, True)
    back = (await state())[NILS]
    assert (back["stop"], back["comment"], back["groups"]) == (1, "letter", ["Kunder"])


async def test_a_stop_that_arrived_meanwhile_is_no_difference(pling: PlingClient, plan: Plan, state: State) -> None:
    """A STOP between the last write and the listing stays (#83)."""
    added = next(contact for contact in (await pling.contacts.list()).contacts if contact.mobile == OLA)
    await pling.stop_list.add(added)
    assert (await verify(pling, plan)).is_clean
    assert (await state())[OLA]["stop"] == 1


async def test_every_kind_of_difference_is_told(pling: PlingClient, plan: Plan, sandbox: Sandbox) -> None:
    """What is missing, unexpected and different is counted and listed."""
    added = next(contact for contact in (await pling.contacts.list()).contacts if contact.mobile == OLA)
    await pling.contacts.update(added.evolve(city="BERGEN"))
    await sandbox.seed(contacts=[{"mobile": "+4799999900"}])
    verification = await verify(pling, plan)
    assert str(verification) == "0 missing, 1 unexpected, 1 differing"
    assert verification.differing.rows() == [(OLA, ["city"])]
