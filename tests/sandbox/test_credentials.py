"""Which credentials a sandbox takes for itself, and how the command makes and shows them."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pling_async.sandbox import Sandbox, User


@pytest.mark.parametrize("name", ["ola@firma.no", "ola@mail.example.com.evil", "ola@example.community"])
async def test_an_e_mail_address_is_no_name_for_a_user(name: str) -> None:
    """It looks like a login of a real account, unless its domain is for examples."""
    with pytest.raises(ValueError, match="e-mail address"):
        await Sandbox(users=(User(name=name),)).start()


@pytest.mark.parametrize("name", ["ola@example.com", "ola@mail.example.org", "ola@sandbox.test", "ola"])
async def test_other_names_are_fine(name: str) -> None:
    """Nobody logs in to the real API with these."""
    async with Sandbox(users=(User(name=name),)) as sandbox:
        assert sandbox.username == name


@pytest.fixture
def configured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Configure an account in the environment, its password directly or in a file."""

    def configure(password: str, url: str | None, *, in_file: bool) -> None:
        for name in ("PLING_PASSWORD", "PLING_PASSWORD_FILE", "PLING_BASE_URL"):
            monkeypatch.delenv(name, raising=False)
        if in_file:
            (tmp_path / "password").write_text(f"{password}\n", encoding="utf-8")
            monkeypatch.setenv("PLING_PASSWORD_FILE", str(tmp_path / "password"))
        else:
            monkeypatch.setenv("PLING_PASSWORD", password)
        if url:
            monkeypatch.setenv("PLING_BASE_URL", url)

    return configure


@pytest.mark.parametrize("in_file", [False, True])
@pytest.mark.parametrize("url", [None, "https://login.pling.as/api/"])
async def test_the_password_of_a_real_account_is_refused(
    configured: Any, url: Any, in_file: Any, tmp_path: Any
) -> None:
    """What opens the configured account is not for a server to play with; no database is made, and nothing is shown."""
    configured("s3cr3t-of-the-account", url, in_file=in_file)
    with pytest.raises(ValueError, match="real account") as caught:
        await Sandbox(database=tmp_path / "s.sqlite", users=(User(password="s3cr3t-of-the-account"),)).start()
    assert "s3cr3t" not in str(caught.value)
    assert not (tmp_path / "s.sqlite").exists()


@pytest.mark.parametrize(
    ("password", "url"),
    [("s3cr3t-of-the-account", "http://127.0.0.1:8787/api/"), ("another", None), ("sandbox", None)],
)
async def test_other_configurations_are_no_hindrance(configured: Any, password: str, url: Any) -> None:
    """The environment may lead to a sandbox, have another password, or the one that everybody knows."""
    configured(password, url, in_file=False)
    mine = "sandbox" if password == "sandbox" else "s3cr3t-of-the-account"
    async with Sandbox(users=(User(password=mine),)) as sandbox:
        assert sandbox.password == mine


async def test_an_unreadable_password_file_is_no_hindrance(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """There is nothing to compare with."""
    monkeypatch.delenv("PLING_PASSWORD", raising=False)
    monkeypatch.setenv("PLING_PASSWORD_FILE", str(tmp_path / "missing"))
    async with Sandbox() as sandbox:
        assert sandbox.port


def started(*flags: str, **environment: str) -> "subprocess.Popen[str]":
    """Run `pling sandbox` on a free port, in memory, with no account configured."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PLING_")}
    line = [sys.executable, "-u", "-m", "pling_async.cli", "sandbox", "--port", "0", "--database", ":memory:", *flags]
    return subprocess.Popen(
        line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=inherited | environment
    )


def ended(process: "subprocess.Popen[str]", lines: int) -> str:
    """Return what the sandbox printed, after Ctrl-C when it has printed so many lines."""
    with process:
        assert process.stdout is not None
        banner = "".join(process.stdout.readline() for _ in range(lines))
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    return f"{banner}{out}{err}"


def test_the_banner_says_what_it_is_and_has_a_new_password_once() -> None:
    """Two runs have two passwords, each long and printed once, beside where the sandbox is and what it is not."""
    printed = [ended(started(), 8) for _ in range(2)]
    passwords = {text.split("export PLING_PASSWORD=")[1].split()[0] for text in printed}
    assert len(passwords) == 2
    assert min(map(len, passwords)) >= 16
    for text in printed:
        assert sum(text.count(password) for password in passwords) == 1
        assert "http://127.0.0.1:" in text
        assert "not the real Pling" in text


def test_a_lasting_password_is_not_printed() -> None:
    """It comes from the environment, and only its variable is named."""
    text = ended(started(PLING_SANDBOX_PASSWORD="a lasting one"), 8)
    assert 'export PLING_PASSWORD="$PLING_SANDBOX_PASSWORD"' in text
    assert "a lasting one" not in text


def test_the_command_takes_a_switch_for_other_addresses() -> None:
    """Without --i-know it does not start; with it, the banner says who can reach it."""
    refused = started("--host", "0.0.0.0")  # noqa: S104 - refused
    _, err = refused.communicate(timeout=30)
    assert refused.returncode == 2
    assert "--i-know" in err
    assert "Other machines can reach it" in ended(started("--host", "0.0.0.0", "--i-know"), 9)  # noqa: S104 - for a moment


def test_the_command_refuses_the_password_of_a_real_account() -> None:
    """One message, no banner, and not the password."""
    process = started(PLING_SANDBOX_PASSWORD="s3cr3t-of-the-account", PLING_PASSWORD="s3cr3t-of-the-account")
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (1, "")
    assert "real account" in err
    assert "s3cr3t" not in err


def test_the_embedded_sandbox_has_a_password_that_nobody_knows(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """While a command runs on it, the well-known credentials open nothing."""
    from pling_async.cli import embedded  # noqa: PLC0415 - only this test is about it

    seen = []

    class Spied(Sandbox):
        async def start(self) -> None:
            await super().start()
            seen.append(self)

    monkeypatch.setattr(embedded, "Sandbox", Spied)

    async def use() -> None:
        async with embedded.embedded_client(tmp_path / "s.sqlite") as client:
            assert (await client.contacts.list()).contacts == ()

    asyncio.run(use())
    asyncio.run(use())
    assert len({sandbox.password for sandbox in seen} - {User().password}) == 2
    assert min(len(sandbox.password) for sandbox in seen) >= 32
