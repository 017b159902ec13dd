"""The rows of the table about copies between Pling and its neighbours: memory of the client, by the size of an account.

    python -m benchmarks.copying serve DIRECTION CONTACTS      a sandbox whose first line says where it is
    python -m benchmarks.copying copy DIRECTION VARIABLES      copies, and prints JSON with seconds and peak

The sandbox is a process of its own: what is measured is the client, from its start to the last outcome.
"""

import asyncio
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE, Popen
from tempfile import TemporaryDirectory
from typing import Any, Final

from benchmarks.measuring import Result, Scale, child, say, say_and_peak
from pling_async import PlingClient, bulk, sources, targets
from pling_async.frontapp import FrontClient
from pling_async.ip1 import Ip1Client
from pling_async.sandbox import Sandbox
from pling_async.sources.frontapp import FIELDS

DIRECTIONS: Final = ("pling-ip1", "pling-front", "ip1-pling", "front-pling")
_FEW: Final = 1_000
_ONCE: Final = 60
"""MB that the readers of long answers and of columns may take once; of 8,000 contacts about forty were measured."""
_EACH: Final = {"out": 1000, "into": 2000}
"""Bytes of growth a contact. Out of Pling, four hundred are the answer in which Pling lists one; into Pling there are
the prepared list, the plan and what was there besides. Of 100,000 contacts 640 and 1,500 were measured."""
_FLAGS: Final = {"Stop", "Active"}


def copying(scale: Scale, folder: Path) -> list[Result]:
    """Compare the peak of copying many contacts with that of copying few, in every direction."""
    return [_row(direction, scale.copied, folder) for direction in DIRECTIONS]


def _row(direction: str, many: int, folder: Path) -> Result:
    run = {str(count): measured(direction, count, folder) for count in (_FEW, many)}
    most, grown = run[str(many)], run[str(many)]["peak_mb"] - run[str(_FEW)]["peak_mb"]
    each = _EACH["into" if direction.endswith("pling") else "out"]
    allowed = _ONCE + each * (many - _FEW) / 2**20
    return Result(
        name=f"copy_{direction}",
        what=f"copy of {many:,} contacts from {direction.replace('-', ' to ')}",
        figure=f"peak {most['peak_mb']:.0f} MB, {grown:.0f} MB above {_FEW:,} contacts; {most['seconds']:.0f} s",
        bar=f"{allowed:.0f} MB above: {_ONCE} once, and {each:,} bytes a contact",
        is_met=grown <= allowed,
        details=run,
    )


def measured(direction: str, count: int, folder: Path) -> dict[str, float]:
    """Copy so many contacts in a process of its own."""
    with _served(direction, count) as variables, TemporaryDirectory(dir=folder) as state:
        return child("copying", "copy", direction, json.dumps({**variables, "XDG_STATE_HOME": state}))


@contextmanager
def _served(direction: str, count: int) -> Iterator[Mapping[str, str]]:
    command = [sys.executable, "-m", "benchmarks.copying", "serve", direction, str(count)]
    with Popen(command, stdout=PIPE, text=True, cwd=Path(__file__).parent.parent) as server:  # noqa: S603
        try:
            yield json.loads(server.stdout.readline()) if server.stdout else {}
        finally:
            server.kill()


async def _serve(direction: str, count: int) -> None:
    origin = direction.partition("-")[0]
    async with Sandbox(services=("pling", "ip1", "front")) as sandbox:
        fields = ({"name": name, "type": "boolean" if name in _FLAGS else "string"} for name in FIELDS)
        await sandbox.front.seed(custom_fields=[*fields])
        seeded: dict[str, Any] = {"pling": sandbox.seed, "ip1": sandbox.ip1.seed, "front": sandbox.front.seed}
        await seeded[origin](contacts=[_MADE[origin](number) for number in range(count)])
        say(json.dumps({**sandbox.variables, "PLING_ACCOUNT_ID": str(sandbox.account_id)}))
        await asyncio.Event().wait()


def _person(number: int) -> dict[str, Any]:
    first, last = f"Ola {number}", "Nordmann"
    return {"name": f"{first} {last}", "firstName": first, "lastName": last, "city": "OSLO", "postalCode": "0154"}


def _in_pling(number: int) -> dict[str, Any]:
    address = {"address": "Karl Johans gate 1", "email": f"ola{number}@example.com"}
    stop = int(number % 50 == 0)
    return {"mobile": f"+4799{number:06}", **_person(number), **address, "stop": stop, "contactGroups": ["VIP"]}


def _in_ip1(number: int) -> dict[str, Any]:
    properties = {"phoneNumber": f"+4799{number:06}", **_person(number), "email": f"ola{number}@example.com"}
    return {"properties": properties, "labels": ["VIP"]}


def _in_front(number: int) -> dict[str, Any]:
    known = _person(number)
    handles = [("phone", f"+4799{number:06}"), ("email", f"ola{number}@example.com")]
    return {
        "name": known["name"],
        "handles": [{"source": source, "handle": handle} for source, handle in handles],
        "lists": ["VIP"],
        "custom_fields": {"First name": known["firstName"], "City": known["city"], "Stop": number % 50 == 0},
    }


_MADE: Final[Mapping[str, Callable[[int], dict[str, Any]]]] = {
    "pling": _in_pling,
    "ip1": _in_ip1,
    "front": _in_front,
}


async def _copied(direction: str) -> None:
    async with PlingClient.from_env() as pling, Ip1Client.from_env() as ip1, FrontClient.from_env() as front:
        if direction.endswith("pling"):
            source = sources.ip1(ip1) if direction == "ip1-pling" else sources.frontapp(front)
            settings = bulk.PrepareSettings(numbers="possible")
            prepared = await bulk.prepare(source, settings=settings)
            await bulk.apply(pling, await bulk.plan(pling, prepared))
            return
        target = targets.ip1(ip1) if direction == "pling-ip1" else targets.frontapp(front, stopped="mark")
        plan = await targets.plan(pling, target)
        async for person in targets.apply(pling, plan, target):
            if person.outcome is not bulk.Outcome.APPLIED:
                raise RuntimeError("somebody was not copied")


def main() -> None:
    """Read the command line and serve or copy."""
    role, direction, given = sys.argv[1:]
    if role == "serve":
        asyncio.run(_serve(direction, int(given)))
        return
    os.environ.update(json.loads(given))
    started = time.perf_counter()
    asyncio.run(_copied(direction))
    say_and_peak(seconds=time.perf_counter() - started)


if __name__ == "__main__":
    main()
