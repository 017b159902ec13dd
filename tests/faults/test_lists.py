"""Lists and what servers make of them: lengths that are counted otherwise, spellings of a number (#n are faults)."""

from pling_async import PlingClient, bulk
from pling_async.sandbox import Fault, Sandbox

OLA, KARI = "+4799999001", "+4799999002"


async def test_a_server_that_counts_otherwise_refuses_a_row(sandbox: Sandbox, pling: PlingClient) -> None:
    """#104: where the server counts UTF-16 units its refusal is the outcome of that contact, and of no other."""
    sandbox.fail(Fault(status=400, method="POST", body=b'{"error":"name is too long"}'))
    run = await bulk.merge(pling, [{"mobile": OLA, "name": "\U0001f600" * 100}, {"mobile": KARI}])
    assert sorted(run.written["outcome"]) == ["applied", "not_applied"]


async def test_spellings_of_one_number_are_one_contact(sandbox: Sandbox, pling: PlingClient) -> None:
    """#107: rows that differ in spelling only collide: one contact, the last row wins, and the merge is told."""
    spellings = ["99999001", "004799999001", "+47 99 99 90 01", "'+4799999001", "=+4799999001", "tel:+47-99999001"]
    prepared = await bulk.prepare([{"mobile": each, "city": f"BY {n}"} for n, each in enumerate(spellings)])
    assert prepared.contacts.select("mobile", "city").rows() == [(OLA, "BY 5")]
    assert prepared.merges["rows"].to_list()[0] == [1, 2, 3, 4, 5, 6]
    await bulk.apply(pling, await bulk.plan(pling, prepared, mode="replace"))
    assert len(await sandbox.contacts()) == 1
