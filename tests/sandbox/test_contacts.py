"""Sections 3.1 to 3.5: listing, getting, adding, modifying and deleting contacts."""

from typing import Any

import pytest

FULL = {
    "name": "First M. Last",
    "mobile": "+4799999999",
    "comment": "Company Name AS",
    "speedDial": "1",
    "address": "Storgata 1",
    "postalCode": "0663",
    "city": "OSLO",
    "stop": 0,
    "autoCreated": "2022-03-24T09:46:41.000Z",
    "autoCreatedNumber": "26114",
    "firstName": "First M.",
    "lastName": "Last",
    "email": "first.last@example.com",
    "active": 1,
}
FIRST, SECOND, THIRD = "+4799999901", "+4799999902", "+4799999903"


async def test_an_empty_account_lists_two_empty_arrays(api: Any) -> None:
    """Section 3.1: the answer is an object with both arrays, as real JSON."""
    assert await api.call("GET", "contacts?accountId=12345", status=200) == {"contacts": [], "contactGroups": []}


async def test_add_keeps_every_field_and_answers_201_with_the_saved_contact(api: Any) -> None:
    """Section 3.3: what was given is stored, what the server gives is added, in the document's order."""
    saved = await api.call("POST", "contacts", {"accountId": 12345, **FULL}, 201)
    moment = "2026-01-01T00:00:01.000Z"
    server = {"id": 1, "lastModified": moment, "created": moment, "accountId": 12345, "contactGroupIds": []}
    assert saved == {**FULL, **server}
    assert list(saved)[:5] == ["id", "lastModified", "created", "accountId", "name"]
    assert await api.call("GET", "contacts/1", status=200) == saved


async def test_a_new_contact_gets_the_documented_defaults(api: Any) -> None:
    """Section 3.3: only accountId and mobile are required."""
    saved = await api.add()
    assert (saved["stop"], saved["active"], saved["autoCreated"], saved["autoCreatedNumber"]) == (0, 1, None, "")
    assert {saved[name] for name in ("name", "firstName", "lastName", "speedDial", "email", "city")} == {""}


@pytest.mark.parametrize("missing", ["accountId", "mobile"])
async def test_add_requires_account_and_mobile(api: Any, missing: str) -> None:
    """Section 3.3: without one of the two required fields it is a 400."""
    body = {"accountId": 12345, "mobile": FIRST}
    del body[missing]
    await api.call("POST", "contacts", body, 400)


async def test_adding_an_existing_mobile_updates_it_in_any_notation(api: Any) -> None:
    """Section 2.2: one contact for each mobile; omitted fields stay, the status is 201 as printed."""
    first = await api.add(FIRST, city="OSLO")
    again = await api.call("POST", "contacts", {"accountId": 12345, "mobile": "99 99 99 01", "name": "Ola"}, 201)
    assert again == {**first, "name": "Ola", "lastModified": again["lastModified"]}
    assert again["lastModified"] > first["lastModified"]
    assert len(await api.sandbox.contacts()) == 1


async def test_modify_saves_what_is_given_and_touches_last_modified_only_then(api: Any) -> None:
    """Section 3.4: the saved contact comes back; a PUT that changes nothing leaves lastModified alone."""
    first = await api.add(FIRST, city="OSLO", comment="x")
    changed = await api.call("PUT", "contacts/1", {"city": "BERGEN"}, 200)
    assert (changed["city"], changed["comment"]) == ("BERGEN", "x")
    assert changed["lastModified"] > first["lastModified"]
    assert await api.call("PUT", "contacts/1", {**changed, "mobile": "0047 999 99 901"}, 200) == changed


async def test_modify_refuses_the_mobile_and_the_speed_dial_of_another_contact(api: Any) -> None:
    """Section 2.2: both are unique in the account; the refused request changes nothing."""
    await api.add(FIRST, speedDial="A1")
    second = await api.add(SECOND)
    await api.call("PUT", "contacts/2", {"mobile": FIRST, "contactGroups": ["new"]}, 409)
    await api.call("PUT", "contacts/2", {"speedDial": "a1"}, 409)
    await api.call("POST", "contacts", {"accountId": 12345, "mobile": THIRD, "speedDial": "A1"}, 409)
    assert await api.call("GET", "contacts/2", status=200) == second
    assert await api.sandbox.groups() == []


async def test_modify_can_move_a_contact_to_another_number(api: Any) -> None:
    """Section 3.4: the mobile is a field like others, the id stays."""
    await api.add(FIRST, stop=1)
    moved = await api.call("PUT", "contacts/1", {"mobile": SECOND}, 200)
    assert (moved["id"], moved["mobile"], moved["stop"]) == (1, SECOND, 1)


async def test_empty_speed_dials_are_not_unique(api: Any) -> None:
    """Section 2.2: unique per account when not the empty string."""
    await api.add(FIRST, speedDial="")
    await api.add(SECOND, speedDial="")


async def test_delete_answers_204_without_body_then_404(api: Any) -> None:
    """Section 3.5: gone is gone."""
    await api.add()
    reply = await api.send("DELETE", "contacts/1")
    assert (reply.status, reply.body) == (204, b"")
    assert "content-type" not in reply.headers
    await api.call("DELETE", "contacts/1", status=404)
    await api.call("GET", "contacts/1", status=404)
    await api.call("PUT", "contacts/1", {"city": "OSLO"}, 404)


async def test_ids_are_never_given_twice(api: Any) -> None:
    """A contact added after a deletion has an id of its own."""
    await api.add(FIRST)
    await api.call("DELETE", "contacts/1", status=204)
    assert (await api.add(FIRST))["id"] == 2


@pytest.mark.parametrize("path", ["contacts/abc", "contacts/1/2", "contacts/9999999999999999999", "nothing"])
async def test_other_paths_are_404(api: Any, path: str) -> None:
    """Ids are whole numbers; everything else is no resource."""
    await api.call("GET", path, status=404)


@pytest.mark.parametrize(("method", "path"), [("PATCH", "contacts"), ("GET", "contacts/replace"), ("HEAD", "contacts")])
async def test_other_methods_are_405_with_allow(api: Any, method: str, path: str) -> None:
    """The answer names the methods there are."""
    reply = await api.send(method, path)
    assert reply.status == 405
    assert "POST" in reply.headers["allow"]


async def groups_and_stops(api: Any) -> None:
    """Three members of one group, the second of them stopped, and one contact outside."""
    for number, stop in enumerate((0, 1, 0), 1):
        await api.add(f"+479999990{number}", stop=stop, contactGroups=["VIP"])
    await api.add("+4799999904", stop=1)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", "1234"),
        ("&stop=0", "13"),
        ("&stop=1", "24"),
        ("&contactGroupId=1", "13"),
        ("&contactGroupId=1&stop=0", "13"),
        ("&contactGroupId=1&stop=1", "2"),
    ],
)
async def test_listing_filters_by_group_and_stop(api: Any, query: str, expected: Any) -> None:
    """Section 3.1: everyone without a filter; of a group only those not stopped, unless stop=1 asks for the others."""
    await groups_and_stops(api)
    listing = await api.call("GET", f"contacts?accountId=12345{query}", status=200)
    assert "".join(str(contact["id"]) for contact in listing["contacts"]) == expected
    assert [group["name"] for group in listing["contactGroups"]] == ["VIP"]


@pytest.mark.parametrize(
    "query", ["", "?accountId=x", "?accountId=12345&stop=2", "?accountId=12345&contactGroupId=7", "?accountId=-1"]
)
async def test_listing_refuses_other_queries(api: Any, query: str) -> None:
    """Section 3.1: accountId is required, stop is 0 or 1, the group is one of the account's."""
    await api.call("GET", f"contacts{query}", status=400)


async def test_a_contact_that_leaves_the_stop_list_is_back_in_its_groups(api: Any) -> None:
    """Section 2.4: stop 0 makes it reappear in all previous groups."""
    await groups_and_stops(api)
    await api.call("PUT", "contacts/2", {"stop": 0}, 200)
    listing = await api.call("GET", "contacts?accountId=12345&contactGroupId=1")
    assert [contact["id"] for contact in listing["contacts"]] == [1, 2, 3]


async def test_groups_are_given_by_id_or_created_by_name(api: Any) -> None:
    """Section 2.2: names that are new make groups, the lowest id wins among equal names, [] leaves all groups."""
    for _ in range(2):
        await api.call("POST", "contact-groups", {"accountId": 12345, "name": "VIP"}, 201)
    contact = await api.add(contactGroups=["VIP", "New", "VIP"])
    assert contact["contactGroupIds"] == [1, 3]
    changed = await api.call("PUT", "contacts/1", {"contactGroupIds": [2, 1, 2]}, 200)
    assert changed["contactGroupIds"] == [1, 2]
    assert changed["lastModified"] > contact["lastModified"]
    assert (await api.call("PUT", "contacts/1", {"contactGroupIds": []}, 200))["contactGroupIds"] == []
    assert len(await api.sandbox.groups()) == 3


async def test_unknown_groups_and_both_kinds_at_once_are_refused(api: Any) -> None:
    """Group ids are those of the account; ids and names together have no meaning in the document."""
    await api.sandbox.seed(contact_groups=[{"id": 5, "accountId": 999, "name": "Theirs"}])
    for groups in ({"contactGroupIds": [5]}, {"contactGroupIds": [1 << 63]}, {"contactGroupIds": [-1]}):
        await api.call("POST", "contacts", {"accountId": 12345, "mobile": FIRST, **groups}, 400)
    both = {"accountId": 12345, "mobile": FIRST, "contactGroupIds": [], "contactGroups": []}
    await api.call("POST", "contacts", both, 400)
    assert await api.sandbox.contacts() == []


async def test_unknown_fields_are_passed_over(api: Any) -> None:
    """A client may send what a later version added."""
    assert "future" not in await api.add(future=1, preferredChannel="sms")


async def test_a_body_of_another_contact_is_refused(api: Any) -> None:
    """Section 3.4: the path says which contact; id and accountId in the body must agree."""
    await api.add()
    await api.call("PUT", "contacts/1", {"id": 2}, 400)
    await api.call("PUT", "contacts/1", {"accountId": 999}, 400)
    await api.call("PUT", "contacts/1", {"id": "1"}, 400)
    await api.call("PUT", "contacts/1", {"id": 1, "accountId": 12345}, 200)
