"""`pling`: the command tree, and the one place where errors become messages and exit codes."""

import os
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module
from typing import Any, Final

import click
from click.shell_completion import CompletionItem

from pling_async.cli.commands import Group
from pling_async.cli.environment import forget_key_log
from pling_async.cli.exits import Exit, exit_code, message
from pling_async.cli.output import complain
from pling_async.cli.streams import discard, stand_in

_COMMANDS: Final = {
    "import": ("plan", "import_", "Plan a list, show the plan, ask, and carry it out."),
    "check": ("check", "check", "Read a list and say what is in it; no account is involved."),
    "plan": ("plan", "plan", "Say what a list would do to the account; nothing is written."),
    "show": ("plan", "show", "Show a plan that was written to a file."),
    "apply": ("plan", "apply", "Carry out a plan that was written to a file."),
    "copy": ("copy", "copy", "Copy contacts between Pling and IP1 or Front: plan, confirm, apply."),
    "export": ("export", "export", "Write the account to a file: CSV, Excel, JSON, NDJSON or Parquet."),
    "runs": ("runs", "runs", "List what was carried out; resume, undo or forget it."),
    "contacts": ("contacts", "contacts", "List, get, add, update and delete contacts."),
    "groups": ("groups", "groups", "List, get, add, rename and delete contact groups."),
    "stop-list": ("stop_list", "stop_list", "See who opted out, add people, remove them with consent."),
    "sandbox": ("sandbox", "sandbox", "Serve a local Pling API to try things on."),
    "config": ("config", "config", "Say which account is meant and why; keep its password."),
    "doctor": ("doctor", "doctor", "Check the way to the server, the credentials and its answers."),
    "completion": ("completion", "completion", "Print what makes a shell complete pling's commands."),
}
"""Command -> module, function and help; the modules are imported when their command runs."""


class _LazyGroup(Group):
    """A group whose help does not import its commands."""

    hides_account = False

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - likewise
        if cmd_name not in _COMMANDS:
            return None
        module, function, _ = _COMMANDS[cmd_name]
        command: click.Command = getattr(import_module(f"pling_async.cli.{module}"), function)
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete a command's name; everybody waits for it, so no command is imported."""
        if incomplete.startswith("-"):
            return super().shell_complete(ctx, incomplete)
        return [
            CompletionItem(name, help=words) for name, (*_, words) in _COMMANDS.items() if name.startswith(incomplete)
        ]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - likewise
        with formatter.section("Commands"):
            formatter.write_dl([(name, words) for name, (_, _, words) in _COMMANDS.items()])


def _version(ctx: click.Context, _: click.Parameter, asked: bool) -> None:  # noqa: FBT001 - click's signature
    if asked:
        from pling_async import __version__  # noqa: PLC0415 - `pling --help` does without

        click.echo(f"pling {__version__}")
        ctx.exit()


@click.group(cls=_LazyGroup, no_args_is_help=True)
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Show the version.")
def cli() -> None:
    """Work with the contacts of a Pling account.

      pling check customers.csv                       what is in a list, what cannot be used
      pling plan customers.csv --mode replace         what it would do to the account
      pling import customers.csv                      plan, confirm, apply
      pling copy --from ip1 --to pling                from another system, or to one
      pling contacts list --stopped -o json

    The account is the one in PLING_USERNAME, PLING_PASSWORD (or PLING_PASSWORD_FILE) and PLING_ACCOUNT_ID, or a
    profile of pling.toml: pling config show. Without any, commands work on a local sandbox that is kept in your state
    directory.

    Exit codes:

      0 ok                    1 failed              2 wrong usage
      3 differences           4 not let in          5 a guard refused
      6 the plan is stale     7 applied, but rows were rejected
      8 network, or nobody knows what was done      130 interrupted
    """


def run(arguments: Sequence[str] | None = None) -> int:
    """Run a command line and return its exit code; every error ends here, as one message."""
    try:
        result: Any = cli.main(args=arguments, prog_name="pling", standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.ctx.get_help(), err=True)
        return Exit.USAGE
    except click.ClickException as error:
        complain(_usage(error))
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        complain("interrupted")
        return Exit.INTERRUPTED
    except BrokenPipeError:
        discard(sys.stdout)  # whoever read our output went away: end without a word
        return Exit.FAILED
    except Exception as error:  # noqa: BLE001 - whatever it is, it becomes one message
        return _failed(error)
    return int(result or Exit.OK)


def _usage(error: click.ClickException) -> str:
    context = getattr(error, "ctx", None)
    way_out = f"\nsee: {context.command_path} --help" if context else ""
    return f"{error.format_message().expandtabs(2)}{way_out}"  # click indents choices with tabs


def _failed(error: Exception) -> Exit:
    if os.environ.get("PLING_DEBUG"):
        complain("".join(traceback.format_exception(error)))
    complain(message(error))
    return exit_code(error)


def main() -> None:
    """Run the command line of this process, unless what it says could go nowhere."""
    if "stdout" in stand_in():
        complain("standard output is closed; nothing was done\nwhere nothing is to be shown, use > /dev/null")
        sys.exit(Exit.USAGE)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    forget_key_log()
    sys.exit(run())
