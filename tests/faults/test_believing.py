"""A 200 is not believed for its number: what is planned against, and what a replace says it did (#n are faults)."""

from collections.abc import Mapping
from typing import Any

import orjson
import pytest

from pling_async import PlingClient, bulk, errors
from pling_async.bulk import ApplySettings
from pling_async.errors import Outcome
from pling_async.sandbox import Fault, Sandbox

OLA, KARI, EVA = "+4799999001", "+4799999002", "+4799999003"
STRICTER = "+4743999999"
"""In a series that is not in use yet: the lenient policy takes it, the server does not."""
ROW = {"id": 1, "accountId": 12345, "mobile": OLA, "stop": 0, "active": 1}


def _listing(*contacts: Mapping[str, Any]) -> bytes:
    return orjson.dumps({"contacts": contacts, "contactGroups": []})


UNBELIEVABLE = {
    "nothing at all (#30)": b"",
    "cut in the middle (#31)": _listing(ROW)[:40],
    "a login page (#32)": b"<html>Log in</html>",
    "no contacts (#34)": b'{"contactGroups":[]}',
    "contacts: null (#34)": b'{"contacts":null,"contactGroups":[]}',
    "a list (#34)": b"[]",
    "infinity (#35)": _listing(ROW).replace(b'"active":1', b'"active":1e999'),
    "stop twice (#36)": _listing(ROW).replace(b'"stop":0', b'"stop":1,"stop":0'),
    "deeply nested (#37)": b"[" * 100_000,
    "stop: 2 (#39)": _listing({**ROW, "stop": 2}),
    "a null number (#40)": _listing({**ROW, "mobile": None}),
    "an id as text (#41)": _listing({**ROW, "id": "1"}),
    "a number twice (#48)": _listing(ROW, {**ROW, "id": 2}),
    "another account (#48)": _listing({**ROW, "accountId": 9}),
}


@pytest.mark.parametrize("body", UNBELIEVABLE.values(), ids=UNBELIEVABLE)
async def test_nothing_is_planned_against_what_cannot_be_true(
    sandbox: Sandbox, pling: PlingClient, body: bytes
) -> None:
    """An account that reads as empty or half by mistake would make everybody an addition or a removal."""
    await sandbox.seed(contacts=[{"mobile": OLA}])
    kind = "text/html" if body.startswith(b"<") else "application/json"
    sandbox.fail(Fault(action="replace_body", method="GET", body=body, content_type=kind, count=None))
    prepared = await bulk.prepare([{"mobile": KARI}])
    with pytest.raises(errors.BadAnswer) as caught:
        await bulk.plan(pling, prepared, mode="replace")
    assert OLA not in str(caught.value)
    assert {entry.method for entry in sandbox.requests} == {"GET"}


async def test_a_long_listing_may_not_say_two_things_either(sandbox: Sandbox, pling: PlingClient) -> None:
    """#36: `stop` twice in one contact is refused however long the listing is."""
    rows = ({**ROW, "id": n, "mobile": f"+4799{n:06}", "comment": "x" * 300} for n in range(4000))
    body = _listing(*rows).replace(b'"stop":0', b'"stop":1,"stop":0', 1)
    sandbox.fail(Fault(action="replace_body", method="GET", body=body, count=None))
    with pytest.raises(errors.DecodeError):
        await bulk.snapshot(pling)


def _result(added: int = 0, modified: int = 0, unchanged: int = 0, *invalid: Mapping[str, Any], **other: Any) -> bytes:
    counts = {"addedContactCount": added, "modifiedContactCount": modified, "unchangedContactCount": unchanged}
    return orjson.dumps({**counts, "invalidContactCount": len(invalid), "invalidContacts": invalid, **other})


@pytest.mark.parametrize(
    ("answer", "warning", "is_complete"),
    [
        (_result(added=7), "counted 7 contacts, 2 were sent", True),
        (_result(2, 0, 0, invalidContactCount=3), "counted 5 contacts, 2 were sent", True),
        (_result(1, 0, 0, {"mobile": OLA, "error": "no"}, invalidContactCount=0), "counted 1 contacts", False),
        (_result(added=-2), "was lost", True),
        (_result(2, 0, 0, invalidContacts=[{"mobile": OLA}]), "was lost", True),
    ],
    ids=["too many", "more invalid than sent", "more invalid than counted", "negative", "invalid without a reason"],
)
async def test_counts_that_cannot_be_true_are_settled_by_listing(
    sandbox: Sandbox,
    pling: PlingClient,
    answer: bytes,
    warning: str,
    is_complete: bool,  # noqa: FBT001 - a value of the table
) -> None:
    """#49: the account is listed again; it decides what became of the replace, and the doubt is told."""
    plan = await bulk.plan(pling, await bulk.prepare([{"mobile": OLA}, {"mobile": KARI}]), mode="replace")
    sandbox.fail(Fault(action="replace_body", path="*/contacts/replace", body=answer))
    run = await bulk.apply(pling, plan, strategy="replace", settings=ApplySettings(settle=0))
    assert warning in " ".join(run.warnings)
    assert run.is_complete is is_complete
    assert [entry.method for entry in sandbox.requests].count("POST") == 1


async def test_contact_by_contact_a_stricter_server_removes_nobody(sandbox: Sandbox, pling: PlingClient) -> None:
    """#111: sent one by one, who is refused is an outcome of that row, and keeps what the account holds."""
    await sandbox.seed(contacts=[{"mobile": STRICTER, "name": "Gry"}, {"mobile": KARI}])
    settings = bulk.PrepareSettings(numbers="lenient")
    rows = [{"mobile": STRICTER, "city": "OSLO"}, {"mobile": EVA}]
    run = await bulk.replace(pling, rows, settings=settings, strategy="per_contact")
    outcomes = {row["mobile"]: row["outcome"] for row in run.written.iter_rows(named=True)}
    assert outcomes == {STRICTER: Outcome.NOT_APPLIED, EVA: Outcome.APPLIED, KARI: Outcome.SKIPPED}
    assert [contact["mobile"] for contact in await sandbox.contacts()] == [STRICTER, KARI, EVA]
