"""Where the account is: the one of the environment, or the embedded sandbox when none is configured."""

import asyncio
import os
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from pling_async.cli.exits import Interrupted
from pling_async.cli.output import note
from pling_async.errors import ConfigurationError

if TYPE_CHECKING:
    from pling_async.pling.client import PlingClient

Result = TypeVar("Result")
Opened = AbstractAsyncContextManager["PlingClient"]
Work = Callable[["PlingClient"], Coroutine[Any, Any, Result]]

VARIABLES: Final = (
    "PLING_USERNAME",
    "PLING_PASSWORD",
    "PLING_PASSWORD_FILE",
    "PLING_ACCOUNT_ID",
    "PLING_BASE_URL",
)
"""What `PlingClient.from_env` reads; when one of them is set, the sandbox is never meant."""

_NEEDED: Final = {
    "PLING_USERNAME": ("PLING_USERNAME",),
    "PLING_PASSWORD or PLING_PASSWORD_FILE": ("PLING_PASSWORD", "PLING_PASSWORD_FILE"),
    "PLING_ACCOUNT_ID": ("PLING_ACCOUNT_ID",),
}

MAYBE: Final = "the request may have been carried out: look at the account before you repeat it"


def is_configured() -> bool:
    """Return whether the environment speaks of an account, even if not of all that is needed."""
    return any(os.environ.get(name) for name in VARIABLES)


def on_account(work: Work[Result], *, interrupted: Callable[[], str] = lambda: MAYBE) -> Result:
    """Do one piece of work on the account; `interrupted` says what was done when Ctrl-C ends it."""
    opened = _configured() if is_configured() else _embedded()
    try:
        return asyncio.run(_done(opened, work))
    except KeyboardInterrupt:
        raise Interrupted(f"interrupted; {interrupted()}") from None


async def _done(opened: Opened, work: Work[Result]) -> Result:
    async with opened as client:
        return await work(client)


def _configured() -> Opened:
    from pling_async.pling.client import PlingClient  # noqa: PLC0415 - `pling --help` does without

    if missing := [words for words, names in _NEEDED.items() if not any(map(os.environ.get, names))]:
        raise ConfigurationError(f"not set: {', '.join(missing)}; unset all PLING_* variables for the sandbox")
    return PlingClient.from_env()


def _embedded() -> Opened:
    from pling_async.cli.embedded import embedded_client  # noqa: PLC0415 - `pling --help` does without

    database = sandbox_database()
    _say_once(database)
    return embedded_client(database)


def sandbox_database() -> Path:
    """Return where the sandbox keeps its account, in a folder that only its owner can read."""
    from platformdirs import user_state_path  # noqa: PLC0415 - `pling --help` does without

    folder = user_state_path("pling-async", appauthor=False)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder / "sandbox.sqlite"


_said: Final[set[Path]] = set()


def _say_once(database: Path) -> None:
    if database not in _said:
        _said.add(database)
        note(f"No account is configured (PLING_USERNAME, ...): this is the embedded sandbox, kept in {database}")
