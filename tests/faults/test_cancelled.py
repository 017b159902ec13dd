"""Cancelled at any await whatever, an operation leaves nothing behind, and a run can be finished."""

import asyncio
from collections.abc import Callable, Coroutine, Generator
from typing import Any

import pytest

from pling_async import Contact, PlingClient, bulk
from pling_async.bulk import ApplySettings
from pling_async.sandbox import Sandbox

OLA, KARI, LIV = (f"+4799999{number:03}" for number in range(1, 4))
MOST = 400
"""No operation here awaits so often."""


class CancelledAt:
    """Awaits a coroutine, and cancels the task around it at the k-th time that it has to wait."""

    def __init__(self, work: Coroutine[Any, Any, Any], k: int) -> None:
        self._work = work
        self._left = k

    def __await__(self) -> Generator[Any, Any, Any]:
        step: Callable[[], Any] = lambda: self._work.send(None)  # noqa: E731 - replaced below
        while True:
            try:
                waiting = step()
            except StopIteration as ended:
                return ended.value
            self._left -= 1
            if self._left == 0 and (task := asyncio.current_task()) is not None:
                task.cancel()
            try:
                yield waiting
            except BaseException as error:  # noqa: BLE001 - handed to the coroutine
                thrown = error
                step = lambda thrown=thrown: self._work.throw(thrown)  # noqa: E731
            else:
                step = lambda: self._work.send(None)  # noqa: E731


async def _cancelled(work: Coroutine[Any, Any, Any], k: int) -> bool:
    """Run the work in a task of its own; tell whether the cancellation came before its end."""

    async def stepping() -> Any:
        return await CancelledAt(work, k)

    task = asyncio.create_task(stepping())
    await asyncio.wait([task])
    if task.cancelled():
        return True
    task.result()
    return False


def _others() -> set["asyncio.Task[Any]"]:
    return {task for task in asyncio.all_tasks() if "pling_async" in repr(task.get_coro())} - {asyncio.current_task()}


@pytest.fixture
async def account() -> Any:
    """Serve an account with two contacts, over real sockets."""
    async with Sandbox() as sandbox:
        await sandbox.seed(
            contacts=[{"id": 1, "mobile": OLA, "name": "Ola"}, {"id": 2, "mobile": KARI, "name": "Kari"}]
        )
        client = PlingClient(sandbox.username, sandbox.password, account_id=sandbox.account_id, base_url=sandbox.url)
        async with client as pling:
            yield sandbox, pling


OPERATIONS: dict[str, Callable[[PlingClient], Coroutine[Any, Any, Any]]] = {
    "list": lambda pling: pling.contacts.list(),
    "get": lambda pling: pling.contacts.get(1),
    "add": lambda pling: pling.contacts.add(Contact(mobile=LIV, is_stopped=True)),
    "groups": lambda pling: pling.groups.list(),
    "replace": lambda pling: pling.contacts.replace([Contact(mobile=OLA), Contact(mobile=KARI)]),
}


@pytest.mark.parametrize("operation", OPERATIONS)
async def test_an_operation_can_be_cancelled_anywhere(account: Any, operation: str) -> None:
    """No task, slot or connection is lost, and the next call works, for every k (#72, I-23)."""
    _, pling = account
    for k in range(1, MOST):
        was_cancelled = await _cancelled(OPERATIONS[operation](pling), k)
        assert not _others()
        if not was_cancelled:
            break
        assert (await pling.contacts.get(2)).mobile == KARI
    assert 1 < k < MOST


@pytest.mark.parametrize("strategy", ["per_contact", "replace"])
async def test_a_run_can_be_cancelled_anywhere(strategy: str) -> None:
    """The lock is let go, the journal is whole, and resuming, or planning again, ends as planned (#72, I-14)."""
    k, was_cancelled = 0, True
    while was_cancelled and k < MOST:
        k += 1
        async with Sandbox() as sandbox:
            await sandbox.seed(contacts=[{"id": 1, "mobile": OLA, "name": "Ola"}])
            client = PlingClient(
                sandbox.username, sandbox.password, account_id=sandbox.account_id, base_url=sandbox.url
            )
            async with client as pling:
                was_cancelled = await _run_cancelled_at(k, pling, strategy)
            assert {contact["mobile"]: contact["city"] for contact in await sandbox.contacts()} == {
                OLA: "OSLO",
                LIV: "",
            }
    assert 1 < k < MOST


async def _run_cancelled_at(k: int, pling: PlingClient, strategy: str) -> bool:
    """Cancel a run at its k-th await and finish it: resume what was kept, or apply what never became a run."""
    rows = [{"mobile": OLA, "city": "OSLO"}, {"mobile": LIV}]
    plan, settings = await bulk.plan(pling, await bulk.prepare(rows), mode="replace"), ApplySettings(settle=0)
    was_cancelled = await _cancelled(bulk.apply(pling, plan, strategy=strategy, settings=settings), k)
    assert not _others()
    for each in await asyncio.to_thread(lambda: [kept for kept in bulk.runs() if kept.origin == pling.origin]):
        await bulk.resume(pling, each.id, settings=settings)
        await asyncio.to_thread(bulk.purge, each.id)
        return was_cancelled
    run = await bulk.apply(pling, plan, settings=settings)
    await asyncio.to_thread(bulk.purge, run.id)
    return was_cancelled
