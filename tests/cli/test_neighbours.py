"""Credentials of Pling's neighbours: in profiles, the environment and the keyring, by the laws of Pling's own."""

import io
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

CANARY = "canary-of-a-secret"
NAMES = ("ip1", "front", "front-legacy")
Write = Callable[..., Path]


@pytest.fixture
def systems(make_server: Callable[..., Any]) -> Iterator[Any]:
    """Serve Pling and all of its neighbours, which nothing leads to yet."""
    made = make_server("pling", *NAMES)
    yield made
    made.stop()


@pytest.fixture
def users(nowhere: Path) -> Write:
    """Write the user's own pling.toml."""
    return lambda text, mode=0o600: _written(nowhere / "config" / "pling-async" / "pling.toml", text, mode)


@pytest.fixture
def here(nowhere: Path) -> Write:
    """Write ./pling.toml."""
    return lambda text, mode=0o600: _written(nowhere / "pling.toml", text, mode)


def _written(path: Path, text: str, mode: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def _profile(systems: Any, name: str = "test", **changes: str) -> str:
    """Return a profile that leads to the account and to every neighbour."""
    said = {**systems.sandbox.variables, **changes}
    tables = {
        "PLING": f"profiles.{name}",
        **{each.upper().replace("-", "_"): f"profiles.{name}.{each}" for each in NAMES},
    }
    lines: dict[str, list[str]] = {prefix: [] for prefix in tables}
    for variable, value in said.items():
        prefix = max((each for each in tables if variable.startswith(f"{each}_")), key=len)
        key = variable.removeprefix(f"{prefix}_").lower()
        lines[prefix].append(f"{key} = {value}" if key == "account_id" else f'{key} = "{value}"')
    return "\n".join(line for prefix, table in tables.items() for line in (f"[{table}]", *lines[prefix])) + "\n"


def _shown(pling: Any, *arguments: str) -> dict[str, tuple[str, str]]:
    told = pling("config", "show", "-o", "json", *arguments)
    assert told.code == 0, told.err
    assert CANARY not in told.out + told.err
    return {each["setting"]: (each["value"], each["source"]) for each in json.loads(told.out)}


def _results(ended: Any) -> dict[str, str]:
    return {each["check"]: each["result"] for each in json.loads(ended.out)["checks"]}


def test_a_copy_by_profile(pling: Any, systems: Any, users: Write) -> None:
    """A profile alone leads a copy to both of its ends."""
    users(_profile(systems))
    systems.seed({"mobile": "+4799999001", "name": "Kari"})
    for target in ("ip1", "front"):
        ended = pling("copy", "--from", "pling", "--to", target, "--yes", "--profile", "test")
        assert ended.code == 0, ended.err
    (theirs,) = systems.do(systems.sandbox.ip1.contacts())
    assert theirs["properties"]["phoneNumber"] == "+4799999001"
    assert len(systems.do(systems.sandbox.front.contacts())) == 1


def test_precedence(pling: Any, users: Write, here: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """Options win over the environment, that over ./pling.toml, that over the user's own file, that over defaults."""
    users(f'[profiles.default.ip1]\ntoken = "{CANARY}"\n')
    shown = _shown(pling)
    assert shown["ip1.token"][0] == "***"
    assert shown["ip1.token"][1].endswith("pling-async/pling.toml [profiles.default.ip1]")
    assert shown["ip1.base_url"] == ("https://api.ip1sms.com/", "default")
    assert not [name for name in shown if name.startswith("front")]
    here(f'[profiles.default.ip1]\ntoken = "{CANARY}"\nbase_url = "http://127.0.0.1:9/ip1/"\n')
    assert _shown(pling)["ip1.token"] == ("***", "./pling.toml [profiles.default.ip1]")
    monkeypatch.setenv("IP1_TOKEN", CANARY)
    monkeypatch.setenv("IP1_BASE_URL", "http://127.0.0.1:10/ip1/")
    shown = _shown(pling)
    assert (shown["ip1.token"], shown["ip1.base_url"][1]) == (("***", "IP1_TOKEN"), "IP1_BASE_URL")
    assert _shown(pling, "--profile", "default")["ip1.base_url"][0] == "http://127.0.0.1:9/ip1/"


def test_a_neighbour_is_no_account(pling: Any, users: Write) -> None:
    """A profile that speaks of a neighbour alone leaves Pling's account to the sandbox, and says so."""
    users(f'[profiles.default.front]\ntoken = "{CANARY}"\n')
    ended = pling("contacts", "list")
    assert (ended.code, "Profile default names no account of Pling" in ended.err) == (0, True)


def test_no_token_for_a_prepared_folder(pling: Any, systems: Any, here: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """An address of ./pling.toml gets no token of the environment."""
    url = systems.sandbox.variables["IP1_BASE_URL"]
    here(f'[profiles.default.ip1]\nbase_url = "{url}"\n')
    monkeypatch.setenv("IP1_TOKEN", CANARY)
    for line in (("copy", "--from", "ip1", "--to", "pling"), ("doctor", "--service", "ip1")):
        ended = pling(*line)
        assert (ended.code, "would be sent to the base_url of ./pling.toml" in ended.out + ended.err) == (2, True)
    assert systems.sandbox.requests == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[profiles.a.ip1]\ntokn = "x"\n', "did you mean 'token'?"),
        ('[profiles.a.ip2]\ntoken = "x"\n', "did you mean 'ip1'?"),
        ('[profiles.a]\nip1 = "x"\n', "ip1 must be a table"),
        ("[profiles.a.front]\ntoken = 7\n", "token must be a text"),
        ('[profiles.a.front-legacy]\nusername = "x"\n', "there is no 'username'"),
    ],
)
def test_a_table_that_means_nothing(pling: Any, users: Write, text: str, told: str) -> None:
    """A key that is not known, and a value of another kind, are refused with the table's name."""
    users(text)
    ended = pling("contacts", "list")
    assert (ended.code, told in ended.err, "pling.toml" in ended.err) == (2, True, True)


@pytest.mark.parametrize("key", ["ip1]\ntoken", "front]\ntoken", "front-legacy]\npassword"])
def test_a_secret_that_others_may_read(pling: Any, users: Write, key: str) -> None:
    """A file with a token that is not its owner's alone is refused with the chmod, and the token not shown."""
    path = users(f'[profiles.default.{key} = "{CANARY}"\n', 0o640)
    ended = pling("config", "show")
    assert (ended.code, f"chmod 600 {path}" in ended.err, CANARY in ended.err) == (2, True, False)


def test_the_keyring(pling: Any, systems: Any, users: Write, memory: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A token is kept for its profile and its server, and used from there."""
    url, token = (systems.sandbox.variables[f"IP1_{name}"] for name in ("BASE_URL", "TOKEN"))
    users(f'[profiles.default.ip1]\nkeyring = true\nbase_url = "{url}"\n')
    missing = pling("doctor", "--service", "ip1")
    assert "`pling config password --service ip1 --profile default`" in missing.out
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{token}\n"))
    kept = pling("config", "password", "--service", "ip1")
    assert (kept.code, "The keyring keeps the token." in kept.err, token in kept.out + kept.err) == (0, True, False)
    assert memory.kept == {(f"pling-async {systems.sandbox.origin}", "ip1 default"): token}
    assert pling("doctor", "--service", "ip1").code == 0
    assert pling("config", "password", "--service", "ip1", "--forget").code == 0
    assert memory.kept == {}
    users("")
    nobody = pling("config", "password", "--service", "ip1", "--forget")
    assert (nobody.code, "Name a profile" in nobody.err) == (2, True)


@pytest.mark.parametrize("name", NAMES)
def test_all_is_well(pling: Any, systems: Any, users: Write, name: str) -> None:
    """A neighbour that answers is ok in every check, and only requests that read were sent."""
    users(_profile(systems, "default"))
    ended = pling("doctor", "--service", name, "-o", "json")
    assert ended.code == 0, ended.out
    results = _results(ended)
    assert set(results) == {"configuration", "dns", "tcp", "tls", "credentials", "clock"}
    assert results.pop("credentials") == ("warn" if name == "front-legacy" else "ok")
    assert set(results.values()) == {"ok"}
    assert json.loads(ended.out)["readings"] == []
    assert systems.changes() == []
    assert "canary" not in ended.out


@pytest.mark.parametrize("name", NAMES)
def test_a_secret_that_is_refused(pling: Any, systems: Any, users: Write, name: str) -> None:
    """A wrong secret fails the credentials with exit code 4, and names this system's own variables."""
    prefix = name.upper().replace("-", "_")
    secret = f"{prefix}_PASSWORD" if name == "front-legacy" else f"{prefix}_TOKEN"
    users(_profile(systems, "default", **{secret: CANARY}))
    ended = pling("doctor", "--service", name, "-o", "json")
    [failure] = [each for each in json.loads(ended.out)["checks"] if each["result"] == "fail"]
    assert (ended.code, failure["check"], CANARY in ended.out) == (4, "credentials", False)
    assert f"check {secret} and {prefix}_BASE_URL" in failure["do"]
    assert f"pling doctor --service {name}" in failure["do"]


@pytest.mark.parametrize("name", NAMES)
def test_what_is_in_the_way(pling: Any, users: Write, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """What is missing is named with both of its places, and a port that nobody listens on fails as for Pling."""
    prefix = name.upper().replace("-", "_")
    ended = pling("doctor", "--service", name)
    assert (ended.code, f"{prefix}_" in ended.out, "or name it in a profile" in ended.out) == (2, True, True)
    users("[profiles.default]\n")
    assert f"has no {name}." in pling("doctor", "--service", name).out
    for key in ("TOKEN", "COMPANY", "PASSWORD"):
        monkeypatch.setenv(f"{prefix}_{key}", "someone")
    monkeypatch.setenv(f"{prefix}_BASE_URL", "http://127.0.0.1:9/")
    ended = pling("doctor", "--service", name, "-o", "json")
    assert (ended.code, _results(ended)["tcp"]) == (8, "fail")


def test_nothing_is_probed_at_neighbours(pling: Any) -> None:
    """Probes write, so they are for Pling alone."""
    ended = pling("doctor", "--service", "ip1", "--probe")
    assert (ended.code, "for Pling alone" in ended.err) == (2, True)
