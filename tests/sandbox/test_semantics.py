"""Every switch of the semantics, and that each value changes what its line says."""

import gzip
from pathlib import Path
from typing import Any

import pytest
from attrs.exceptions import FrozenInstanceError

from pling_async.sandbox import Semantics

FIRST, SECOND, THIRD = "+4799999901", "+4799999902", "+4799999903"
EVERYTHING = {
    "name": "Ola",
    "speedDial": "A1",
    "city": "OSLO",
    "stop": 1,
    "active": 0,
    "autoCreated": "2024-01-30T14:40:00.000Z",
    "contactGroups": ["VIP"],
}


def test_the_document_lists_every_switch() -> None:
    """docs/sandbox-semantics.md has the table that the class makes."""
    document = Path(__file__).parents[2] / "docs" / "sandbox-semantics.md"
    assert Semantics.table() in document.read_text(encoding="utf-8")


def test_variants_are_the_default_and_each_single_change() -> None:
    """Every value of every switch occurs once, under its name=value."""
    variants = Semantics.variants()
    assert variants.pop("default") == Semantics()
    assert len(variants) == sum(len(switch.values) - 1 for switch in Semantics.switches())
    for text, semantics in variants.items():
        assert semantics == Semantics.parse([text]) != Semantics()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("omitted=keep", "there is no switch 'omitted'"),
        ("omitted_in_put=maybe", "it takes keep, default, null"),
        ("derive_name=1", "it takes true, false"),
        ("conflict_status", "it takes 409, 400"),
    ],
)
def test_parse_says_what_there_is(text: Any, message: str) -> None:
    """A wrong switch or value is a ValueError that names the right ones."""
    with pytest.raises(ValueError, match=message):
        Semantics.parse([text])


@pytest.mark.parametrize("change", [{"omitted_in_put": "maybe"}, {"derive_name": 1}, {"conflict_status": "409"}])
def test_values_are_checked_and_frozen(change: Any) -> None:
    """A semantics with a value that no switch takes cannot exist, and none can be altered."""
    with pytest.raises(ValueError, match="cannot be"):
        Semantics(**change)
    with pytest.raises(FrozenInstanceError):
        Semantics().derive_name = False


DEFAULTED = {"name": "", "speedDial": "", "city": "", "stop": 0, "active": 1, "autoCreated": None}
NULLED = {**DEFAULTED, "name": None, "speedDial": None, "city": None}
KEPT = {name: value for name, value in EVERYTHING.items() if name != "contactGroups"}


@pytest.mark.parametrize(("value", "expected"), [("keep", KEPT), ("default", DEFAULTED), ("null", NULLED)])
@pytest.mark.parametrize("operation", ["post", "put", "replace"])
async def test_omitted_fields(serve: Any, operation: str, value: Any, expected: Any) -> None:
    """E1, F1, I5: fields that a request omits on an existing contact."""
    api = await serve(**{f"omitted_in_{operation}": value})
    await api.add(FIRST, **EVERYTHING)
    body = {"accountId": 12345, "mobile": FIRST}
    match operation:
        case "post":
            await api.call("POST", "contacts", body, 201)
        case "put":
            await api.call("PUT", "contacts/1", body, 200)
        case "replace":
            await api.replace(body)
    [contact] = await api.sandbox.contacts()
    assert {name: contact[name] for name in expected} == expected
    assert contact["contactGroupIds"] == [1]
    [listed] = (await api.call("GET", "contacts?accountId=12345"))["contacts"]
    assert listed == contact


async def test_a_put_without_mobile_where_omitted_fields_are_not_kept(serve: Any) -> None:
    """F1: a required field cannot fall back to a default."""
    api = await serve(omitted_in_put="default")
    await api.add(FIRST)
    assert await api.call("PUT", "contacts/1", {"city": "X"}, 400) == {"error": "Missing mobile number"}


async def test_existing_post_status(serve: Any) -> None:
    """E1: 201 as printed, or 200 for what was an update."""
    api = await serve(existing_post_status=200)
    await api.call("POST", "contacts", {"accountId": 12345, "mobile": FIRST}, 201)
    await api.call("POST", "contacts", {"accountId": 12345, "mobile": FIRST}, 200)


@pytest.mark.parametrize(
    ("others", "stop", "expected"),
    [("keep", "reset", 0), ("default", "keep", 1), ("default", "as_others", 0), ("keep", "as_others", 1)],
)
async def test_omitted_stop_in_replace(serve: Any, others: str, stop: Any, expected: Any) -> None:
    """I5: an omitted stop may have a rule of its own; a given one always counts."""
    api = await serve(omitted_in_replace=others, omitted_stop_in_replace=stop)
    await api.add(FIRST, stop=1)
    await api.add(SECOND, stop=1)
    await api.replace({"mobile": FIRST}, {"mobile": SECOND, "stop": 1})
    contacts = await api.by_mobile()
    assert (contacts[FIRST]["stop"], contacts[SECOND]["stop"]) == (expected, 1)


async def test_omitted_groups(serve: Any) -> None:
    """D3: without any groups in the request, memberships may be cleared."""
    api = await serve(omitted_groups="clear")
    await api.add(FIRST, contactGroups=["A"])
    assert (await api.call("PUT", "contacts/1", {"city": "OSLO"}, 200))["contactGroupIds"] == []


@pytest.mark.parametrize(("value", "stop"), [("attribute", 0), ("sticky", 1)])
async def test_stop_list(serve: Any, value: Any, stop: Any) -> None:
    """G1: whether a number that is deleted and added again is still stopped."""
    api = await serve(stop_list=value)
    await api.add(FIRST, stop=1)
    await api.call("DELETE", "contacts/1", status=204)
    assert (await api.add(FIRST))["stop"] == stop
    await api.replace({"mobile": SECOND})
    await api.replace({"mobile": FIRST})
    assert (await api.by_mobile())[FIRST]["stop"] == stop
    await api.replace({"mobile": FIRST, "stop": 0})
    await api.replace()
    assert (await api.add(FIRST))["stop"] == 0


@pytest.mark.parametrize(("value", "stops"), [("attribute", (1, 1)), ("sticky", (0, 1))])
async def test_stop_list_and_a_change_of_number(serve: Any, value: Any, stops: Any) -> None:
    """G1: stop goes with the contact, or stays with the number."""
    api = await serve(stop_list=value)
    await api.add(FIRST, stop=1)
    await api.add(THIRD, stop=1)
    await api.call("DELETE", "contacts/2", status=204)
    moved = await api.call("PUT", "contacts/1", {"mobile": SECOND}, 200)
    again = await api.call("PUT", "contacts/1", {"mobile": THIRD}, 200)
    assert (moved["stop"], again["stop"]) == stops


@pytest.mark.parametrize(("value", "shown"), [("shown", [1]), ("hidden", [])])
async def test_stopped_contact_groups(serve: Any, value: Any, shown: Any) -> None:
    """G3: what answers show of a stopped contact's groups; the store keeps them."""
    api = await serve(stopped_contact_groups=value)
    assert (await api.add(FIRST, stop=1, contactGroups=["A"]))["contactGroupIds"] == shown
    assert (await api.sandbox.contacts())[0]["contactGroupIds"] == [1]
    assert (await api.call("PUT", "contacts/1", {"stop": 0}, 200))["contactGroupIds"] == [1]


async def test_stopped_members(serve: Any) -> None:
    """H2: stopped members may outlive a group that is deleted with its contacts."""
    api = await serve(stopped_members="kept")
    await api.add(FIRST, stop=1, contactGroups=["A"])
    await api.add(SECOND, contactGroups=["A"])
    await api.call("DELETE", "contact-groups/1?deleteContacts=true", status=204)
    [contact] = await api.sandbox.contacts()
    assert (contact["mobile"], contact["contactGroupIds"]) == (FIRST, [])


@pytest.mark.parametrize(("value", "left"), [("keep", {FIRST: "OSLO"}), ("remove", {})])
async def test_invalid_existing(serve: Any, value: Any, left: Any) -> None:
    """I3: a readable mobile with another invalid field keeps its contact untouched, or not."""
    api = await serve(invalid_existing=value)
    await api.add(FIRST, city="OSLO")
    await api.replace({"mobile": FIRST, "city": "x" * 101})
    assert {mobile: contact["city"] for mobile, contact in (await api.by_mobile()).items()} == left


@pytest.mark.parametrize(("value", "city", "invalid"), [("last", "C", 0), ("first", "A", 0), ("invalid", "A", 2)])
async def test_duplicates(serve: Any, value: Any, city: str, invalid: int) -> None:
    """I4: which of three items for one mobile counts, and whether the others are reported."""
    api = await serve(duplicates=value)
    answer = await api.replace(*({"mobile": FIRST, "city": each} for each in "ABC"))
    assert (answer["addedContactCount"], answer["invalidContactCount"]) == (1, invalid)
    assert [item["city"] for item in answer["invalidContacts"]] == ["B", "C"][:invalid]
    assert (await api.by_mobile())[FIRST]["city"] == city


async def test_duplicates_may_refuse_the_whole_request(serve: Any) -> None:
    """I4: a mobile that a replace repeats, in any notation, is a 400 that changes nothing; an invalid item is none."""
    api = await serve(duplicates="reject")
    await api.add(FIRST, city="A")
    items = [{"mobile": FIRST, "city": "B"}, {"mobile": SECOND, "contactGroups": ["new"]}, {"mobile": "99 99 99 02"}]
    error = await api.call("POST", "contacts/replace?accountId=12345", items, 400)
    assert error == {"error": "The request repeats a mobile number"}
    assert [contact["city"] for contact in await api.sandbox.contacts()] == ["A"]
    assert await api.sandbox.groups() == []
    answer = await api.replace({"mobile": FIRST}, {"mobile": FIRST, "stop": 7})
    assert (answer["unchangedContactCount"], answer["invalidContactCount"]) == (1, 1)


VECTOR = {
    "omitted_in_post": {"keep", "default", "null"},
    "omitted_in_put": {"keep", "default", "null"},
    "omitted_in_replace": {"keep", "default", "null"},
    "omitted_groups": {"keep", "clear"},
    "invalid_existing": {"remove", "keep"},
    "stop_list": {"sticky", "attribute"},
    "replace_commit": {"atomic", "row_by_row"},
    "existing_post_status": {200, 201},
    "duplicates": {"last", "first", "invalid", "reject"},
}


def test_the_semantics_have_every_open_question_of_the_invariants() -> None:
    """Each member of the vector under which all invariants must hold is a switch; late application is a fault."""
    values = {switch.name: set(switch.values) for switch in Semantics.switches()}
    assert {name: values[name] for name in VECTOR} == VECTOR


@pytest.mark.parametrize(("value", "names"), [("any_member", ["A", "B"]), ("unstopped_member", ["B"])])
async def test_group_in_use(serve: Any, value: Any, names: Any) -> None:
    """I7: whether stopped members alone keep a group."""
    api = await serve(group_in_use=value)
    await api.replace({"mobile": FIRST, "stop": 1, "contactGroups": ["A"]}, {"mobile": SECOND, "contactGroups": ["B"]})
    assert [group["name"] for group in await api.sandbox.groups()] == names


@pytest.mark.parametrize(("value", "counted"), [("final", (2, 0)), ("sequential", (0, 2))])
async def test_speed_dial_check(serve: Any, value: Any, counted: Any) -> None:
    """I10: a swap of two speed dials works on the final state, and fails item by item."""
    api = await serve(speed_dial_check=value)
    await api.replace({"mobile": FIRST, "speedDial": "A"}, {"mobile": SECOND, "speedDial": "B"})
    answer = await api.replace({"mobile": FIRST, "speedDial": "B"}, {"mobile": SECOND, "speedDial": "A"})
    assert (answer["modifiedContactCount"], answer["invalidContactCount"]) == counted


async def test_a_sequential_check_sees_what_earlier_items_did(serve: Any) -> None:
    """I10: once an item has given its speed dial up, a later one may take it."""
    api = await serve(speed_dial_check="sequential")
    await api.replace({"mobile": FIRST, "speedDial": "A"})
    answer = await api.replace({"mobile": FIRST, "speedDial": ""}, {"mobile": SECOND, "speedDial": "A"})
    assert (answer["addedContactCount"], answer["modifiedContactCount"]) == (1, 1)


async def test_speed_dial_case(serve: Any) -> None:
    """C11: speed dials that differ in case may be two."""
    api = await serve(speed_dial_case="sensitive")
    await api.add(FIRST, speedDial="A")
    await api.add(SECOND, speedDial="a")
    answer = await api.replace({"mobile": FIRST, "speedDial": "a"}, {"mobile": SECOND, "speedDial": "A"})
    assert answer["modifiedContactCount"] == 2
    await api.call("PUT", "contacts/1", {"speedDial": "A"}, 409)


async def test_derive_name(serve: Any) -> None:
    """C4: the name may stay empty."""
    api = await serve(derive_name=False)
    assert (await api.add(FIRST, firstName="Ola"))["name"] == ""


@pytest.mark.parametrize(("value", "number"), [("SE", "+46701740605"), ("none", None), ("DK", None)])
async def test_default_region(serve: Any, value: Any, number: Any) -> None:
    """C12: how a mobile without a country code is read."""
    api = await serve(default_region=value)
    reply = await api.send("POST", "contacts", json={"accountId": 12345, "mobile": "070-174 06 05"})
    assert reply.json.get("mobile") == number
    assert (await api.add(FIRST))["mobile"] == FIRST


async def test_flags(serve: Any) -> None:
    """C9: JSON booleans may do for 0 and 1; answers have integers."""
    api = await serve(flags="ints_and_booleans")
    contact = await api.add(FIRST, stop=True, active=False)
    assert (contact["stop"], contact["active"]) == (1, 0)
    assert contact["stop"] is not True


@pytest.mark.parametrize(("value", "ids"), [("names", [2]), ("ids", [1]), ("union", [1, 2])])
async def test_both_groups(serve: Any, value: Any, ids: Any) -> None:
    """D1: ids and names in one contact."""
    api = await serve(both_groups=value)
    await api.sandbox.seed(contact_groups=[{"name": "A"}])
    assert (await api.add(FIRST, contactGroupIds=[1], contactGroups=["B"]))["contactGroupIds"] == ids


async def test_groups_in_answers(serve: Any) -> None:
    """D2: contacts may bear their groups' names too."""
    api = await serve(groups_in_answers="ids_and_names")
    assert (await api.add(FIRST, contactGroups=["B", "A"]))["contactGroups"] == ["B", "A"]
    [contact] = (await api.call("GET", "contacts?accountId=12345"))["contacts"]
    assert contact["contactGroups"] == ["B", "A"]


@pytest.mark.parametrize(("value", "count"), [("sensitive", 2), ("insensitive", 1)])
async def test_group_name_case(serve: Any, value: Any, count: int) -> None:
    """D5: whether VIP and vip are one group."""
    api = await serve(group_name_case=value)
    await api.add(FIRST, contactGroups=["VIP", "vip"])
    assert len(await api.sandbox.groups()) == count


async def test_id_in_post(serve: Any) -> None:
    """C1: an id may be refused where the server gives it."""
    api = await serve(id_in_post="reject")
    await api.call("POST", "contacts", {"accountId": 12345, "mobile": FIRST, "id": 1}, 400)
    await api.call("POST", "contact-groups", {"accountId": 12345, "name": "A", "id": 1}, 400)
    assert (await api.replace({"mobile": FIRST, "id": 1}))["invalidContactCount"] == 1


async def test_id_and_account_mismatch(serve: Any) -> None:
    """C1, C2: another id or account in the body of a PUT may be passed over."""
    api = await serve(id_mismatch="ignore", account_mismatch="ignore")
    await api.add(FIRST, contactGroups=["A"])
    body = {"id": 9, "accountId": 9, "name": "B"}
    for path in ("contacts/1", "contact-groups/1"):
        saved = await api.call("PUT", path, body, 200)
        assert (saved["id"], saved["accountId"], saved["name"]) == (1, 12345, "B")


async def test_read_only_fields(serve: Any) -> None:
    """C7: created and lastModified may be refused."""
    api = await serve(read_only_fields="reject")
    await api.add(FIRST, contactGroups=["A"])
    body = {"accountId": 12345, "mobile": FIRST, "created": "2024-01-30T14:40:00Z"}
    assert await api.call("POST", "contacts", body, 400) == {"error": "created is read-only"}
    for method, path in (("POST", "contact-groups"), ("PUT", "contact-groups/1")):
        await api.call(method, path, {"accountId": 12345, "lastModified": "x"}, 400)
    await api.call("PUT", "contact-groups/1", {"name": "B"}, 200)


async def test_conflict_status(serve: Any) -> None:
    """E2: a taken mobile may be any 4xx."""
    api = await serve(conflict_status=400)
    await api.add(FIRST)
    await api.add(SECOND)
    await api.call("PUT", "contacts/2", {"mobile": FIRST}, 400)


@pytest.mark.parametrize("value", [403, 401, 404])
async def test_no_access_status(serve: Any, value: Any) -> None:
    """B2: how a query to an account that is not the user's is rejected; nothing is applied."""
    api = await serve(no_access_status=value)
    await api.sandbox.seed([{"mobile": FIRST, "accountId": 999}], [{"id": 5, "accountId": 999, "name": "A"}])
    for method, path in (
        ("GET", "contacts?accountId=999"),
        ("GET", "contacts/1"),
        ("DELETE", "contacts/1"),
        ("GET", "contact-groups?accountId=999"),
        ("DELETE", "contact-groups/5"),
    ):
        await api.call(method, path, status=value)
    await api.call("POST", "contacts", {"accountId": 999, "mobile": SECOND}, value)
    await api.call("POST", "contact-groups", {"accountId": 999, "name": "B"}, value)
    await api.call("POST", "contacts/replace?accountId=999", [], value)
    assert len(await api.sandbox.contacts(999)) == len(await api.sandbox.groups(999)) == 1


@pytest.mark.parametrize(
    ("value", "bodies"),
    [
        ("error", (b'{"error":"No contact has the id 7"}', b'{"error":"Method Not Allowed"}')),
        (
            "restify",
            (
                b'{"code":"ResourceNotFound","message":"No contact has the id 7"}',
                b'{"code":"MethodNotAllowed","message":"Method Not Allowed"}',
            ),
        ),
        ("text", (b"No contact has the id 7", b"Method Not Allowed")),
    ],
)
async def test_error_body(serve: Any, value: Any, bodies: Any) -> None:
    """B1: the document only fixes the status class; three bodies are in use."""
    api = await serve(error_body=value)
    replies = [await api.send("GET", "contacts/7"), await api.send("PATCH", "contacts/7")]
    assert tuple(reply.body for reply in replies) == bodies


async def test_challenge_charset(serve: Any) -> None:
    """B1: the 401 challenge may say nothing about the character set."""
    api = await serve(challenge_charset=False)
    reply = await api.send("GET", "contacts", headers={"Authorization": "Basic x"})
    assert reply.headers["www-authenticate"] == 'Basic realm="Contacts API"'


async def test_request_coding(serve: Any) -> None:
    """B6: a server may take compressed requests."""
    api = await serve(request_coding="gzip")
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    body = gzip.compress(b'{"accountId":12345,"mobile":"+4799999901"}')
    assert (await api.send("POST", "contacts", data=body, headers=headers)).status == 201


@pytest.mark.parametrize("value", [400, 406, 404])
async def test_unmatched_version(serve: Any, value: Any) -> None:
    """A2: the status of a version that nobody serves."""
    api = await serve(unmatched_version=value)
    assert (await api.send("GET", "contacts", headers={"Accept-Version": "2.*"})).status == value


async def test_newest_version(serve: Any) -> None:
    """A2: a server without 1.1.0 answers 1.* with 1.0.1, and adds no field."""
    api = await serve(newest_version="1.0.1")
    reply = await api.send("GET", "contacts?accountId=12345", headers={"Accept-Version": "1.*"})
    assert reply.headers["api-version"] == "1.0.1"
