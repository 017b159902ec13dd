"""Contacts: the request that each method sends, and what it makes of the answer."""

from typing import Any

import orjson
import pytest

from pling_async import UNSET, Contact, errors
from pling_async.errors import Outcome

CONTACTS = "https://login.pling.as/api/contacts"


def _body(kwargs: Any) -> Any:
    return orjson.loads(kwargs["data"])


async def test_list_asks_for_the_account(mocked: Any, sent: Any, client: Any, wire: Any, group_wire: Any) -> None:
    """Section 3.1: only accountId unless narrowed; contacts and groups come back."""
    mocked.get(f"{CONTACTS}?accountId=12345", payload={"contacts": [wire], "contactGroups": [group_wire]})
    listing = await client.contacts.list()
    assert [contact.id for contact in listing.contacts] == [7020139]
    assert [group.name for group in listing.contact_groups] == ["Test group"]
    headers = sent()["headers"]
    assert headers["Authorization"] == "Basic QWxhZGRpbjpPcGVuU2VzYW1l"
    assert headers["Accept-Version"] == "1.0.*"
    assert headers["User-Agent"].startswith("pling-async/")
    assert "X-Request-ID" in headers


@pytest.mark.parametrize(
    ("arguments", "query"),
    [
        ({"stopped": True}, "accountId=12345&stop=1"),
        ({"stopped": False}, "accountId=12345&stop=0"),
        ({"group_id": 7, "stopped": False}, "accountId=12345&contactGroupId=7&stop=0"),
        ({"group_id": 7, "stopped": True}, "accountId=12345&contactGroupId=7&stop=1"),
    ],
)
async def test_list_can_be_narrowed(mocked: Any, client: Any, arguments: Any, query: str) -> None:
    """Section 3.1: with a group the stop parameter is always explicit, since its default is disputed."""
    mocked.get(f"{CONTACTS}?{query}", payload={"contacts": [], "contactGroups": []})
    assert (await client.contacts.list(**arguments)).contacts == ()


async def test_everyone_in_a_group_is_two_requests(mocked: Any, client: Any, wire: Any) -> None:
    """A contact that is stopped between both requests appears once, and as stopped."""
    kari = {**wire, "id": 2, "mobile": "+4799999002"}
    base = f"{CONTACTS}?accountId=12345&contactGroupId=7&stop="
    mocked.get(f"{base}0", payload={"contacts": [wire, kari], "contactGroups": []})
    mocked.get(f"{base}1", payload={"contacts": [{**kari, "stop": 1}], "contactGroups": []})
    listing = await client.contacts.list(group_id=7)
    assert [(contact.id, contact.is_stopped) for contact in listing.contacts] == [(7020139, False), (2, True)]


async def test_rows_of_another_account_are_not_a_listing(mocked: Any, client: Any, wire: Any) -> None:
    """#48: one foreign row makes the whole listing unbelievable."""
    listing = {"contacts": [wire, {**wire, "accountId": 1}], "contactGroups": []}
    mocked.get(f"{CONTACTS}?accountId=12345", payload=listing)
    with pytest.raises(errors.CorrelationError, match="account_id"):
        await client.contacts.list()


async def test_get_checks_whom_it_got(mocked: Any, client: Any, wire: Any) -> None:
    """#43: another id or account than asked for is loud."""
    mocked.get(f"{CONTACTS}/7020139", payload=wire)
    assert (await client.contacts.get(7020139)).city == "OSLO"
    for wrong in ({"id": 8}, {"accountId": 8}):
        mocked.get(f"{CONTACTS}/7020139", payload={**wire, **wrong})
        with pytest.raises(errors.CorrelationError) as caught:
            await client.contacts.get(7020139)
        assert caught.value.outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("wrong", [UNSET, None, True, -1, "7", "../contact-groups/1"])
async def test_only_ids_reach_a_path(client: Any, mocked: Any, wrong: Any) -> None:
    """Nothing but a whole number can lead to another resource."""
    for method in (client.contacts.get, client.contacts.delete, client.groups.get, client.groups.delete):
        with pytest.raises(errors.ValidationError):
            await method(wrong)
    assert not mocked.requests


async def test_add_sends_what_is_given(mocked: Any, sent: Any, client: Any, wire: Any, ola: Any) -> None:
    """Section 3.3: accountId and mobile, the name made of its parts, and no field that was not given."""
    mocked.post(CONTACTS, status=201, payload={**wire, "mobile": ola.mobile})
    saved = await client.contacts.add(ola)
    assert saved.id == 7020139
    assert _body(sent()) == {
        "accountId": 12345,
        "mobile": "+4799999001",
        "name": "Ola Nordmann",
        "firstName": "Ola",
        "lastName": "Nordmann",
    }


async def test_add_checks_whom_it_added(mocked: Any, client: Any, wire: Any, ola: Any) -> None:
    """#43, #44: an answer about another number, or none, leaves the outcome unknown."""
    mocked.post(CONTACTS, status=201, payload=wire)
    with pytest.raises(errors.CorrelationError, match="mobile"):
        await client.contacts.add(ola)
    mocked.post(CONTACTS, status=201, body=b"")
    with pytest.raises(errors.SchemaError) as caught:
        await client.contacts.add(ola)
    assert caught.value.outcome is Outcome.UNKNOWN


async def test_broken_rules_are_not_sent(mocked: Any, client: Any, ola: Any) -> None:
    """Section 2.2's rules are checked first, and the message has neither number nor value."""
    long = ola.evolve(first_name="x" * 50, last_name="y" * 50)
    wrong = [long, ola.evolve(mobile="99999001"), ola.evolve(speed_dial="ø"), ola.evolve(account_id=1)]
    wrong += [ola.evolve(city="\ud800"), ola.evolve(contact_groups=["\ud800"]), ola.evolve(city=1)]
    wrong += [ola.evolve(extra={"tag": "\ud800"}), ola.evolve(extra={"tag": object()})]
    wrong += [ola.evolve(mobile=None), ola.evolve(mobile=4799999001), ola.evolve(is_active=None)]
    for contact in wrong:
        with pytest.raises(errors.ValidationError) as caught:
            await client.contacts.add(contact)
        assert caught.value.problems
        assert "99999001" not in str(caught.value)
    assert not mocked.requests


@pytest.mark.parametrize("flag", ["0", "", "false", None, 0.0, 2])
async def test_what_may_be_read_as_no_stop_is_not_sent(mocked: Any, client: Any, wire: Any, flag: Any) -> None:
    """`stop` leaves as 1 or not at all, whatever some other source has for a flag (I-5)."""
    mocked.get(f"{CONTACTS}/7020139", payload={**wire, "stop": 1})
    contact = await client.contacts.get(7020139)
    mocked.requests.clear()
    with pytest.raises(errors.ValidationError, match="is_stopped: neither True nor False"):
        await client.contacts.update(contact.evolve(is_stopped=flag))
    assert not mocked.requests


def test_groups_are_several() -> None:
    """One text would be a group for each of its letters."""
    for wrong in ("VIP", None):
        with pytest.raises(errors.ValidationError, match=r"\('VIP',\)"):
            Contact(mobile="+4799999001", contact_groups=wrong)  # type: ignore[arg-type]  # the mistake


def test_what_is_no_number_has_a_repr() -> None:
    """A traceback or a log that shows the contact must not fail on it."""
    assert "mobile=<NoneType>" in repr(Contact(mobile=None))  # type: ignore[arg-type]  # the mistake


async def test_update_sends_the_full_state(mocked: Any, sent: Any, client: Any, wire: Any) -> None:
    """Section 3.4: everything writable, explicitly, and `stop` not as 0."""
    mocked.get(f"{CONTACTS}/7020139", payload=wire)
    contact = await client.contacts.get(7020139)
    mocked.requests.clear()
    mocked.put(f"{CONTACTS}/7020139", payload={**wire, "city": "BERGEN"})
    assert (await client.contacts.update(contact.evolve(city="BERGEN"))).city == "BERGEN"
    left_out = {"id", "created", "lastModified", "stop"}
    expected = {name: value for name, value in wire.items() if name not in left_out}
    assert _body(sent()) == {**expected, "city": "BERGEN"}


async def test_update_refuses_a_sparse_contact(mocked: Any, client: Any, ola: Any) -> None:
    """A contact that was never read would reset what it does not say."""
    with pytest.raises(errors.ValidationError, match="read") as caught:
        await client.contacts.update(ola.evolve(id=7))
    assert {"city", "is_stopped", "contact_group_ids"} <= {problem.field for problem in caught.value.problems}
    with pytest.raises(errors.ValidationError):
        await client.contacts.update(ola)
    assert not mocked.requests


async def test_hidden_groups_of_a_stopped_contact_are_not_cleared(
    mocked: Any, sent: Any, client: Any, wire: Any
) -> None:
    """An empty list of ids on a stopped contact may hide its groups, so it is left out of the request."""
    stopped = {**wire, "stop": 1, "contactGroupIds": []}
    mocked.get(f"{CONTACTS}/7020139", payload=stopped)
    contact = await client.contacts.get(7020139)
    mocked.requests.clear()
    mocked.put(f"{CONTACTS}/7020139", payload=stopped)
    await client.contacts.write(contact)
    assert "contactGroupIds" not in _body(sent())
    mocked.requests.clear()
    mocked.put(f"{CONTACTS}/7020139", payload=stopped)
    await client.contacts.update(contact.evolve(contact_group_ids=UNSET, contact_groups=()))
    assert _body(sent())["contactGroups"] == []


async def test_delete_expects_nothing(mocked: Any, client: Any) -> None:
    """Section 3.5: 204 is success, 404 is not."""
    mocked.delete(f"{CONTACTS}/7", status=204)
    await client.contacts.delete(7)
    mocked.delete(f"{CONTACTS}/7", status=404)
    with pytest.raises(errors.NotFound):
        await client.contacts.delete(7)


_RESULT = {
    "addedContactCount": 1,
    "modifiedContactCount": 0,
    "unchangedContactCount": 0,
    "invalidContactCount": 0,
    "invalidContacts": [],
}


async def test_replace_sends_the_whole_list(mocked: Any, sent: Any, client: Any, ola: Any) -> None:
    """Section 3.11: the account in the query, items without it, and without ids."""
    mocked.post(f"{CONTACTS}/replace?accountId=12345", payload=_RESULT)
    kari = Contact(mobile="+4799999002", id=7, is_stopped=True, contact_groups=["VIP"])
    result = await client.contacts.replace(each for each in (ola, kari))
    assert result.added_contact_count == 1
    assert _body(sent()) == [
        {"mobile": "+4799999001", "name": "Ola Nordmann", "firstName": "Ola", "lastName": "Nordmann"},
        {"mobile": "+4799999002", "stop": 1, "contactGroups": ["VIP"]},
    ]


async def test_replace_refuses_what_would_destroy(mocked: Any, client: Any, ola: Any, tmp_path: Any) -> None:
    """An empty list, one number twice, broken rows and rows of another account are refused with their row numbers."""
    file = tmp_path / "empty.json"
    file.write_bytes(b" [\n] ")
    for nothing in (client.contacts.replace([]), client.contacts.replace_encoded(b"[]")):
        with pytest.raises(errors.ValidationError, match="empty"):
            await nothing
    with pytest.raises(errors.ValidationError, match="empty"):
        await client.contacts.replace_encoded(file)
    with pytest.raises(errors.ValidationError, match="cannot be written as JSON"):
        await client.contacts.replace([ola.evolve(extra={"tag": object()})])
    rows = [ola, ola.evolve(city="x" * 101), ola.evolve(mobile="+4799999003", account_id=1)]
    with pytest.raises(errors.ValidationError) as caught:
        await client.contacts.replace(rows)
    assert [(problem.row, problem.code) for problem in caught.value.problems] == [
        (2, "too_long"),
        (2, "duplicate"),
        (3, "other_account"),
    ]
    assert not mocked.requests


async def test_read_listing_is_the_text_itself(mocked: Any, client: Any) -> None:
    """What is too large for objects is handed over as it came."""
    mocked.get(f"{CONTACTS}?accountId=12345", body=b'{"contacts": []}')
    assert await client.contacts.read_listing(bytes) == b'{"contacts": []}'
