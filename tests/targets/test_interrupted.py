"""A copy that ended midway is repaired by the same command: nobody twice, nobody missing, and no stop lost (#78)."""

import asyncio
import os
import re
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from pling_async.sandbox import Fault

PEOPLE = [
    {"mobile": f"+4799999{n:03}", "name": f"N{n}", "contactGroups": ["VIP"], "stop": int(n % 3 == 0)}
    for n in range(200)
]
STOPPED = {each["mobile"] for each in PEOPLE if each["stop"]}


async def copying(world: Any, name: str, folder: Path, *options: str) -> asyncio.subprocess.Process:
    """Start the command in a process of its own."""
    state = {"XDG_STATE_HOME": str(folder), "XDG_CONFIG_HOME": str(folder), "PLING_ACCOUNT_ID": "1"}
    mark = ("--stopped", "mark") if name == "front" else ()
    line = ("-m", "pling_async.cli", "copy", "--from", "pling", "--to", name, *mark, "--yes", *options)
    quiet = asyncio.subprocess.DEVNULL
    heard = asyncio.subprocess.PIPE if options else quiet
    environment = os.environ | world.sandbox.variables | state
    return await asyncio.create_subprocess_exec(sys.executable, *line, stdout=heard, stderr=heard, env=environment)


async def held(world: Any, name: str) -> list[str]:
    """Return all that a system has of everybody, but for ids and dates."""
    if name == "ip1":
        contacts = [str((each["properties"], each["labels"])) for each in await world.sandbox.ip1.contacts()]
        return sorted([*contacts, *await world.sandbox.ip1.blacklist()])
    names = ("name", "handles", "custom_fields")
    contacts = await world.sandbox.front.contacts()
    return sorted(str([[each[key] for key in names], [part["name"] for part in each["lists"]]]) for each in contacts)


async def interrupted(world: Any, name: str, how: str, folder: Path) -> int:
    """Start a copy, end it when some people are there, and return its exit code."""
    if how == "401":
        path = {"ip1": "/ip1/v2/*", "front": "/front/contacts"}[name]
        world.sandbox.fail(Fault(action="answer", status=401, method="POST", path=path, skip=90))
    process = await copying(world, name, folder)
    if how == "401":
        return await process.wait()
    async with asyncio.timeout(60):
        while await world.count(name) < 40:  # noqa: ASYNC110 - another process is watched
            await asyncio.sleep(0.005)
    process.send_signal(getattr(signal, how))
    return await process.wait()


@pytest.mark.untraced
@pytest.mark.timeout(180)
@pytest.mark.parametrize(("how", "code"), [("SIGKILL", -9), ("SIGINT", 130), ("401", 4)])
@pytest.mark.parametrize("name", ["ip1", "front"])
async def test_the_same_command_does_the_rest(serve: Any, name: str, how: str, code: int, tmp_path: Path) -> None:
    """However a copy ended midway, the state after the second one is that of a copy which nothing interrupted."""
    world, other = await serve(), await serve()
    for each in (world, other):
        await each.sandbox.seed(contacts=PEOPLE)
    await other.out(name)
    assert await interrupted(world, name, how, tmp_path) == code
    await asyncio.sleep(0.2)  # what was sent before the end is read
    assert 0 < await world.count(name) < len(PEOPLE)
    assert not STOPPED & await world.reachable(name)
    assert await (await copying(world, name, tmp_path)).wait() == 0
    assert await world.count(name) == len(PEOPLE)
    assert await held(world, name) == await held(other, name)
    assert not STOPPED & await world.reachable(name)


@pytest.mark.untraced
@pytest.mark.parametrize("signals", [1, 2])
async def test_ctrl_c_leaves_a_report(serve: Any, tmp_path: Path, signals: int) -> None:
    """What became of everybody until then is told; the second one says who was not looked at."""
    world, report = await serve(), tmp_path / "copied.csv"
    await world.sandbox.seed(contacts=PEOPLE)
    world.sandbox.fail(Fault(action="delay", delay=1.5, method="POST", path="/front/contacts", count=None))
    process = await copying(world, "front", tmp_path, "--report", str(report))
    async with asyncio.timeout(60):
        while await world.count("front") < 10:  # noqa: ASYNC110 - another process is watched
            await asyncio.sleep(0.005)
    for _ in range(signals):
        process.send_signal(signal.SIGINT)
        await asyncio.sleep(0.3)
    shown, said = await process.communicate()
    assert process.returncode == 130
    assert (b"whether anybody stopped in Pling during the copy was not checked" in said) is (signals == 2)
    assert b"the same command does the rest" in said
    told = report.read_text()
    _, counts = shown.decode().split("Not everything was copied")
    assert sum(map(int, re.findall(r"(\d+)$", counts, re.MULTILINE))) == len(PEOPLE)
    assert 10 <= told.count("applied") <= await world.count("front") < len(PEOPLE)


@pytest.mark.untraced
async def test_two_copies_at_once_add_nobody_twice(serve: Any, tmp_path: Path) -> None:
    """IP1 would take everybody from both: one copies, the other one ends without sending anything."""
    world = await serve()
    await world.sandbox.seed(contacts=PEOPLE)
    world.sandbox.fail(Fault(action="delay", delay=1, method="GET", path="/ip1/v2/contacts/meta", count=None))
    both = [await copying(world, "ip1", tmp_path, "-q") for _ in range(2)]
    said = b"".join([(await each.communicate())[1] for each in both])
    assert sorted(each.returncode for each in both) == [0, 1]
    assert b"another run is writing to this account" in said
    assert await world.count("ip1") == len(PEOPLE)
