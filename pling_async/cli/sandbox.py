"""`pling sandbox`: serve a local Pling API."""

import asyncio
import os
import secrets
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from pling_async.cli.commands import Command
from pling_async.cli.connection import sandbox_database
from pling_async.cli.output import note

if TYPE_CHECKING:
    from pling_async.sandbox import Sandbox

_PASSWORD: Final = "PLING_SANDBOX_PASSWORD"  # noqa: S105 - the variable's name


@click.command(cls=Command)
@click.option("--port", type=click.IntRange(0, 65535), default=8787, show_default=True, help="0 is a free one.")
@click.option("--host", metavar="ADDRESS", default="127.0.0.1", show_default=True, help="Where to listen.")
@click.option("--i-know", is_flag=True, help="Let other machines reach it; needed for a --host where they can.")
@click.option(
    "--database",
    type=click.Path(dir_okay=False),
    help='SQLite file, or ":memory:"  [default: the embedded sandbox\'s, in your state directory]',
)
@click.option("--semantics", metavar="NAME=VALUE", multiple=True, help="How open questions are answered; see the docs.")
@click.option("--deterministic", is_flag=True, help="Ids count from 1 and the clock starts at 2026-01-01.")
def sandbox(
    port: int,
    host: str,
    i_know: bool,  # noqa: FBT001 - click's
    database: str | None,
    semantics: Sequence[str],
    deterministic: bool,  # noqa: FBT001 - click's
) -> None:
    """Serve a local Pling API to try things on, until Ctrl-C.

      pling sandbox
      pling sandbox --port 0 --database :memory: --deterministic
      pling sandbox --semantics stop_list=sticky --semantics omitted_in_put=default

    Only this machine can reach it, with credentials that are made for each run and printed once. How to keep them, and
    which switches decide what the API's document leaves open: docs/sandbox-semantics.md.
    """
    from pling_async.sandbox import Sandbox, Semantics, User  # noqa: PLC0415 - aiohttp takes a while to import

    try:
        chosen = Semantics.parse(semantics)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--semantics") from None
    where = database if database == ":memory:" else Path(database or sandbox_database())
    user = User(password=os.environ.get(_PASSWORD) or secrets.token_urlsafe(12))
    try:
        served = Sandbox(
            database=where,
            semantics=chosen,
            deterministic=deterministic,
            host=host,
            exposed=i_know,
            port=port,
            users=(user,),
        )
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--host") from None
    try:
        with suppress(KeyboardInterrupt):
            asyncio.run(_serve(served))
    except ValueError as error:  # the database is no sandbox's, or the password may be a real account's
        raise click.ClickException(str(error)) from None
    note("The sandbox is closed.")


async def _serve(sandbox: "Sandbox") -> None:
    async with sandbox:
        for line in _banner(sandbox):
            click.echo(line)
        await asyncio.Event().wait()


def _banner(sandbox: "Sandbox") -> list[str]:
    variables = {
        "PLING_BASE_URL": sandbox.url,
        "PLING_USERNAME": sandbox.username,
        "PLING_PASSWORD": f'"${_PASSWORD}"' if os.environ.get(_PASSWORD) else sandbox.password,
        "PLING_ACCOUNT_ID": str(sandbox.account_id),
    }
    reached = (
        f"Other machines can reach it at {sandbox.host}." if sandbox.exposed else f"To look at it: {sandbox.origin}/"
    )
    return [
        f"Sandbox: {sandbox.url}  (data in {sandbox.database}; Ctrl-C ends it)",
        "In another terminal:",
        *(f"  export {name}={value}" for name, value in variables.items()),
        "  pling contacts list",
        f"It is not the real Pling: nobody gets a message. Its API is described in {sandbox.origin}/openapi.json",
        reached,
    ]
