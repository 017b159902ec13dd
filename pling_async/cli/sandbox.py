"""`pling sandbox`: serve a local Pling API."""

import asyncio
import errno
import os
import secrets
import sqlite3
from collections.abc import Iterable, Sequence
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
_SERVICES: Final = {"pling": "Pling", "ip1": "IP1", "front": "Front", "front-legacy": "Front (legacy)"}
"""Name to title."""


@click.command(cls=Command)
@click.option(
    "--service",
    "services",
    type=click.Choice((*_SERVICES, "all")),
    multiple=True,
    default=("pling",),
    show_default=True,
    help="What to serve; may be repeated.",
)
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
def sandbox(  # noqa: PLR0913, PLR0917 - click gives an argument for each option
    services: Sequence[str],
    port: int,
    host: str,
    i_know: bool,  # noqa: FBT001 - click's
    database: str | None,
    semantics: Sequence[str],
    deterministic: bool,  # noqa: FBT001 - click's
) -> None:
    """Serve a local Pling API, or a neighbouring system's, until Ctrl-C.

      pling sandbox
      pling sandbox --service ip1 --semantics ip1.patch_labels=add
      pling sandbox --service all
      pling sandbox --port 0 --database :memory: --deterministic
      pling sandbox --semantics stop_list=sticky --semantics omitted_in_put=default

    Only this machine can reach it, with credentials that are made for each run and printed once. How to keep them, and
    which switches decide what the API's document leaves open: docs/sandbox-semantics.md.
    """
    from pling_async.sandbox import Sandbox, configured  # noqa: PLC0415 - aiohttp takes a while to import

    names = tuple(_SERVICES if "all" in services else dict.fromkeys(services))
    try:
        secret = os.environ.get(_PASSWORD) or secrets.token_urlsafe(12)
        mounted = configured(_switches(names, semantics), secret=secret, small_ids=deterministic)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--semantics") from None
    where = database if database == ":memory:" else Path(database or sandbox_database())
    try:
        served = Sandbox(
            services=mounted, database=where, deterministic=deterministic, host=host, exposed=i_know, port=port
        )
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--host") from None
    try:
        with suppress(KeyboardInterrupt):
            asyncio.run(_serve(served))
    except (OSError, ValueError, sqlite3.Error) as error:
        raise _refusal(error, served) from None
    note("The sandbox is closed.")


def _refusal(error: Exception, sandbox: "Sandbox") -> Exception:
    """Return what ends the command; a `ValueError` is about a foreign database, or a real account's password."""
    if isinstance(error, sqlite3.Error):
        return click.ClickException(f"{sandbox.database} cannot be used: {error}; does something else write to it?")
    if not isinstance(error, OSError):
        return click.ClickException(str(error))
    if error.errno != errno.EADDRINUSE:
        return error
    return click.ClickException(f"port {sandbox.port} of {sandbox.host} is in use; --port 0 takes a free one")


async def _serve(sandbox: "Sandbox") -> None:
    async with sandbox:
        for line in _banner(sandbox):
            click.echo(line)
        await asyncio.Event().wait()


def _switches(names: Sequence[str], texts: Iterable[str]) -> dict[str, list[str]]:
    """Return each service's switches: those of the first one, unless a name and a dot say whose they are."""
    switches: dict[str, list[str]] = {name: [] for name in names}
    for text in texts:
        owner, dot, rest = text.partition(".")
        named = dot and owner in _SERVICES
        if named and owner not in switches:
            raise ValueError(f"{owner} is not served; add --service {owner}")
        switches[owner if named else names[0]].append(rest if named else text)
    return switches


def _banner(sandbox: "Sandbox") -> list[str]:
    lasting = os.environ.get(_PASSWORD)
    variables = {name: f'"${_PASSWORD}"' if value == lasting else value for name, value in sandbox.variables.items()}
    titles = " or ".join(_SERVICES[name] for name in sandbox.descriptions)
    reached = (
        f"Other machines can reach it at {sandbox.host}." if sandbox.exposed else f"To look at it: {sandbox.origin}/"
    )
    return [
        f"Sandbox: {sandbox.origin}/  (data in {sandbox.database}; Ctrl-C ends it)",
        "In another terminal:",
        *(f"  export {name}={value}" for name, value in variables.items()),
        *(["  pling contacts list"] if "pling" in sandbox.descriptions else []),
        f"It is not the real {titles}: nobody gets a message. {_told(sandbox.descriptions.values())}",
        reached,
    ]


def _told(descriptions: Iterable[str]) -> str:
    return f"What it understands is described in {', '.join(descriptions)}"
