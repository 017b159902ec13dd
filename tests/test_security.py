"""docs/security.md is true, and so is what it says of the environment and of what is installed."""

import ast
import os
import re
import ssl
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import version
from pathlib import Path
from typing import Final

import pytest
from attrs import frozen
from hatchling.builders.wheel import WheelBuilder

ROOT: Final = Path(__file__).parents[1]
PACKAGE: Final = ROOT / "pling_async"
PROJECT: Final = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

_ROW: Final = re.compile(r"^\| ([^|]+) \| (done|partly|not done) \| (.+) \|$", re.MULTILINE)
_TEST: Final = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


@frozen
class Point:
    """One point of the page."""

    what: str
    state: str
    proof: str

    @property
    def remark(self) -> str:
        """Return what stands there besides tests."""
        return _TEST.sub("", self.proof).strip(" ,:.")


PAGE: Final = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
POINTS: Final = [Point(*row) for row in _ROW.findall(PAGE)]


def test_every_point_is_read() -> None:
    """Each line of the tables is a point, so that none escapes the tests."""
    lines = [line for line in PAGE.splitlines() if line.startswith("|")]
    headers = [line for line in lines if line.startswith(("| point |", "|---"))]
    assert len(POINTS) == len(lines) - len(headers) > 30


@pytest.mark.parametrize("point", POINTS, ids=lambda point: point.what[:40])
def test_a_point_is_proved_or_explained(point: Point) -> None:
    """Whatever is done names tests that exist; whatever is not says why."""
    cited = _TEST.findall(point.proof)
    assert bool(cited) is (point.state != "not done")
    assert point.state == "done" or point.remark
    for path, name in cited:
        found = {node.name for node in ast.walk(_tree(ROOT / path)) if isinstance(node, _FUNCTIONS)}
        assert name in found, f"{path}::{name}"


_FUNCTIONS: Final = (ast.FunctionDef, ast.AsyncFunctionDef)


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _python(*arguments: object, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run Python in the project's folder, without what the tests around it have set."""
    mine = {name: value for name, value in os.environ.items() if not name.startswith(("COV", "PYTEST", "PLING"))}
    line = [sys.executable, *map(str, arguments)]
    return subprocess.run(line, env=mine | environment, cwd=ROOT, capture_output=True, text=True, check=False)


def test_a_command_writes_no_tls_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With SSLKEYLOGFILE set Python would begin that file with the first context; the command says that it does not."""
    kept, expected = tmp_path / "kept", tmp_path / "expected"
    account = {"PLING_USERNAME": "user", "PLING_PASSWORD": "secret", "PLING_ACCOUNT_ID": "1"}
    address = {"PLING_BASE_URL": "https://127.0.0.1:9/api/", "SSLKEYLOGFILE": str(kept)}
    ended = _python("-m", "pling_async.cli", "contacts", "list", **account, **address)
    assert ended.returncode == 8, ended.stderr
    assert "SSLKEYLOGFILE is ignored" in ended.stderr
    assert not kept.exists()
    monkeypatch.setenv("SSLKEYLOGFILE", str(expected))
    ssl.create_default_context().keylog_filename = None
    assert expected.exists()


_CORE: Final = (
    "session/test_session.py",
    "session/test_protocol.py",
    "session/test_transport_faults.py::test_broken_framing_is_no_answer_and_no_status",
    "session/test_transport_faults.py::test_a_forged_answer_on_an_idle_connection_is_not_taken",
    "session/test_transport_faults.py::test_redirects_are_never_followed",
    "session/test_transport_faults.py::test_a_compressed_answer_is_refused",
    "bulk/test_guards.py",
    "bulk/test_journal.py",
    "bulk/test_resume.py::test_a_stopped_run_is_finished",
    "bulk/test_resume.py::test_a_lost_replace_is_concluded",
    "bulk/test_resume.py::test_two_runs_do_not_write_at_once",
    "bulk/test_resume.py::test_a_journal_of_another_version_or_plan_is_refused",
    "bulk/test_resume.py::test_every_write_had_an_intent_with_its_payload",
    "bulk/test_resume.py::test_a_full_journal_stops_the_run",
    "bulk/test_resume.py::test_an_account_that_changed_meanwhile_is_not_written_to",
    "bulk/test_stops.py",
)
"""What must not depend on asserts or on the parser, and takes a few seconds."""

_BAD: Final = """
import sys
from aiohttp import http_parser

def test_bad():
    is_bare = sys.flags.optimize and http_parser.HttpResponseParser is http_parser.HttpResponseParserPy
    assert not is_bare
"""
"""Fails exactly where it is meant to be run."""


def test_the_core_needs_neither_asserts_nor_extensions(tmp_path: Path) -> None:
    """Session and runs pass under `python -O` and with the other parser of aiohttp; a bad test fails there too."""
    bad = tmp_path / "test_bad.py"
    bad.write_text(_BAD)
    quiet = ("-q", "-n", "0", "-p", "no:cacheprovider", "-W", "ignore::pytest.PytestConfigWarning")
    tests = [f"{ROOT}/tests/{each}" for each in _CORE]
    ended = _python("-O", "-m", "pytest", *quiet, "-c", ROOT / "pyproject.toml", *tests, bad, AIOHTTP_NO_EXTENSIONS="1")
    summary = ended.stdout.splitlines()[-1]
    assert re.match(r"1 failed, \d{3} passed", summary), ended.stdout[-3000:] + ended.stderr
    assert "::test_bad - assert not True" in ended.stdout


_IMPORT_ALL: Final = """
import importlib, pkgutil, sys
sys.path.insert(0, sys.argv[1])
import pling_async
names = [each.name for each in pkgutil.walk_packages(pling_async.__path__, "pling_async.")]
for name in names:
    if not name.endswith("__main__"):
        assert importlib.import_module(name).__file__.startswith(sys.argv[1]), name
print(len(names))
"""


def test_the_wheel_is_whole(tmp_path: Path) -> None:
    """Every module can be imported from the wheel alone."""
    (wheel,) = WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    zipfile.ZipFile(wheel).extractall(tmp_path / "unpacked")
    ended = _python("-I", "-c", _IMPORT_ALL, tmp_path / "unpacked")
    assert ended.returncode == 0, ended.stderr
    assert int(ended.stdout) == len(list(PACKAGE.rglob("*.py"))) - 1


def test_what_is_installed_is_not_known_to_be_weak() -> None:
    """The HTTP library is above its memory-safety advisory, here and in the metadata; the core needs five packages."""
    needed = dict(re.match(r"([\w-]+)>=([\d.]+)$", each).groups() for each in PROJECT["project"]["dependencies"])
    assert sorted(needed) == ["aiohttp", "attrs", "cattrs", "orjson", "phonenumbers"]
    for found in (needed["aiohttp"], version("aiohttp")):
        assert tuple(map(int, found.split(".")[:3])) >= (3, 14, 3)


def test_the_linter_looks_for_weaknesses() -> None:
    """Every rule is on, and none about security or about blocking is off outside the tests."""
    lint = PROJECT["tool"]["ruff"]["lint"]
    off = [
        *lint["ignore"],
        *(rule for path, rules in lint["per-file-ignores"].items() if "tests" not in path for rule in rules),
    ]
    assert lint["select"] == ["ALL"]
    assert [rule for rule in off if re.fullmatch(r"S\d*|ASYNC\d*", rule)] == []
