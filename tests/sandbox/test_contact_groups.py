"""Sections 3.6 to 3.10: contact groups."""

from typing import Any

import pytest

FIRST, SECOND, THIRD = "+4799999901", "+4799999902", "+4799999903"


async def test_a_group_is_added_listed_renamed_and_deleted(api: Any) -> None:
    """Sections 3.6 to 3.10: statuses and bodies as printed; a rename that changes nothing touches nothing."""
    group = await api.call("POST", "contact-groups", {"accountId": 12345, "name": "Test group"}, 201)
    moment = "2026-01-01T00:00:01.000Z"
    assert group == {"id": 1, "lastModified": moment, "created": moment, "accountId": 12345, "name": "Test group"}
    assert await api.call("GET", "contact-groups/1", status=200) == group
    assert await api.call("GET", "contact-groups?accountId=12345", status=200) == [group]
    assert await api.call("PUT", "contact-groups/1", {"name": "Test group"}, 200) == group
    assert await api.call("PUT", "contact-groups/1", {}, 200) == group
    renamed = await api.call("PUT", "contact-groups/1", {"id": 1, "accountId": 12345, "name": "Other"}, 200)
    assert renamed["name"] == "Other"
    assert renamed["lastModified"] > moment == renamed["created"]
    reply = await api.send("DELETE", "contact-groups/1")
    assert (reply.status, reply.body) == (204, b"")
    await api.call("GET", "contact-groups/1", status=404)
    await api.call("DELETE", "contact-groups/1", status=404)


async def test_names_may_repeat_and_may_be_missing(api: Any) -> None:
    """Section 2.3: the name is optional and nothing makes it unique; POST is no upsert."""
    for body in ({"name": "VIP"}, {"name": "VIP"}, {}, {"name": None}):
        await api.call("POST", "contact-groups", {"accountId": 12345, **body}, 201)
    assert [group["name"] for group in await api.sandbox.groups()] == ["VIP", "VIP", "", ""]


@pytest.mark.parametrize(
    "body", [{"name": "x"}, {"accountId": 12345, "name": "x" * 41}, {"accountId": 12345, "name": 1}]
)
async def test_bad_groups_are_400(api: Any, body: Any) -> None:
    """Section 2.3: the account is required, a name has 40 characters at most."""
    await api.call("POST", "contact-groups", body, 400)


@pytest.mark.parametrize("body", [{"id": 2}, {"accountId": 999}, {"name": "x" * 41}])
async def test_bad_edits_are_400(api: Any, body: Any) -> None:
    """Section 3.9: the body must be of the group in the path."""
    await api.call("POST", "contact-groups", {"accountId": 12345, "name": "VIP"}, 201)
    await api.call("PUT", "contact-groups/1", body, 400)


async def test_listing_groups_requires_the_account(api: Any) -> None:
    """Section 3.6."""
    await api.call("GET", "contact-groups", status=400)


async def members(api: Any) -> None:
    """One contact in A only, one in A and B, one in A only and stopped."""
    await api.add(FIRST, contactGroups=["A"])
    await api.add(SECOND, contactGroups=["A", "B"])
    await api.add(THIRD, contactGroups=["A"], stop=1)


@pytest.mark.parametrize(
    ("query", "left"),
    [
        ("", {FIRST, SECOND, THIRD}),
        ("?deleteContacts=1", {FIRST, SECOND, THIRD}),
        ("?deleteContacts=false&deleteContactsNotInOtherGroup=True", {FIRST, SECOND, THIRD}),
        ("?deleteContacts=true", set()),
        ("?deleteContactsNotInOtherGroup=true", {SECOND}),
        ("?deleteContacts=true&deleteContactsNotInOtherGroup=true", set()),
    ],
)
async def test_deleting_a_group_takes_the_contacts_its_flags_say(api: Any, query: str, left: Any) -> None:
    """Section 3.10: only the text "true" sets a flag, and the wider one wins."""
    await members(api)
    await api.call("DELETE", f"contact-groups/1{query}", status=204)
    assert set(await api.by_mobile()) == left
    assert [group["name"] for group in await api.sandbox.groups()] == ["B"]


async def test_members_of_a_deleted_group_are_modified(api: Any) -> None:
    """A contact whose contactGroupIds change has another lastModified."""
    await members(api)
    await api.call("DELETE", "contact-groups/1", status=204)
    contacts = await api.by_mobile()
    assert contacts[SECOND]["contactGroupIds"] == [2]
    assert contacts[SECOND]["lastModified"] > contacts[SECOND]["created"]
