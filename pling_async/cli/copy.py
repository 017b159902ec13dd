"""`pling copy`: contacts from another system into Pling, or from Pling into another one."""

import asyncio
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
from attrs import frozen

from pling_async.cli.commands import Command
from pling_async.cli.connection import on_account
from pling_async.cli.copying import Opened, carried_over
from pling_async.cli.neighbours import NAMES, Neighbour, neighbour, spoken_with
from pling_async.cli.options import Values, gathered, is_typed
from pling_async.cli.output import confirm, counted, note, shown_first
from pling_async.cli.plan import confirmed, enforce_guards, save_made, show_made
from pling_async.cli.planning import Applying, View, Within, applying_options, viewing_options, within_options

if TYPE_CHECKING:
    from pling_async.bulk import Plan, Prepared
    from pling_async.pling.client import PlingClient
    from pling_async.targets import CopyPlan

_OUTWARD: Final = frozenset(
    {
        *("origin", "target", "stopped", "is_plan_only", "region", "mode", "accounts", "min_rows"),
        *("profile", "account", "is_confirmed", "report", "flavour", "output", "details", "is_quiet"),
    }
)
"""What a copy out of Pling goes by; every other option is about lists, deletions, or runs of Pling."""

_ENDS: Final = click.Choice(["pling", *NAMES])


@frozen
class Route:
    """From where to where, and how far."""

    origin: str
    target: str
    stopped: str
    is_plan_only: bool
    out: Path | None


_ROUTE: Final[Mapping[str, Any]] = {
    "origin": click.option("--from", "origin", type=_ENDS, required=True, help="Where the contacts are."),
    "target": click.option("--to", "target", type=_ENDS, required=True, help="Where to copy them."),
    "stopped": click.option(
        "--stopped",
        type=click.Choice(["skip", "mark"]),
        default="skip",
        show_default=True,
        help="With --to front: leave out stopped people whom it does not know, or add them with the custom field Stop.",
    ),
    "is_plan_only": click.option("--plan-only", "is_plan_only", is_flag=True, help="Show the plan and write nothing."),
    "out": click.option(
        "--out",
        type=click.Path(dir_okay=False, path_type=Path),
        help="With --to pling: keep the plan in this file, for apply, and write nothing.",
    ),
}


def _route(values: Values) -> Route:
    if (values["origin"] == "pling") == (values["target"] == "pling"):
        raise click.UsageError(f"one of --from and --to is pling, the other one is {' or '.join(NAMES)}")
    if values["stopped"] == "mark" and values["target"] != "front":
        raise click.UsageError(f"--stopped mark is for --to front; in {values['target']} stopped people are stopped")
    return Route(**values)


@click.command(cls=Command)
@gathered("route", _ROUTE, _route)
@within_options
@applying_options
@viewing_options
def copy(route: Route, within: Within, applying: Applying, view: View) -> int:
    """Copy contacts between Pling and another system, planned first.

      pling copy --from ip1 --to pling
      pling copy --from front --to pling --mode replace --out front.plan
      pling copy --from pling --to ip1 --plan-only
      pling copy --from pling --to front --stopped mark --yes --report outcomes.csv

    The other system is the one in IP1_TOKEN and IP1_BASE_URL, or FRONT_TOKEN and FRONT_BASE_URL, or in a profile:
    pling config show. People are known by their mobile number. Stopped people arrive stopped, or not at all. In the
    other system nothing is ever deleted; into Pling --mode and all guards are those of import.
    """
    if route.target == "pling":
        return _inward(route, within, applying, view)
    _check_outward(route, within)
    return _outward(route, within, applying, view)


def _inward(route: Route, within: Within, applying: Applying, view: View) -> int:
    from pling_async import bulk  # noqa: PLC0415 - polars takes a while to import

    prepared = asyncio.run(_prepared(neighbour(route.origin), within))
    made: Plan = on_account(
        lambda client: bulk.plan(client, prepared, mode=within.mode, guards=within.guards),
        interrupted=lambda: "nothing was sent",
    )
    if route.out is None and not route.is_plan_only:
        return confirmed(made, applying, view)
    show_made(view, made)
    if route.out is not None:
        save_made(made, route.out)
    enforce_guards(made, applying.strategy)
    if route.out is not None:
        view.output.next_step("apply", route.out)
    return 0


async def _prepared(origin: Neighbour, within: Within) -> "Prepared":
    from pling_async import bulk  # noqa: PLC0415 - polars takes a while to import

    async with origin.as_source(region=within.settings.region) as source:
        prepared = await bulk.prepare(source, settings=within.settings)
    kinds = [each.reason for each in getattr(source, "left", ())]
    for kind in dict.fromkeys(kinds):
        note(f"does not fit ({kind.replace('_', ' ')}): {counted(kinds.count(kind), 'contact')} of {origin.name}")
    return prepared


def _check_outward(route: Route, within: Within) -> None:
    """Refuse what has no meaning there, before anything is read."""
    from pling_async.bulk import Guards  # noqa: PLC0415 - polars takes a while to import

    if within.mode != "merge":
        raise click.UsageError(f"nothing is deleted in {route.target}: --mode {within.mode} is for --to pling")
    if route.out is not None:
        raise click.UsageError(f"--out is for --to pling; a copy to {route.target} is planned and carried out at once")
    if within.guards != Guards(accounts=within.guards.accounts, min_rows=within.guards.min_rows):
        raise click.UsageError(f"of the guards, --only-account and --min-rows alone are for --to {route.target}")
    if others := _typed_in_vain():
        raise click.UsageError(f"{', '.join(others)}: for --to pling; a copy to {route.target} does not go by it")


def _typed_in_vain() -> list[str]:
    every = click.get_current_context().command.params
    return [each.opts[0] for each in every if each.name not in _OUTWARD and is_typed(str(each.name))]


def _outward(route: Route, within: Within, applying: Applying, view: View) -> int:
    from pling_async.bulk.guards import enforce  # noqa: PLC0415 - polars takes a while to import
    from pling_async.cli.copy_view import show_copy  # noqa: PLC0415 - likewise

    region, stopped = within.settings.region, route.stopped
    opened = partial(neighbour(route.target).as_target, region=region, stopped=stopped)
    made: CopyPlan = on_account(
        lambda client: _planned(client, route, within, opened), interrupted=lambda: "nothing was sent"
    )
    if not view.is_quiet and (view.output.is_table or route.is_plan_only):
        with shown_first():
            show_copy(view.output, made, view.details)
    enforce(made.verdicts, digest="")
    if route.is_plan_only:
        return 0
    if made.write_count and not applying.is_confirmed:
        counts = made.counts
        confirm(f"Add {counts['add']} and change {counts['change']} contacts in {made.title} at {made.target_origin}?")
    return carried_over(made, opened, view.output, applying.reports)


async def _planned(client: "PlingClient", route: Route, within: Within, opened: Opened) -> "CopyPlan":
    from pling_async import bulk, targets  # noqa: PLC0415 - polars takes a while to import

    account = await bulk.snapshot(client)
    with spoken_with(route.target):
        async with opened() as target:
            return await targets.plan(client, target, guards=within.guards, snapshot=account)
