"""`pling runs`, and what Ctrl-C leaves behind."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from pling_async.sandbox import Fault

LIST = "mobile;city\n99999102;OSLO\n99999201;BODØ\n"
REPLACE = ("--mode", "replace", "--strategy", "replace")
ROWS = 160


def _rows(count: int) -> str:
    return "mobile;city\n" + "".join(f"99999{number:03};OSLO\n" for number in range(count))


def test_a_run_is_listed_shown_undone_and_forgotten(pling: Any, people: Any, csv_file: Any) -> None:
    """The import names the command that takes it back, and that command does."""
    before = people.contacts()
    imported = pling("import", csv_file(LIST), "--mode", "replace", "--yes")
    (run_id,) = re.findall(r"pling runs undo (\S+)", imported.err)
    (listed,) = json.loads(pling("runs", "list", "-o", "json").out)
    assert (listed["run"], listed["status"]) == (run_id, "complete")
    assert listed["source"].endswith("customers.csv")
    shown = json.loads(pling("runs", "show", run_id, "-o", "json").out)
    assert shown["complete"] is True
    undone = pling("runs", "undo", run_id, "--yes")
    assert undone.code == 0
    assert "undo of" in undone.out
    ours = {"id", "created", "lastModified"}
    after = people.contacts()
    assert after.keys() == before.keys()
    assert all(
        after[mobile][name] == before[mobile][name] for mobile in before for name in before[mobile].keys() - ours
    )
    assert pling("runs", "undo", run_id, "--yes").err.startswith("there is nothing to take back")
    assert "forgotten: 1 run" in pling("runs", "purge", run_id).err
    assert pling("runs", "show", run_id).code == 1
    assert "forgotten: 1 run" in pling("runs", "purge", "--older-than", "0").err
    assert "no runs are kept" in pling("runs", "list").err


def test_runs_on_two_servers_are_told_apart(
    pling: Any, people: Any, make_server: Any, csv_file: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Accounts of one number at two servers: the oldest run first, and the table says where each was."""
    names = iter(["a.csv", "b.csv", "c.csv"])

    def imported() -> None:
        assert pling("import", csv_file(LIST, next(names)), "--yes").code == 0

    imported()
    assert people.sandbox.origin not in pling("runs", "list").out
    other = make_server()
    try:
        with monkeypatch.context() as elsewhere:
            for name, value in other.environment.items():
                elsewhere.setenv(name, value)
            imported()
    finally:
        other.stop()
    assert pling("import", csv_file("mobile\n99999203\n", next(names)), "--yes").code == 0
    table = pling("runs", "list").out.splitlines()
    here, there = (each.sandbox.origin for each in (people, other))
    assert [line.split()[-2:] for line in table[1:]] == [["a.csv", here], ["b.csv", there], ["c.csv", here]]


def test_undo_asks_first(pling: Any, people: Any, csv_file: Any) -> None:
    """Without a terminal and without --yes nothing is taken back."""
    pling("import", csv_file(LIST), "--yes")
    (listed,) = json.loads(pling("runs", "list", "-o", "json").out)
    sent = len(people.changes())
    ended = pling("runs", "undo", listed["run"])
    assert ended.code == 2
    assert "--yes" in ended.err
    assert len(people.changes()) == sent


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("resume", "nonsense"), 2, "no run id"),
        (("resume", "20260101T000000-00000000"), 1, "no such run"),
        (("purge",), 2, "--older-than"),
        (("purge", "--older-than", "1", "--force"), 2, "one RUN"),
        (("purge", "20260101T000000-00000000"), 1, "no such run"),
    ],
)
@pytest.mark.usefixtures("people")
def test_what_is_no_run_is_refused(pling: Any, arguments: tuple[str, ...], code: int, words: str) -> None:
    """The message says how to find the right one."""
    ended = pling("runs", *arguments)
    assert ended.code == code
    assert words in ended.err


def test_a_lost_replace_is_resumed(pling: Any, people: Any, csv_file: Any) -> None:
    """The first command says that the account is as it was; resume sends the plan again."""
    people.sandbox.fail(Fault(action="reset_before_commit", path="*/contacts/replace"))
    ended = pling("import", csv_file(LIST), *REPLACE, "--settle", "0", "--yes")
    assert ended.code == 8
    (listed,) = json.loads(pling("runs", "list", "-o", "json").out)
    assert listed["status"] == "interrupted"
    resumed = pling("runs", "resume", listed["run"], "--settle", "0")
    assert resumed.code == 0
    assert "+4799999201" in people.contacts()


def test_a_plan_is_confirmed_by_its_digest(pling: Any, people: Any, csv_file: Any) -> None:
    """A refused plan is kept for review; exactly its digest lets it through, another one does not (I-1)."""
    people.seed(*({"mobile": f"+4799998{number:03}", "name": "N"} for number in range(40)))
    refused = pling("plan", csv_file(LIST), "--mode", "replace", "--out", "PLAN")
    assert refused.code == 5
    (digest,) = re.findall(r"--confirm (\w+)", refused.err)
    other = pling("apply", "PLAN", "--confirm", "0" * 12)
    assert other.code == 5
    assert "another plan" in other.err
    assert pling("apply", "PLAN", "--yes").code == 5
    assert not people.changes()
    assert pling("apply", "PLAN", "--confirm", digest).code == 0
    assert {"+4799999102", "+4799999201"} <= people.contacts().keys()
    assert not any(mobile.startswith("+4799998") for mobile in people.contacts())


def _importing(people: Any, csv_file: Any, *options: str) -> "subprocess.Popen[bytes]":
    """Start an import in a process of its own, and wait until it writes."""
    command = [sys.executable, "-m", "pling_async.cli", "import", str(csv_file(_rows(ROWS))), "--yes", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=os.environ.copy())
    deadline = time.monotonic() + 30
    while not people.changes() and time.monotonic() < deadline:
        time.sleep(0.005)
    return process


def test_a_damaged_run_is_shown_and_can_be_forgotten(pling: Any, people: Any, csv_file: Any, nowhere: Path) -> None:
    """The list shows it, doctor and every refusal name the command that forgets it, and that command warns (#92)."""
    assert pling("import", csv_file(LIST), "--yes").code == 0
    (journal,) = nowhere.rglob("journal.sqlite")
    journal.write_bytes(b"garbage" * 1000)
    table = pling("runs", "list")
    assert "damaged" in table.out
    (listed,) = json.loads(pling("runs", "list", "-o", "json").out)
    assert (listed["status"], listed["writes"], listed["account_id"]) == ("damaged", None, None)
    way_out = f"pling runs purge {listed['run']} --force"
    assert way_out in pling("doctor").out
    sent = len(people.changes())
    for command in (("import", csv_file("mobile\n99999203\n"), "--yes"), ("runs", "purge", listed["run"])):
        refused = pling(*command)
        assert refused.code != 0
        assert way_out in refused.err
    assert len(people.changes()) == sent
    assert "warning: nobody knows what the run did" in pling("runs", "purge", listed["run"], "--force").err
    assert pling("import", csv_file("mobile\n99999203\n"), "--yes").code == 0


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_well_and_resume_finishes(pling: Any, people: Any, csv_file: Any, sign: signal.Signals) -> None:
    """What is under way is finished, the code is 130, and the hint finishes the rest (#76, #77)."""
    people.sandbox.fail(Fault(action="delay", delay=0.02, method="POST", path="*/contacts", count=None))
    process = _importing(people, csv_file, "--strategy", "per_contact")
    process.send_signal(sign)
    _, told = process.communicate(timeout=30)
    assert process.returncode == 130
    (run_id,) = re.findall(r"pling runs resume (\S+)", told.decode())
    assert 0 < len(people.changes()) < ROWS
    ended = pling("runs", "resume", run_id)
    assert ended.code == 0
    assert len(people.changes()) == ROWS
    assert sum(mobile.startswith("+4799999") for mobile in people.contacts()) >= ROWS


def test_two_signals_stop_now(pling: Any, people: Any, csv_file: Any) -> None:
    """The second one does not wait for a server that is silent; the journal knows what is in doubt (#76)."""
    people.sandbox.fail(Fault(action="delay", delay=20, path="*/contacts/replace"))
    process = _importing(people, csv_file, "--mode", "replace", "--strategy", "replace")
    process.send_signal(signal.SIGINT)
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    started = time.monotonic()
    _, told = process.communicate(timeout=30)
    assert time.monotonic() - started < 8
    assert process.returncode == 130
    assert "pling runs resume" in told.decode()
    (listed,) = json.loads(pling("runs", "list", "-o", "json").out)
    assert listed["status"] == "in doubt"
    refused = pling("import", csv_file(LIST), "--yes")
    assert refused.code == 8
    assert listed["run"] in refused.err
    kept = pling("runs", "purge", listed["run"])
    assert kept.code == 8
    assert f"purge {listed['run']} --force" in kept.err
    forgotten = pling("runs", "purge", listed["run"], "--force")
    assert forgotten.code == 0
    assert "warning: its replace may have been carried out, and may still be" in forgotten.err
    assert pling("import", csv_file(LIST), "--yes").code == 0


def test_two_imports_at_once(pling: Any, people: Any, csv_file: Any) -> None:
    """The second fails at once, sends nothing and names the first, whose death lets go of the account (#81, I-10)."""
    people.sandbox.fail(Fault(action="delay", delay=2, method="POST", path="*/contacts", count=None))
    process = _importing(people, csv_file, "--strategy", "per_contact")
    second = pling("import", csv_file("mobile;city\n99999102;OSLO\n", "other.csv"), "--yes")
    assert second.code == 1
    assert f"another run is writing to this account (process {process.pid})" in second.err
    assert {each.partition(" ")[0] for each in people.changes()} == {"POST"}
    process.kill()
    process.communicate(timeout=30)
    deadline = time.monotonic() + 30
    while any(entry.status is None for entry in people.sandbox.requests) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert pling("import", "other.csv", "--yes").code == 0
