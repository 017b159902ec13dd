"""A snapshot is a baseline: whole, of one account, and comparable."""

from importlib import import_module
from typing import Any

import orjson
import pytest

from pling_async import PlingClient, bulk, errors
from pling_async.bulk.listing_frame import Listed, read_listing
from pling_async.bulk.snapshot import is_unchanged
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


class OptingOut:
    """A session that is overtaken: a contact opts out before the members of group 2 are listed."""

    def __init__(self, pling: PlingClient, contact_id: int) -> None:
        self._pling = pling
        self._contact_id = contact_id
        self.settings = pling.session.settings

    async def call(self, request: Any, decode: Any) -> Any:
        """Send, perhaps after the opt-out."""
        if dict(request.query).get("contactGroupId") == "2":
            await self._pling.stop_list.add(await self._pling.contacts.get(self._contact_id))
        return await self._pling.session.call(request, decode)


@pytest.mark.parametrize("sandbox", [Semantics(stopped_contact_groups="hidden")], ids=["hidden"], indirect=True)
async def test_whoever_opts_out_while_groups_are_listed_keeps_them_all(pling: PlingClient, sandbox: Sandbox) -> None:
    """The stop counts, and the groups that the first listing showed count as well (#83, I-6)."""
    await sandbox.seed(
        contacts=[{"id": 1, "mobile": OLA, "contactGroupIds": [1, 2]}, {"id": 2, "mobile": KARI, "stop": 1}],
        contact_groups=[{"id": 1, "name": "A"}, {"id": 2, "name": "B"}],
    )
    client = PlingClient.over(OptingOut(pling, 1), account_id=pling.account_id, origin=pling.origin)
    contacts = (await bulk.snapshot(client)).contacts.filter(mobile=OLA)
    assert contacts.select("is_stopped", "contact_groups").rows() == [(True, ["A", "B"])]


async def test_a_mobile_twice_is_no_baseline(pling: PlingClient, sandbox: Sandbox) -> None:
    """A listing that cannot be true is refused (#48)."""
    contact = {"id": 1, "accountId": sandbox.account_id, "mobile": OLA}
    body = orjson.dumps({"contacts": [contact, contact | {"id": 2}], "contactGroups": []})
    sandbox.fail(Fault(action="answer", status=200, body=body, count=None))
    with pytest.raises(errors.SchemaError, match="a mobile appears twice"):
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


@pytest.fixture
def readings(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Collect the answers that are read."""
    read: list[bytes] = []

    def reading(body: bytes) -> Listed:
        read.append(body)
        return read_listing(body)

    monkeypatch.setattr(import_module("pling_async.bulk.snapshot"), "read_listing", reading)
    return read


async def test_the_same_answer_is_not_read_twice(pling: PlingClient, sandbox: Sandbox, readings: list[bytes]) -> None:
    """The same bytes mean the same account; other bytes are read, and their values decide."""
    await sandbox.seed(contacts=[{"id": 1, "mobile": OLA}])
    taken = await bulk.snapshot(pling)
    assert await is_unchanged(pling, fingerprint=taken.fingerprint, listing=taken.listing)
    assert len(readings) == 1
    contact = await pling.contacts.get(1)
    await pling.groups.add("new")
    assert await is_unchanged(pling, fingerprint=taken.fingerprint, listing=taken.listing)
    assert len(readings) == 2
    await pling.contacts.update(contact.evolve(city="OSLO"))
    assert not await is_unchanged(pling, fingerprint=taken.fingerprint, listing=taken.listing)


@pytest.mark.parametrize("sandbox", [Semantics(stopped_contact_groups="hidden")], ids=["hidden"], indirect=True)
async def test_one_answer_does_not_vouch_for_groups_that_it_hides(
    pling: PlingClient, sandbox: Sandbox, readings: list[bytes]
) -> None:
    """Where groups of stopped contacts took requests of their own, all of them are made again."""
    await sandbox.seed(
        contacts=[{"id": 1, "mobile": OLA, "stop": 1, "contactGroupIds": [1]}],
        contact_groups=[{"id": 1, "name": "A"}, {"id": 2, "name": "B"}],
    )
    taken = await bulk.snapshot(pling)
    assert taken.listing is None
    assert await is_unchanged(pling, fingerprint=taken.fingerprint, listing=taken.listing)
    assert len(readings) == 2


async def test_an_account_in_the_order_of_its_ids_is_sorted(pling: PlingClient, sandbox: Sandbox) -> None:
    """Contacts come by number, their groups by name."""
    await sandbox.seed(
        contacts=[{"mobile": f"+46701740{number:03}", "contactGroupIds": [1, 2]} for number in (650, 601, 612)],
        contact_groups=[{"id": 1, "name": "B"}, {"id": 2, "name": "A"}],
    )
    contacts = (await bulk.snapshot(pling)).contacts
    assert contacts["mobile"].to_list() == ["+46701740601", "+46701740612", "+46701740650"]
    assert contacts["contact_groups"].to_list() == [["A", "B"]] * 3
