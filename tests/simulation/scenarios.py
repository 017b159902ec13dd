"""What is done in a seed: a list is streamed or imported, by one process or two, in one order or another."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Final

from pling_async import Contact, PlingClient, bulk, errors
from tests.simulation.imports import LATE, cut, imports, planned
from tests.simulation.others import people_act
from tests.simulation.people import Row, draw_list, fill
from tests.simulation.runs import Life, RunRecord
from tests.simulation.surprises import watch
from tests.simulation.themes import bend_world, with_dial
from tests.simulation.world import World


def play(world: World) -> None:
    """Play one seed to its end."""
    fill(world.server, world.rng)
    bend_world(world)
    (scenario,) = world.rng.choices(list(_SCENARIOS), weights=list(_SCENARIOS.values()))
    if world.theme and (world.theme != "dial" or world.spare.random() < 0.7):
        scenario = imports
    scenario(world)


def upserts(world: World) -> None:
    """Stream contacts into the account, perhaps cut short, and again when everything works."""
    rows = draw_list(world.rng, world.server.people(), only_good=True)
    if world.faults.mode == "outage":
        rows += draw_list(world.rng, world.server.people(), only_good=True)
    people_act(world, within=world.rng.choice((1.0, 20.0)))
    if world.theme == "dial":
        rows = with_dial(world, rows)
        watch(world)
    _upsert(world, rows, **cut(world))
    world.heal()
    world.wait(LATE)
    for _ in range(2):
        _upsert(world, rows)


def _upsert(world: World, rows: list[Row], **short: Any) -> RunRecord:
    record = RunRecord(kind="upsert", rows=tuple(rows), is_journalled=False)
    world.records.append(record)
    max_in_flight = world.rng.choice((1, 3, 8))

    async def main(client: PlingClient) -> None:
        async for outcome in bulk.upsert(client, map(_contact, rows), max_in_flight=max_in_flight):
            record.outcomes.append(outcome)

    world.live(record, "upsert", main, **short)
    return record


def _contact(row: Row) -> Contact:
    return Contact(mobile=row.mobile or "", **row.says)


def two_writers(world: World) -> None:
    """Start two runs of one account at once: only one may write (I-10)."""
    world.faults.heal()
    records = [record for record in (planned(world), planned(world)) if record is not None]
    lives = [world.begin(record, "apply") for record in records]
    world.loop.live(_both(world, records, lives))
    for life in lives:
        world.end(life)


async def _both(world: World, records: list[RunRecord], lives: list[Life]) -> None:
    async def one(record: RunRecord, life: Life) -> None:
        await asyncio.sleep(world.rng.random())
        client = world.client(life)
        settings = bulk.ApplySettings(state=world.state)
        try:
            life.result = await bulk.apply(client, record.plan, strategy=record.strategy, settings=settings)
        except errors.PlingError as error:
            life.error = error
        life.ended = len(world.history.events)

    await asyncio.gather(*(one(record, life) for record, life in zip(records, lives, strict=True)))


def shuffled(world: World) -> None:
    """Stream a list twice into the same account, in another order and with another concurrency (I-20)."""
    world.faults.heal()
    rows = list({row.mobile: row for row in draw_list(world.rng, world.server.people(), only_good=True)}.values())
    before = {mobile: dict(contact) for mobile, contact in world.server.contacts.items()}
    _upsert(world, rows)
    first = world.server.people()
    for mobile in list(world.server.contacts):
        world.server.write(mobile, None, actor="setup")
    world.server.remembered.clear()
    for mobile, contact in before.items():
        world.server.write(mobile, contact, actor="setup")
    world.rng.shuffle(rows)
    _upsert(world, rows)
    if world.server.people() != first:
        world.found.append("I-20: another order of the rows left another account")


def digests(world: World) -> None:
    """Plan the same list with its columns in another order, and a list that differs (I-29)."""
    world.faults.heal()
    rows = draw_list(world.rng, world.server.people())
    record = RunRecord(kind="digests", mode="merge", rows=rows, guards=bulk.Guards(), is_journalled=False)
    world.records.append(record)

    async def digest(client: PlingClient, snapshot: bulk.Snapshot, rows: list[dict[str, Any]]) -> str:
        prepared = await bulk.prepare(rows)
        return (await bulk.plan(client, prepared, guards=record.guards, snapshot=snapshot)).digest

    async def main(client: PlingClient) -> list[str]:
        snapshot = await bulk.snapshot(client)
        plain = [dict(row.spelled) for row in rows]
        turned = [dict(reversed(row.items())) for row in plain]
        more = [*plain, {"mobile": "+4799999199", "city": "OSLO"}]
        return [await digest(client, snapshot, each) for each in (plain, turned, more)]

    life = world.live(record, "plan", main)
    if life.error is None and (life.result[0] != life.result[1] or life.result[0] == life.result[2]):
        world.found.append("I-29: the digest of a plan depends on the order of the columns, or not on the rows")


_SCENARIOS: Final[Mapping[Callable[[World], None], float]] = {
    upserts: 10.0,
    imports: 9.0,
    two_writers: 0.5,
    shuffled: 0.5,
    digests: 0.1,
}
"""How often each is drawn."""
