"""Prepare, plan and apply in one await; the guards stay on."""

from typing import Any

from pling_async.bulk.apply import apply
from pling_async.bulk.difference import Mode
from pling_async.bulk.execution import ApplySettings
from pling_async.bulk.guards import Guards
from pling_async.bulk.plan import Strategy, plan
from pling_async.bulk.prepare import prepare
from pling_async.bulk.run import Run
from pling_async.bulk.settings import PrepareSettings
from pling_async.pling.client import PlingClient


async def replace(
    client: PlingClient,
    source: Any,
    *,
    settings: PrepareSettings | None = None,
    guards: Guards | None = None,
    strategy: Strategy | str = Strategy.AUTO,
    applying: ApplySettings | None = None,
) -> Run:
    """Make an account equal to a list: contacts that the list does not have are removed, within the guards.

    `source` is what `bulk.prepare` takes, the whole list at once; a list is never sent in parts. Stopped contacts
    stay, stopped. Raises what `prepare`, `plan` and `apply` raise.
    """
    made = await plan(client, await prepare(source, settings=settings), mode=Mode.REPLACE, guards=guards)
    return await apply(client, made, strategy=strategy, settings=applying)


async def merge(
    client: PlingClient,
    source: Any,
    *,
    settings: PrepareSettings | None = None,
    guards: Guards | None = None,
    strategy: Strategy | str = Strategy.AUTO,
    applying: ApplySettings | None = None,
) -> Run:
    """Add a list to an account and change what it says differently; nobody is removed."""
    made = await plan(client, await prepare(source, settings=settings), mode=Mode.MERGE, guards=guards)
    return await apply(client, made, strategy=strategy, settings=applying)
