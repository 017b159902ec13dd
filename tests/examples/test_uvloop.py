"""The client and a bulk run on uvloop, whose transports are not asyncio's."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from pling_async import ClientSettings, Contact, PlingClient, bulk, errors
from pling_async.sandbox import Fault, Sandbox
from pling_async.session.settings import Timeouts


@pytest.fixture
def on_uvloop() -> Callable[[Any], Any]:
    """Run a coroutine on uvloop."""
    uvloop = pytest.importorskip("uvloop", reason="there is no uvloop for this platform; it was tested elsewhere")

    def run(coroutine: Any) -> Any:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(coroutine)

    return run


async def _replace_and_meet_faults() -> list[str]:
    assert type(asyncio.get_running_loop()).__module__ == "uvloop"
    settings = ClientSettings(timeout=Timeouts(read=0.2))
    async with Sandbox(database=":memory:", deterministic=True) as sandbox:
        client = PlingClient(
            sandbox.username, sandbox.password, account_id=sandbox.account_id, base_url=sandbox.url, settings=settings
        )
        async with client as pling:
            kari = await pling.contacts.add(Contact(mobile="+4799999001", first_name="Kari"))
            rows = [{"mobile": f"+479999910{number}", "name": f"Ola {number}"} for number in range(5)]
            run = await bulk.replace(pling, [*rows, {"mobile": kari.mobile, "name": "Kari"}])
            assert (run.outcome_counts[errors.Outcome.APPLIED], run.verification is not None) == (5, True)
            sandbox.fail(Fault(action="reset_after_commit", method="POST", silence=0.4))
            with pytest.raises(errors.ConnectionLost):
                await pling.contacts.add(Contact(mobile="+4799999200", first_name="Per"))
        return sorted(contact["mobile"] for contact in await sandbox.contacts())


def test_a_client_and_a_replace_on_uvloop(on_uvloop: Callable[[Any], Any]) -> None:
    """A list is applied and verified, and a silent server is noticed in time, as on asyncio's own loop."""
    numbers = on_uvloop(_replace_and_meet_faults())
    assert numbers == ["+4799999001", *(f"+479999910{number}" for number in range(5)), "+4799999200"]
