"""Starting and stopping, files that outlive a sandbox, ids and time."""

import asyncio
import re
import sqlite3
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pling_async.sandbox import Sandbox
from pling_async.sandbox.worker import Worker

FIRST, SECOND = "+4799999901", "+4799999902"


async def test_a_free_port_on_the_loopback_interface(serve: Any) -> None:
    """Port 0 is a free one; two sandboxes run side by side."""
    one, two = await serve(), await serve()
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/api/", one.sandbox.url)
    assert one.sandbox.port != two.sandbox.port


async def test_a_taken_port_is_an_error_and_leaves_nothing_open(serve: Any) -> None:
    """The second sandbox on a port does not start."""
    api = await serve()
    with pytest.raises(OSError, match="address already in use"):
        await Sandbox(port=api.sandbox.port).start()


async def test_stop_may_be_repeated_and_start_begins_again() -> None:
    """A sandbox in memory is empty after a restart."""
    sandbox = Sandbox()
    await sandbox.start()
    await sandbox.seed([{"mobile": FIRST}])
    await sandbox.stop()
    await sandbox.stop()
    with pytest.raises(RuntimeError, match="not running"):
        await sandbox.contacts()
    await sandbox.start()
    assert await sandbox.contacts() == []
    await sandbox.stop()


async def test_a_worker_without_database_runs_no_transaction() -> None:
    """Only started workers have one."""
    worker = Worker()
    with pytest.raises(RuntimeError, match="not running"):
        worker._in_transaction(print)
    await worker.stop()


async def test_deterministic_ids_and_times(api: Any) -> None:
    """Ids of each kind count from 1, every request takes a second from 2026 on."""
    contact = await api.add(FIRST, contactGroups=["A"])
    await api.call("GET", "contacts/1", status=200)
    group = await api.call("POST", "contact-groups", {"accountId": 12345, "name": "B"}, 201)
    assert (contact["id"], contact["created"]) == (1, "2026-01-01T00:00:01.000Z")
    assert (group["id"], group["created"]) == (2, "2026-01-01T00:00:03.000Z")


async def test_real_ids_and_times(serve: Any) -> None:
    """Otherwise ids look like the document's examples and time is the time of day."""
    api = await serve(deterministic=False)
    contact = await api.add(FIRST, contactGroups=["A"])
    assert (contact["id"], contact["contactGroupIds"]) == (7020139, [26974])
    assert abs((datetime.now(tz=UTC) - datetime.fromisoformat(contact["created"])).total_seconds()) < 60
    await api.sandbox.reset()
    assert (await api.add(FIRST))["id"] == 7020139


async def test_a_file_outlives_its_sandbox(serve: Any, tmp_path: Path) -> None:
    """Contacts, groups and ids go on where they stopped; the file is its owner's alone."""
    path = tmp_path / "sandbox.sqlite"
    async with Sandbox(database=path) as sandbox:
        await sandbox.seed([{"mobile": FIRST, "contactGroups": ["A"]}])
        before = await sandbox.contacts()
        modes = {stat.S_IMODE(file.stat().st_mode) for file in await asyncio.to_thread(lambda: [*tmp_path.iterdir()])}
        assert modes == {0o600}
    api = await serve(database=str(path), deterministic=False)
    assert await api.sandbox.contacts() == before
    await api.call("DELETE", f"contacts/{before[0]['id']}", status=204)
    assert (await api.add(SECOND))["id"] == before[0]["id"] + 1


async def test_an_existing_file_is_closed_to_others(tmp_path: Path) -> None:
    """A database that others could read is theirs no longer."""
    path = tmp_path / "sandbox.sqlite"
    path.touch(0o644)
    async with Sandbox(database=path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_a_second_start_is_refused(api: Any) -> None:
    """It would take the store away from the server that runs."""
    with pytest.raises(RuntimeError, match="running already"):
        await api.sandbox.start()
    await api.add(FIRST)


async def test_a_symbolic_link_is_not_followed(tmp_path: Path) -> None:
    """Somebody else's file cannot be put in the database's place."""
    (tmp_path / "target").touch()
    (tmp_path / "link").symlink_to(tmp_path / "target")
    with pytest.raises(OSError, match="it is a symbolic link"):
        await Sandbox(database=tmp_path / "link").start()


def foreign(path: str) -> None:
    """Make a database of another program."""
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE notes (text)")
    connection.close()


def newer(path: str) -> None:
    """Make a database of a later version."""
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA application_id = 1349283431")
    connection.execute("PRAGMA user_version = 99")
    connection.close()


def no_database(path: str) -> None:
    """Make a file of text."""
    path.write_text("not a database, but long enough to be taken for one" * 10, encoding="utf-8")


@pytest.mark.parametrize("make", [foreign, newer, no_database])
async def test_other_files_are_refused_and_left_alone(tmp_path: Path, make: Any) -> None:
    """Whatever is not a database of this version stays as it is."""
    path = tmp_path / "file"
    await asyncio.to_thread(make, path)
    before = await asyncio.to_thread(path.read_bytes)
    with pytest.raises(ValueError, match="not a database of this version"):
        await Sandbox(database=path).start()
    assert await asyncio.to_thread(path.read_bytes) == before


async def test_a_file_that_is_no_database_keeps_its_mode(tmp_path: Path) -> None:
    """A slip in the file's name takes nothing from those who may read it."""
    path = tmp_path / "customers.csv"
    path.write_text("mobile;name\n", encoding="utf-8")
    path.chmod(0o644)
    with pytest.raises(ValueError, match="not a database"):
        await Sandbox(database=path).start()
    assert path.stat().st_mode & 0o777 == 0o644


async def test_requests_side_by_side_are_served_one_after_the_other(api: Any) -> None:
    """Fifty concurrent additions are fifty contacts."""
    await asyncio.gather(*(api.add(f"+4799999{number:03}") for number in range(50)))
    assert sorted(contact["id"] for contact in await api.sandbox.contacts()) == [*range(1, 51)]


async def test_the_loop_goes_on_while_the_sandbox_works(api: Any) -> None:
    """A large replace and its listing leave the event loop to others nearly all the time."""
    turns = 0

    async def watch() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0.001)
            turns += 1

    watching = asyncio.create_task(watch())
    answer = await api.replace(*({"mobile": f"+4799{number:06}"} for number in range(20_000)))
    assert answer["addedContactCount"] == 20_000
    await api.send("GET", "contacts?accountId=12345")
    watching.cancel()
    assert turns > 50
