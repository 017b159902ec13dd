"""Section 2.2: what each field may hold, and what is refused."""

import gzip
from typing import Any

import pytest

from pling_async.sandbox.pling.schema import TEXT_LIMITS

FIRST = "+4799999901"


@pytest.mark.parametrize(("field", "limit"), TEXT_LIMITS.items())
async def test_texts_are_limited_in_code_points(api: Any, field: str, limit: int) -> None:
    """The longest value is kept as it is, one more character is a 400; a letter outside the BMP counts once."""
    letter = "A" if field == "speedDial" else "𐐷"
    assert (await api.add(**{field: letter * limit}))[field] == letter * limit
    body = {"accountId": 12345, "mobile": FIRST, field: letter * (limit + 1)}
    answer = await api.call("POST", "contacts", body, 400)
    assert answer == {"error": f"{field} is longer than {limit} characters"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", 1),
        ("city", ["OSLO"]),
        ("speedDial", "A-1"),
        ("speedDial", "Å"),
        ("stop", 2),
        ("stop", "1"),
        ("stop", None),
        ("stop", True),
        ("active", 1.5),
        ("autoCreated", "yesterday"),
        ("autoCreated", "2025-06-31"),
        ("autoCreated", 0),
        ("contactGroupIds", "1"),
        ("contactGroupIds", ["1"]),
        ("contactGroupIds", [True]),
        ("contactGroups", "VIP"),
        ("contactGroups", [1]),
        ("contactGroups", [""]),
        ("contactGroups", ["x" * 41]),
        ("mobile", 4799999901),
        ("mobile", "9522713"),
        ("accountId", "12345"),
        ("accountId", True),
    ],
)
async def test_values_of_another_kind_are_refused(api: Any, field: str, value: Any) -> None:
    """A 400 with a message that is text; nothing is stored."""
    answer = await api.call("POST", "contacts", {"accountId": 12345, "mobile": FIRST, field: value}, 400)
    assert isinstance(answer["error"], str)
    assert await api.sandbox.contacts() == []


async def test_null_texts_are_empty_and_auto_created_is_nullable(api: Any) -> None:
    """A null in an optional text is the empty string."""
    saved = await api.add(name=None, speedDial=None, autoCreated=None)
    assert (saved["name"], saved["speedDial"], saved["autoCreated"]) == ("", "", None)


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("2024-01-30T14:40:00Z", "2024-01-30T14:40:00.000Z"),
        ("2024-01-30T15:40:00.25+01:00", "2024-01-30T14:40:00.250Z"),
        ("2024-01-30T14:40:00", "2024-01-30T14:40:00.000Z"),
    ],
)
async def test_datetimes_come_back_in_utc(api: Any, sent: str, stored: str) -> None:
    """Every ISO 8601 form comes back as the examples write it; without a zone it is UTC."""
    assert (await api.add(autoCreated=sent))["autoCreated"] == stored


async def test_read_only_fields_in_requests_have_no_effect(api: Any) -> None:
    """Section 2.2: id, created and lastModified are the server's."""
    saved = await api.add(id=77, created="2020-01-01T00:00:00Z", lastModified="x")
    assert saved["id"] == 1
    assert saved["created"] == saved["lastModified"] == "2026-01-01T00:00:01.000Z"


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"firstName": "Ola", "lastName": "Nordmann"}, "Ola Nordmann"),
        ({"lastName": "Nordmann"}, "Nordmann"),
        ({"firstName": "Ola", "name": "Boss"}, "Boss"),
        ({"firstName": "Ola", "name": ""}, ""),
        ({"firstName": "", "lastName": ""}, ""),
        ({"firstName": "x" * 50, "lastName": "y" * 50}, "x" * 50 + " " + "y" * 49),
    ],
)
async def test_a_missing_name_is_made_of_first_and_last(api: Any, given: Any, name: str) -> None:
    """Section 2.2: firstName, space, lastName, within the 100 characters of a name."""
    assert (await api.add(**given))["name"] == name


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("+4799999901", "+4799999901"),
        ("99999901", "+4799999901"),
        ("0047 999 99 901", "+4799999901"),
        ("tel:+47-999-99-901", "+4799999901"),
        ("\uff0b4799999901", "+4799999901"),
        ("+46 70-174 06 05", "+46701740605"),
        ("+1 212-555-0123", "+12125550123"),
    ],
)
async def test_mobiles_are_converted_to_e164(api: Any, sent: str, stored: str) -> None:
    """Section 2.2: the system will attempt to convert numbers to E164; the default country is Norway."""
    assert (await api.add(sent))["mobile"] == stored


@pytest.mark.parametrize(
    "sent", ["", "12", "+", "+47(0)99999901", "+4799999901 ext 5", "999 99 901 / 902", "+47" + "9" * 300]
)
async def test_other_mobiles_are_refused_with_the_documents_message(api: Any, sent: str) -> None:
    """Section 2.5: the message echoes the number as it was sent."""
    answer = await api.call("POST", "contacts", {"accountId": 12345, "mobile": sent}, 400)
    assert answer == {"error": f"Invalid mobile number: {sent}"}


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"text"', b'{"mobile": NaN}', b'{"name": "\\ud800"}', b"\xff"])
async def test_bodies_that_are_no_json_object_are_400(api: Any, body: Any) -> None:
    """Section 1.1: the body is one JSON object."""
    headers = {"Content-Type": "application/json"}
    assert (await api.send("POST", "contacts", data=body, headers=headers)).status == 400
    assert (await api.send("POST", "contact-groups", data=body, headers=headers)).status == 400


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin-1"]
)
async def test_other_content_types_are_415(api: Any, kind: str) -> None:
    """Section 1.1: POST and PUT carry application/json, in UTF-8."""
    for method, path in (("POST", "contacts"), ("PUT", "contacts/1"), ("POST", "contacts/replace?accountId=12345")):
        assert (await api.send(method, path, data=b"[]", headers={"Content-Type": kind})).status == 415


async def test_compressed_bodies_are_415_and_say_what_is_accepted(api: Any) -> None:
    """A server that knows no content coding says so in Accept-Encoding."""
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    reply = await api.send("POST", "contacts", data=gzip.compress(b"{}"), headers=headers)
    assert reply.status == 415
    assert reply.headers["accept-encoding"] == "identity"
