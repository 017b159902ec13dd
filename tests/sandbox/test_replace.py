"""Section 3.11: replacing the account's contacts."""

from typing import Any

import pytest

FIRST, SECOND, THIRD = "+4799999901", "+4799999902", "+4799999903"


def counts(answer: Any) -> tuple[int, ...]:
    """Return added, modified, unchanged and invalid."""
    return tuple(answer[f"{kind}ContactCount"] for kind in ("added", "modified", "unchanged", "invalid"))


async def test_replace_adds_updates_keeps_and_removes(api: Any) -> None:
    """Section 3.11: the account holds what the request has, the counts are true, removals are not counted."""
    await api.replace({"mobile": FIRST, "city": "OSLO"}, {"mobile": SECOND, "city": "OSLO"}, {"mobile": THIRD})
    before = await api.by_mobile()
    answer = await api.replace(
        {"mobile": FIRST, "city": "OSLO"}, {"mobile": "99999902", "city": "B"}, {"mobile": "40612345"}
    )
    assert counts(answer) == (1, 1, 1, 0)
    assert answer["invalidContacts"] == []
    after = await api.by_mobile()
    assert set(after) == {FIRST, SECOND, "+4740612345"}
    assert after[FIRST] == before[FIRST]
    assert (after[SECOND]["id"], after[SECOND]["city"]) == (before[SECOND]["id"], "B")
    assert after[SECOND]["lastModified"] > before[SECOND]["lastModified"]


async def test_an_empty_request_removes_everything(api: Any) -> None:
    """Section 3.11: whatever is not included is removed, of this account only."""
    await api.sandbox.seed([{"mobile": FIRST, "contactGroups": ["A"]}, {"mobile": SECOND, "accountId": 999}])
    assert counts(await api.replace()) == (0, 0, 0, 0)
    assert await api.sandbox.contacts() == await api.sandbox.groups() == []
    assert [contact["mobile"] for contact in await api.sandbox.contacts(999)] == [SECOND]


async def test_invalid_contacts_are_echoed_as_sent_with_their_error(api: Any) -> None:
    """Section 2.5: everything that was sent comes back, in the request's order, with a message."""
    bad = {"mobile": "9522713", "contactGroups": ["Gruppe 1"], "extra": {"a": [1, None]}}
    answer = await api.replace(bad, {"mobile": FIRST}, {"city": "OSLO"}, {"mobile": SECOND, "stop": 7})
    assert counts(answer) == (1, 0, 0, 3)
    assert answer["invalidContacts"] == [
        {**bad, "error": "Invalid mobile number: 9522713"},
        {"city": "OSLO", "error": "Missing mobile number"},
        {"mobile": SECOND, "stop": 7, "error": "stop must be 0 or 1"},
    ]
    assert await api.sandbox.groups() == []


async def test_a_contact_with_an_invalid_mobile_loses_its_existing_one(api: Any) -> None:
    """Section 3.11: an unreadable number includes nobody, so the contact it was meant for is removed."""
    await api.add(FIRST)
    await api.replace({"mobile": "+47 999 999", "name": "meant for the first"})
    assert await api.sandbox.contacts() == []


async def test_groups_are_created_and_those_out_of_use_removed(api: Any) -> None:
    """Section 3.11: names make groups; groups without members go, even those that were empty before."""
    await api.call("POST", "contact-groups", {"accountId": 12345, "name": "Empty"}, 201)
    await api.replace({"mobile": FIRST, "contactGroups": ["A", "B"]}, {"mobile": SECOND, "contactGroups": ["B"]})
    assert [group["name"] for group in await api.sandbox.groups()] == ["A", "B"]
    answer = await api.replace({"mobile": FIRST, "contactGroups": ["B"]}, {"mobile": SECOND, "contactGroups": ["B"]})
    assert counts(answer) == (0, 1, 1, 0)
    assert [group["name"] for group in await api.sandbox.groups()] == ["B"]
    assert {tuple(contact["contactGroupIds"]) for contact in await api.sandbox.contacts()} == {(3,)}


async def test_groups_may_be_given_by_id(api: Any) -> None:
    """Section 2.2: contactGroupIds of the account are taken, others make the item invalid."""
    await api.call("POST", "contact-groups", {"accountId": 12345, "name": "A"}, 201)
    answer = await api.replace({"mobile": FIRST, "contactGroupIds": [1]}, {"mobile": SECOND, "contactGroupIds": [2]})
    assert counts(answer) == (1, 0, 0, 1)
    assert answer["invalidContacts"][0]["error"] == "Unknown contact group: 2"


async def test_other_operations_leave_empty_groups_alone(api: Any) -> None:
    """Only replace removes groups that are out of use."""
    await api.add(FIRST, contactGroups=["A"])
    await api.call("PUT", "contacts/1", {"contactGroups": []}, 200)
    await api.call("DELETE", "contacts/1", status=204)
    assert [group["name"] for group in await api.sandbox.groups()] == ["A"]


async def test_the_last_of_repeated_mobiles_wins_and_counts_once(api: Any) -> None:
    """Two notations of one number are one contact."""
    answer = await api.replace({"mobile": FIRST, "city": "A"}, {"mobile": SECOND}, {"mobile": "99999901", "city": "B"})
    assert counts(answer) == (2, 0, 0, 0)
    assert (await api.by_mobile())[FIRST]["city"] == "B"


async def test_speed_dials_may_be_swapped_within_a_request(api: Any) -> None:
    """What counts is the final state: A and B may trade, and take over from a contact that is removed."""
    await api.replace(
        {"mobile": FIRST, "speedDial": "A"}, {"mobile": SECOND, "speedDial": "B"}, {"mobile": THIRD, "speedDial": "C"}
    )
    answer = await api.replace({"mobile": FIRST, "speedDial": "B"}, {"mobile": SECOND, "speedDial": "A"})
    assert counts(answer) == (0, 2, 0, 0)
    answer = await api.replace({"mobile": FIRST, "speedDial": "C"}, {"mobile": SECOND, "speedDial": "A"})
    assert counts(answer) == (0, 1, 1, 0)


async def test_a_repeated_speed_dial_makes_the_later_item_invalid(api: Any) -> None:
    """Its contact stays as it was, and what that one holds may make others invalid in turn."""
    await api.replace({"mobile": FIRST, "speedDial": "A"}, {"mobile": SECOND, "speedDial": "B"}, {"mobile": THIRD})
    answer = await api.replace(
        {"mobile": FIRST, "speedDial": "X"}, {"mobile": THIRD, "speedDial": "B"}, {"mobile": SECOND, "speedDial": "x"}
    )
    assert counts(answer) == (0, 1, 0, 2)
    assert {item["error"] for item in answer["invalidContacts"]} == {"Another contact has this speed dial"}
    assert {mobile: contact["speedDial"] for mobile, contact in (await api.by_mobile()).items()} == {
        FIRST: "X",
        SECOND: "B",
        THIRD: "",
    }


async def test_a_kept_speed_dial_counts_although_it_was_omitted(api: Any) -> None:
    """An item without speedDial keeps its own, which another item cannot have."""
    await api.add(SECOND, speedDial="A")
    answer = await api.replace({"mobile": SECOND}, {"mobile": FIRST, "speedDial": "A"})
    assert counts(answer) == (0, 0, 1, 1)


@pytest.mark.parametrize("body", [b"{}", b"[1]", b"[{}", b"", b"null", b'[{"mobile":"+4799999902"},]', b"[[]]"])
async def test_bodies_that_are_no_array_of_contacts_change_nothing(api: Any, body: Any) -> None:
    """A 400 for the whole request."""
    await api.add(FIRST)
    headers = {"Content-Type": "application/json"}
    reply = await api.send("POST", "contacts/replace?accountId=12345", data=body, headers=headers)
    assert reply.status == 400
    assert set(await api.by_mobile()) == {FIRST}


async def test_an_item_of_another_account_refuses_the_whole_request(api: Any) -> None:
    """The query says which account; items may repeat it, not contradict it."""
    await api.add(FIRST)
    items = [{"mobile": SECOND, "accountId": 12345}, {"mobile": THIRD, "accountId": 999}]
    await api.call("POST", "contacts/replace?accountId=12345", items, 400)
    assert set(await api.by_mobile()) == {FIRST}
    assert counts(await api.replace(items[0])) == (1, 0, 0, 0)


async def test_replace_requires_the_account(api: Any) -> None:
    """Section 3.11: accountId is in the query, or nothing happens."""
    await api.call("POST", "contacts/replace", [], 400)


async def test_stopped_contacts_stay_stopped_unless_told_otherwise(api: Any) -> None:
    """An omitted stop is kept on existing contacts."""
    await api.add(FIRST, stop=1)
    await api.replace({"mobile": FIRST, "city": "OSLO"})
    assert (await api.by_mobile())[FIRST]["stop"] == 1


async def test_many_contacts_with_a_body_above_a_mebibyte(api: Any) -> None:
    """Bodies have no limit: five thousand contacts in, out, and gone again."""
    body = [{"mobile": f"+4799{number:06}", "comment": "x" * 400, "contactGroups": ["A"]} for number in range(5000)]
    assert counts(await api.replace(*body, {"mobile": "x"})) == (5000, 0, 0, 1)
    assert counts(await api.replace(*body)) == (0, 0, 5000, 0)
    reply = await api.send("GET", "contacts?accountId=12345")
    assert int(reply.headers["content-length"]) == len(reply.body) > 1 << 20
    assert [contact["mobile"] for contact in reply.json["contacts"]] == [contact["mobile"] for contact in body]
    answer = await api.replace(*({**contact, "mobile": "bad"} for contact in body))
    assert counts(answer) == (0, 0, 0, 5000)
    assert len(answer["invalidContacts"]) == 5000
    assert await api.sandbox.contacts() == []
