"""An exchange leaves nothing that only the garbage collector could take away, answers least of all."""

import gc
from collections.abc import Awaitable, Callable

import pytest

from pling_async import Contact, PlingClient
from pling_async.sandbox import Sandbox

TIMES = 30
OPERATIONS: dict[str, Callable[[PlingClient], Awaitable[object]]] = {
    "list": lambda pling: pling.contacts.list(),
    "get": lambda pling: pling.contacts.get(1),
    "add": lambda pling: pling.contacts.add(Contact(mobile="+4799999002", first_name="Ola")),
    "groups": lambda pling: pling.groups.list(),
}


@pytest.mark.parametrize("operation", OPERATIONS)
async def test_an_exchange_leaves_no_circles(operation: str) -> None:
    """Objects that know each other stay until a collection, and whoever lists much pays for that with its pauses."""
    async with Sandbox() as sandbox:
        await sandbox.seed(contacts=[{"id": 1, "mobile": "+4799999001"}])
        account = {"account_id": sandbox.account_id, "base_url": sandbox.url}
        async with PlingClient(sandbox.username, sandbox.password, **account) as pling:
            await OPERATIONS[operation](pling)
            gc.collect()
            gc.disable()
            try:
                for _ in range(TIMES):
                    await OPERATIONS[operation](pling)
                gc.set_debug(gc.DEBUG_SAVEALL)
                gc.collect()
                left = {f"{type(each).__module__}.{type(each).__name__}" for each in gc.garbage}
            finally:
                gc.set_debug(0)
                gc.garbage.clear()
                gc.enable()
    assert {name for name in left if name.startswith("pling_async.") and ".sandbox." not in name} == set()
