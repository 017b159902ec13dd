"""Labels, summary and blacklist."""

from datetime import UTC, datetime
from typing import Any

import pytest

from pling_async import errors
from pling_async.ip1 import BlacklistEntry, LabelUsage, PropertyUsage
from pling_async.sandbox import Fault
from tests.ip1.conftest import NUMBERS, Served


async def test_labels_come_and_go(served: Served) -> None:
    """Contacts stay when a label goes; both answers say how many contacts it is about."""
    ids = await served.fill(3)
    assert await served.client.labels.add("VIP gold", ids[:2]) == LabelUsage(label_name="VIP gold", usage_count=2)
    assert [each.id async for each in served.client.contacts.list(labels=["VIP gold"])] == ids[:2]
    assert (await served.client.labels.delete("VIP gold")).usage_count == 2
    assert len([each async for each in served.client.contacts.list()]) == 3
    with pytest.raises(errors.NotFound, match="no such label"):
        await served.client.labels.delete("VIP gold")


@pytest.mark.parametrize("label", ["", " ", "a/b", ".."])
async def test_a_label_that_leads_elsewhere_is_refused(served: Served, label: str) -> None:
    """Nothing is sent."""
    for call in (lambda: served.client.labels.add(label, ["1"]), lambda: served.client.labels.delete(label)):
        with pytest.raises(errors.ValidationError, match="the label"):
            await call()
    assert served.asked() == []


@pytest.mark.parametrize("ids", [[], "606312a5d233ab8484e18404", [""], ["a/b"]])
async def test_a_label_is_for_known_contacts(served: Served, ids: Any) -> None:
    """An empty list, one text and ids that are none are refused."""
    with pytest.raises(errors.ValidationError, match="nothing was sent: the id"):
        await served.client.labels.add("A", ids)
    assert served.asked() == []


async def test_the_summary_counts(served: Served) -> None:
    """Contacts, labels with the automatic one, and properties with the lengths of their values."""
    await served.fill(2, labels=["A"])
    await served.ip1.seed(contacts=[{"properties": {"city": "Oslo"}}, {"properties": {"city": "Ås"}}])
    summary = await served.client.contacts.summary()
    assert summary.total_count == 4
    assert {each.label_name: each.usage_count for each in summary.labels} == {"A": 2, "all": 4}
    assert summary.properties[1] == PropertyUsage(
        property_name="city", usage_count=2, average_length=3.0, max_length=4, min_length=2
    )


async def test_the_blacklist_blocks(served: Served) -> None:
    """A number that is on it is blocked in the metadata; with or without its plus, it is the same number."""
    [one] = await served.fill(1)
    await served.client.blacklist.add(NUMBERS[0])
    assert (await served.client.contacts.get(one, meta=True)).is_blocked is True
    entry = BlacklistEntry(msisdn="46701740600", created=datetime(2026, 1, 1, 0, 0, 1, tzinfo=UTC))
    assert [each async for each in served.client.blacklist.list()] == [entry]
    assert await served.client.blacklist.get("46701740600") == entry
    await served.client.blacklist.remove(NUMBERS[0], consent="letter of 2026-01-01, archive 17")
    assert await served.ip1.blacklist() == []
    with pytest.raises(errors.NotFound):
        await served.client.blacklist.get(NUMBERS[0])


async def test_a_number_is_put_on_the_blacklist(served: Served) -> None:
    """By its own address, and again after an answer that was lost: the first entry stays the only one."""
    served.sandbox.fail(Fault(action="reset_after_commit", method="PUT"))
    await served.client.blacklist.put(NUMBERS[0])
    await served.client.blacklist.put(NUMBERS[0][1:])
    assert await served.ip1.blacklist() == [NUMBERS[0][1:]]
    assert [method for method, *_ in served.asked()] == ["PUT", "PUT", "PUT"]
    with pytest.raises(errors.ValidationError, match=r"not E\.164"):
        await served.client.blacklist.put("0701740600")


async def test_a_refused_put_names_no_number(served: Served) -> None:
    """I-26: the path of the error has the number masked, and what the server repeats of it is masked too."""
    served.sandbox.fail(Fault(method="PUT", status=400, body=b'{"title":"Bad Request","detail":"46701740600"}'))
    with pytest.raises(errors.BadRequest) as caught:
        await served.client.blacklist.put(NUMBERS[0])
    assert NUMBERS[0][1:] not in f"{caught.value}{caught.value.path}{caught.value.excerpt}"


async def test_a_long_blacklist_has_pages(served: Served) -> None:
    """As every collection has."""
    await served.ip1.seed(blacklist=[{"msisdn": number[1:]} for number in NUMBERS])
    assert [f"+{each.msisdn}" async for each in served.client.blacklist.list()] == NUMBERS


async def test_nobody_leaves_the_blacklist_without_consent(served: Served) -> None:
    """And never twice, since a STOP may come in between."""
    await served.client.blacklist.add(NUMBERS[0])
    for consent in (" ", None):
        with pytest.raises(errors.ValidationError, match="consent is missing"):
            await served.client.blacklist.remove(NUMBERS[0], consent=consent)  # type: ignore[arg-type]
    served.sandbox.fail(Fault(action="reset_after_commit"))
    with pytest.raises(errors.ConnectionLost):
        await served.client.blacklist.remove(NUMBERS[0], consent="letter")
    assert [method for method, *_ in served.asked()] == ["POST", "DELETE"]


@pytest.mark.parametrize("number", ["", "x", "+0", "0701740600", "+46 70 174 06 00", None, 46701740600])
async def test_a_number_is_e164(served: Served, number: Any) -> None:
    """Nothing else goes into a path."""
    blacklist = served.client.blacklist
    calls = (blacklist.get, blacklist.add, blacklist.put, lambda given: blacklist.remove(given, consent="letter"))
    for call in calls:
        with pytest.raises(errors.ValidationError, match=r"not E\.164"):
            await call(number)
    assert served.asked() == []


async def test_numbers_stay_out_of_messages_and_reprs(served: Served) -> None:
    """An error names the path with the number masked; an entry's repr masks it too."""
    with pytest.raises(errors.NotFound) as caught:
        await served.client.blacklist.get(NUMBERS[0])
    assert NUMBERS[0][1:] not in f"{caught.value}{caught.value.path}{BlacklistEntry(msisdn=NUMBERS[0])!r}"
