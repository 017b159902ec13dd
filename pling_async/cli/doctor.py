"""`pling doctor`: what is in the way between this machine and the account, and which reading the server shows."""

import asyncio
import secrets
import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from typing import TYPE_CHECKING, Any

import attrs
import click

from pling_async.cli.commands import Command
from pling_async.cli.configuration import Configuration, configuration
from pling_async.cli.connection import account_of, client_of, sandbox_database
from pling_async.cli.doctor_view import Examination
from pling_async.cli.exits import Exit
from pling_async.cli.options import output_option
from pling_async.cli.output import Output, note
from pling_async.cli.passwords import needed_password
from pling_async.cli.systems import PLING, SYSTEMS
from pling_async.errors import ConfigurationError, PlingError

if TYPE_CHECKING:
    from pathlib import Path

    from pling_async.cli.checks import Check
    from pling_async.cli.endpoint import Endpoint, Target
    from pling_async.session.auth import Secret


@click.command(cls=Command)
@click.option("--probe", is_flag=True, help="Find out more by writing; needs a throw-away account, or the sandbox.")
@click.option(
    "--throw-away-account",
    type=click.IntRange(min=0),
    metavar="ID",
    help="Empty account that --probe may write to; a replace is among what is tried.",
)
@click.option(
    "--service", type=click.Choice(list(SYSTEMS)), default=PLING.name, show_default=True, help="Which API to look at."
)
@output_option
def doctor(probe: bool, throw_away_account: int | None, service: str, output: Output) -> int:  # noqa: FBT001 - click's
    """Check the way to the server, the credentials and its answers.

      pling doctor
      pling doctor --profile test -o json
      pling doctor --service ip1
      pling doctor --probe --profile sandbox
      pling doctor --probe --throw-away-account 99

    Nothing is written. Each check is ok, warn or fail, with what to do; a fail ends the command with the exit code
    of its kind. Then comes which reading the server shows where the API's document leaves it open. Most readings take
    requests that write: --probe sends them to an account of its own in memory when the sandbox is meant, else to the
    account that you name as one to throw away, which must be empty and is empty afterwards. Of other systems the way,
    the credentials and the clock are checked; nothing is written there.
    """
    if probe and service != PLING.name:
        raise click.UsageError("--probe is for Pling alone; nothing is written anywhere else.")
    if throw_away_account is not None and not probe:
        raise click.UsageError("--throw-away-account is for --probe; add it if that is what you want.")
    asked = Examination(system=SYSTEMS[service], probe=probe, throw_away=throw_away_account)
    _examine(asked)
    asked.show(output)
    return asked.code


def _examine(asked: Examination) -> None:
    """Look at everything; what cannot be looked at is a check that failed."""
    from pling_async.cli.checks import failed  # noqa: PLC0415 - aiohttp takes a while to import

    try:
        configured = configuration(asked.system)
        if asked.system.is_pling:
            named = None if configured.is_sandbox else _named(configured)
            asked.checks.append(_unfinished())
            asyncio.run(_examined(asked, configured, named))
        else:
            asyncio.run(_looked_at(asked, configured, needed_password(configured)))
    except PlingError as error:
        is_early = not any(each.name == "configuration" for each in asked.checks)
        asked.checks.append(failed("configuration" if is_early else "probe", error))


async def _looked_at(asked: Examination, configured: Configuration, secret: "Secret") -> None:
    """Look at a neighbour, which is only ever read."""
    from pling_async.cli.checks import checks  # noqa: PLC0415 - aiohttp takes a while to import
    from pling_async.cli.endpoint import endpoint_of  # noqa: PLC0415 - likewise

    endpoint = await asyncio.to_thread(endpoint_of, configured, secret)
    endpoint.auth.header_value()  # refuses what no credentials can be
    asked.checks.append(_configured(configured, endpoint))
    async with aclosing(checks(endpoint)) as found:
        asked.checks.extend([each async for each in found])


async def _examined(asked: Examination, configured: Configuration, named: "Target | None") -> None:
    from pling_async.cli.checks import checks  # noqa: PLC0415 - aiohttp takes a while to import

    async with AsyncExitStack() as stack:
        target = named
        if target is None:
            target = await stack.enter_async_context(_sandbox(await asyncio.to_thread(sandbox_database)))
        asked.checks.append(_configured(configured, target))
        async with aclosing(checks(target)) as found:
            asked.checks.extend([each async for each in found])
        if asked.code is Exit.OK:
            await _read(asked, configured, target)


def _unfinished() -> "Check":
    """Look for runs that ended early: their accounts are not as anybody planned."""
    from pling_async.bulk import Status, runs  # noqa: PLC0415 - polars takes a while to import
    from pling_async.cli.checks import Check, Level  # noqa: PLC0415 - aiohttp takes a while to import

    kept = list(runs())
    if damaged := [each.id for each in kept if each.status is Status.DAMAGED]:
        way_out = f"pling runs purge {damaged[0]} --force"
        return Check(name="runs", level=Level.WARN, said=f"damaged: {len(damaged)}", way_out=way_out)
    open_ones = [each.id for each in kept if each.status in {Status.IN_DOUBT, Status.INTERRUPTED}]
    if not open_ones:
        return Check(name="runs", level=Level.OK, said="none on this machine was cut short")
    way_out = f"pling runs resume {open_ones[0]}"
    return Check(name="runs", level=Level.WARN, said=f"cut short: {len(open_ones)}", way_out=way_out)


def _configured(configured: Configuration, target: "Endpoint") -> "Check":
    from pling_async.cli.checks import Check, Level  # noqa: PLC0415 - aiohttp takes a while to import

    where = "the embedded sandbox" if configured.is_sandbox else target.base.url
    account = getattr(target, "account_id", None)
    who = target.system if account is None else f"account {account}"
    profile = f", profile {configured.profile_name}" if configured.profile else ""
    return Check(name="configuration", level=Level.OK, said=f"{who} at {where}{profile}")


async def _read(asked: Examination, configured: Configuration, target: "Target") -> None:
    from pling_async.cli import probes  # noqa: PLC0415 - aiohttp takes a while to import

    async with _workbench(target) as bench, aclosing(probes.look(bench)) as looked:
        async for readings in looked:
            asked.readings.update(readings)
    if not asked.probe:
        return
    async with (
        _thrown_away(asked, configured, target) as away,
        _workbench(away) as bench,
        aclosing(probes.write(bench)) as written,
    ):
        async for readings in written:
            asked.readings.update(readings)
    note(f"Not tried: {', '.join(sorted(probes.NOT_TRIED))}; they need another account, or a server that dies.")


@asynccontextmanager
async def _workbench(target: "Target") -> AsyncIterator[Any]:
    from pling_async.cli.workbench import Workbench  # noqa: PLC0415 - aiohttp takes a while to import

    transport = target.transport()
    try:
        yield Workbench(target=target, transport=transport)
    finally:
        await transport.close()


@asynccontextmanager
async def _thrown_away(asked: Examination, configured: Configuration, target: "Target") -> AsyncIterator["Target"]:
    """Give an account that may be written to: a sandbox in memory, or the one that was named."""
    if configured.is_sandbox:
        async with _sandbox(":memory:") as away:
            yield away
    elif asked.throw_away is None:
        raise ConfigurationError("--probe writes; name an empty account with --throw-away-account ID. Nothing was sent")
    else:
        yield attrs.evolve(target, account_id=asked.throw_away)


def _named(configured: Configuration) -> "Target":
    from pling_async.cli.endpoint import Target  # noqa: PLC0415 - aiohttp takes a while to import
    from pling_async.pling.client import DEFAULT_URL  # noqa: PLC0415 - likewise
    from pling_async.session.settings import BaseUrl  # noqa: PLC0415 - likewise

    client_of(configured)  # refuses what no client may be
    return Target(
        base=BaseUrl.parse(configured.value("base_url") or DEFAULT_URL),
        username=configured.value("username"),
        password=needed_password(configured),
        account_id=account_of(configured),
        tls=ssl.create_default_context(),
    )


@asynccontextmanager
async def _sandbox(database: "Path | str") -> AsyncIterator["Target"]:
    from pling_async.cli.embedded import opened  # noqa: PLC0415 - aiohttp takes a while to import
    from pling_async.cli.endpoint import Target  # noqa: PLC0415 - likewise
    from pling_async.sandbox import Sandbox, User  # noqa: PLC0415 - likewise
    from pling_async.session.auth import Secret  # noqa: PLC0415 - likewise
    from pling_async.session.settings import BaseUrl  # noqa: PLC0415 - likewise

    user = User(password=secrets.token_urlsafe())
    async with opened(Sandbox(database=database, users=(user,))) as sandbox:
        yield Target(
            base=BaseUrl.parse(sandbox.url),
            username=user.name,
            password=Secret(user.password),
            account_id=sandbox.account_id,
        )
