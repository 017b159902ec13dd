"""The command as a whole: help, exit codes, messages, signals, pipes and terminals."""

import json
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import click
import pytest

from pling_async import errors
from pling_async.cli import main
from pling_async.cli.exits import ENDINGS, Exit, exit_code, message
from pling_async.cli.progress import Progress
from pling_async.sandbox import Fault

COMMANDS = [
    (),
    ("copy",),
    ("import",),
    ("check",),
    ("plan",),
    ("show",),
    ("apply",),
    ("contacts",),
    *(("contacts", each) for each in ("list", "get", "add", "update", "delete")),
    ("groups",),
    *(("groups", each) for each in ("list", "get", "add", "rename", "delete")),
    ("stop-list",),
    *(("stop-list", each) for each in ("list", "add", "remove")),
    ("sandbox",),
    ("runs",),
    *(("runs", each) for each in ("list", "show", "resume", "undo", "purge")),
    ("export",),
    ("config",),
    *(("config", each) for each in ("show", "path", "init", "password")),
    ("doctor",),
    ("completion",),
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_begins_with_examples(pling: Any, command: tuple[str, ...]) -> None:
    """Every help text has a sentence and then something to copy, unwrapped."""
    ended = pling(*command, "--help")
    usage, sentence, example, *_ = [line for line in ended.out.splitlines() if line.strip()]
    assert ended.code == 0
    assert usage.startswith("Usage: pling")
    assert sentence.strip().endswith((".", ","))
    assert example.startswith(f"    {' '.join(('pling', *command))}")


def test_help_is_light(pling_process: Any) -> None:
    """The help imports nothing that a list or a table needs."""
    told = pling_process("--help", PYTHONPROFILEIMPORTTIME="1")
    imported = {line.split("|")[-1].strip() for line in told.err.splitlines()}
    assert told.code == 0
    assert "pling_async.cli.main" in imported
    assert not imported & {"aiohttp", "polars", "rich", "platformdirs", "pling_async.bulk", "pling_async.sandbox"}


def test_every_command_is_tested() -> None:
    """The list above has every command and subcommand there is."""
    root = click.Context(main.cli)
    found: set[tuple[str, ...]] = {()}
    for name in main.cli.list_commands(root):
        command = main.cli.get_command(root, name)
        found |= {(name,), *((name, each) for each in getattr(command, "commands", ()))}
    assert found == set(COMMANDS)


def _parameters(command: click.Command) -> Iterator[click.Parameter]:
    """Yield every option and argument of a command and of its subcommands, hidden ones too."""
    yield from command.params
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            each = command.get_command(context, name)
            assert each is not None
            yield from _parameters(each)


_SECRET_WORDS = re.compile(r"pass|pwd|secret|token|key|credential|auth|bearer|login", re.IGNORECASE)


def test_no_password_on_the_command_line() -> None:
    """No option or argument of any command takes a secret, by whatever word for one."""
    found = list(_parameters(main.cli))
    assert len(found) > 100
    assert [each.name for each in found if any(map(_SECRET_WORDS.search, (each.name or "", *each.opts)))] == []


@pytest.mark.parametrize("word", ["--password", "--token", "--api-key", "--client-secret", "--auth"])
def test_an_option_for_a_secret_would_be_noticed(word: str) -> None:
    """The list of words above knows what such options are usually called."""
    command = click.Command("x", params=[click.Option([word], hidden=True)])
    group = click.Group("y", commands=[click.Group("z", commands=[command])])
    assert any(map(_SECRET_WORDS.search, (opt for each in _parameters(group) for opt in each.opts)))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (("contcts",), "contacts"),
        (("imprt", "x.csv"), "import"),
        (("contacts", "lst"), "list"),
        (("stop-list", "ad"), "add"),
        (("contacts", "list", "--stoped"), "--stopped"),
        (("--profil", "test", "doctor"), "--profile"),
        (("plan", "x.csv", "--mod", "merge"), "--mode"),
    ],
)
def test_a_typo_is_met_with_a_suggestion(pling: Any, typed: tuple[str, ...], meant: str) -> None:
    """What was probably meant is said, with the way to the help; nothing else happens."""
    ended = pling(*typed)
    assert (ended.code, ended.out) == (2, "")
    assert f"'{meant}'" in ended.err
    assert ended.err.splitlines()[-1].startswith("see: pling")


def test_what_nobody_could_mean_is_not_guessed(pling: Any) -> None:
    """A word that is close to nothing gets no suggestion."""
    assert "Did you mean" not in pling("qqqqqq").err


def test_version(pling: Any) -> None:
    """The version is that of the package."""
    assert pling("--version").out.startswith("pling 0.")


def test_main_exits(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The entry point ends the process with the command's code."""
    monkeypatch.setattr(sys, "argv", ["pling", "frobnicate"])
    with pytest.raises(SystemExit) as ended:
        main.main()
    assert ended.value.code == 2
    assert "frobnicate" in capsys.readouterr().err


def test_progress_on_a_terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """On a terminal progress is a bar, which is gone afterwards."""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    with Progress("applying") as progress:
        progress.update(3, 10, "contacts")
    assert "3/10" in capsys.readouterr().err
    assert progress.contacts == 3


def test_progress_elsewhere(capsys: pytest.CaptureFixture[str]) -> None:
    """Elsewhere progress is four quiet lines."""
    with Progress("applying") as progress:
        for done in range(1, 101):
            progress.update(done, 100, "bytes")
    assert capsys.readouterr().err.splitlines() == [f"applying: {done} of 100 bytes" for done in (25, 50, 75, 100)]


@pytest.mark.parametrize("command", [(), ("contacts",)])
def test_without_a_command(pling: Any, command: tuple[str, ...]) -> None:
    """A group without a command shows its help and is wrong usage."""
    ended = pling(*command)
    assert (ended.code, ended.out) == (2, "")
    assert "Usage:" in ended.err


def _classes(root: type[BaseException]) -> Iterator[type[BaseException]]:
    yield root
    for each in root.__subclasses__():
        yield from _classes(each)


@pytest.mark.parametrize("kind", list(_classes(errors.PlingError)), ids=lambda kind: kind.__name__)
def test_every_error_has_one_ending(kind: type[errors.PlingError]) -> None:
    """The table decides for every class, and says the same for a class and for its name."""
    assert exit_code(kind("x")) is exit_code(kind.__name__)
    assert exit_code(kind("x")) is not Exit.OK


def test_endings_are_ordered() -> None:
    """No line of the table hides a later one."""
    for place, later in enumerate(ENDINGS):
        assert not any(issubclass(later.error, earlier.error) for earlier in ENDINGS[:place])


def test_an_unknown_outcome_is_said() -> None:
    """Only a request that may have changed something makes a person look at the account."""
    lost = errors.Exchange(method="POST", path="contacts")
    assert "look at the account" in message(errors.ConnectionLost("lost", exchange=lost))
    assert "look at" not in message(errors.ConnectionLost("lost", exchange=errors.Exchange(method="GET")))


def _raising(error: BaseException) -> Any:
    def cli(**_: Any) -> None:
        raise error

    return type("Cli", (), {"main": staticmethod(cli)})


def test_a_fault_of_ours_is_one_message(pling: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unexpected exception is no traceback, unless PLING_DEBUG asks, and then without numbers."""
    monkeypatch.setattr(main, "cli", _raising(ValueError("+4799999101 broke")))
    ended = pling("contacts", "list")
    assert ended.code == 1
    assert "Traceback" not in ended.err
    assert "PLING_DEBUG" in ended.err
    monkeypatch.setenv("PLING_DEBUG", "1")
    told = pling("contacts", "list").err
    assert "Traceback" in told
    assert "+4799999101" not in told


def test_a_file_system_error_names_the_file(pling: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the operating system refuses is said with the file's name."""
    monkeypatch.setattr(main, "cli", _raising(PermissionError(13, "Permission denied", "x.csv")))
    assert pling("check").err == "pling: x.csv: Permission denied\n"


def test_text_cannot_act_on_the_terminal(pling: Any, account: Any) -> None:
    """Escape sequences, bidi marks and markup in names are shown, not obeyed, in every format."""
    account.seed({"mobile": "+4799999101", "name": "\x1b[2J\u202e[bold]Ola[/bold] :smile:\u0085"})
    for form in ("table", "json", "ndjson"):
        out = pling("contacts", "list", "-o", form).out
        assert "\x1b" not in out
        assert "\u202e" not in out
        assert "\\u001b[2J\\u202e[bold]Ola[/bold] :smile:\\u0085" in out
    account.sandbox.fail(Fault(action="answer", status=400, body='{"error":"\x9b2J \u202eno"}'.encode()))
    told = pling("contacts", "list").err
    assert "\x9b" not in told
    assert "\u202e" not in told


def test_numbers_in_messages_are_masked(pling: Any, account: Any) -> None:
    """A number that the server repeats in an error is masked on stderr."""
    account.sandbox.fail(Fault(action="answer", status=400, body=b'{"error":"+4799999101 is bad"}'))
    ended = pling("contacts", "list")
    assert "+4799999101" not in ended.err
    assert "is bad" in ended.err


def test_the_example_of_a_number_is_not_masked(pling: Any) -> None:
    """How a number is to be written can be read from the message."""
    assert "write it as +4799999999;" in pling("contacts", "get", "abc").err


def test_embedded_sandbox(pling_process: Any, nowhere: Any) -> None:
    """Without credentials commands share one sandbox in the state directory, and say so."""
    added = pling_process("contacts", "add", "+4799999101", "--first-name", "Ola")
    assert added.code == 0
    assert "embedded sandbox" in added.err
    assert "+4799999101" in pling_process("contacts", "list").out
    assert (nowhere / "state" / "pling-async" / "sandbox.sqlite").stat().st_mode & 0o077 == 0


def _lock(database: Path) -> sqlite3.Connection:
    writer = sqlite3.connect(database, isolation_level=None)
    writer.execute("BEGIN EXCLUSIVE")
    return writer


@pytest.mark.parametrize("command", [("contacts", "list"), ("doctor",)])
@pytest.mark.parametrize(
    "spoil", [_lock, lambda path: path.write_text("mobile;name\n"), lambda path: path.symlink_to("elsewhere")]
)
def test_an_embedded_sandbox_that_cannot_be_used(
    pling: Any, nowhere: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...], spoil: Callable[[Path], Any]
) -> None:
    """Another process writes to its database, or it is none: the message names the file, and is no bug of ours."""
    database = nowhere / "state" / "pling-async" / "sandbox.sqlite"
    database.parent.mkdir(parents=True)
    spoiled = spoil(database)
    with monkeypatch.context() as patched:
        patched.setattr(sqlite3, "connect", partial(sqlite3.connect, timeout=0))
        ended = pling(*command)
    if isinstance(spoiled, sqlite3.Connection):
        spoiled.close()
    said = ended.out + ended.err
    assert ended.code == 2
    assert f"the sandbox cannot use {database}: " in said
    assert "this is a bug" not in said


def test_a_plan_outlives_the_embedded_sandbox(pling_process: Any, csv_file: Any) -> None:
    """What one command plans for the embedded sandbox another applies, though the port is another one."""
    assert pling_process("plan", csv_file("Mobil\n99999101\n"), "--out", "p.plan").code == 0
    ended = pling_process("apply", "p.plan", "--yes")
    assert (ended.code, ended.err.count("embedded sandbox")) == (0, 1)


def _started(*arguments: str, **streams: Any) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-m", "pling_async.cli", *arguments], **streams)


def _until(is_so: Any) -> None:
    deadline = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize("strategy", ["per_contact", "replace"])
def test_interrupted(account: Any, csv_file: Any, strategy: str) -> None:
    """Ctrl-C in the middle of an import ends with 130 and says what is known."""
    account.sandbox.fail(Fault(action="delay", delay=60, method="POST", path="*", count=None))
    file = csv_file("Mobil\n" + "".join(f"+479999910{n}\n" for n in range(9)))
    flags = ("--yes", "--strategy", strategy)
    with _started("import", str(file), *flags, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        _until(account.changes)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert b"may have been carried out" in err
    assert b"Traceback" not in err


def test_a_reader_that_goes_away(account: Any) -> None:
    """`pling contacts list | head` ends without a word (#77)."""
    account.seed(*({"mobile": f"+47999{n:05d}", "comment": "x" * 2000} for n in range(99000, 99999)))
    with _started("contacts", "list", "-o", "ndjson", stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        err = process.stderr.read()
    assert err == b""


@pytest.mark.parametrize("strategy", ["per_contact", "replace"])
def test_a_reader_that_goes_away_from_an_import(pling: Any, account: Any, csv_file: Any, strategy: str) -> None:
    """`pling import ... 2>&1 | less`, left while it writes: the run goes on to its end and is complete (#77)."""
    account.sandbox.fail(Fault(action="delay", delay=0.1, method="POST", count=None))
    file = csv_file("Mobil\n" + "".join(f"+4799999{n:03}\n" for n in range(20)))
    flags = ("--yes", "--strategy", strategy)
    with _started("import", str(file), *flags, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        assert process.stdout is not None
        _until(account.changes)
        process.stdout.close()
    assert process.returncode == 0
    assert len(account.contacts()) == 20
    (kept,) = json.loads(pling("runs", "list", "-o", "json").out)
    assert kept["status"] == "complete"


@pytest.mark.parametrize(("answer", "code"), [(b"y\n", 0), (b"n\n", 1), (signal.SIGINT, 130)])
def test_a_person_decides(
    on_terminal: Any, account: Any, csv_file: Any, answer: bytes | signal.Signals, code: int
) -> None:
    """On a terminal the plan is shown and a person is asked; no and Ctrl-C send nothing."""
    file = csv_file("Mobil\n99999101\n")
    ended, shown = on_terminal("import", str(file), answer=answer)
    assert ended == code, shown
    assert "Add 1, change 0 and remove 0 contacts in account 12345" in shown
    assert ("othing was sent" in shown) is (code != 0)
    assert bool(account.changes()) is (code == 0)


def test_colours_can_be_switched_off(on_terminal: Any, account: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """NO_COLOR is honoured on a terminal."""
    account.seed({"mobile": "+4799999101"})
    assert "\x1b[1m" in on_terminal("contacts", "list")[1]
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[3" not in on_terminal("contacts", "list")[1]
