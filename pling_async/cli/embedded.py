"""The sandbox inside the command's own process, and a client for it."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

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
        Sandbox(database=database, users=(user,)) as sandbox,
        PlingClient(sandbox.username, sandbox.password, account_id=sandbox.account_id, base_url=sandbox.url) as client,
    ):
        client.origin = f"sandbox:{database}"
        yield client
