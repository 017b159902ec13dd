"""The client: where it comes from, what it shares, and what it never shows."""

import os
from pathlib import Path
from typing import Any

import pytest

from pling_async import ClientSettings, errors
from pling_async.ip1 import Contact, Ip1Client
from pling_async.ip1.filters import Filters
from tests.ip1.conftest import NUMBERS, Served


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Return an environment without IP1."""
    for name in ("IP1_TOKEN", "IP1_TOKEN_FILE", "IP1_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


async def test_from_env(environment: pytest.MonkeyPatch, served: Served) -> None:
    """A token and a base URL, which has a default."""
    environment.setenv("IP1_TOKEN", served.ip1.token)
    assert Ip1Client.from_env(settings=ClientSettings(rate=5)).settings.rate == 5
    assert Ip1Client.from_env().origin == "https://api.ip1sms.com"
    environment.setenv("IP1_BASE_URL", served.ip1.url)
    async with Ip1Client.from_env() as client:
        assert (await client.contacts.summary()).total_count == 0


def test_the_token_may_be_in_a_file(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Of its owner alone."""
    file = tmp_path / "token"
    file.write_text("hunter2\n", encoding="utf-8")
    environment.setenv("IP1_TOKEN_FILE", str(file))
    os.chmod(file, 0o644)  # noqa: PTH101 - as a user would
    with pytest.raises(errors.ConfigurationError, match="chmod 600"):
        Ip1Client.from_env()
    file.chmod(0o600)
    assert "hunter2" not in repr(Ip1Client.from_env())


@pytest.mark.parametrize("token", ["", "a b", "a\n", "æ"])
def test_a_token_that_is_none(environment: pytest.MonkeyPatch, token: str) -> None:
    """Missing or not fit for a header: refused before a connection, and not shown."""
    with pytest.raises(errors.ConfigurationError, match="the token is empty or has characters"):
        Ip1Client(token)
    environment.setenv("IP1_TOKEN", "")
    with pytest.raises(errors.ConfigurationError, match="neither IP1_TOKEN nor IP1_TOKEN_FILE"):
        Ip1Client.from_env()


@pytest.mark.parametrize("url", ["http://api.ip1sms.com/", "https://api.ip1sms.com/?a=b", "api.ip1sms.com"])
def test_a_base_url_that_is_none(url: str) -> None:
    """No token over plain HTTP, no query, no relative URL."""
    with pytest.raises(errors.ConfigurationError):
        Ip1Client("token", base_url=url)


async def test_a_lent_session_stays_open(served: Served) -> None:
    """A client over another's session closes nothing."""
    other = Ip1Client.over(served.client.session, origin=served.client.origin)
    await other.close()
    assert (await served.client.contacts.summary()).total_count == 0
    assert repr(other) == f"Ip1Client(origin='{served.sandbox.origin}')"
    await served.client.close()
    with pytest.raises(errors.ConfigurationError, match="closed"):
        await served.client.contacts.summary()


def test_a_repr_names_nobody(icarus: Contact) -> None:
    """Properties, labels and metadata are counted or left out."""
    assert repr(icarus.evolve(id="1")) == "Contact(properties=<3 properties>, id='1', owner_id=UNSET)"


def test_a_repr_of_filters_names_nobody() -> None:
    """I-26: neither label nor number of what is looked for."""
    filters = Filters(labels=["Kari"], properties={"phoneNumber": NUMBERS[0]}, metadata={"phoneNumber.x": NUMBERS[0]})
    assert repr(filters) == "Filters()"


def test_an_unknown_name() -> None:
    """The lazy module is an ordinary one."""
    import pling_async.ip1 as module  # noqa: PLC0415 - the module itself is what is tested

    with pytest.raises(AttributeError, match="nothing"):
        module.nothing  # noqa: B018 - the access is the test


def test_codec_is_strict(shape: Any) -> None:
    """What is not as documented is an error that says where, and never shows a value."""
    body, path = shape
    from pling_async.ip1.codec import decode_contacts  # noqa: PLC0415 - only here

    with pytest.raises(errors.SchemaError) as caught:
        decode_contacts(body)
    assert caught.value.json_path == path
    assert "secret" not in str(caught.value)


@pytest.fixture(
    params=[
        (b"{}", "$"),
        (b"[1]", "$[0]"),
        (b'[{"properties":{}}]', "$[0].id"),
        (b'[{"id":1,"properties":{}}]', "$[0].id"),
        (b'[{"id":"1"}]', "$[0].properties"),
        (b'[{"id":"1","properties":{"a":"x","b":["secret"]}}]', "$[0].properties.b"),
        (b'[{"id":"1","properties":{},"labels":["a",{}]}]', "$[0].labels[1]"),
        (b'[{"id":"1","properties":{},"metadata":[]}]', "$[0].metadata"),
        (b'[{"id":"1","properties":{},"metadata":{"p":{"isBlocked":"secret"}}}]', "$[0].metadata.p.isBlocked"),
        (b'[{"id":"1","properties":{},"metadata":{"p":{"isBlocked":1}}}]', "$[0].metadata.p.isBlocked"),
        (b'[{"id":"1","properties":{},"ownerId":null}]', "$[0].ownerId"),
    ],
    ids=lambda param: param[1],
)
def shape(request: pytest.FixtureRequest) -> Any:
    """Return a body that is not as documented, and where."""
    return request.param


@pytest.mark.parametrize(
    ("metadata", "is_blocked"),
    [
        (None, None),
        ({}, None),
        ({"phoneNumber": {}}, None),
        ({"phoneNumber": {"isBlocked": "false"}}, False),
        ({"phoneNumber": {"isBlocked": "true"}}, True),
        ({"phoneNumber": {"isBlocked": "True"}}, True),
        ({"a": {"isBlocked": False}, "b": {"isBlocked": True}}, True),
    ],
)
def test_blocked_is_what_the_metadata_say(metadata: Any, is_blocked: bool | None) -> None:  # noqa: FBT001 - a value
    """Texts in the document, booleans if the server ever has them; one blocked number blocks the contact."""
    import orjson  # noqa: PLC0415 - only here

    from pling_async.ip1.codec import decode_contact  # noqa: PLC0415 - only here

    body = {"id": "1", "properties": {"a": None}, "labels": None, "metadata": metadata, "new": 1}
    contact = decode_contact(orjson.dumps(body))
    assert (contact.is_blocked, contact.labels, contact.extra) == (is_blocked, (), {"new": 1})
