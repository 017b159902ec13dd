"""What one sandbox serves: the services asked for, each under its own prefix, over one store and one journal."""

from typing import Any

import aiohttp
import pytest

from pling_async.sandbox import Fault, Ip1Service, Sandbox


@pytest.mark.parametrize(
    ("services", "message"),
    [
        (("nothing",), "there is no service 'nothing'; there are pling"),
        ((), "one service at least"),
        (("pling", "pling"), "none of them twice"),
    ],
)
def test_services_have_names(services: tuple[str, ...], message: str) -> None:
    """A typing error is refused with the names there are, and so is a sandbox that serves nothing."""
    with pytest.raises(ValueError, match=message):
        Sandbox(services=services)


async def test_services_live_side_by_side(serve: Any) -> None:
    """Each under its own prefix with its own credentials; store, journal and admin routes are those of all."""
    api = await serve(services=("pling", Ip1Service(token="a-token")))
    await api.add("+4799999901")
    bearer = {"Authorization": "Bearer a-token"}
    body = [{"properties": {"phoneNumber": "+46701740601"}}]
    assert (await api.send("POST", "/ip1/v2/contacts?sync=", json=body, headers=bearer)).status == 200
    assert (await api.send("POST", "/ip1/v2/contacts?sync=", json=body)).status == 401
    health = await api.call("GET", "/__sandbox__/health", status=200)
    assert health["services"] == {"pling": "/api", "ip1": "/ip1"}
    assert [entry.path for entry in api.sandbox.requests] == ["/api/contacts", "/ip1/v2/contacts", "/ip1/v2/contacts"]
    state = await api.sandbox.snapshot()
    await api.sandbox.reset()
    assert (await api.sandbox.contacts(), await api.sandbox.ip1.contacts()) == ([], [])
    await api.sandbox.restore(state)
    assert (len(await api.sandbox.contacts()), len(await api.sandbox.ip1.contacts())) == (1, 1)


async def test_admin_routes_name_the_service(serve: Any) -> None:
    """A seed is for the first service unless ?service= says whose it is; faults match paths, whoever's."""
    api = await serve(services=("pling", "ip1"))
    contacts = [{"properties": {"phoneNumber": "+46701740601"}, "labels": ["A"]}]
    entries = [{"msisdn": "46701740601"}]
    await api.call("POST", "/__sandbox__/seed?service=ip1", {"contacts": contacts, "blacklist": entries}, 204)
    await api.call("POST", "/__sandbox__/seed", {"contacts": [{"mobile": "+4799999901"}]}, 204)
    assert [each["labels"] for each in await api.sandbox.ip1.contacts()] == [["A"]]
    assert await api.sandbox.ip1.blacklist() == ["46701740601"]
    assert len(await api.sandbox.contacts()) == 1
    api.sandbox.fail(Fault(path="/ip1/*", status=503))
    assert (await api.send("GET", "contacts?accountId=12345")).status == 200
    assert (await api.send("GET", "/ip1/v2/contacts")).status == 503


async def test_each_service_describes_itself(serve: Any) -> None:
    """Below its own prefix, to anybody; Pling's description is at the root too."""
    api = await serve(services=("pling", "ip1"))
    titles = [
        (await api.send("GET", path, headers={"Authorization": ""})).json["info"]["title"]
        for path in ("/openapi.json", "/api/openapi.json", "/ip1/openapi.json")
    ]
    assert titles == ["Pling Contacts API", "Pling Contacts API", "IP1 contacts API"]
    assert api.sandbox.descriptions["ip1"] == f"{api.sandbox.origin}/ip1/openapi.json"


async def test_a_service_that_is_not_served_says_so() -> None:
    """With the way to get it, whichever it is that is missing."""
    async with Sandbox(services=("ip1",)) as sandbox:
        with pytest.raises(LookupError, match="does not serve pling"):
            _ = sandbox.url
        with pytest.raises(LookupError, match="does not serve pling"):
            await sandbox.contacts()
        async with aiohttp.ClientSession() as http, http.get(f"{sandbox.origin}/openapi.json") as answer:
            assert answer.status == 404
    with pytest.raises(LookupError, match=r"does not serve ip1; Sandbox\(services=\('ip1',\)\) does"):
        _ = Sandbox().ip1


async def test_variables_are_those_of_every_service() -> None:
    """What a shell exports so that clients find them."""
    async with Sandbox(services=("pling", Ip1Service(token="a-token"))) as sandbox:
        assert sandbox.variables == {
            "PLING_BASE_URL": sandbox.url,
            "PLING_USERNAME": "sandbox",
            "PLING_PASSWORD": "sandbox",
            "PLING_ACCOUNT_ID": "12345",
            "IP1_BASE_URL": f"{sandbox.origin}/ip1/",
            "IP1_TOKEN": "a-token",
        }


def test_an_exposed_sandbox_has_secrets_of_its_own() -> None:
    """Each service's, not only Pling's."""
    with pytest.raises(ValueError, match="needs a token of its own"):
        Sandbox(services=("ip1",), exposed=True)
    assert Sandbox(services=(Ip1Service(token="a-token"),), exposed=True).ip1.token == "a-token"


async def test_admin_routes_of_an_exposed_neighbour_take_its_token() -> None:
    """Pling's users are nobody there."""
    async with Sandbox(services=(Ip1Service(token="a-token"),), exposed=True) as sandbox:
        address = f"{sandbox.origin}/__sandbox__/health"
        async with aiohttp.ClientSession() as http:
            async with http.get(address) as answer:
                assert answer.status == 401
            async with http.get(address, headers={"Authorization": "Bearer a-token"}) as answer:
                assert answer.status == 200


@pytest.mark.parametrize("in_file", [False, True])
@pytest.mark.parametrize(("url", "is_refused"), [(None, True), ("http://127.0.0.1:8787/ip1/", False)])
async def test_the_token_of_a_real_account_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any, in_file: Any, url: Any, is_refused: Any
) -> None:
    """What opens the configured account is not for a server to play with, unless that is a sandbox already."""
    (tmp_path / "token").write_text("a-token\n", encoding="utf-8")
    monkeypatch.setenv(*(("IP1_TOKEN_FILE", str(tmp_path / "token")) if in_file else ("IP1_TOKEN", "a-token")))
    monkeypatch.setenv("IP1_BASE_URL", url or "")
    sandbox = Sandbox(services=(Ip1Service(token="a-token"),))
    if is_refused:
        with pytest.raises(ValueError, match="a real account"):
            await sandbox.start()
    else:
        async with sandbox:
            assert sandbox.ip1.token == "a-token"
