"""Groups: the request that each method sends, and what it makes of the answer."""

from typing import Any

import orjson
import pytest

from pling_async import errors

GROUPS = "https://login.pling.as/api/contact-groups"


async def test_list_and_get(mocked: Any, client: Any, group_wire: Any) -> None:
    """Sections 3.6 and 3.7; a group of another account or id is loud."""
    mocked.get(f"{GROUPS}?accountId=12345", payload=[group_wire])
    assert [group.name for group in await client.groups.list()] == ["Test group"]
    mocked.get(f"{GROUPS}/26974", payload=group_wire)
    assert (await client.groups.get(26974)).id == 26974
    mocked.get(f"{GROUPS}/1", payload=group_wire)
    with pytest.raises(errors.CorrelationError, match="id"):
        await client.groups.get(1)
    mocked.get(f"{GROUPS}?accountId=12345", payload=[{**group_wire, "accountId": 1}])
    with pytest.raises(errors.CorrelationError):
        await client.groups.list()


async def test_add_and_rename(mocked: Any, client: Any, group_wire: Any) -> None:
    """Sections 3.8 and 3.9: account and name are all that is sent."""
    mocked.post(GROUPS, status=201, payload={**group_wire, "name": "VIP"})
    assert (await client.groups.add("VIP")).name == "VIP"
    mocked.put(f"{GROUPS}/26974", payload={**group_wire, "name": "VIP 2027"})
    assert (await client.groups.rename(26974, "VIP 2027")).name == "VIP 2027"
    bodies = [orjson.loads(call.kwargs["data"]) for calls in mocked.requests.values() for call in calls]
    assert bodies == [{"accountId": 12345, "name": "VIP"}, {"accountId": 12345, "name": "VIP 2027"}]


async def test_an_answer_with_another_name_is_loud(mocked: Any, client: Any, group_wire: Any) -> None:
    """A forged or swapped answer is not taken for the new group."""
    mocked.post(GROUPS, status=201, payload=group_wire)
    with pytest.raises(errors.CorrelationError, match="name"):
        await client.groups.add("VIP")


@pytest.mark.parametrize("name", ["", "  ", "x" * 41])
async def test_bad_names_are_not_sent(mocked: Any, client: Any, name: str) -> None:
    """Section 2.3: at most 40 characters, and not blank."""
    for refused in (client.groups.add(name), client.groups.rename(1, name)):
        with pytest.raises(errors.ValidationError):
            await refused
    assert not mocked.requests


@pytest.mark.parametrize(
    ("contacts", "query"),
    [("keep", ""), ("delete", "?deleteContacts=true"), ("delete_orphans", "?deleteContactsNotInOtherGroup=true")],
)
async def test_delete_says_what_becomes_of_the_contacts(mocked: Any, client: Any, contacts: Any, query: str) -> None:
    """Section 3.10: one flag or none."""
    mocked.delete(f"{GROUPS}/7{query}", status=204)
    await client.groups.delete(7, contacts=contacts)
    with pytest.raises(errors.ValidationError, match="keep"):
        await client.groups.delete(7, contacts="both")
