"""`pling config`: which account is meant and who said so."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from pling_async.cli import profiles
from pling_async.cli.commands import Group
from pling_async.cli.configuration import NAMES, Configuration, configuration
from pling_async.cli.options import output_option
from pling_async.cli.output import Output, note
from pling_async.errors import ConfigurationError, PlingError

if TYPE_CHECKING:
    from pling_async.session.auth import Secret

_TEMPLATE: Final = """\
# Accounts by name; see docs/cli.md. `pling config show` says what is used, and why.
# profile = "default"                      # taken when neither --profile nor PLING_PROFILE names one

[profiles.default]
username = "you"
account_id = 12345
keyring = true                             # the password: pling config password
# base_url = "https://login.pling.as/api/"
"""


@click.group(cls=Group)
def config() -> None:
    """Say which account is meant and who said so; keep its password.

    pling config show
    pling config show --profile test
    pling config init
    pling config password --profile test
    """


@config.command()
@output_option
def show(output: Output) -> None:
    """Show each setting and where it comes from; passwords are masked.

      pling config show
      pling config show --profile test -o json

    Options win over the environment, that over ./pling.toml, that over your own pling.toml. What a profile that
    is named with --profile says counts as an option.
    """
    configured = configuration()
    output.records(("setting", "value", "source"), list(_records(configured)))
    output.next_step("doctor")


def _records(configured: Configuration) -> Iterator[dict[str, Any]]:
    chosen = configured.profile
    if configured.is_sandbox:
        source = "default" if chosen is None else chosen.source
        yield {"setting": "profile", "value": "sandbox", "source": source}
        return
    yield _said("profile", *((chosen.value, chosen.source) if chosen else (None, "")))
    for name in NAMES:
        setting = configured.settings.get(name)
        if name == "password":
            yield _password(configured)
        elif setting is not None:
            yield _said(name, str(setting.value) if name == "account_id" else setting.value, setting.source)
        else:
            yield _default(name)


def _said(name: str, value: Any, source: str) -> dict[str, Any]:
    return {"setting": name, "value": value, "source": source}


def _default(name: str) -> dict[str, Any]:
    from pling_async.pling.client import DEFAULT_URL  # noqa: PLC0415 - `pling --help` does without

    return _said(name, DEFAULT_URL, "default") if name == "base_url" else _said(name, None, "not set")


def _password(configured: Configuration) -> dict[str, Any]:
    from pling_async.cli.passwords import password_of  # noqa: PLC0415 - `pling --help` does without

    try:
        found = password_of(configured)
    except PlingError as error:
        return _said("password", None, str(error))
    return _said("password", None, "not set") if found is None else _said("password", "***", found.source)


@config.command()
@output_option
def path(output: Output) -> None:
    """Show which files are looked at, the one that wins first.

    pling config path
    pling config path -o json
    """
    records = [
        {"file": str(each), "is": "read" if each.exists() else "not there"}
        for each in (profiles.folder_file(), profiles.user_file())
    ]
    output.records(("file", "is"), records)
    output.next_step("config", "show")


@config.command()
@click.option("--here", is_flag=True, help="In the current folder, in place of your own file.")
def init(here: bool) -> None:  # noqa: FBT001 - click's
    """Write a pling.toml to fill in, which only you can read.

      pling config init
      pling config init --here

    A file that is there already stays as it is.
    """
    target = profiles.folder_file() if here else profiles.user_file()
    _create(target)
    note(f"written: {target}; fill in username and account_id")
    Output().next_step("config", "password")


def _create(target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise ConfigurationError(f"{target} is there already; edit it, or take it away first") from None
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(_TEMPLATE)


@config.command()
@click.option("--forget", is_flag=True, help="Take it out of the keyring.")
def password(forget: bool) -> None:  # noqa: FBT001 - click's
    """Keep the password of an account in the system's keyring.

      pling config password
      pling config password --profile test < password.txt
      pling config password --forget

    It is asked for, or read from stdin, and kept for this user and this server alone. The profile needs
    `keyring = true` to use it.
    """
    from pling_async.cli import passwords  # noqa: PLC0415 - `pling --help` does without

    configured = configuration()
    if configured.value("username") is None:
        raise ConfigurationError("whose password? Name the username in a profile or in PLING_USERNAME")
    if forget:
        passwords.forget(configured)
        note("The keyring has forgotten the password.")
    else:
        passwords.keep(configured, _typed())
        note("The keyring keeps the password." + ("" if configured.uses_keyring else " Set keyring = true to use it."))
    Output().next_step("config", "show")


def _typed() -> "Secret":
    from pling_async.session.auth import Secret  # noqa: PLC0415 - `pling --help` does without

    if sys.stdin.isatty():
        return Secret(click.prompt("Password", hide_input=True, err=True))
    text = sys.stdin.readline().removesuffix("\n").removesuffix("\r")
    if not text:
        raise click.UsageError("nobody is there to type a password, and nothing came on stdin")
    return Secret(text)
