"""Section 1.3 and 1.4: credentials, accounts and versions; and who is kept out of a local server."""

import base64
import unicodedata
from typing import Any

import pytest

from pling_async.sandbox import Semantics, User
from pling_async.sandbox.pling.versions import resolve


def basic(credentials: str, encoding: str = "utf-8") -> dict[str, str]:
    """Return an Authorization header."""
    return {"Authorization": f"Basic {base64.b64encode(credentials.encode(encoding)).decode()}"}


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Basic",
        "Basic !!!",
        "Basic ÿ",
        "Bearer c2FuZGJveDpzYW5kYm94",
        basic("sandbox:wrong")["Authorization"],
        basic("sandbox")["Authorization"],
        basic("other:sandbox")["Authorization"],
    ],
)
async def test_other_credentials_get_a_challenge(api: Any, header: Any) -> None:
    """RFC 7617: 401 with WWW-Authenticate, whatever is wrong, and nothing is applied."""
    del api.http.headers["Authorization"]
    headers = {} if header is None else {"Authorization": header}
    reply = await api.send("POST", "contacts", json={"accountId": 12345, "mobile": "+4799999901"}, headers=headers)
    assert reply.status == 401
    assert reply.headers["www-authenticate"] == 'Basic realm="Contacts API", charset="UTF-8"'
    assert await api.sandbox.contacts() == []


async def test_credentials_are_utf_8_and_normalised(serve: Any) -> None:
    """RFC 7617: the password of its test vector, and letters that have another form and another encoding."""
    users = (User(name="test", password="123£"), User(name="Åse", password="blåbær:ø", accounts=(7,)))
    api = await serve(users=users)
    assert (api.sandbox.username, api.sandbox.password, api.sandbox.account_id) == ("test", "123£", 12345)
    query = "contact-groups?accountId="
    vector = {"Authorization": "basic  dGVzdDoxMjPCow=="}
    assert (await api.send("GET", f"{query}12345", headers=vector)).status == 200
    right = basic(unicodedata.normalize("NFC", "Åse:blåbær:ø"))
    assert (await api.send("GET", f"{query}7", headers=right)).status == 200
    assert (await api.send("GET", f"{query}12345", headers=right)).status == 403
    for wrong in (basic(unicodedata.normalize("NFD", "Åse:blåbær:ø")), basic("Åse:blåbær:ø", "latin-1")):
        assert (await api.send("GET", f"{query}7", headers=wrong)).status == 401


async def test_a_user_may_have_several_accounts_with_contacts_of_their_own(serve: Any) -> None:
    """Section 2.1: each account has an independent set of contacts."""
    api = await serve(users=(User(accounts=(12345, 67890)),))
    first = await api.add("+4799999901", speedDial="A")
    second = await api.add("+4799999901", speedDial="A", accountId=67890)
    assert first["id"] != second["id"]
    await api.call("POST", "contacts/replace?accountId=67890", [], 200)
    assert await api.sandbox.contacts(67890) == []
    assert len(await api.sandbox.contacts()) == 1


def test_users_do_not_show_their_passwords() -> None:
    """A repr is not a place for secrets."""
    assert "hemmelig" not in repr(User(password="hemmelig"))


@pytest.mark.parametrize(
    ("wanted", "version"),
    [
        ("1.0.0", "1.0.0"),
        ("1.0.1", "1.0.1"),
        ("1.0.*", "1.0.1"),
        ("1.0.x", "1.0.1"),
        ("1.0", "1.0.1"),
        ("1.1.0", "1.1.0"),
        ("1.*", "1.1.0"),
        ("1.*.*", "1.1.0"),
        ("1", "1.1.0"),
        ("*", "1.1.0"),
        (" * ", "1.1.0"),
        ("~1.0.0", "1.0.1"),
        ("~1.0.2", None),
        ("~1", "1.1.0"),
        ("^1.0.1", "1.1.0"),
        ("^2.0.0", None),
        ("2.*", None),
        ("1.0.2", None),
        ("", None),
        ("latest", None),
        (">=1.0.0", None),
    ],
)
def test_ranges_resolve_to_the_newest_version_that_fits(wanted: str, version: Any) -> None:
    """Section 1.4: semantic version ranges."""
    assert resolve(wanted, "1.1.0") == version


@pytest.mark.parametrize(("header", "version"), [({}, "1.0.1"), ({"Accept-Version": "1.*"}, "1.1.0")])
async def test_the_version_is_in_the_answer_and_1_1_0_adds_a_field(api: Any, header: Any, version: Any) -> None:
    """Section 1.4: without a header 1.0.* is assumed; a minor version may add fields, to contacts and groups."""
    reply = await api.send(
        "POST",
        "contacts",
        json={"accountId": 12345, "mobile": "+4799999901", "contactGroups": ["A"]},
        headers=header,
    )
    assert reply.headers["api-version"] == version
    assert ("preferredChannel" in reply.json) == (version == "1.1.0")
    listing = await api.send("GET", "contacts?accountId=12345", headers=header)
    objects = listing.json["contacts"] + listing.json["contactGroups"]
    assert {"preferredChannel" in each for each in objects} == {version == "1.1.0"}


async def test_a_version_that_nobody_serves_is_refused(api: Any) -> None:
    """Section 1.4: 400, and nothing is applied."""
    reply = await api.send("DELETE", "contacts/1", headers={"Accept-Version": "2.0.0"})
    assert (reply.status, reply.json) == (400, {"error": "No version matches '2.0.0'"})


@pytest.mark.parametrize("host", ["127.0.0.1:80", "localhost", "LOCALHOST:8787", "[::1]:8787"])
async def test_loopback_names_are_answered(api: Any, host: str) -> None:
    """Host may be any name of this machine's loopback interface."""
    assert (await api.send("GET", "contacts?accountId=12345", headers={"Host": host})).status == 200


@pytest.mark.parametrize("path", ["contacts?accountId=12345", "/__sandbox__/health", "/"])
@pytest.mark.parametrize(
    "header", [{"Host": "evil.example"}, {"Host": "[::"}, {"Origin": "http://127.0.0.1"}, {"Host": ""}]
)
async def test_web_pages_are_not_answered(api: Any, path: str, header: Any) -> None:
    """DNS rebinding shows in Host, a page's own request in Origin; both are 403 on every route."""
    assert (await api.send("GET", path, headers=header)).status == 403


async def test_switches_reach_every_part(serve: Any) -> None:
    """A sandbox answers under every single variant of the semantics."""
    for semantics in Semantics.variants().values():
        api = await serve(semantics=semantics)
        assert (await api.add("+4799999901", contactGroups=["A"]))["mobile"] == "+4799999901"
        assert (await api.replace({"mobile": "+4799999901"}))["addedContactCount"] == 0
