"""Profiles: which account is meant, who said so, and where a password may go."""

import io
import json
import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Write = Callable[..., Path]
CANARY = "canary-of-a-secret"


@pytest.fixture
def here(nowhere: Path) -> Write:
    """Write ./pling.toml."""
    return lambda text, mode=0o600: _written(nowhere / "pling.toml", text, mode)


@pytest.fixture
def users(nowhere: Path) -> Write:
    """Write the user's own pling.toml."""
    return lambda text, mode=0o600: _written(nowhere / "config" / "pling-async" / "pling.toml", text, mode)


def _written(path: Path, text: str, mode: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def _profile(server: Any, name: str = "test", **changes: Any) -> str:
    values = {
        "username": server.sandbox.username,
        "password": server.sandbox.password,
        "account_id": server.sandbox.account_id,
        "base_url": server.sandbox.url,
    } | changes
    lines = [f"{key} = {_toml(value)}" for key, value in values.items() if value is not None]
    return "\n".join([f"[profiles.{name}]", *lines, ""])


def _toml(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value) if isinstance(value, int) else f'"{value}"'


def _shown(pling: Any, *arguments: str) -> dict[str, tuple[str, str]]:
    told = pling("config", "show", "-o", "json", *arguments)
    assert told.code == 0, told.err
    return {each["setting"]: (each["value"], each["source"]) for each in json.loads(told.out)}


def test_a_profile_is_an_account(pling: Any, server: Any, users: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """A profile leads to its account, named before the command, behind it, or by PLING_PROFILE."""
    users(_profile(server))
    server.seed({"mobile": "+4799999101"})
    for line in (("--profile", "test", "contacts", "list"), ("contacts", "list", "--profile", "test")):
        ended = pling(*line)
        assert (ended.code, "+4799999101" in ended.out) == (0, True), ended.err
    monkeypatch.setenv("PLING_PROFILE", "test")
    assert "+4799999101" in pling("contacts", "list").out


def test_the_default_profile(pling: Any, server: Any, users: Write) -> None:
    """Without a name it is the file's own choice, or else the one called default; sandbox is always there."""
    users(_profile(server, "default"))
    assert _shown(pling)["profile"][0] == "default"
    users('profile = "work"\n' + _profile(server, "default") + _profile(server, "work"))
    assert _shown(pling)["profile"][0] == "work"
    ended = pling("contacts", "list", "--profile", "sandbox")
    assert (ended.code, "embedded sandbox" in ended.err) == (0, True)
    assert server.sandbox.requests == []


def test_precedence(pling: Any, users: Write, here: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """Options win over the environment, that over ./pling.toml, that over the user's file, that over defaults."""
    assert _shown(pling) == {"profile": ("sandbox", "default")}
    users('profile = "a"\n[profiles.a]\nusername = "mine"\naccount_id = 1\n')
    shown = _shown(pling)
    assert shown["username"][0] == "mine"
    assert shown["username"][1].endswith("pling-async/pling.toml [profiles.a]")
    assert shown["base_url"] == ("https://login.pling.as/api/", "default")
    here("[profiles.a]\naccount_id = 2\n")
    assert _shown(pling)["account_id"] == ("2", "./pling.toml [profiles.a]")
    monkeypatch.setenv("PLING_ACCOUNT_ID", "3")
    assert _shown(pling)["account_id"] == ("3", "PLING_ACCOUNT_ID")
    assert _shown(pling, "--profile", "a")["account_id"] == ("2", "./pling.toml [profiles.a]")
    assert _shown(pling, "--account", "4")["account_id"] == ("4", "--account")
    assert _shown(pling)["username"][0] == "mine"


def test_folders_above_are_not_looked_at(
    pling: Any, server: Any, here: Write, monkeypatch: pytest.MonkeyPatch, nowhere: Path
) -> None:
    """What lies in a folder above chooses no account: others may write there."""
    here(_profile(server, "default"))
    (nowhere / "below").mkdir()
    monkeypatch.chdir(nowhere / "below")
    assert _shown(pling) == {"profile": ("sandbox", "default")}


def test_the_current_folder_is_named(pling: Any, server: Any, here: Write) -> None:
    """When ./pling.toml decides, every command says so on stderr."""
    here(_profile(server, "default"))
    ended = pling("contacts", "list")
    assert ended.code == 0
    assert f"Account {server.sandbox.account_id} at http://127.0.0.1" in ended.err
    assert "./pling.toml" in ended.err


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[profiles.a]\nuser_name = "x"\n', "did you mean 'username'?"),
        ('profil = "a"\n', "did you mean 'profile'?"),
        ('[profiles.a]\naccount_id = "1"\n', "account_id must be a whole number"),
        ("[profiles.a]\npassword = 2026-01-01\n", "password must be a text"),
        ("[profiles.a]\nkeyring = 1\n", "keyring must be true or false"),
        ("[profiles]\na = 1\n", "is not a profile"),
        ("[profiles.a\n", "cannot be read"),
        ('[profiles.a]\nusername = "x"\nusername = "y"\n', "cannot be read"),
        ('profile = "b"\n[profiles.a]\nusername = "x"\n', "there is no profile 'b'"),
    ],
)
def test_a_file_that_means_nothing(pling: Any, users: Write, text: str, told: str) -> None:
    """A key that is not known, a value of another kind, and text that is no TOML are refused, with the file's name."""
    users(text)
    ended = pling("contacts", "list")
    assert (ended.code, ended.out) == (2, "")
    assert told in ended.err
    assert "pling.toml" in ended.err


def test_a_profile_that_is_not_there(pling: Any, server: Any, users: Write) -> None:
    """A mistyped profile is met with the one that was meant, and leads nowhere else."""
    users(_profile(server, "production"))
    ended = pling("contacts", "list", "--profile", "prodction")
    assert (ended.code, "did you mean 'production'?" in ended.err) == (2, True)
    assert server.sandbox.requests == []


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
def test_a_password_that_others_may_read(pling: Any, server: Any, users: Write, mode: int) -> None:
    """A file with a password that is not its owner's alone is refused with the chmod, and the password not shown."""
    path = users(_profile(server, "default", password=CANARY), mode)
    ended = pling("contacts", "list")
    assert (ended.code, f"chmod 600 {path}" in ended.err, CANARY in ended.err) == (2, True, False)
    users(_profile(server, "default", password=None), mode)
    assert "others may read" not in pling("contacts", "list").err


def test_a_file_that_anybody_may_write(pling: Any, here: Write) -> None:
    """A file that everybody may write to chooses no account."""
    here('[profiles.default]\nusername = "x"\n', 0o646)
    assert "chmod o-w" in pling("contacts", "list").err


def test_a_pipe_is_not_waited_for(pling: Any, nowhere: Path) -> None:
    """A folder that somebody prepared makes no command hang."""
    os.mkfifo(nowhere / "pling.toml")
    ended = pling("config", "show")
    assert (ended.code, ended.err) == (2, "pling: ./pling.toml is a device or a pipe; it is not read\n")


def test_a_file_of_somebody_else(pling: Any, here: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that belongs to another user is not read."""
    here('[profiles.default]\nusername = "x"\n')
    monkeypatch.setattr(os, "getuid", lambda: 4711)
    if (os.stat("pling.toml").st_uid) == 0:  # noqa: PTH116 - whose file it is
        os.chown("pling.toml", 4712, -1)
    assert "belongs to another user" in pling("config", "show").err


def test_no_password_for_a_prepared_folder(
    pling: Any, server: Any, here: Write, users: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A base_url of ./pling.toml gets no password of the environment, nor of the user's own file."""
    here(_profile(server, "default", password=None, username=None))
    monkeypatch.setenv("PLING_PASSWORD", CANARY)
    monkeypatch.setenv("PLING_USERNAME", "me")
    ended = pling("contacts", "list")
    assert (ended.code, "would be sent to the base_url of ./pling.toml" in ended.err) == (2, True)
    monkeypatch.delenv("PLING_PASSWORD")
    users(f'[profiles.default]\npassword = "{CANARY}"\n')
    assert "would be sent to the base_url of ./pling.toml" in pling("contacts", "list").err
    assert server.sandbox.requests == []
    monkeypatch.setenv("PLING_PASSWORD", server.sandbox.password)
    monkeypatch.setenv("PLING_USERNAME", server.sandbox.username)
    monkeypatch.setenv("PLING_BASE_URL", server.sandbox.url)
    assert pling("contacts", "list").code == 0


def test_passwords_are_masked(pling: Any, users: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a password of a file nor one of the environment is shown, in any format."""
    users(f'[profiles.default]\nusername = "x"\npassword = "{CANARY}"\n')
    for form in ("table", "json", "ndjson"):
        told = pling("config", "show", "-o", form)
        assert CANARY not in told.out + told.err
        assert "***" in told.out
    monkeypatch.setenv("PLING_PASSWORD", CANARY)
    assert _shown(pling)["password"] == ("***", "PLING_PASSWORD")


def test_a_password_in_the_url_is_not_repeated(pling: Any, users: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """Such a base URL is refused everywhere; to be shown, too."""
    users(f'[profiles.default]\nusername = "x"\nbase_url = "https://x:{CANARY}@api.test/"\n')
    for form in ("table", "json", "ndjson"):
        told = pling("config", "show", "-o", form)
        assert CANARY not in told.out + told.err
        assert "the base URL contains a user name" in told.out
    monkeypatch.setenv("IP1_BASE_URL", f"https://x:{CANARY}@ip1.test/")
    assert CANARY not in pling("config", "show").out


def test_an_account_alone_is_no_account(pling: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The way to the sandbox is to take back what was said, and nothing else."""
    assert "PASSWORD_FILE; leave --account out for the sandbox" in pling("--account", "1", "contacts", "list").err
    monkeypatch.setenv("PLING_USERNAME", "x")
    assert "; unset all PLING_* variables for the sandbox" in pling("contacts", "list").err


def test_the_keyring(pling: Any, server: Any, users: Write, memory: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A password goes into the keyring, is used from there for its own server alone, and can be forgotten."""
    users(_profile(server, "default", password=None, keyring=True))
    assert "`pling config password --profile default`" in pling("contacts", "list").err
    monkeypatch.setattr(sys, "stdin", io.StringIO(server.sandbox.password + "\n"))
    kept = pling("config", "password")
    assert (kept.code, server.sandbox.password in kept.out + kept.err) == (0, False)
    origin = server.sandbox.url.removesuffix("/api/")
    assert memory.kept == {(f"pling-async {origin}", server.sandbox.username): server.sandbox.password}
    assert _shown(pling)["password"] == ("***", f"keyring, pling-async {origin}")
    assert pling("contacts", "list").code == 0
    monkeypatch.setenv("PLING_BASE_URL", "http://127.0.0.1:9/api/")
    assert "the keyring has no password" in pling("contacts", "list").err
    monkeypatch.delenv("PLING_BASE_URL")
    assert pling("config", "password", "--forget").code == 0
    assert memory.kept == {}


def test_a_typed_password_is_not_seen(on_terminal: Any, users: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal a password is asked for and not echoed."""
    users('[profiles.default]\nusername = "x"\nkeyring = true\n')
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    code, shown = on_terminal("config", "password", answer=f"{CANARY}\n".encode(), asked=b"Password")
    assert (code, CANARY in shown) == (0, False)
    assert "The keyring keeps the password." in shown


def test_a_keyring_that_refuses(pling: Any, server: Any, users: Write, memory: Any) -> None:
    """A locked keyring is one message, without the keyring's own words."""
    users(_profile(server, "default", password=None, keyring=True))
    memory.is_locked = True
    ended = pling("contacts", "list")
    assert (ended.code, "KeyringLocked" in ended.err, CANARY in ended.err) == (2, True, False)


def test_without_the_keyring_package(pling: Any, server: Any, users: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the package is missing, the extra to install is named."""
    users(_profile(server, "default", password=None, keyring=True))
    monkeypatch.setitem(sys.modules, "keyring", None)
    ended = pling("contacts", "list")
    assert (ended.code, "pip install 'pling-async[keyring]'" in ended.err) == (1, True)


def test_init_and_path(pling: Any, nowhere: Path) -> None:
    """A file to fill in is private, is understood, and is never written over."""
    ended = pling("config", "init")
    target = nowhere / "config" / "pling-async" / "pling.toml"
    assert ended.code == 0
    assert ended.err.splitlines()[-1] == "Next: pling config password"
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert str(target) in pling("config", "path").out
    assert pling("config", "init").code == 2
    assert pling("config", "init", "--here").code == 0
    assert (nowhere / "pling.toml").exists()


def test_folders_are_private_whatever_the_umask(pling: Any, nowhere: Path) -> None:
    """Those above, too: whoever may write there could put another folder in the place of ours."""
    before = os.umask(0)
    try:
        assert pling("contacts", "list").code == 0
        assert pling("config", "init").code == 0
    finally:
        os.umask(before)
    made = [nowhere / name for name in ("state", "state/pling-async", "config", "config/pling-async")]
    assert {each.stat().st_mode & 0o777 for each in made} == {0o700}


def test_a_file_to_fill_in_is_understood(pling: Any, memory: Any) -> None:
    """What `config init` writes is a profile as it stands."""
    assert memory.kept == {}
    pling("config", "init")
    shown = _shown(pling)
    assert (shown["username"][0], shown["account_id"][0]) == ("you", "12345")
