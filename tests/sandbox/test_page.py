"""The sandbox's page as HTTP: who may see it, who may use its forms, and what its answers say of themselves."""

import base64
import hashlib
import io
import re
from typing import Any
from urllib.parse import urlencode

import pytest

from pling_async.sandbox import User
from pling_async.sandbox.page import rendering

FIRST = "+4799999901"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
PARTS = ("/", *(f"/page/{each}" for each in ("contacts", "groups", "stop-list", "requests", "replace", "faults")))
ACTIONS = ("reset", "seed", "sample", "arm", "disarm", "settle", "switch", "forget")


async def token(api: Any) -> str:
    """Return what the page's forms carry."""
    page = (await api.send("GET", api.sandbox.origin + "/")).body.decode()
    return re.findall(r'name="token" value="([^"]+)"', page)[0]


async def posted(api: Any, action: str, headers: Any = None, /, **fields: str) -> Any:
    """Send a form as the page does."""
    url = f"{api.sandbox.origin}/page/{action}"
    body = urlencode({"token": await token(api), **fields})
    return await api.send("POST", url, data=body, headers={**FORM, **(headers or {})}, allow_redirects=False)


@pytest.mark.parametrize("path", PARTS)
async def test_a_part_may_hold_only_its_own_style(api: Any, path: str) -> None:
    """The policy names the one style by its hash, no script, no frame, no other place; nothing is kept by a cache."""
    reply = await api.send("GET", api.sandbox.origin + path)
    assert reply.status == 200
    [style] = re.findall(r"<style>(.*?)</style>", reply.body.decode(), re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = reply.headers["content-security-policy"]
    assert policy.startswith(f"default-src 'none'; style-src 'sha256-{digest}';")
    assert "form-action 'self'; base-uri 'none'; frame-ancestors 'none'" in policy
    assert (reply.headers["cache-control"], reply.headers["x-content-type-options"]) == ("no-store", "nosniff")
    assert re.findall(rb"""(?:src|href|action)=["']?(?![/#?])[^"'\s>]+""", reply.body) == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "https://example.com"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Host": "evil.example"},
    ],
)
async def test_other_pages_are_refused(api: Any, headers: Any) -> None:
    """Neither another site, nor another port of this machine, nor a name that was rebound sees or changes anything."""
    for path in PARTS:
        assert (await api.send("GET", api.sandbox.origin + path, headers=headers)).status == 403
    await api.add(FIRST)
    for action in ACTIONS:
        assert (await posted(api, action, headers)).status == 403
    assert len(await api.sandbox.contacts()) == 1


async def test_its_own_forms_reach_no_api(api: Any) -> None:
    """What the page may do under its own paths it may not do elsewhere."""
    own = {"Origin": api.sandbox.origin, "Sec-Fetch-Site": "same-origin"}
    assert (await api.send("GET", api.sandbox.origin + "/", headers=own)).status == 200
    for path in ("/api/contacts?accountId=12345", "/__sandbox__/snapshot", "/openapi.json", "/pages"):
        assert (await api.send("GET", api.sandbox.origin + path, headers=own)).status == 403


@pytest.mark.parametrize("action", ACTIONS)
async def test_a_form_without_the_token_changes_nothing(api: Any, action: str) -> None:
    """Also when it comes without any sign of a page, from a program that knows no better."""
    await api.add(FIRST)
    url = f"{api.sandbox.origin}/page/{action}"
    for body in ("", "token=", "token=guessed", "token=%C3%A5"):
        assert (await api.send("POST", url, data=body, headers=FORM)).status == 403
    assert (await api.send("POST", url, json={"token": await token(api)})).status == 415
    assert (await api.send("POST", url, data=io.BytesIO(b"x" * ((1 << 20) + 1)), headers=FORM)).status == 413
    assert len(await api.sandbox.contacts()) == 1


async def test_a_form_with_the_token_is_done(api: Any) -> None:
    """And the browser is sent on, so that loading again repeats nothing."""
    await api.add(FIRST)
    reply = await posted(api, "reset", {"Origin": api.sandbox.origin, "Sec-Fetch-Site": "same-origin"})
    assert (reply.status, reply.headers["location"]) == (303, "/?done=reset")
    assert await api.sandbox.contacts() == []


@pytest.mark.parametrize(
    ("action", "fields", "said"),
    [
        ("seed", {"objects": "{"}, "that is not JSON"),
        ("seed", {"objects": "[1]"}, "that cannot be stored"),
        ("seed", {"objects": f'[{{"mobile": "{FIRST}", "id": {1 << 63}}}]'}, "that cannot be stored"),
        ("seed", {"objects": '{"people": []}'}, "neither a list of contacts nor"),
        ("seed", {"objects": f'[{{"mobile": "{FIRST}"}}, {{"mobile": "{FIRST}"}}]'}, "the store refuses that"),
        ("sample", {"count": "-1"}, "count is a whole number"),
        ("arm", {"action": "nonsense"}, "there is no fault"),
        ("arm", {"action": "answer", "status": "99"}, "status must be a whole number, from 100 to 599"),
        ("arm", {"action": "delay", "delay": "nan"}, "delay is a number of seconds"),
        ("switch", {"stop_list": "nonsense"}, "stop_list cannot be"),
    ],
)
async def test_what_cannot_be_done_is_said(api: Any, action: str, fields: Any, said: str) -> None:
    """The answer is a page with the reason, and nothing was changed."""
    reply = await posted(api, action, **fields)
    assert reply.status == 400
    assert said in reply.body.decode()
    assert (await api.sandbox.contacts(), api.sandbox._controls.traffic.faults.armed()) == ([], ())


async def test_a_stop_list_that_becomes_sticky_knows_who_is_stopped(api: Any) -> None:
    """Who was stopped before the switch is stopped again when they come back after it."""
    await api.sandbox.seed([{"mobile": FIRST, "stop": 1}])
    await posted(api, "switch", stop_list="sticky")
    await api.replace({"mobile": "+4799999902"})
    assert FIRST in (await api.send("GET", f"{api.sandbox.origin}/page/stop-list")).body.decode()
    await api.replace({"mobile": FIRST})
    assert (await api.by_mobile())[FIRST]["stop"] == 1


async def test_a_replace_that_dies_is_shown_as_what_it_was(serve: Any) -> None:
    """With atomic commits nothing was kept; row by row what is shown was."""
    for commit, words in (("atomic", "nothing was kept"), ("row_by_row", "what is shown was kept")):
        api = await serve(replace_commit=commit)
        await posted(api, "arm", action="crash", path="*/replace", rows="1", count="1")
        with pytest.raises(Exception, match=r"disconnected|reset"):
            await api.replace({"mobile": FIRST}, {"mobile": "+4799999902"})
        assert words in (await api.send("GET", f"{api.sandbox.origin}/page/replace")).body.decode()


async def test_an_unknown_contact_or_part(api: Any) -> None:
    """They are 404, and a page number that is none is the first or the last."""
    for path in ("/page/contacts/1", "/page/nothing"):
        assert (await api.send("GET", api.sandbox.origin + path)).status == 404
    for number in ("-1", "x", "0", "99999999999999"):
        assert (await api.send("GET", f"{api.sandbox.origin}/page/contacts?page={number}")).status == 200
    assert (await api.send("GET", f"{api.sandbox.origin}/favicon.ico")).status == 204


async def test_an_exposed_sandbox_has_no_page(serve: Any) -> None:
    """It is for this machine alone: what other machines can reach shows nobody's contacts without credentials."""
    api = await serve(exposed=True, users=(User(password="a password of its own"),))
    for path in PARTS:
        assert (await api.send("GET", api.sandbox.origin + path)).status == 404


async def test_without_jinja2_the_page_says_what_to_install(api: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sandbox itself does without it."""

    def missing() -> None:
        raise ImportError("jinja2")

    monkeypatch.setattr(rendering, "_environment", missing)
    reply = await api.send("GET", api.sandbox.origin + "/")
    assert (reply.status, "pling-async[cli]" in reply.body.decode()) == (501, True)
