"""`pling sandbox`: serve a local Pling API."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pling_async.cli.commands import Command
from pling_async.cli.connection import sandbox_database
from pling_async.cli.output import note

if TYPE_CHECKING:
    from pling_async.sandbox import Sandbox


@click.command(cls=Command)
@click.option("--port", type=click.IntRange(0, 65535), default=8787, show_default=True, help="0 is a free one.")
@click.option(
    "--database",
    type=click.Path(dir_okay=False),
    help='SQLite file, or ":memory:"  [default: the embedded sandbox\'s, in your state directory]',
)
@click.option("--semantics", metavar="NAME=VALUE", multiple=True, help="How open questions are answered; see the docs.")
@click.option("--deterministic", is_flag=True, help="Ids count from 1 and the clock starts at 2026-01-01.")
def sandbox(port: int, database: str | None, semantics: Sequence[str], deterministic: bool) -> None:  # noqa: FBT001 - click's
    """Serve a local Pling API to try things on, until Ctrl-C.

      pling sandbox
      pling sandbox --port 0 --database :memory: --deterministic
      pling sandbox --semantics stop_list=sticky --semantics omitted_in_put=default

    Only this machine can reach it. What the API's document leaves open is a switch: docs/sandbox-semantics.md.
    """
    from pling_async.sandbox import Sandbox, Semantics  # noqa: PLC0415 - aiohttp takes a while to import

    try:
        chosen = Semantics.parse(semantics)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--semantics") from None
    where = database if database == ":memory:" else Path(database or sandbox_database())
    served = Sandbox(database=where, semantics=chosen, deterministic=deterministic, port=port)
    with suppress(KeyboardInterrupt):
        asyncio.run(_serve(served))
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
        "PLING_PASSWORD": sandbox.password,
        "PLING_ACCOUNT_ID": str(sandbox.account_id),
    }
    return [
        f"Sandbox: {sandbox.url}  (data in {sandbox.database}; Ctrl-C ends it)",
        "In another terminal:",
        *(f"  export {name}={value}" for name, value in variables.items()),
        "  pling contacts list",
    ]
