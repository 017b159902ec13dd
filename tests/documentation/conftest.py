"""Where the documentation's code runs: a folder with its files, and servers with its account."""

import asyncio
import gzip
import io
import json
import re
import shlex
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import tomllib
from collections.abc import Coroutine, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import polars as pl
import pytest

from pling_async.cli import output
from pling_async.cli.main import run
from pling_async.sandbox import Sandbox, User
from tests.documentation.blocks import ROOT, Command

MAKEFILE: Final = ROOT / "Makefile"
PICTURE: Final = bytes.fromhex("89504e470d0a1a0a0000000d49484452")
CUSTOMERS: Final = 81
"""Lines of customers.csv: enough for rows that cannot be used, and few enough to be quick."""
CARD: Final = "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ola Nordmann\r\nTEL;TYPE=cell:+4799999101\r\nEND:VCARD\r\n"
PERSON: Final = {"name": "Ida", "handles": [{"source": "phone", "handle": "+4799999106"}]}
ACCOUNT: Final[Mapping[str, Any]] = {
    "contacts": [
        {"id": 7020139, "mobile": "+4799999001", "firstName": "Kari", "name": "Kari", "contactGroupIds": [1, 26974]},
        {"mobile": "+4799999104", "name": "Liv", "stop": 1, "contactGroupIds": [1]},
    ],
    "contact_groups": [{"id": 26974, "name": "Test group"}, {"id": 1, "name": "Styret"}],
}
_SHIM: Final = '#!/bin/sh\nexec "{python}" -m pling_async.cli "$@"\n'
_SHELL: Final = frozenset({"|", "<", ">", "&&", "||"})
_PLACEHOLDERS: Final = {"RUN": "run", "DIGEST": "digest"}


class Server:
    """Sandboxes in a thread of their own, so that commands can run their own event loops."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def do(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Run a coroutine in the server's loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=30)

    def stop(self) -> None:
        """Close the sandboxes and end the thread."""
        self.do(self.sandbox.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=10)
        self._loop.close()


@pytest.fixture
def servers(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """Serve every API, and lead the environment there."""
    users = (User(name="user", password="secret", accounts=(12345, 67890)),)
    server = Server(Sandbox(users=users, services=("pling", "ip1", "front")))
    server.do(server.sandbox.start())
    server.do(server.sandbox.seed(**ACCOUNT))
    server.do(server.sandbox.ip1.seed(contacts=[{"properties": {"phoneNumber": "+4799999105"}}]))
    server.do(server.sandbox.front.seed(custom_fields=[{"name": "Location"}], contacts=[PERSON]))
    for name, value in server.sandbox.variables.items():
        monkeypatch.setenv(name, value)
    yield server.sandbox
    server.stop()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder that has the files of the documentation, with `pling` on the path."""
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    shutil.copy(ROOT / "examples" / "kunder.xlsx", tmp_path / "customers.xlsx")
    head = (ROOT / "examples" / "kunder.csv").read_bytes().splitlines(keepends=True)[:CUSTOMERS]
    (tmp_path / "customers.csv").write_bytes(b"".join(head))
    pl.DataFrame({"msisdn": ["+4799999101"], "city": ["OSLO"]}).write_parquet(tmp_path / "people.parquet")
    (tmp_path / "contacts.vcf").write_text(CARD, encoding="utf-8")
    (tmp_path / "dale.png").write_bytes(PICTURE)
    with gzip.open(tmp_path / "export.ndjson.gz", "wt", encoding="utf-8") as file:
        file.write('{"mobile": "+4799999102", "name": "Per"}\n')
    _database(tmp_path / "crm.db")
    shim = tmp_path / "bin" / "pling"
    shim.parent.mkdir()
    shim.write_text(_SHIM.format(python=sys.executable), encoding="utf-8")
    shim.chmod(0o755)
    monkeypatch.setenv("PATH", f"{shim.parent}:{Path(sys.executable).parent}:/usr/bin:/bin")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _database(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE people (id INTEGER PRIMARY KEY, mobile TEXT, name TEXT)")
    connection.execute("INSERT INTO people (mobile, name) VALUES ('+4799999103', 'Nils')")
    connection.commit()
    connection.close()


class Console:
    """Runs command lines: `pling` in this process, since that is quick, and what needs a shell in one."""

    def __init__(self, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self._capfd = capfd
        self._monkeypatch = monkeypatch

    def __call__(self, command: Command) -> tuple[int, str]:
        """Return the exit code and all that was said."""
        line = re.sub(r"\b(RUN|DIGEST)\b", lambda found: self._meant(found[1]), command.line)
        given, words = _assigned(shlex.split(line, comments=True))
        if words[0] == ".":
            return int(
                words[1:] != [".venv/bin/activate"] or "VENV := .venv\n" not in MAKEFILE.read_text(encoding="utf-8")
            ), ""
        if words[0] in {"make", "pip"}:
            return _known(words), ""
        if words[:2] == ["pling", "sandbox"]:
            return _served(words)
        if words[0] == "pling" and not _SHELL.intersection(words):
            return self._pling(words[1:], given)
        ended = subprocess.run(
            ["/bin/bash", "-o", "pipefail", "-c", line],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            text=True,
            check=False,
            timeout=60,
        )
        return ended.returncode, ended.stdout + ended.stderr

    def _pling(self, words: list[str], given: Mapping[str, str]) -> tuple[int, str]:
        self._capfd.readouterr()
        with self._monkeypatch.context() as patch:
            for name, value in given.items():
                patch.setenv(name, value)
            patch.setattr(output, "is_interactive", lambda: True)  # somebody is there
            patch.setattr(sys, "stdin", io.StringIO("y\n"))  # and says yes
            code = run(words)
        sys.stdout.flush()
        return code, "".join(self._capfd.readouterr())

    def _meant(self, placeholder: str) -> str:
        """Return what stands for a word in capitals: the last run, or the digest of the plan at hand."""
        line = ["runs", "list", "-o", "json"] if placeholder == "RUN" else ["show", "customers.plan", "-o", "json"]
        self._capfd.readouterr()
        run(line)
        sys.stdout.flush()
        told = json.loads(self._capfd.readouterr().out)
        return str((told[0] if isinstance(told, list) else told)[_PLACEHOLDERS[placeholder]])


def _assigned(words: list[str]) -> tuple[dict[str, str], list[str]]:
    """Split NAME=value in front of a command from it."""
    count = next(place for place, word in enumerate(words) if not re.match(r"[A-Z_]+=", word))
    return dict(word.split("=", 1) for word in words[:count]), words[count:]


def _known(words: list[str]) -> int:
    """Return 0 if a make target, or every extra that pip is to install, exists; running them takes the network."""
    if words[0] == "make":
        return int(f"\n{words[1]}:" not in MAKEFILE.read_text(encoding="utf-8"))
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    name, _, rest = words[-1].partition("[")
    return int(name != "pling-async" or not set(filter(None, rest.rstrip("]").split(","))) <= extras.keys())


def _served(words: list[str]) -> tuple[int, str]:
    """Start a sandbox on a free port, and end it as Ctrl-C does once it has said where it is."""
    line = [sys.executable, "-m", "pling_async.cli", *words[1:], "--port", "0", "--database", ":memory:"]
    with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        process.send_signal(signal.SIGINT)
        return process.wait(timeout=30), first + process.stdout.read()


@pytest.fixture
def console(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, folder: Path) -> Console:
    """Run command lines in the documentation's folder."""
    assert folder == Path.cwd()
    return Console(capfd, monkeypatch)
