"""The last line of each command names the one that usually comes next."""

import shlex
from typing import Any

import pytest

from pling_async.cli import main
from pling_async.cli.commands import Group

_LIST = "Mobil;Fornavn\n99999101;Ola\n99999102;Kari\n"


def _next(ended: Any) -> list[str]:
    """Return the words of the command that is named."""
    assert ended.code == 0, ended.err
    last = ended.err.splitlines()[-1]
    assert last.startswith("Next: pling "), ended.err
    return shlex.split(last)[2:]


def _exists(words: list[str]) -> bool:
    """Tell whether there is such a command."""
    command: Any = main.cli
    for word in words:
        if not isinstance(command, Group):
            break
        command = command.get_command(main.click.Context(command), word)
    return command is not None


def test_every_command_names_the_next_one(pling: Any, account: Any, csv_file: Any) -> None:
    """From the first look at a list to its undoing, each command says how to go on, with a command that there is."""
    file = csv_file(_LIST)
    account.seed({"mobile": "+4799999103"}, {"mobile": "+4799999104"}, groups=({"id": 7, "name": "VIP"},))
    lines: tuple[tuple[object, ...], ...] = (
        ("check", file),
        ("plan", file, "--out", "a.plan"),
        ("show", "a.plan"),
        ("apply", "a.plan", "--yes"),
        ("plan", file),
        ("import", file, "--yes"),
        ("runs", "list"),
        ("contacts", "list"),
        ("contacts", "get", "+4799999101"),
        ("contacts", "add", "+4799999105"),
        ("contacts", "update", "+4799999105", "--city", "OSLO"),
        ("contacts", "delete", "+4799999105", "--yes"),
        ("groups", "list"),
        ("groups", "get", 7),
        ("groups", "add", "Styret"),
        ("groups", "rename", 7, "VIP 2027"),
        ("groups", "delete", 7, "--yes"),
        ("stop-list", "list"),
        ("stop-list", "add", "+4799999103"),
        ("stop-list", "remove", "+4799999103", "--consent", "archive 2026/311"),
        ("export", "--out", "a.csv"),
        ("config", "show"),
        ("config", "path"),
        ("config", "init"),
        ("doctor",),
        ("completion", "bash"),
    )
    for line in lines:
        assert _exists(_next(pling(*line))), line


@pytest.mark.usefixtures("account")
def test_runs_name_the_next_one(pling: Any, csv_file: Any) -> None:
    """A run leads to its undoing, and what is left of it to the list of runs."""
    run = _next(pling("import", csv_file(_LIST), "--yes"))[-1]
    assert _next(pling("runs", "show", run)) == ["runs", "undo", run]
    assert _next(pling("runs", "undo", run, "--yes"))[:2] == ["runs", "undo"]
    assert _next(pling("runs", "undo", run)) == ["runs", "list"]
    assert _next(pling("runs", "purge", run)) == ["runs", "list"]


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize(
    "line",
    [
        ("contacts", "list"), ("groups", "list"), ("config", "show"), ("doctor",), ("check", "list.csv"),
        ("plan", "list.csv", "--out", "a.plan"), ("plan", "list.csv"), ("show", "a.plan"),
    ],
)  # fmt: skip
def test_programs_are_told_nothing(pling: Any, csv_file: Any, line: tuple[str, ...]) -> None:
    """With -o json or ndjson nobody is told how to go on."""
    csv_file(_LIST, "list.csv")
    assert pling("plan", "list.csv", "--out", "a.plan").code == 0
    for form in ("json", "ndjson"):
        assert "Next:" not in pling(*line, "-o", form).err


def test_the_next_command_reads_the_list_alike(pling: Any, csv_file: Any) -> None:
    """Numbers of another country, or a column that was mapped, would be others without the options."""
    file = str(csv_file("Kontakt;Sperret\n0701740605;ja\n"))
    reading = ["--region", "SE", "--map", "Kontakt=mobile", "--map", "Sperret=is_stopped"]
    assert _next(pling("check", file, "--rejects", "r.csv", *reading)) == ["plan", file, *reading]
    planning = ["--mode", "merge", *reading, "--max-removals", "5%", "--no-moves"]
    line = ["plan", file, *planning, "--details", "1", "--profile", "sandbox"]
    assert _next(pling(*line)) == ["plan", file, *planning, "--out", "PLAN", "--profile", "sandbox"]


def test_the_next_command_is_for_the_same_account(pling: Any, csv_file: Any) -> None:
    """An option that chose the account is named again, wherever it stood: another account is another list of people."""
    file = csv_file(_LIST)
    chosen = ["--profile", "sandbox"]
    assert _next(pling(*chosen, "plan", file, "--out", "a.plan")) == ["apply", "a.plan", *chosen]
    assert _next(pling("contacts", "list", *chosen)) == ["export", "--out", "contacts.csv", *chosen]
    run = _next(pling("apply", "a.plan", "--yes", *chosen))
    assert (run[:2], run[3:]) == (["runs", "undo"], chosen)
