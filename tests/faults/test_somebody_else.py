"""Others write to the account while a run does: another machine, a person at the web page, a phone that says STOP."""

import asyncio
import os
import re
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from pling_async import Contact, PlingClient, bulk, errors
from pling_async.bulk import ApplySettings, Conclusion
from pling_async.sandbox import Fault, Sandbox, Semantics

OLA, KARI, LIV = (f"+4799999{number:03}" for number in range(1, 4))
LIST = [{"mobile": OLA, "city": "OSLO"}, {"mobile": KARI, "city": "BODØ"}]
ENOUGH = 0.3
"""Seconds in which somebody else gets a request through while one of ours waits."""


def _client(sandbox: Sandbox) -> PlingClient:
    return PlingClient(sandbox.username, sandbox.password, account_id=sandbox.account_id, base_url=sandbox.url)


@pytest.fixture
async def sandbox(request: pytest.FixtureRequest) -> AsyncIterator[Sandbox]:
    """Serve two people, and a group of one; parametrize indirectly with a `Semantics`."""
    async with Sandbox(semantics=getattr(request, "param", Semantics())) as server:
        await server.seed(
            contacts=[
                {"id": 1, "mobile": OLA, "name": "Ola", "contactGroupIds": [1]},
                {"id": 2, "mobile": KARI, "name": "Kari"},
            ],
            contact_groups=[{"id": 1, "name": "Kunder"}],
        )
        yield server


@pytest.fixture
async def other(sandbox: Sandbox) -> AsyncIterator[PlingClient]:
    """Return somebody else's client: no lock of this machine holds it up."""
    async with _client(sandbox) as client:
        yield client


def _changes(sandbox: Sandbox) -> list[Any]:
    return [entry for entry in sandbox.requests if entry.method != "GET"]


async def _until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not is_so():  # noqa: ASYNC110 - the sandbox has no event
            await asyncio.sleep(0.005)


@pytest.mark.parametrize(("strategy", "requests"), [("per_contact", 2), ("replace", 1)])
async def test_what_somebody_else_wrote_meanwhile_is_told(
    sandbox: Sandbox, pling: PlingClient, other: PlingClient, strategy: str, requests: int
) -> None:
    """#82: the account is listed after the last write, and whom another machine added is named in an error."""
    plan = await bulk.plan(pling, await bulk.prepare(LIST), mode="replace")
    sandbox.fail(Fault(action="delay", delay=ENOUGH, method="GET", path="*/contacts", skip=1))
    running = asyncio.create_task(bulk.apply(pling, plan, strategy=strategy))
    await _until(lambda: len([entry for entry in _changes(sandbox) if entry.status]) == requests)
    await other.contacts.add(Contact(mobile=LIV))
    with pytest.raises(errors.VerificationError) as caught:
        await running
    assert caught.value.run.verification.unexpected["mobile"].to_list() == [LIV]


_TOUCHING = {
    "update": ("default", "omitted_in_put", "omitted_groups", "stop_list", "stopped_contact_groups"),
    "upsert": ("default", "omitted_in_put", "omitted_in_post", "omitted_groups", "stop_list"),
    "per_contact": ("default", "omitted_in_put", "stop_list", "stopped_contact_groups"),
    "replace": ("default", "omitted_in_replace", "omitted_stop_in_replace", "stop_list", "replace_commit"),
}
"""The switches that could matter to a stop, for each way to write."""
READINGS = [
    pytest.param(semantics, writer, id=f"{writer} {name}")
    for writer, switches in _TOUCHING.items()
    for name, semantics in Semantics.variants().items()
    if name.partition("=")[0] in switches
]
RESETS = re.compile(r"(update|upsert|per_contact) omitted_in_put|replace omitted_(in_replace|stop_in_replace=reset)")
"""Here the server frees whom a request does not mention as stopped, and no client can see such a STOP come and go."""


async def _update(pling: PlingClient) -> None:
    await pling.contacts.update((await pling.contacts.get(1)).evolve(city="OSLO"))


async def _upsert(pling: PlingClient) -> None:
    assert [row.outcome async for row in bulk.upsert(pling, [Contact(mobile=OLA, city="OSLO")])] == ["applied"]


async def _applied(pling: PlingClient, strategy: str) -> None:
    plan = await bulk.plan(pling, await bulk.prepare(LIST), mode="replace")
    assert (await bulk.apply(pling, plan, strategy=strategy)).is_complete


WRITERS: dict[str, Callable[[PlingClient], Any]] = {
    "update": _update,
    "upsert": _upsert,
    "per_contact": lambda pling: _applied(pling, "per_contact"),
    "replace": lambda pling: _applied(pling, "replace"),
}


@pytest.mark.parametrize(("sandbox", "writer"), READINGS, indirect=["sandbox"])
async def test_a_stop_that_arrives_while_it_is_written_stays(
    request: pytest.FixtureRequest, sandbox: Sandbox, pling: PlingClient, other: PlingClient, writer: str
) -> None:
    """#83, I-4, I-5: sent before the STOP and carried out after it, no request frees anybody unless the server does."""
    person = await other.contacts.get(1)
    sandbox.fail(Fault(action="delay", delay=ENOUGH, method="POST" if writer == "replace" else "PUT"))
    writing = asyncio.create_task(WRITERS[writer](pling))
    await _until(lambda: bool(_changes(sandbox)))
    await other.contacts.update(person.evolve(is_stopped=True))
    await writing
    (ola,) = [contact for contact in await sandbox.contacts() if contact["mobile"] == OLA]
    assert ola["city"] == "OSLO"
    assert not any(b'"stop":0' in (entry.body or b"") for entry in _changes(sandbox))
    if not RESETS.match(request.node.callspec.id):
        assert ola["stop"] == 1


async def test_the_account_is_locked_while_it_is_watched(sandbox: Sandbox, pling: PlingClient) -> None:
    """#85: until the account holds still nobody of this machine writes to it, and afterwards anybody may."""
    plan = await bulk.plan(pling, await bulk.prepare(LIST), mode="replace")
    second = await bulk.plan(pling, await bulk.prepare([{"mobile": LIV}]))
    sandbox.fail(Fault(action="apply_late", late=600, path="*/contacts/replace"))
    watching = asyncio.Event()

    def told(_: int, __: int, unit: str) -> None:
        if unit.startswith("seconds of watching"):
            watching.set()

    running = asyncio.create_task(
        bulk.apply(pling, plan, strategy="replace", settings=ApplySettings(settle=1.5), on_progress=told)
    )
    await watching.wait()
    with pytest.raises(errors.AccountBusy, match=f"process {os.getpid()}"):
        await bulk.apply(pling, second)
    assert len(_changes(sandbox)) == 1
    await sandbox.settle()
    run = await running
    assert (run.conclusion, run.is_complete) == (Conclusion.CONVERGED, True)
    with pytest.raises(errors.StalePlan):
        await bulk.apply(pling, second)
