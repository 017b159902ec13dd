"""Front's Core API in the sandbox, as a client sees it that does nothing but HTTP."""

import io
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import pytest
from attrs import frozen

from pling_async.sandbox import ApiToken, FrontLegacyService, FrontSemantics, FrontService, ManualClock, Sandbox

OLA = {"name": "Ola", "handles": [{"source": "email", "handle": "ola@example.com"}]}
KARI = {"name": "Kari", "handles": [{"source": "email", "handle": "kari@example.com"}]}


@frozen
class Reply:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body's JSON."""
        return orjson.loads(self.body)


@frozen
class Api:
    """Calls a sandbox of Front with a token."""

    sandbox: Sandbox
    http: aiohttp.ClientSession

    async def __call__(self, method: str, path: str, body: object = None, **headers: str) -> Reply:
        """Send one request and read the whole answer."""
        data = body if body is None or isinstance(body, bytes) else orjson.dumps(body)
        kind = {} if data is None else {"Content-Type": "application/json"}
        own = {"Authorization": f"Bearer {self.sandbox.front.token}", **kind}
        sent = own | {name.replace("_", "-"): value for name, value in headers.items()}
        stream = None if data is None else io.BytesIO(data)
        url = self.sandbox.front.url + path
        async with self.http.request(method, url, data=stream, headers=sent) as answer:
            return Reply(answer.status, {k.lower(): v for k, v in answer.headers.items()}, await answer.read())


Serve = Callable[..., Awaitable[Api]]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Start sandboxes; keywords that are switches make the semantics."""
    async with AsyncExitStack() as stack:

        async def start(tokens: tuple[ApiToken, ...] = (ApiToken(),), **switches: Any) -> Api:
            service = FrontService(semantics=FrontSemantics(**switches), tokens=tokens)
            sandbox = await stack.enter_async_context(Sandbox(clock=ManualClock(), services=(service,)))
            return Api(sandbox, await stack.enter_async_context(aiohttp.ClientSession()))

        yield start


@pytest.fixture
async def api(serve: Serve) -> Api:
    """Start a sandbox with the default semantics."""
    return await serve()


@pytest.mark.parametrize("path", ["contacts", "nowhere", "contacts/crd_1"])
@pytest.mark.parametrize("header", ["", "Bearer", "Bearer wrong", "Basic c2FuZGJveA=="])
async def test_without_a_token_every_path_is_401(api: Api, path: str, header: str) -> None:
    """Unknown paths too, in the words of Front."""
    reply = await api("GET", path, Authorization=header)
    error = {"status": 401, "title": "Unauthenticated", "message": "JSON Web Token error"}
    assert (reply.status, reply.json) == (401, {"_error": error})


async def test_a_token_is_for_some_things_only(serve: Serve) -> None:
    """What its scopes do not have is 403."""
    api = await serve(tokens=(ApiToken(text="t", scopes=frozenset({"contacts:read"})),))
    assert (await api("GET", "contacts")).status == 200
    for method, path in (("POST", "contacts"), ("DELETE", "contacts/crd_1"), ("GET", "contacts/custom_fields")):
        reply = await api(method, path, OLA if method == "POST" else None)
        assert (reply.status, reply.json["_error"]["title"]) == (403, "Forbidden")


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "title"),
    [
        ("GET", "contacts/crd_zzz", None, 404, "Not found"),
        ("GET", "contacts/alt:email:nobody@example.com", None, 404, "Not found"),
        ("GET", "contacts/alt:x", None, 404, "Not found"),
        ("GET", "nowhere", None, 404, "Not found"),
        ("PUT", "contacts", None, 405, "Method Not Allowed"),
        ("GET", "contacts/merge", None, 405, "Method Not Allowed"),
        ("GET", "contacts?limit=101", None, 400, "Bad request"),
        ("GET", "contacts?limit=1&limit=2", None, 400, "Bad request"),
        ("GET", "contacts?page_token=x", None, 400, "Bad request"),
        ("GET", "contacts?page_token=WzEsOTk5OTk5OTk5OTk5OTk5OTk5OTksM10=", None, 400, "Bad request"),  # 67 bits
        ("GET", "contacts?sort_by=name", None, 400, "Bad request"),
        ("GET", "contacts?q[updated_after]=soon", None, 400, "Bad request"),
        ("POST", "contacts", {"name": "Ola"}, 400, "Bad request"),
        ("POST", "contacts", {"handles": []}, 400, "Bad request"),
        ("POST", "contacts", {"handles": [{"source": "smooch", "handle": "x"}]}, 400, "Bad request"),
        ("POST", "contacts", [], 400, "Bad request"),
        ("POST", "contacts/merge", {"contact_ids": ["crd_zzz"]}, 404, "Not found"),
        ("POST", "contact_lists", {"name": ""}, 400, "Bad request"),
        ("DELETE", "contact_lists/grp_9", None, 404, "Not found"),
        ("GET", "resources/fil_9", None, 404, "Not found"),
    ],
)
async def test_refusals_are_in_the_form_of_front(
    api: Api, method: str, path: str, body: object, status: int, title: str
) -> None:
    """Status, title and message stand in `_error`, in the router's refusals as in the API's."""
    reply = await api(method, path, body)
    error = reply.json["_error"]
    assert (reply.status, error["status"], error["title"]) == (status, status, title)
    assert error["message"]


async def test_a_body_that_is_not_json_is_told_so(serve: Serve) -> None:
    """The error has a message alone, as Front's does, or is whole by a switch; another type is 415."""
    for switch, keys in (("bare", {"message"}), ("whole", {"status", "title", "message"})):
        api = await serve(bad_json=switch)
        reply = await api("POST", "contacts", b"{")
        assert (reply.status, set(reply.json["_error"])) == (400, keys)
        assert (await api("POST", "contacts", b"a=1", Content_Type="text/plain")).status == 415


async def test_merged_contacts_leave_an_id_that_may_lead_on(serve: Serve) -> None:
    """By a switch the id of a contact that was merged leads to what it became."""
    for switch, status in (("gone", 404), ("resolve", 200)):
        api = await serve(merged_ids=switch)
        first, second = [(await api("POST", "contacts", each)).json["id"] for each in (OLA, KARI)]
        merged = (await api("POST", "contacts/merge", {"contact_ids": [first, second]})).json
        assert (merged["id"], len(merged["handles"])) == (first, 2)
        reply = await api("GET", f"contacts/{second}")
        assert reply.status == status
        assert switch == "gone" or reply.json["id"] == first


async def test_the_target_of_a_merge_may_be_among_the_ids(api: Api) -> None:
    """The target remains, and comes first, whether contact_ids has it or not; the same id twice is refused."""
    first, second = [
        (await api("POST", "contacts", {**each, "description": each["name"]})).json["id"] for each in (OLA, KARI)
    ]
    for ids, target in (([first], first), ([first, first], None), ([first, second, first], second), ([second], 7)):
        body = {"contact_ids": ids, "target_contact_id": target}
        assert (await api("POST", "contacts/merge", body)).status == 400
    merged = await api("POST", "contacts/merge", {"contact_ids": [first, second], "target_contact_id": second})
    assert (merged.status, merged.json["id"], merged.json["description"]) == (200, second, "Kari\nOla")


async def test_without_a_limit_answers_say_that_there_is_much(api: Api) -> None:
    """Every answer has x-ratelimit-*, as Front's have; a refusal is one too."""
    for path in ("me", "me", "contacts/crd_zzz"):
        headers = (await api("GET", path)).headers
        assert (headers["x-ratelimit-limit"], headers["x-ratelimit-remaining"]) == ("1000000", "1000000")
        assert float(headers["x-ratelimit-reset"]) == 1767225660


async def test_old_names_of_lists_still_work(api: Api) -> None:
    """group_names and /contact_groups are list_names and /contact_lists."""
    contact = (await api("POST", "contacts", {**OLA, "group_names": ["VIP"]})).json
    assert contact["lists"] == contact["groups"]
    (group,) = (await api("GET", "contact_groups")).json["_results"]
    assert group["name"] == "VIP"
    members = (await api("GET", f"contact_groups/{group['id']}/contacts")).json["_results"]
    assert [each["id"] for each in members] == [contact["id"]]


async def test_a_form_may_have_everything(api: Api) -> None:
    """One part a property: arrays by index, members of objects by name, and the file."""
    await api.sandbox.front.seed(custom_fields=[{"name": "Job Title"}])
    contact = (await api("POST", "contacts", OLA)).json
    form = aiohttp.FormData()
    for name, value in {"name": "Ola N", "links[0]": "a", "links[1]": "b", "custom_fields[Job Title]": "Smith"}.items():
        form.add_field(name, value)
    form.add_field("avatar", b"\r\npicture\r\n", filename="a.png", content_type="image/png")
    headers = {"Authorization": f"Bearer {api.sandbox.front.token}"}
    url = f"{api.sandbox.front.url}contacts/{contact['id']}"
    async with api.http.patch(url, data=form, headers=headers) as answer:
        assert answer.status == 204, await answer.text()
    changed = (await api("GET", f"contacts/{contact['id']}")).json
    assert (changed["name"], changed["links"], changed["custom_fields"]) == (
        "Ola N",
        ["a", "b"],
        {"Job Title": "Smith"},
    )
    picture = await api("GET", changed["avatar_url"].removeprefix(api.sandbox.front.url))
    assert (picture.body, picture.headers["content-type"]) == (b"\r\npicture\r\n", "image/png")


@pytest.mark.parametrize("window", ["fixed", "sliding"])
@pytest.mark.parametrize("retry_after", ["given", "absent"])
async def test_the_company_may_ask_so_often_a_minute(serve: Serve, window: str, retry_after: str) -> None:
    """Every answer counts down; behind the last one comes 429 until the minute is over, on the sandbox's own clock."""
    api = await serve(rate_limit=50, rate_window=window, retry_after=retry_after)
    replies = [await api("GET", "me") for _ in range(51)]
    assert [each.headers["x-ratelimit-remaining"] for each in replies[:3]] == ["49", "48", "47"]
    assert {each.headers["x-ratelimit-limit"] for each in replies} == {"50"}
    assert [each.status for each in replies[-2:]] == [200, 429]
    refused = replies[-1]
    assert refused.headers.get("retry-after") == {"given": "60", "absent": None}[retry_after]
    assert float(refused.headers["x-ratelimit-reset"]) == 1767225660
    assert refused.headers["date"] == "Thu, 01 Jan 2026 00:00:00 GMT"
    assert isinstance(api.sandbox.clock, ManualClock)
    await api.sandbox.clock.advance(60)
    assert (await api("GET", "me")).status == 200


async def test_one_contact_may_be_asked_for_so_often_a_second(serve: Serve) -> None:
    """The guard of a resource answers 429 though the company has some left, and says whose it is."""
    api = await serve(rate_limit=50, resource_burst="limited")
    contact = (await api("POST", "contacts", OLA)).json["id"]
    replies = [await api("GET", f"contacts/{contact}") for _ in range(6)]
    assert [each.status for each in replies] == [200] * 5 + [429]
    assert (replies[-1].headers["x-front-tier"], replies[-1].headers["retry-after"]) == ("2", "1")
    assert int(replies[-1].headers["x-ratelimit-remaining"]) > 0
    assert "Please retry in 1000 milliseconds" in replies[-1].json["_error"]["message"]


async def test_the_store_survives_a_snapshot(api: Api) -> None:
    """What was stored comes back after a reset, ids to come included."""
    contact = (await api("POST", "contacts", {**OLA, "list_names": ["VIP"]})).json
    saved = orjson.loads(orjson.dumps(await api.sandbox.snapshot()))
    await api.sandbox.reset()
    assert (await api("GET", "contacts")).json["_results"] == []
    await api.sandbox.restore(saved)
    assert (await api("GET", f"contacts/{contact['id']}")).json == contact
    assert (await api("POST", "contacts", KARI)).json["id"] == "crd_1xamg5q"


async def test_a_real_token_is_not_served(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sandbox that has the environment's token does not start, unless that leads to this machine anyway."""
    sandbox = Sandbox(services=(FrontService(tokens=(ApiToken(text="real"),)),))
    monkeypatch.setenv("FRONT_TOKEN", "real")
    with pytest.raises(ValueError, match="FRONT_"):
        await sandbox.start()
    monkeypatch.setenv("FRONT_BASE_URL", "http://127.0.0.1:8787/front")
    async with sandbox:
        assert sandbox.front.token == "real"


async def test_a_real_password_is_not_served(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nor does one of the deprecated API that has the environment's password, or that of the file it names."""
    sandbox = Sandbox(services=(FrontLegacyService(password="real"),))
    (tmp_path / "password").write_text("real\n", encoding="utf-8")
    for name, value in (("PASSWORD", "real"), ("PASSWORD_FILE", str(tmp_path / "password"))):
        with monkeypatch.context() as patched:
            patched.setenv(f"FRONT_LEGACY_{name}", value)
            with pytest.raises(ValueError, match="FRONT_LEGACY_"):
                await sandbox.start()
            patched.setenv("FRONT_LEGACY_BASE_URL", "http://127.0.0.1:8787/front-legacy/api/1/")
            async with sandbox:
                assert sandbox.front_legacy.password == "real"
    monkeypatch.setenv("FRONT_LEGACY_PASSWORD_FILE", str(tmp_path / "none"))
    async with sandbox:
        assert sandbox.front_legacy.company == "sandbox"


@pytest.mark.parametrize("service", [FrontService(), FrontLegacyService()])
def test_what_others_can_reach_needs_a_secret(service: Any) -> None:
    """The token or password that everybody knows is refused where others can ask."""
    with pytest.raises(ValueError, match="of its own"):
        Sandbox(services=(service,), exposed=True, host="0.0.0.0")  # noqa: S104 - is refused


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"{}", {}, 400),
        (b"{", {}, 400),
        (b"[]", {}, 400),
        (b'{"name":1,"fields":[{"source":"email","handle":"x"}]}', {}, 400),
        (b'{"fields":[{"source":"fax","handle":"x"}]}', {}, 400),
        (b'{"fields":[{"source":"email","handle":"x"}],"link":["x"]}', {}, 400),
        (b'{"fields":[{"source":"email","handle":"x"}]}', {"Content-Type": "text/plain"}, 415),
        (b'{"fields":[{"source":"email","handle":"x"}]}', {"Authorization": "Basic x"}, 401),
        (b'{"fields":[{"source":"email","handle":"x"}]}', {}, 202),
    ],
)
async def test_the_deprecated_api_refuses_what_it_cannot_take(
    body: bytes, headers: dict[str, str], status: int
) -> None:
    """Its errors are plain JSON; GET is 405, and a seed is there at once."""
    async with Sandbox(services=("front-legacy",)) as sandbox, aiohttp.ClientSession() as http:
        served = sandbox.front_legacy
        await served.seed(contacts=[{"name": "Ola", "fields": [{"source": "twitter", "handle": "@ola"}]}])
        own = {"Authorization": aiohttp.encode_basic_auth(served.company, served.password)}
        own["Content-Type"] = "application/json"
        async with http.post(f"{served.url}contacts", data=io.BytesIO(body), headers=own | headers) as answer:
            assert answer.status == status
            assert status == 202 or set(await answer.json()) == {"error"}
        async with http.get(f"{served.url}contacts", headers=own) as answer:
            assert (answer.status, answer.headers["Allow"]) == (405, "POST")
        assert [each["name"] for each in await served.contacts()] == ["Ola"]


def test_the_switches_are_documented() -> None:
    """docs/frontapp.md has the table that the class makes."""
    document = Path(__file__).parents[3] / "docs" / "frontapp.md"
    assert FrontSemantics.table() in document.read_text(encoding="utf-8")
