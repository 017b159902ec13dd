"""IP1's document from top to bottom: each call that it shows, against the sandbox, and each with the client."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from pling_async.errors import BadRequest, NotFound
from pling_async.ip1 import Contact, ImportAccepted
from tests.ip1.conftest import Serve, Served

ID = "606312a5d233ab8484e18404"
NUMBER = "+46123456789"
RESPONSE = {
    "id": ID,
    "ownerId": "ip1-XXXXX",
    "properties": {
        "phoneNumber": NUMBER,
        "email": "icarus@example.com",
        "firstName": " Icarus",
        "lastName": "Sol",
        "department": "Sales",
    },
    "metadata": {
        "phoneNumber": {
            "isPossiblePhoneNumber": "true",
            "isValidPhoneNumber": "true",
            "phoneNumberType": "MOBILE",
            "parsedMSISDN": "46123456789",
            "isBlocked": "false",
        }
    },
    "labels": ["Coworker", "all"],
}
"""The response data type, verbatim."""
BARE = {name: value for name, value in RESPONSE.items() if name != "metadata"}
IN_C_SHARP = {
    "properties": {
        "phoneNumber": NUMBER,
        "email": "icarus@example.com",
        "firstName": "Icarus",
        "lastName": "Sol",
        "department": "Sales",
    },
    "labels": ["Coworker", "Sales"],
}
FILTERED = (
    "v2/contacts?labels=Coworker&properties%5BphoneNumber%5D=%2B46123456789&metadata%5BphoneNumber.isBlocked%5D=false"
)


@pytest.fixture
async def icarus_served(serve: Serve) -> Served:
    """Start a sandbox that holds the document's contact and calls its number a mobile, as the document does."""
    served = await serve(phone_type="mobile")
    await served.ip1.seed(
        contacts=[
            {"id": ID, "properties": RESPONSE["properties"], "labels": ["Coworker"]},
            {"properties": {"phoneNumber": "+46701740602"}, "labels": ["Coworker"]},
        ]
    )
    return served


@pytest.fixture
async def http(icarus_served: Served) -> AsyncIterator[Any]:
    """Return what sends a request as curl would, and returns status and JSON."""
    headers = {"Authorization": f"Bearer {icarus_served.ip1.token}", "Content-Type": "application/json"}
    async with aiohttp.ClientSession(headers=headers) as session:

        async def send(method: str, path: str, body: Any = None) -> tuple[int, Any]:
            url = aiohttp.client.URL(icarus_served.ip1.url + path, encoded=True)
            async with session.request(method, url, json=body) as answer:
                return answer.status, await answer.json(content_type=None) if await answer.read() else None

        yield send


async def test_the_document_verbatim(http: Any, icarus_served: Served) -> None:
    """Quick start, read, filter, one contact, update, import, delete: as printed, with the answers that are printed."""
    assert (await http("GET", "v2/contacts/"))[0] == 200
    status, every = await http("GET", "v2/contacts")
    assert (status, len(every), every[0]) == (200, 2, BARE)
    assert await http("GET", FILTERED) == (200, [BARE])
    assert await http("GET", f"v2/contacts/{ID}") == (200, BARE)
    assert await http("GET", f"v2/contacts/{ID}?meta") == (200, RESPONSE)
    change = {"id": ID, "properties": {"department": None, "firstName": "Icarus"}}
    status, changed = await http("PATCH", f"v2/contacts/{ID}", change)
    assert (status, changed["labels"]) == (200, ["Coworker", "all"])
    assert changed["properties"] == {
        "phoneNumber": NUMBER,
        "email": "icarus@example.com",
        "firstName": "Icarus",
        "lastName": "Sol",
    }
    status, replaced = await http("PUT", f"v2/contacts/{ID}", {"id": ID, "properties": {"phoneNumber": NUMBER}})
    assert (status, replaced["properties"], replaced["labels"]) == (200, {"phoneNumber": NUMBER}, ["all"])
    assert await http("POST", "v2/contacts", [IN_C_SHARP]) == (202, None)
    await icarus_served.sandbox.settle()
    status, [added] = await http("POST", "v2/contacts?sync=", [IN_C_SHARP])
    assert (status, added["labels"], len(added["id"])) == (200, ["Coworker", "Sales", "all"], 24)
    assert len(await icarus_served.ip1.contacts()) == 4
    assert (await http("POST", f"v2/contacts/{ID}"))[0] == 405  # what the document prints for a deletion
    assert (await http("DELETE", f"v2/contacts/{ID}"))[0] == 200
    assert (await http("GET", f"v2/contacts/{ID}"))[0] == 404


async def test_reading_the_document_with_the_client(icarus_served: Served) -> None:
    """The same walk by method calls, as far as it reads."""
    contacts = icarus_served.client.contacts
    assert (await anext(contacts.list())).id == ID
    blocked = {"phoneNumber.isBlocked": False}
    found = [
        each async for each in contacts.list(labels=["Coworker"], properties={"phoneNumber": NUMBER}, metadata=blocked)
    ]
    assert [each.metadata for each in found] == [RESPONSE["metadata"]]
    one = await contacts.get(ID, meta=True)
    assert (one.owner_id, one.properties, one.labels) == ("ip1-XXXXX", RESPONSE["properties"], ("Coworker", "all"))
    assert one.is_blocked is False
    assert (await contacts.get(ID)).is_blocked is None


async def test_writing_the_document_with_the_client(icarus_served: Served) -> None:
    """The same walk by method calls, from the update on."""
    contacts = icarus_served.client.contacts
    changed = await contacts.update(ID, properties={"department": None, "firstName": "Icarus"})
    assert changed is not None
    assert "department" not in changed.properties
    assert changed.labels == ("Coworker", "all")
    replaced = await contacts.replace(ID, Contact(properties={"phoneNumber": NUMBER}, labels=()))
    assert replaced is not None
    assert (replaced.properties, replaced.labels) == ({"phoneNumber": NUMBER}, ("all",))
    contact = Contact(properties=IN_C_SHARP["properties"], labels=("Coworker", "Sales"))
    assert await contacts.add([contact]) == ImportAccepted(count=1)
    await icarus_served.sandbox.settle()
    [added] = await contacts.add([contact], sync=True)
    assert (added.properties, added.labels) == (IN_C_SHARP["properties"], ("Coworker", "Sales", "all"))
    assert len(await icarus_served.ip1.contacts()) == 4
    await contacts.delete(ID)
    with pytest.raises(NotFound):
        await contacts.get(ID)


async def test_the_filters_of_the_document_are_sent_as_printed(icarus_served: Served) -> None:
    """Names in brackets and the plus of a number, percent-encoded, and meta since a filter by metadata needs it."""
    filters = {"properties": {"phoneNumber": NUMBER}, "metadata": {"phoneNumber.isBlocked": False}}
    assert [each async for each in icarus_served.client.contacts.list(labels=["Coworker"], **filters)]
    sent = dict(icarus_served.sandbox.requests[-1].query)
    assert sent == {
        "labels": "Coworker",
        "properties[phoneNumber]": NUMBER,
        "metadata[phoneNumber.isBlocked]": "false",
        "meta": "",
        "limit": "500",
    }


async def test_a_filter_by_metadata_works_whatever_the_server_does_without_meta(serve: Serve) -> None:
    """The client asks for metadata by itself, so a server that wants to be asked answers."""
    served = await serve(metadata_filter="refuse")
    await served.fill(2)
    await served.ip1.seed(blacklist=[{"msisdn": "46701740600"}])
    blocked = [each async for each in served.client.contacts.list(metadata={"phoneNumber.isBlocked": True})]
    assert [each.is_blocked for each in blocked] == [True]
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {served.ip1.token}"}) as session:
        url = f"{served.ip1.url}v2/contacts?metadata[phoneNumber.isBlocked]=true"
        async with session.get(url) as answer:
            assert (answer.status, answer.content_type) == (400, "application/problem+json")
    with pytest.raises(BadRequest, match="limit is a whole number from 1 to 1000"):
        await anext(served.client.contacts.list(page_size=1001))
