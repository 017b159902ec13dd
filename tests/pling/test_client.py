"""The client: where it comes from, what it shares, and what it never shows."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from pling_async import ClientSettings, PlingClient, errors


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Return an environment that has everything."""
    for name in ("PASSWORD_FILE", "BASE_URL"):
        monkeypatch.delenv(f"PLING_{name}", raising=False)
    for name, value in {"USERNAME": "user", "PASSWORD": "hunter2", "ACCOUNT_ID": "12345"}.items():
        monkeypatch.setenv(f"PLING_{name}", value)
    return monkeypatch


def test_from_env(environment: pytest.MonkeyPatch) -> None:
    """Four variables; the base URL has a default."""
    client = PlingClient.from_env(settings=ClientSettings(rate=5))
    assert (client.account_id, client.origin, client.settings.rate) == (12345, "https://login.pling.as", 5)
    environment.setenv("PLING_BASE_URL", "http://127.0.0.1:8787/api")
    assert PlingClient.from_env().origin == "http://127.0.0.1:8787"


@pytest.mark.parametrize("name", ["PLING_USERNAME", "PLING_PASSWORD", "PLING_ACCOUNT_ID"])
def test_from_env_names_what_is_missing(environment: pytest.MonkeyPatch, name: str) -> None:
    """The message names the variable and shows no value."""
    environment.setenv(name, "")
    with pytest.raises(errors.ConfigurationError, match=name) as caught:
        PlingClient.from_env()
    assert "hunter2" not in str(caught.value)


def test_the_account_must_be_a_number(environment: pytest.MonkeyPatch) -> None:
    """An account id is digits, nothing else."""
    environment.setenv("PLING_ACCOUNT_ID", "12 345")
    with pytest.raises(errors.ConfigurationError, match="PLING_ACCOUNT_ID"):
        PlingClient.from_env()
    account: Any
    for account in ("12345", True, -1, None):
        with pytest.raises(errors.ConfigurationError, match="account_id"):
            PlingClient("user", "x", account_id=account)


def test_a_password_file_is_its_owners(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A file that others may read is refused; its last line break does not belong to the password."""
    file = tmp_path / "password"
    file.write_text("hunter2\n")
    environment.delenv("PLING_PASSWORD")
    environment.setenv("PLING_PASSWORD_FILE", str(file))
    file.chmod(0o640)
    with pytest.raises(errors.ConfigurationError, match="chmod"):
        PlingClient.from_env()
    file.chmod(0o600)
    assert PlingClient.from_env().account_id == 12345
    file.write_bytes(b"\xff")
    with pytest.raises(errors.ConfigurationError, match="cannot be read"):
        PlingClient.from_env()
    file.unlink()
    with pytest.raises(errors.ConfigurationError, match="FileNotFoundError"):
        PlingClient.from_env()


def test_no_repr_has_the_secret() -> None:
    """I-26: neither the client nor anything below it shows the credentials."""
    client = PlingClient("user", "hunter2", account_id=12345)
    shown = repr(client) + repr(client.contacts) + repr(client.groups) + repr(client.stop_list) + repr(client.settings)
    assert repr(client) == "PlingClient(account_id=12345, origin='https://login.pling.as')"
    assert "hunter2" not in shown
    assert "dXNlcjpodW50ZXIy" not in shown


def test_bad_credentials_are_refused_at_once() -> None:
    """A colon in the user name would be read as part of the password."""
    with pytest.raises(errors.ConfigurationError):
        PlingClient("us:er", "x", account_id=1)
    with pytest.raises(errors.ConfigurationError):
        PlingClient("user", "x", account_id=1, base_url="http://login.pling.as/api/")


async def test_accounts_share_one_session(mocked: Any, client: Any) -> None:
    """`for_account` opens nothing, and closing it closes nothing."""
    async with client.for_account(67890) as other:
        assert (other.account_id, other.origin, other.settings) == (67890, client.origin, client.settings)
    url = "https://login.pling.as/api/contact-groups?accountId=12345"
    mocked.get(url, payload=[])
    assert await client.groups.list() == ()
    await client.close()
    with pytest.raises(errors.ConfigurationError, match="closed"):
        await other.groups.list()


async def test_a_client_may_be_made_before_the_loop() -> None:
    """Making a client touches neither network nor event loop."""
    client = await asyncio.to_thread(PlingClient, "user", "x", account_id=1)
    await client.close()
