"""The clients: where they come from, what they share, and what the deprecated one refuses."""

import asyncio
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import orjson
import pytest

from pling_async import ClientSettings, RetryPolicy, Timeouts, errors
from pling_async.frontapp.client import PATIENT, FrontClient
from pling_async.frontapp.legacy import Accepted, LegacyContact, LegacyFrontClient
from pling_async.frontapp.models import Handle
from pling_async.sandbox import ApiToken, Fault, FrontSemantics, FrontService, ManualClock, Sandbox

Front = Any
Serve = Callable[..., Awaitable[Front]]


def test_from_env(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The token is in a variable or in a file of its owner's; the base URL has a default."""
    for name in ("FRONT_TOKEN", "FRONT_TOKEN_FILE", "FRONT_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(errors.ConfigurationError, match="FRONT_TOKEN_FILE"):
        FrontClient.from_env()
    file = tmp_path / "token"
    file.write_text("t0k3n\n")
    file.chmod(0o600)
    monkeypatch.setenv("FRONT_TOKEN_FILE", str(file))
    client = FrontClient.from_env()
    assert (client.origin, client.settings) == ("https://api2.frontapp.com", PATIENT)
    assert "t0k3n" not in repr(client)
    monkeypatch.setenv("FRONT_BASE_URL", "http://127.0.0.1:8787/front")
    monkeypatch.setenv("FRONT_COMPANY", "ours")
    assert FrontClient.from_env(settings=ClientSettings(rate=1)).origin == "http://127.0.0.1:8787"


def test_the_deprecated_client_from_env(monkeypatch: pytest.MonkeyPatch) -> None:
    """Company and password are in variables of its own, not in those of the API that replaced it."""
    for name in ("COMPANY", "PASSWORD", "PASSWORD_FILE", "BASE_URL"):
        monkeypatch.delenv(f"FRONT_LEGACY_{name}", raising=False)
    with pytest.raises(errors.ConfigurationError, match="FRONT_LEGACY_COMPANY"):
        LegacyFrontClient.from_env()
    monkeypatch.setenv("FRONT_LEGACY_COMPANY", "us")
    monkeypatch.setenv("FRONT_LEGACY_PASSWORD", "s3cret")
    with pytest.warns(DeprecationWarning, match="2016") as caught:
        client = LegacyFrontClient.from_env()
    assert [each.filename for each in caught] == [__file__]
    assert (client.origin, "s3cret" in repr(client)) == ("https://api.frontapp.com", False)


async def test_a_session_made_elsewhere_stays_open(front: Front) -> None:
    """`over` takes a session and does not close it."""
    async with FrontClient.over(front.client.session, origin=front.client.origin) as other:
        assert (await other.company()).name == "sandbox"
    assert (await front.client.company()).id == "cmp_1"


async def test_clients_of_one_token_share_one_limiter(front: Front) -> None:
    """A pause that one client was told of holds for the others of its token, and for no other token."""
    url, settings = front.sandbox.front.url, ClientSettings(retry=PATIENT.retry)
    one, two = (FrontClient("sandbox", base_url=url, settings=settings) for _ in range(2))
    async with one, two:
        front.sandbox.fail(Fault(path="*/me", status=429, retry_after="0.4"))
        began = asyncio.get_running_loop().time()
        first = asyncio.create_task(one.company())
        while not front.sandbox.requests or front.sandbox.requests[-1].status != 429:  # noqa: ASYNC110 - no event is set
            await asyncio.sleep(0.005)
        await asyncio.sleep(0.02)
        await two.company()
        assert asyncio.get_running_loop().time() - began >= 0.4
        await first
    stranger = FrontClient("another-token", base_url=url)
    with pytest.raises(errors.AuthenticationError):
        await stranger.company()
    await stranger.close()


async def test_tokens_of_one_company_share_one_limiter() -> None:
    """Front counts by company: what one token was told of its minute holds for the other, who says the same company.

    With a minute that is full, whoever shares the limiter does not even ask, and whoever does not is refused.
    """
    service = FrontService(
        semantics=FrontSemantics(rate_limit=50), tokens=tuple(ApiToken(text=text) for text in ("a", "b", "c"))
    )
    settings = ClientSettings(timeout=Timeouts(total=0.5), retry=RetryPolicy(attempts=1))
    async with AsyncExitStack() as stack:
        sandbox = await stack.enter_async_context(Sandbox(services=(service,)))
        url = sandbox.front.url
        companies = {"a": "ours", "b": "ours", "c": None}
        one, two, stranger = [
            await stack.enter_async_context(FrontClient(token, base_url=url, settings=settings, company=company))
            for token, company in companies.items()
        ]
        for _ in range(50):
            await one.company()
        with pytest.raises(errors.PoolTimeout):
            await two.company()
        assert len(sandbox.requests) == 50
        with pytest.raises(errors.RateLimited):
            await stranger.company()


@pytest.fixture
async def legacy() -> AsyncIterator[tuple[Sandbox, LegacyFrontClient]]:
    """Return a sandbox of the deprecated API and a client of it."""
    async with Sandbox(clock=ManualClock(), services=("front-legacy",)) as sandbox:
        served = sandbox.front_legacy
        with pytest.warns(DeprecationWarning, match="FrontClient"):
            client = LegacyFrontClient(served.company, served.password, base_url=served.url)
        async with client:
            yield sandbox, client


def bruce(*handles: Handle) -> LegacyContact:
    """Return a contact that has an address, and more."""
    return LegacyContact(name="Bruce", handles=(Handle("email", "bruce@example.com"), *handles))


async def test_the_deprecated_client_sends_what_the_document_shows(legacy: tuple[Sandbox, LegacyFrontClient]) -> None:
    """`fields` and `link` are this API's names; accepted is not applied, and says nothing of what came of it."""
    sandbox, client = legacy
    contact = LegacyContact(name="Bruce", links=("https://wayne.inc",), handles=(Handle("phone", "+12125550123"),))
    assert await client.add(contact) == Accepted()
    body = {
        "name": "Bruce",
        "link": [{"url": "https://wayne.inc"}],
        "fields": [{"source": "phone", "handle": "+12125550123"}],
    }
    assert orjson.loads(sandbox.requests[-1].body or b"") == body
    assert await sandbox.front_legacy.contacts() == []
    await sandbox.settle()
    assert await sandbox.front_legacy.contacts() == [{**body, "description": ""}]


async def test_the_deprecated_client_wants_a_handle(legacy: tuple[Sandbox, LegacyFrontClient]) -> None:
    """A contact that nobody can be reached by is not sent."""
    sandbox, client = legacy
    with pytest.raises(errors.ValidationError, match="at least one handle") as caught:
        await client.add(LegacyContact(name="Bruce", handles=()))
    assert [(each.field, each.code) for each in caught.value.problems] == [("handles", "empty")]
    assert sandbox.requests == []


@pytest.mark.parametrize(
    ("handle", "words"),
    [
        (Handle("phone", "99999001"), "E.164"),
        (Handle("phone", "004799999001"), "E.164"),
        (Handle("facebook", "x"), "email, phone, twitter"),
        (Handle("twitter", " "), "blank"),
    ],
)
async def test_the_deprecated_client_wants_e164(
    legacy: tuple[Sandbox, LegacyFrontClient], handle: Handle, words: str
) -> None:
    """The server would put +1 before a Nordic number, so nothing but E.164 is sent."""
    sandbox, client = legacy
    with pytest.raises(errors.ValidationError, match=words) as caught:
        await client.add(bruce(handle))
    assert sandbox.requests == []
    assert "99999001" not in str(caught.value)


def test_a_link_of_the_deprecated_client_is_one_of_a_list() -> None:
    """Each letter of a text would be sent as a link."""
    with pytest.raises(errors.ValidationError, match="links are a list"):
        LegacyContact(handles=(), links="https://wayne.inc")  # type: ignore[arg-type]


async def test_the_deprecated_client_is_told_what_is_wrong(legacy: tuple[Sandbox, LegacyFrontClient]) -> None:
    """A wrong password is a 401; no answer is tried again, as the same contact twice leaves the same."""
    sandbox, client = legacy
    sandbox.fail(Fault(path="*/contacts", action="reset_after_commit"))
    assert await client.add(bruce()) == Accepted()
    await sandbox.settle()
    assert len(await sandbox.front_legacy.contacts()) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        stranger = LegacyFrontClient("company", "wrong", base_url=sandbox.front_legacy.url)
    assert "wrong" not in repr(stranger)
    with pytest.raises(errors.AuthenticationError) as caught:
        await stranger.add(bruce())
    assert caught.value.problem is not None
    assert caught.value.problem.detail
    await stranger.close()
