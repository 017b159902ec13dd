"""A sandbox that closes leaves nothing waiting behind it."""

import asyncio
import threading

import pytest

from pling_async import ClientSettings, Contact, PlingClient, RetryPolicy, errors
from pling_async.sandbox import Fault, Sandbox
from tests.loops import end_tasks


def _client(sandbox: Sandbox) -> PlingClient:
    settings = ClientSettings(retry=RetryPolicy(attempts=1))
    return PlingClient(
        sandbox.username, sandbox.password, account_id=sandbox.account_id, base_url=sandbox.url, settings=settings
    )


async def test_a_delayed_request_ends_with_the_sandbox() -> None:
    """Also one whose client has gone long ago: no task is left when the sandbox is closed."""
    before = asyncio.all_tasks()
    async with Sandbox() as sandbox:
        sandbox.fail(Fault(action="delay", delay=30, path="*/contacts"))
        async with _client(sandbox) as client:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.1):
                    await client.contacts.list()
        assert [entry.method for entry in sandbox.requests] == ["GET"]
    assert asyncio.all_tasks() == before


async def test_a_delayed_request_is_not_carried_out_by_a_reset() -> None:
    """Its connection is reset like a silent one; nothing of it is in the new account."""
    async with Sandbox() as sandbox, _client(sandbox) as client:
        sandbox.fail(Fault(action="delay", delay=30, method="POST", path="*/contacts"))
        adding = asyncio.create_task(client.contacts.add(Contact(mobile="+4799999001", is_stopped=False)))
        await asyncio.sleep(0.1)
        assert len(sandbox.requests) == 1
        await sandbox.reset()
        async with asyncio.timeout(5):
            with pytest.raises(errors.ConnectionLost):
                await adding
        assert not await sandbox.contacts()


def test_a_loop_in_a_thread_is_closed_without_tasks() -> None:
    """Whatever is left in it has been cancelled, and has ended."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    left = asyncio.run_coroutine_threadsafe(asyncio.sleep(3600), loop)
    asyncio.run_coroutine_threadsafe(end_tasks(), loop).result(timeout=10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(timeout=10)
    assert left.cancelled()
    assert not asyncio.all_tasks(loop)
    loop.close()
