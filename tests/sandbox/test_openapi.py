"""The sandbox's description of itself: complete, made of its own rules, and true to its switches."""

import re
from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from pling_async.sandbox import Sandbox, Semantics
from pling_async.sandbox.pling.fields import contact_fields
from pling_async.sandbox.pling.openapi import document
from pling_async.sandbox.pling.routes import ROUTES
from pling_async.sandbox.pling.schema import CONTACT_COLUMNS, GROUP_NAME_LIMIT, TEXT_LIMITS

FIRST = "+4799999901"


def described(**switches: Any) -> Any:
    """Return the document under some switches, as a reader of its JSON sees it."""
    return orjson.loads(orjson.dumps(document(Semantics(**switches), "/api")))


def schema(name: str, **switches: Any) -> Any:
    """Return one of its schemas."""
    return described(**switches)["components"]["schemas"][name]


def operations(api: Any) -> Iterator[tuple[str, str, Any]]:
    """Yield method, path and description of every operation."""
    for path, methods in api["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


async def test_anybody_may_read_it(api: Any) -> None:
    """GET /openapi.json is JSON, needs no credentials, and leaves no trace in the journal."""
    del api.http.headers["Authorization"]
    reply = await api.send("GET", "/openapi.json")
    assert (reply.status, reply.headers["content-type"]) == (200, "application/json")
    assert (reply.json["openapi"], reply.json["servers"]) == ("3.1.0", [{"url": "/api"}])
    assert reply.json["components"]["securitySchemes"]["basic"]["scheme"] == "basic"
    assert api.sandbox.requests == []


def test_it_tells_no_secrets() -> None:
    """Neither users nor accounts are in it."""
    sandbox = Sandbox()
    text = orjson.dumps(sandbox._pling.description())
    assert str(sandbox.account_id).encode() not in text


def test_every_route_is_an_operation() -> None:
    """Sections 3.1 to 3.11, each with the section it follows and credentials."""
    api = described()
    routes = {(method, re.sub(r"{(\w+):[^/]*}", r"{\1}", path)) for method, path, _ in ROUTES}
    assert {(method, path) for method, path, _ in operations(api)} == routes
    assert len(routes) == 11
    assert all(operation["description"].startswith("Section 3.") for _, _, operation in operations(api))
    assert api["security"] == [{"basic": []}]


def test_every_reference_leads_somewhere() -> None:
    """No name in the document is a typing error, and only statuses that switches replace are left over."""
    for semantics in Semantics.variants().values():
        api = orjson.loads(orjson.dumps(document(semantics, "/api")))
        used = set(re.findall(r'"#/components/(\w+)/([\w-]+)"', orjson.dumps(api).decode()))
        there = {
            (kind, name)
            for kind, components in api["components"].items()
            for name in components
            if kind != "securitySchemes"
        }
        assert used <= there
        assert there - used <= {("responses", "403"), ("responses", "406"), ("responses", "409")}


def test_statuses_are_those_of_the_api() -> None:
    """Every operation may be 400, 401, 403 and 405; the rest depends on what it takes."""
    answers = {operation["operationId"]: set(operation["responses"]) for _, _, operation in operations(described())}
    always = {"400", "401", "403", "405"}
    assert answers == {
        "list_contacts": always | {"200"},
        "add_contact": always | {"201", "409", "413", "415"},
        "replace_contacts": always | {"200", "413", "415"},
        "get_contact": always | {"200", "404"},
        "modify_contact": always | {"200", "404", "409", "413", "415"},
        "delete_contact": always | {"204", "404"},
        "list_groups": always | {"200"},
        "create_group": always | {"201", "413", "415"},
        "get_group": always | {"200", "404"},
        "edit_group": always | {"200", "404", "413", "415"},
        "delete_group": always | {"204", "404"},
    }


def test_limits_are_those_of_the_rules() -> None:
    """What the tables say is what requests and answers are described by."""
    for name in ("NewContact", "ContactChange", "ContactItem", "Contact"):
        properties = schema(name)["properties"]
        assert {field: properties[field]["maxLength"] for field in TEXT_LIMITS} == TEXT_LIMITS
    assert schema("NewContactGroup")["properties"]["name"]["maxLength"] == GROUP_NAME_LIMIT
    assert schema("NewContact")["required"] == ["accountId", "mobile"]
    assert {*CONTACT_COLUMNS, "contactGroupIds"} == set(schema("Contact")["required"])
    assert contact_fields(Semantics()).keys() < schema("NewContact")["properties"].keys()


@pytest.mark.parametrize(
    ("switches", "statuses"),
    [
        ({"existing_post_status": 200}, {"200", "201"}),
        ({"conflict_status": 400}, {"201"}),
        ({"no_access_status": 404}, {"201", "404", "409"}),
        ({"unmatched_version": 406}, {"201", "403", "406", "409"}),
    ],
)
def test_switches_change_statuses(switches: Any, statuses: set[str]) -> None:
    """What the sandbox answers instead is described instead."""
    add = described(**switches)["paths"]["/contacts"]["post"]["responses"].keys()
    assert statuses <= add
    assert ("409" in add) == ("conflict_status" not in switches)
    assert ("403" in add) == ("no_access_status" not in switches)


def test_switches_change_fields() -> None:
    """Each where it is sent or shown."""
    assert schema("NewContact", flags="ints_and_booleans")["properties"]["stop"]["enum"] == [0, 1, True, False]
    assert schema("NewContact", read_only_fields="reject")["properties"]["created"] == {"not": {}}
    assert schema("NewContactGroup", id_in_post="reject")["properties"]["id"] == {"not": {}}
    assert "not" not in schema("ContactItem", both_groups="union")
    assert schema("ContactChange", omitted_in_put="default")["required"] == ["mobile"]
    assert {"id", "accountId"} <= schema("ContactChange")["properties"].keys()
    assert "id" not in schema("ContactChange", id_mismatch="ignore")["properties"]
    assert "accountId" not in schema("ContactChange", account_mismatch="ignore")["properties"]
    assert schema("Contact", omitted_in_replace="null")["properties"]["city"]["type"] == ["string", "null"]
    assert "contactGroups" in schema("Contact", groups_in_answers="ids_and_names")["required"]
    assert schema("Error")["required"] == ["error"]
    assert schema("Error", error_body="restify")["required"] == ["code", "message"]
    assert schema("Error", error_body="text") == {"type": "string"}
    assert "text/plain" in described(error_body="text")["components"]["responses"]["404"]["content"]


def test_it_names_the_switches_that_differ() -> None:
    """A reader knows what has been described."""
    assert "switches, all at their defaults" in described()["info"]["description"]
    text = described(stop_list="sticky", derive_name=False)["info"]["description"]
    assert "switches, stop_list=sticky, derive_name=false, the others at their defaults" in text


async def test_whole_numbers_may_be_written_with_a_point(api: Any) -> None:
    """JSON knows one kind of number: 1.0 is the integer 1, as it is in the description's schemas."""
    await api.call("POST", "contact-groups", {"accountId": 12345.0, "name": "A"}, 201)
    contact = await api.add(FIRST, stop=1.0, contactGroupIds=[1.0])
    assert (contact["stop"], contact["contactGroupIds"]) == (1, [1])
    for field, value in (("stop", 0.5), ("contactGroupIds", [1.5]), ("contactGroupIds", [1e400])):
        await api.call("PUT", "contacts/1", {field: value}, 400)
    await api.call("PUT", "contacts/1", {"id": 1.0}, 200)


async def test_a_repeated_parameter_is_refused(api: Any) -> None:
    """Which of two values counts is nobody's to guess."""
    for path in ("contacts?accountId=12345&accountId=999", "contacts?accountId=12345&stop=0&stop=1"):
        await api.call("GET", path, status=400)


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("0001-01-01T00:00:00+01:00", None),
        ("9999-12-31T23:59:59-01:00", None),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z"),
    ],
)
async def test_moments_that_utc_has_no_year_for_are_refused(api: Any, sent: str, stored: Any) -> None:
    """A valid RFC 3339 datetime is not always one in UTC."""
    body = {"accountId": 12345, "mobile": FIRST, "autoCreated": sent}
    reply = await api.send("POST", "contacts", json=body)
    assert (reply.status, reply.json.get("autoCreated")) == ((201, stored) if stored else (400, None))


async def test_an_account_that_is_not_the_users_may_be_401_with_a_challenge(serve: Any) -> None:
    """RFC 9110 demands a challenge of every 401, and the description promises it."""
    api = await serve(no_access_status=401)
    reply = await api.send("GET", "contacts?accountId=999")
    assert (reply.status, reply.headers["www-authenticate"][:5]) == (401, "Basic")
