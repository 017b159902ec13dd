"""Where the account is: the one that options, environment or files name, or the embedded sandbox when none does."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from pling_async.cli.configuration import SANDBOX, Configuration, Origin, configuration
from pling_async.cli.exits import Interrupted
from pling_async.cli.output import note
from pling_async.cli.profiles import make_private
from pling_async.errors import ConfigurationError

if TYPE_CHECKING:
    from pling_async.pling.client import PlingClient

Result = TypeVar("Result")
Opened = AbstractAsyncContextManager["PlingClient"]
Work = Callable[["PlingClient"], Coroutine[Any, Any, Result]]

MAYBE: Final = "the request may have been carried out: look at the account before you repeat it"


def on_account(work: Work[Result], *, interrupted: Callable[[], str] = lambda: MAYBE) -> Result:
    """Do one piece of work on the account; `interrupted` says what was done when Ctrl-C ends it."""
    configured = configuration()
    opened = _embedded(configured) if configured.is_sandbox else client_of(configured)
    try:
        return asyncio.run(_done(opened, work))
    except KeyboardInterrupt:
        raise Interrupted(f"interrupted; {interrupted()}") from None


async def _done(opened: Opened, work: Work[Result]) -> Result:
    async with opened as client:
        return await work(client)


def client_of(configured: Configuration) -> "PlingClient":
    """Return a client for a configured account, or raise `ConfigurationError` naming what is missing."""
    from pling_async.cli.passwords import needed_password  # noqa: PLC0415 - `pling --help` does without
    from pling_async.pling.client import PlingClient  # noqa: PLC0415 - likewise

    password = needed_password(configured)
    account_id, base_url = account_of(configured), configured.value("base_url") or configured.system.default_url
    made = PlingClient(configured.value("username"), password, account_id=account_id, base_url=base_url)
    say_folder(configured, f"Account {account_id} at {made.origin}")
    return made


def account_of(configured: Configuration) -> int:
    """Return the number of the account, which the environment has as text."""
    value = configured.value("account_id")
    if isinstance(value, int):
        return value
    if not value.isascii() or not value.isdigit():
        raise ConfigurationError("PLING_ACCOUNT_ID must be a whole number")
    return int(value)


def say_folder(configured: Configuration, account: str) -> None:
    """Say which account or system is meant when the current folder, and not the user, decided it."""
    if any(each.origin is Origin.FOLDER for each in configured.settings.values()):
        _say_once(f"{account} (profile {configured.profile_name!r} of ./pling.toml)")


def _embedded(configured: Configuration) -> Opened:
    from pling_async.cli.embedded import embedded_client  # noqa: PLC0415 - `pling --help` does without

    database = sandbox_database()
    why = "No account is configured (PLING_USERNAME, pling.toml)"
    if configured.profile:
        is_named = configured.profile_name == SANDBOX
        why = f"Profile {SANDBOX}" if is_named else f"Profile {configured.profile_name} names no account of Pling"
    _say_once(f"{why}: this is the embedded sandbox, kept in {database}")
    return embedded_client(database)


def sandbox_database() -> Path:
    """Return where the sandbox keeps its account, in a folder that only its owner can read."""
    from platformdirs import user_state_path  # noqa: PLC0415 - `pling --help` does without

    folder = user_state_path("pling-async", appauthor=False)
    make_private(folder)
    return folder / "sandbox.sqlite"


_said: Final[set[str]] = set()


def _say_once(words: str) -> None:
    if words not in _said:
        _said.add(words)
        note(words)
