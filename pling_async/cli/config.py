"""`pling config`: which account is meant and who said so."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from pling_async.cli import profiles
from pling_async.cli.commands import Group
from pling_async.cli.configuration import Configuration, Setting, configuration
from pling_async.cli.options import output_option
from pling_async.cli.output import Output, note
from pling_async.cli.systems import NEIGHBOURS, SYSTEMS
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

# [profiles.default.ip1]                   # for pling copy; likewise [profiles.default.front]
# token = "..."                            # or keyring = true, and: pling config password --service ip1
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
    """Show each setting and where it comes from; passwords and tokens are masked.

      pling config show
      pling config show --profile test -o json

    Options win over the environment, that over ./pling.toml, that over your own pling.toml. What a profile that
    is named with --profile says counts as an option. Other systems are shown where anybody speaks of them.
    """
    others = [configuration(system) for system in NEIGHBOURS.values()]
    records = [*_records(configuration()), *(each for other in others for each in _neighbour(other))]
    output.records(("setting", "value", "source"), records)
    output.next_step("doctor")


def _records(configured: Configuration) -> Iterator[dict[str, Any]]:
    chosen = configured.profile
    if configured.is_sandbox:
        source = "default" if chosen is None else chosen.source
        yield {"setting": "profile", "value": "sandbox", "source": source}
        return
    yield _said("profile", *((chosen.value, chosen.source) if chosen else (None, "")))
    yield from _settings(configured)


def _neighbour(configured: Configuration) -> Iterator[dict[str, Any]]:
    if configured.settings or configured.uses_keyring:
        for each in _settings(configured):
            yield {**each, "setting": f"{configured.system.name}.{each['setting']}"}


def _settings(configured: Configuration) -> Iterator[dict[str, Any]]:
    for name in configured.system.names:
        setting = configured.settings.get(name)
        if name == configured.system.secret:
            yield _secret(configured)
        elif setting is not None and name == "base_url":
            yield _address(setting)
        elif setting is not None:
            yield _said(name, str(setting.value) if name == "account_id" else setting.value, setting.source)
        elif name == "base_url":
            yield _said(name, configured.system.default_url, "default")
        else:
            yield _said(name, None, "not set")


def _said(name: str, value: Any, source: str) -> dict[str, Any]:
    return {"setting": name, "value": value, "source": source}


def _address(setting: Setting) -> dict[str, Any]:
    """Return what is said of a base URL, which is not repeated when it may have a password in it."""
    from pling_async.session.settings import BaseUrl  # noqa: PLC0415 - `pling --help` does without

    try:
        BaseUrl.parse(setting.value)
    except ConfigurationError as error:
        return _said("base_url", None, f"{setting.source}: {error}")
    return _said("base_url", setting.value, setting.source)


def _secret(configured: Configuration) -> dict[str, Any]:
    from pling_async.cli.passwords import password_of  # noqa: PLC0415 - `pling --help` does without

    name = configured.system.secret
    try:
        found = password_of(configured)
    except PlingError as error:
        return _said(name, None, str(error))
    return _said(name, None, "not set") if found is None else _said(name, "***", found.source)


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
@click.option("--here", is_flag=True, help="In the current folder instead of your own file.")
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
    profiles.make_private(target.parent)
    try:
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise ConfigurationError(f"{target} exists already; edit it, or remove it first") from None
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(_TEMPLATE)


@config.command()
@click.option("--forget", is_flag=True, help="Take it out of the keyring.")
@click.option("--service", type=click.Choice(list(SYSTEMS)), default="pling", show_default=True, help="Whose secret.")
def password(forget: bool, service: str) -> None:  # noqa: FBT001 - click's
    """Keep a password, or a token, in the system's keyring.

      pling config password
      pling config password --profile test < password.txt
      pling config password --service ip1
      pling config password --forget

    It is asked for, or read from stdin, and kept for this user and this server alone. The profile needs
    `keyring = true` to use it.
    """
    from pling_async.cli import passwords  # noqa: PLC0415 - `pling --help` does without

    configured = configuration(SYSTEMS[service])
    kind = configured.system.secret
    if passwords.owner_of(configured) is None:
        raise ConfigurationError(f"whose {kind}? Name {_owner_words(configured)}")
    if forget:
        passwords.forget(configured)
        note(f"The keyring has forgotten the {kind}.")
    else:
        passwords.keep(configured, _typed(kind))
        note(f"The keyring keeps the {kind}." + ("" if configured.uses_keyring else " Set keyring = true to use it."))
    Output().next_step("config", "show")


def _owner_words(configured: Configuration) -> str:
    user = configured.system.user
    if user is None:
        return "a profile"
    return f"the {user} in a profile or in {configured.system.variable(user)}"


def _typed(kind: str) -> "Secret":
    from pling_async.session.auth import Secret  # noqa: PLC0415 - `pling --help` does without

    if sys.stdin.isatty():
        return Secret(click.prompt(kind.capitalize(), hide_input=True, err=True))
    text = sys.stdin.readline().removesuffix("\n").removesuffix("\r")
    if not text:
        raise click.UsageError(f"nobody is there to type a {kind}, and nothing came on stdin")
    return Secret(text)
