"""Where the account is: the one of the environment, or the embedded sandbox when none is configured."""

import asyncio
import os
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from pling_async.cli.exits import Interrupted
from pling_async.cli.output import note

if TYPE_CHECKING:
    from pling_async.pling.client import PlingClient

Result = TypeVar("Result")
Work = Callable[["PlingClient"], Coroutine[Any, Any, Result]]

VARIABLES: Final = (
    "PLING_USERNAME",
    "PLING_PASSWORD",
    "PLING_PASSWORD_FILE",
    "PLING_ACCOUNT_ID",
    "PLING_BASE_URL",
)
"""What `PlingClient.from_env` reads; when one of them is set, the sandbox is never meant."""

MAYBE: Final = "the request may have been carried out: look at the account before you repeat it"


def is_configured() -> bool:
    """Return whether the environment speaks of an account, even if not of all that is needed."""
    return any(os.environ.get(name) for name in VARIABLES)


def on_account(work: Work[Result], *, interrupted: Callable[[], str] = lambda: MAYBE) -> Result:
    """Do one piece of work on the account; `interrupted` says what was done when Ctrl-C ends it."""
    try:
        return asyncio.run(_on_configured(work) if is_configured() else _on_embedded(work, sandbox_database()))
    except KeyboardInterrupt:
        raise Interrupted(f"interrupted; {interrupted()}") from None


def sandbox_database() -> Path:
    """Return where the sandbox keeps its account, in a folder that only its owner can read."""
    from platformdirs import user_state_path  # noqa: PLC0415 - `pling --help` does without

    folder = user_state_path("pling-async", appauthor=False)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder / "sandbox.sqlite"


async def _on_configured(work: Work[Result]) -> Result:
    from pling_async.pling.client import PlingClient  # noqa: PLC0415 - `pling --help` does without

    async with await asyncio.to_thread(PlingClient.from_env) as client:
        return await work(client)


async def _on_embedded(work: Work[Result], database: Path) -> Result:
    from pling_async.cli.embedded import embedded_client  # noqa: PLC0415 - `pling --help` does without

    _say_once(database)
    async with embedded_client(database) as client:
        return await work(client)


_said: set[Path] = set()


def _say_once(database: Path) -> None:
    if database not in _said:
        _said.add(database)
        note(f"No PLING_* variables are set: this is the embedded sandbox, kept in {database}")
