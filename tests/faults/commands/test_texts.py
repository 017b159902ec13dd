"""Texts as people write them, from a file to a server and a terminal, and secrets that go nowhere (#n are faults)."""

import base64
import os
import pty
import subprocess
import sys
import unicodedata
from pathlib import Path
from typing import Any

import orjson
import pytest

from pling_async.sandbox import Fault

OLA, KARI = "+4799999001", "+4799999002"
CANARY = "canary-4f1d"

NAMES = {
    "an emoji family with joiners": "Å \U0001f468\u200d\U0001f469\u200d\U0001f467 Ås",
    "right to left": "\u05d9\u05e8\u05d5\u05e9\u05dc\u05d9\u05dd",
    "composed": unicodedata.normalize("NFC", "Åse Müller"),
    "decomposed": unicodedata.normalize("NFD", "Åse Müller"),
    "a hundred emoji": "\U0001f600" * 100,
    "combining marks": "Z\u0351\u036b\u0343" * 20,
    "a bidi override": "Ola \u202eretep",
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_texts_of_people_are_never_changed(account: Any, command: Any, tmp_path: Path, name: str) -> None:
    """#104: what stands in the list stands in the account, code point by code point; only output is escaped."""
    (tmp_path / "list.csv").write_text(f"Mobil;Navn\n{OLA};{name}\n", encoding="utf-8")
    assert command("import", "list.csv", "--yes").code == 0
    assert [contact["name"] for contact in account.contacts().values()] == [name]
    ended = command("contacts", "list", "-o", "json")
    assert orjson.loads(ended.out)[0]["name"] == name
    assert "\u202e" not in ended.out


def test_characters_are_counted_as_code_points(account: Any, command: Any, tmp_path: Path) -> None:
    """#104: a hundred emoji are a name and 101 characters are a reject; bytes and UTF-16 units do not count."""
    name = NAMES["a hundred emoji"]
    (tmp_path / "list.csv").write_text(f"Mobil;Navn\n{OLA};{name}\n{KARI};{name}x\n", encoding="utf-8")
    ended = command("import", "list.csv", "--yes", "-o", "ndjson")
    assert ended.code == 7
    assert list(account.contacts()) == [OLA]
    assert [orjson.loads(row)["code"] for row in ended.out.splitlines()] == ["", "too_long"]


_HEADERLESS = {
    "number and name": b"99999001;Ola Nordmann\n99999002;Kari\n",
    "name and number": b"Ola Nordmann,+47 999 99 001\nKari,99999002\n",
    "no number": b"Ola Nordmann;\nKari;99999002\n",
    "an address": b"Ola Nordmann;ola.nordmann@example.com\nKari;kari@example.com\n",
    "twice the same": b"Ola Nordmann;Ola Nordmann;99999001\nKari;Kari;99999002\n",
    "a known word": b"Ola Nordmann;mail;99999001\nKari;mail;99999002\n",
    "UTF-16": "99999001;Ola Nordmann\n".encode("utf-16"),
    "JSON in UTF-16, no mark (#106)": '\n{"mobile":"99999001","name":"Ola Nordmann"}'.encode("utf-16-le"),
}


@pytest.mark.parametrize("content", _HEADERLESS.values(), ids=_HEADERLESS)
@pytest.mark.parametrize("options", [(), ("--map", "Nummer=mobile")], ids=["", "mapped"])
@pytest.mark.usefixtures("account")
def test_a_missing_header_shows_nobody(command: Any, tmp_path: Path, content: bytes, options: tuple[str, ...]) -> None:
    """#97: where the header is missing the first row stands in its place, and is personal data."""
    (tmp_path / "list.csv").write_bytes(content)
    ended = command("check", "list.csv", *options)
    assert ended.code == 1
    assert "list.csv" in ended.err
    assert not any(each in ended.err + ended.out for each in ("999 99", "99999", "Ola", "ola.nordmann"))


EVIL = "\x1b]owned\x07\x1b[2J\u202e\u009b31m"
"""Sets a window's title, clears the screen, turns the reading direction, and colours, if it is obeyed."""


def _on_terminal(*arguments: str) -> str:
    """Run a command on a terminal of its own, answer yes, and return what was shown."""
    ours, theirs = pty.openpty()
    line = [sys.executable, "-m", "pling_async.cli", *arguments]
    environment = os.environ | {"TERM": "xterm", "COLUMNS": "200"}
    with subprocess.Popen(line, stdin=theirs, stdout=theirs, stderr=theirs, env=environment):
        os.close(theirs)
        shown = _shown(ours)
    os.close(ours)
    return shown.decode()


def _shown(terminal: int) -> bytes:
    shown = b""
    try:
        while chunk := os.read(terminal, 65536):
            shown += chunk
            if b"[y/N]" in chunk:
                os.write(terminal, b"y\n")
    except OSError:  # the other end is closed
        pass
    return shown


def test_nothing_in_a_list_or_an_account_acts_on_a_terminal(account: Any, command: Any, tmp_path: Path) -> None:
    """#114: escapes and bidi marks in file names, headers, cells, groups and server texts are shown, not obeyed."""
    name = "evil \x1b]owned\x07.csv"
    (tmp_path / name).write_text(f"Mobil;Fornavn;{EVIL}\n99999001;Ola{EVIL[-5]};\n99999002;{EVIL};\n", encoding="utf-8")
    account.seed(
        {"mobile": "+4799999003", "name": EVIL, "contactGroupIds": [1]},
        {"mobile": OLA, "comment": EVIL},
        groups=({"id": 1, "name": EVIL},),
    )
    account.sandbox.fail(Fault(status=400, method="PUT", body=orjson.dumps({"error": f"no {EVIL}"}), count=None))
    flags = ("--mode", "replace", "--remove-despite-rejects", "--strategy", "per_contact")
    shown = _on_terminal("import", name, *flags)
    shown += command("check", name).out
    assert all(told in shown for told in ("owned", "Ola\\u202e", "control_characters", "HTTP 400"))
    assert not any(each in shown for each in ("\x1b]", "\x07", "\x1b[2J", "\u202e", "\x9b"))


def _secrets() -> tuple[bytes, ...]:
    pair = base64.b64encode(f"sandbox:{CANARY}".encode())
    return CANARY.encode(), pair


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"PLING_BASE_URL": f"https://user:{CANARY}@127.0.0.1/api/"}, 2),
        ({"PLING_BASE_URL": f"https://127.0.0.1/api/?password={CANARY}"}, 2),
        ({"PLING_BASE_URL": f"https://127.0.0.1:{CANARY}/api/"}, 2),
        ({"PLING_BASE_URL": "http://127.0.0.1:9/api/"}, 8),
        ({"PLING_PASSWORD": f"{CANARY}\n"}, 2),
        ({"PLING_USERNAME": f"user:{CANARY}"}, 2),
        ({"PLING_ACCOUNT_ID": CANARY}, 2),
        ({}, 4),
    ],
    ids=["user in URL", "query", "port", "nobody listens", "line break", "colon", "account", "wrong password"],
)
def test_a_secret_is_in_no_output_and_no_file(
    account: Any, command: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: dict[str, str], code: int
) -> None:
    """#115: wherever it was put, and even with tracebacks on, no output and no file has it."""
    (tmp_path / "list.csv").write_text("Mobil\n99999001\n")
    echo = b'{"error":"no: Basic ' + _secrets()[1] + b'"}'
    account.sandbox.fail(Fault(status=401, body=echo, count=None))
    for name, value in {"PLING_PASSWORD": CANARY, "PLING_DEBUG": "1", **change}.items():
        monkeypatch.setenv(name, value)
    ended = command("import", "list.csv", "--yes")
    assert ended.code == code, ended.err
    folders = (tmp_path, Path(os.environ["XDG_STATE_HOME"]))
    held = [each.read_bytes() for folder in folders for each in folder.rglob("*") if each.is_file()]
    told = (ended.out + ended.err).encode()
    assert not any(secret in content for secret in _secrets() for content in (told, *held))
    assert b"Traceback" in told
