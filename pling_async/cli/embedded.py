"""The sandbox inside the command's own process, and a client for it."""

import secrets
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from pling_async.errors import ConfigurationError
from pling_async.pling.client import PlingClient
from pling_async.sandbox import Sandbox, User


@asynccontextmanager
async def embedded_client(database: Path) -> AsyncIterator[PlingClient]:
    """Start a sandbox on a database and connect to it.

    Its port is another one in each process, so plans name the database: what one command plans another applies. Nobody
    else is told its password.
    """
    user = User(password=secrets.token_urlsafe())
    async with (
        opened(Sandbox(database=database, users=(user,))) as sandbox,
        PlingClient(sandbox.username, sandbox.password, account_id=sandbox.account_id, base_url=sandbox.url) as client,
    ):
        client.origin = f"sandbox:{database}"
        yield client


@asynccontextmanager
async def opened(sandbox: Sandbox) -> AsyncIterator[Sandbox]:
    """Start a sandbox, and stop it; raises `ConfigurationError` with the way out when its database cannot be used."""
    try:
        await sandbox.start()
    except (OSError, ValueError, sqlite3.Error) as error:
        said = getattr(error, "strerror", None) or error
        raise ConfigurationError(
            f"the sandbox cannot use {sandbox.database}: {said}; wait until nothing else writes to it, or move it "
            "away, and the next command makes an empty one"
        ) from error
    try:
        yield sandbox
    finally:
        await sandbox.stop()
