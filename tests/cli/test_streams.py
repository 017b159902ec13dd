"""A reader that goes away, and standard streams that are closed: what is done is said, what is not shown not done."""

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.commands import Ended


def _unread(*arguments: str) -> Ended:
    """Run a command whose output nobody reads from the beginning."""
    line = [sys.executable, "-m", "pling_async.cli", *arguments]
    with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        err = process.stderr.read()
    return Ended(process.returncode, "", err.decode())


def _redirected(how: str, *arguments: str) -> Ended:
    """Run a command with streams as a shell makes them."""
    line = ["sh", "-c", f'exec "$0" -m pling_async.cli "$@" {how}', sys.executable, *arguments]
    ended = subprocess.run(line, capture_output=True, check=False, timeout=60, text=True)
    return Ended(ended.returncode, ended.stdout, ended.stderr)


def test_a_reader_that_goes_away_before_the_plan_is_shown(account: Any, csv_file: Any) -> None:
    """`pling import ... | head -1` sends nothing, and says so: nobody saw what would be done (#77, #90)."""
    ended = _unread("import", str(csv_file("Mobil\n+4799999101\n")), "--yes")
    assert ended.code == 1
    assert ended.err.endswith("nothing was sent\n")
    assert account.changes() == []


@pytest.mark.parametrize(("list_", "code"), [("+4799999101", 0), ("+4799999101\n123", 7)], ids=["all", "rejects"])
def test_a_reader_that_goes_away_from_an_outcome(account: Any, csv_file: Any, list_: str, code: int) -> None:
    """`pling import ... -o json | true`: what was carried out decides the exit code, and is said on stderr (#77)."""
    ended = _unread("import", str(csv_file(f"Mobil\n{list_}\n")), "--yes", "-o", "json")
    assert ended.code == code, ended.err
    assert "the run stands as it is: 1 applied" in ended.err
    assert "the account is what the plan promised" in ended.err
    assert list(account.contacts()) == ["+4799999101"]


def test_a_reader_that_goes_away_from_a_run_that_is_shown(pling: Any, account: Any, csv_file: Any) -> None:
    """Nothing was to be done, so there is nothing to say (#77); before an undo there is, and nothing is sent."""
    pling("import", csv_file("Mobil\n+4799999101\n"), "--yes")
    (kept,) = json.loads(pling("runs", "list", "-o", "json").out)
    before = account.changes()
    assert _unread("runs", "show", kept["run"]) == Ended(1, "", "")
    ended = _unread("runs", "undo", kept["run"], "--yes")
    assert (ended.code, "nothing was sent" in ended.err, account.changes()) == (1, True, before)


@pytest.mark.parametrize(
    ("words", "path"),
    [(("contacts", "add", "+4799999101"), "contacts"), (("groups", "add", "VIP"), "contact-groups")],
    ids=["contact", "group"],
)
def test_a_reader_that_goes_away_from_what_was_written(account: Any, words: tuple[str, ...], path: str) -> None:
    """What is done is done: 0, and a word on stderr (#77)."""
    ended = _unread(*words)
    assert (ended.code, "what was asked for is done" in ended.err) == (0, True), ended.err
    assert [each.rpartition("/")[2] for each in account.changes()] == [path]


@pytest.mark.parametrize(
    ("form", "code", "said", "count"), [("table", 1, "nothing was sent", 0), ("json", 0, "1 added", 1)]
)
def test_a_reader_that_goes_away_from_a_copy(
    make_server: Any, monkeypatch: pytest.MonkeyPatch, form: str, code: int, said: str, count: int
) -> None:
    """Before the plan is shown nothing is sent; afterwards what was carried out decides, and is said (#77)."""
    systems = make_server("pling", "ip1")
    for name, value in {**systems.environment, **systems.sandbox.variables}.items():
        monkeypatch.setenv(name, value)
    systems.seed({"mobile": "+4799999101", "name": "Ola"})
    ended = _unread("copy", "--from", "pling", "--to", "ip1", "--yes", "-o", form)
    assert (ended.code, said in ended.err) == (code, True), ended.err
    assert len(systems.do(systems.sandbox.ip1.contacts())) == count
    systems.stop()


@pytest.mark.parametrize("how", [">&-", "<&- >&-"])
@pytest.mark.parametrize("words", [("import", "list.csv", "--yes"), ("check", "list.csv"), ("contacts", "list")])
def test_a_closed_output_is_said_at_once(account: Any, csv_file: Any, words: tuple[str, ...], how: str) -> None:
    """Whoever closes stdout is told so in one message before anything is read or sent (#77)."""
    csv_file("Mobil\n+4799999101\n", "list.csv")
    ended = _redirected(how, *words)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("pling: standard output is closed; nothing was done\n")
    assert "Traceback" not in ended.err
    assert account.sandbox.requests == []


@pytest.mark.parametrize("how", ["<&- 2>&-", "2>/dev/full"])
def test_nobody_needs_to_be_told(account: Any, csv_file: Any, how: str) -> None:
    """With stderr closed or full, and nobody on stdin, a run is carried out, and its outcome is on stdout (#77)."""
    csv_file("Mobil\n+4799999101\n", "list.csv")
    ended = _redirected(how, "import", "list.csv", "--yes", "-o", "json")
    assert (ended.code, json.loads(ended.out)["complete"]) == (0, True)
    assert list(account.contacts()) == ["+4799999101"]
    refused = _redirected(how, "import", "list.csv", "--mode", "frobnicate")
    assert refused.code == 2
