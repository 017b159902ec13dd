"""A snapshot is a baseline: whole, of one account, and comparable."""

import orjson
import pytest

from pling_async import PlingClient, bulk, errors
from pling_async.sandbox import Fault, Sandbox, Semantics

OLA, KARI = "+4799999001", "+4799999002"


async def test_the_account_becomes_a_frame(pling: PlingClient, sandbox: Sandbox) -> None:
    """Texts are never null, groups have names, and the repr shows nobody."""
    await sandbox.seed(
        contacts=[
            {"mobile": KARI, "postalCode": "0663", "contactGroupIds": [1]},
            {"mobile": OLA, "stop": 1, "email": None},
        ],
        contact_groups=[{"id": 1, "name": "Kunder"}],
    )
    snapshot = await bulk.snapshot(pling)
    assert snapshot.contacts["mobile"].to_list() == [OLA, KARI]
    assert snapshot.contacts["postal_code"].to_list() == ["", "0663"]
    assert snapshot.contacts["contact_groups"].to_list() == [[], ["Kunder"]]
    assert snapshot.contacts["is_stopped"].to_list() == [True, False]
    assert "9999" not in repr(snapshot)


async def test_the_fingerprint_follows_the_values_only(pling: PlingClient, sandbox: Sandbox) -> None:
    """Ids and dates do not count; a value, a stop or a group name does (I-12)."""
    await sandbox.seed(
        contacts=[{"id": 1, "mobile": OLA, "contactGroupIds": [1]}], contact_groups=[{"id": 1, "name": "A"}]
    )
    first = (await bulk.snapshot(pling)).fingerprint
    await sandbox.reset()
    await sandbox.seed(
        contacts=[{"id": 7, "mobile": OLA, "contactGroupIds": [5]}], contact_groups=[{"id": 5, "name": "A"}]
    )
    assert (await bulk.snapshot(pling)).fingerprint == first
    await pling.groups.rename(5, "B")
    second = (await bulk.snapshot(pling)).fingerprint
    await pling.stop_list.add((await pling.contacts.list()).contacts[0])
    assert len({first, second, (await bulk.snapshot(pling)).fingerprint}) == 3


@pytest.mark.parametrize("sandbox", [Semantics(stopped_contact_groups="hidden")], ids=["hidden"], indirect=True)
async def test_hidden_groups_of_stopped_contacts_are_found(pling: PlingClient, sandbox: Sandbox) -> None:
    """An empty contactGroupIds of a stopped contact is not believed (G3)."""
    await sandbox.seed(
        contacts=[{"mobile": OLA, "stop": 1, "contactGroupIds": [1, 2]}, {"mobile": KARI, "contactGroupIds": [2]}],
        contact_groups=[{"id": 1, "name": "A"}, {"id": 2, "name": "B"}],
    )
    assert (await bulk.snapshot(pling)).contacts["contact_groups"].to_list() == [["A", "B"], ["B"]]


async def test_a_mobile_twice_is_no_baseline(pling: PlingClient, sandbox: Sandbox) -> None:
    """A listing that cannot be true is refused (#48)."""
    contact = {"id": 1, "accountId": sandbox.account_id, "mobile": OLA}
    body = orjson.dumps({"contacts": [contact, contact | {"id": 2}], "contactGroups": []})
    sandbox.fail(Fault(action="answer", status=200, body=body, count=None))
    with pytest.raises(errors.SchemaError, match="a mobile stands twice"):
        await bulk.snapshot(pling)


async def test_unknown_fields_survive_a_replace(pling: PlingClient, sandbox: Sandbox) -> None:
    """Fields that this version does not know are sent back as they came."""
    listing = {
        "contacts": [{"id": 1, "accountId": sandbox.account_id, "mobile": OLA, "shoeSize": {"left": 43}}],
        "contactGroups": [],
    }
    await sandbox.seed(contacts=[{"id": 1, "mobile": OLA}])
    fault = Fault(action="answer", status=200, method="GET", body=orjson.dumps(listing), count=2)
    sandbox.fail(fault)
    plan = await bulk.plan(pling, await bulk.prepare([{"mobile": OLA, "city": "OSLO"}]), mode="replace")
    await bulk.apply(pling, plan, strategy="replace")
    (sent,) = (entry.body for entry in sandbox.requests if entry.method == "POST")
    assert orjson.loads(sent)[0]["shoeSize"] == {"left": 43}
