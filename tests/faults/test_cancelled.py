"""Cancelled at any await whatever, an operation leaves nothing behind, and a run can be finished."""

import asyncio
import hashlib
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine, Generator
from typing import Any

import pytest

from pling_async import ClientSettings, Contact, PlingClient, bulk
from pling_async.bulk import ApplySettings, Outcome
from pling_async.bulk.history import find_run
from pling_async.bulk.journal_file import Record, read_journal
from pling_async.sandbox import Fault, Sandbox

OLA, LIV = "+4799999001", "+4799999003"
MANY = 60
"""No operation here awaits so often, nor any run `MOST` times."""
MOST, LAST = 400, 2 * MANY - 1


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


async def _cancelled(work: Coroutine[Any, Any, Any], k: int) -> asyncio.CancelledError | None:
    """Run the work in a task of its own; return the cancellation that came out, if it came before the end."""
    heard: list[asyncio.CancelledError] = []

    async def stepping() -> None:
        try:
            await CancelledAt(work, k)
        except asyncio.CancelledError as cancelled:
            heard.append(cancelled)
            raise

    task = asyncio.create_task(stepping())
    await asyncio.wait([task])
    if not task.cancelled():
        task.result()
    return heard[0] if heard else None


def _others() -> set["asyncio.Task[Any]"]:
    return {task for task in asyncio.all_tasks() if "pling_async" in repr(task.get_coro())} - {asyncio.current_task()}


@pytest.fixture
async def account() -> AsyncIterator[Sandbox]:
    """Serve an account with a contact and a group for every k, over real sockets; every other contact is stopped."""
    async with Sandbox() as sandbox:
        await sandbox.seed(
            contacts=[
                {"id": k, "mobile": _mobile(k), "name": "Ola", "stop": k % 2, "contactGroupIds": [LAST] * (k == LAST)}
                for k in range(1, 2 * MANY)
            ],
            contact_groups=[{"id": k, "name": f"G{k}"} for k in range(1, 2 * MANY)],
        )
        yield sandbox


def _connected(sandbox: Sandbox, **settings: Any) -> PlingClient:
    return PlingClient(
        sandbox.username,
        sandbox.password,
        account_id=sandbox.account_id,
        base_url=sandbox.url,
        settings=ClientSettings(**settings),
    )


def _mobile(number: int) -> str:
    return f"+4799999{number:03}"


async def _update(pling: PlingClient, k: int) -> Contact:
    return await pling.contacts.update((await pling.contacts.get(k)).evolve(city="OSLO"))


async def _free(pling: PlingClient, k: int) -> Contact:
    return await pling.stop_list.remove(await pling.contacts.get(2 * k + 1), consent="mail of 2026-01-02")


OPERATIONS: dict[str, Callable[[PlingClient, int], Coroutine[Any, Any, Any]]] = {
    "list": lambda pling, _: pling.contacts.list(),
    "get": lambda pling, k: pling.contacts.get(k),
    "add": lambda pling, k: pling.contacts.add(Contact(mobile=_mobile(2 * MANY + k), is_stopped=True)),
    "add once": lambda pling, k: pling.contacts.add(Contact(mobile=_mobile(2 * MANY + k))),
    "update": _update,
    "delete": lambda pling, k: pling.contacts.delete(k),
    "replace": lambda pling, _: pling.contacts.replace([Contact(mobile=_mobile(LAST)), Contact(mobile=_mobile(1))]),
    "stop": lambda pling, k: pling.stop_list.add(Contact(id=2 * k, mobile=_mobile(2 * k))),
    "free": _free,
    "groups": lambda pling, _: pling.groups.list(),
    "group": lambda pling, k: pling.groups.get(k),
    "add a group": lambda pling, k: pling.groups.add(f"New {k}"),
    "rename a group": lambda pling, k: pling.groups.rename(k, f"Other {k}"),
    "delete a group": lambda pling, k: pling.groups.delete(k),
    "delete a group and its contacts": lambda pling, k: pling.groups.delete(k, contacts="delete"),
}
_KNOWN = re.compile(r"request (\w+)\) was cut short, outcome (\w+)")


@pytest.mark.parametrize("connection", ["new", "kept"])
@pytest.mark.parametrize("operation", OPERATIONS)
async def test_an_operation_can_be_cancelled_anywhere(account: Sandbox, operation: str, connection: str) -> None:
    """Nothing is lost, the next call works, and who hears "not applied" was not heard (#72, I-15, I-23)."""
    known: dict[str, set[str]] = {"unknown": set(), "not_applied": set()}
    for k in range(1, MANY):
        async with _connected(account) as pling:
            if connection == "kept":
                await pling.contacts.get(LAST)
            cancelled = await _cancelled(OPERATIONS[operation](pling, k), k)
            assert not _others()
            assert (await pling.contacts.get(LAST)).mobile == _mobile(LAST)
        if cancelled is None:
            break
        for request, outcome in _KNOWN.findall(" ".join(getattr(cancelled, "__notes__", ()))):
            known[outcome].add(request)
    assert 1 < k < MANY
    heard = {entry.headers["x-request-id"] for entry in account.requests}
    assert not known["not_applied"] & heard
    assert known["unknown"] & heard


async def test_who_waits_for_a_turn_was_not_sent(account: Sandbox) -> None:
    """The cancellation says that nothing happened, and nothing did (#72)."""
    account.fail(Fault(action="delay", delay=0.2, method="PUT"))
    async with _connected(account, max_in_flight=1) as pling:
        first = asyncio.create_task(pling.groups.rename(1, "First"))
        await asyncio.sleep(0)
        cancelled = await _cancelled(pling.groups.rename(2, "Second"), 1)
        assert "outcome not_applied" in " ".join(getattr(cancelled, "__notes__", ()))
        await first
    assert [group["name"] for group in (await account.groups())[:2]] == ["First", "G2"]


@pytest.mark.untraced
@pytest.mark.parametrize("strategy", ["per_contact", "replace"])
async def test_a_run_can_be_cancelled_anywhere(strategy: str) -> None:
    """Lock and notes are as they should be, the journal is true, and resuming ends as planned (#72, I-9, I-14)."""
    k, was_cancelled, told = 0, True, Counter[Outcome | None]()
    while was_cancelled and k < MOST:
        k += 1
        async with Sandbox() as sandbox:
            await sandbox.seed(contacts=[{"id": 1, "mobile": OLA, "name": "Ola"}])
            async with _connected(sandbox) as pling:
                was_cancelled = await _run_cancelled_at(k, pling, sandbox, told, strategy)
            assert {contact["mobile"]: contact["city"] for contact in await sandbox.contacts()} == {
                OLA: "OSLO",
                LIV: "",
            }
    assert 1 < k < MOST
    in_flight = {Outcome.UNKNOWN} if strategy == "replace" else set()  # one by one, what is under way is finished
    assert {Outcome.NOT_APPLIED, Outcome.APPLIED} | in_flight <= set(told)


async def _run_cancelled_at(
    k: int, pling: PlingClient, sandbox: Sandbox, told: Counter[Outcome | None], strategy: str
) -> bool:
    """Cancel a run at its k-th await and finish it: resume what was kept, or apply what never became a run."""
    rows = [{"mobile": OLA, "city": "OSLO"}, {"mobile": LIV}]
    plan, settings = await bulk.plan(pling, await bulk.prepare(rows), mode="replace"), ApplySettings(settle=0)
    cancelled = await _cancelled(bulk.apply(pling, plan, strategy=strategy, settings=settings), k)
    assert not _others()
    for each in await asyncio.to_thread(lambda: [kept for kept in bulk.runs() if kept.origin == pling.origin]):
        record = await asyncio.to_thread(_journal_of, each.id)
        _check_words(cancelled, record, each.id)
        told.update(intent.outcome for intent in record.intents)
        await bulk.resume(pling, each.id, settings=settings)
        _check_journal(await asyncio.to_thread(_journal_of, each.id), sandbox)
        await asyncio.to_thread(bulk.purge, each.id)
        return cancelled is not None
    run = await bulk.apply(pling, plan, settings=settings)
    await asyncio.to_thread(bulk.purge, run.id)
    return cancelled is not None


def _journal_of(run_id: str) -> Record:
    return read_journal(find_run(run_id).journal)


def _check_words(cancelled: asyncio.CancelledError | None, record: Record, run_id: str) -> None:
    """Whoever cut a run short after its first intent was told how to finish it."""
    if cancelled is not None and record.intents and record.last("ended") is None:
        assert any(f"pling runs resume {run_id}" in note for note in cancelled.__notes__)


def _check_journal(record: Record, sandbox: Sandbox) -> None:
    """Fail unless whatever the server was sent is in the journal, and not as if it had not been sent."""
    sent = Counter(
        (entry.method, entry.path.partition("/api/")[2], hashlib.sha256(entry.body or b"").hexdigest())
        for entry in sandbox.requests
        if entry.method != "GET"
    )
    unsent = {Outcome.NOT_APPLIED, Outcome.SKIPPED}
    noted = Counter((each.method, each.path, each.payload) for each in record.intents if each.outcome not in unsent)
    assert sent <= noted
