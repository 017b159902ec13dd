"""What each status means for each kind of operation, and what a server that only says no may cost (#n are faults)."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from pling_async import Contact, PlingClient, bulk, errors
from pling_async.errors import Outcome
from pling_async.pling.models import ContactListing
from pling_async.sandbox import Fault, Sandbox, Semantics

OLA, KARI = "+4799999001", "+4799999002"
N, U = Outcome.NOT_APPLIED, Outcome.UNKNOWN

STATUSES: dict[int, tuple[type[errors.PlingError], Outcome, bool]] = {
    202: (errors.BadAnswer, U, False),
    301: (errors.UnexpectedRedirect, U, False),
    302: (errors.UnexpectedRedirect, U, False),
    303: (errors.UnexpectedRedirect, U, False),
    307: (errors.UnexpectedRedirect, U, False),
    308: (errors.UnexpectedRedirect, U, False),
    400: (errors.BadRequest, N, False),
    401: (errors.AuthenticationError, N, False),
    403: (errors.PermissionDenied, N, False),
    404: (errors.NotFound, N, False),
    405: (errors.ContractError, N, False),
    406: (errors.ContractError, N, False),
    408: (errors.ServerError, U, True),
    409: (errors.ConflictError, N, False),
    410: (errors.NotFound, N, False),
    413: (errors.PayloadTooLarge, N, False),
    415: (errors.ContractError, N, False),
    422: (errors.BadRequest, N, False),
    429: (errors.RateLimited, N, True),
    500: (errors.ServerError, U, True),
    501: (errors.ContractError, U, False),
    502: (errors.ServerError, U, True),
    503: (errors.ServerError, U, True),
    504: (errors.ServerError, U, True),
    505: (errors.ContractError, U, False),
}
"""Error, outcome, and whether the failure may pass, so that what converges is repeated."""


@pytest.fixture
async def saved(sandbox: Sandbox, pling: PlingClient) -> Contact:
    """Return the only contact of the account, as read."""
    await sandbox.seed(contacts=[{"id": 1, "mobile": OLA, "name": "Ola"}])
    return await pling.contacts.get(1)


def _seen(sandbox: Sandbox, method: str) -> int:
    return sum(entry.method == method for entry in sandbox.requests)


@pytest.mark.parametrize("status", STATUSES)
async def test_a_status_decides_error_outcome_and_repetition(
    sandbox: Sandbox, pling: PlingClient, saved: Contact, status: int
) -> None:
    """#47, #51 to #60, #64, #67: what converges is repeated after what passes; a replace only after a 429."""
    kind, outcome, passes = STATUSES[status]
    sandbox.fail(Fault(status=status, count=None))
    for method, call, repeated in (
        ("GET", lambda: pling.contacts.get(1), passes),
        ("PUT", lambda: pling.contacts.update(saved), passes),
        ("POST", lambda: pling.contacts.replace([saved]), status == 429),
    ):
        before = _seen(sandbox, method)
        with pytest.raises(errors.PlingError) as caught:
            await call()
        assert type(caught.value) is kind
        assert (caught.value.status, caught.value.outcome) == (status, outcome)
        assert caught.value.attempts == (3 if repeated else 1)
        assert _seen(sandbox, method) - before == caught.value.attempts


@pytest.mark.parametrize("status", [405, 406, 415, 501, 505])
async def test_another_contract_is_said_with_its_way_out(sandbox: Sandbox, pling: PlingClient, status: int) -> None:
    """#55: the message names Accept-Version and the base URL."""
    sandbox.fail(Fault(status=status))
    with pytest.raises(errors.ContractError, match="Accept-Version and the base URL"):
        await pling.groups.list()


async def test_what_the_server_says_is_fit_for_a_message(sandbox: Sandbox, pling: PlingClient) -> None:
    """#51: however long and whatever it holds, a refusal is one short line without numbers or control characters."""
    sandbox.fail(Fault(status=400, body=b'{"error":"\\u001b[2J ' + OLA.encode() + b" is bad " + b"x" * 10_000 + b'"}'))
    with pytest.raises(errors.BadRequest, match="is bad") as caught:
        await pling.groups.list()
    message = str(caught.value)
    assert message.isprintable()
    assert len(message) < 300
    assert OLA not in message + caught.value.excerpt


async def test_a_refused_row_is_the_rows_own(sandbox: Sandbox, pling: PlingClient) -> None:
    """#51, #57: in bulk a 422 or 409 is the outcome of its row, and the others go on."""
    for status in (422, 409):
        sandbox.fail(Fault(status=status, method="POST"))
    rows = [Contact(mobile=f"+47999990{n:02}") for n in range(10)]
    outcomes = Counter([row.outcome async for row in bulk.upsert(pling, rows)])
    assert outcomes == {Outcome.APPLIED: 8, Outcome.NOT_APPLIED: 2}


async def test_a_404_is_success_only_for_what_may_have_gone(
    sandbox: Sandbox, pling: PlingClient, saved: Contact
) -> None:
    """#54: gone after a lost answer is what was wanted; gone before the first request is an error."""
    sandbox.fail(Fault(action="reset_after_commit", method="DELETE"))
    await pling.contacts.delete(1)
    assert _seen(sandbox, "DELETE") == 2
    for call in (lambda: pling.contacts.delete(1), lambda: pling.contacts.update(saved)):
        with pytest.raises(errors.NotFound) as caught:
            await call()
        assert caught.value.outcome is N


async def test_a_deletion_of_many_is_looked_up_not_repeated(sandbox: Sandbox, pling: PlingClient) -> None:
    """#54: a group that goes with its contacts may have other victims by now: UNKNOWN, once; the list tells."""
    group = await pling.groups.add("VIP")
    assert isinstance(group.id, int)
    sandbox.fail(Fault(action="reset_after_commit", method="DELETE"))
    with pytest.raises(errors.ConnectionLost) as caught:
        await pling.groups.delete(group.id, contacts="delete")
    assert (caught.value.outcome, _seen(sandbox, "DELETE")) == (U, 1)
    assert await pling.groups.list() == ()


@pytest.mark.parametrize("status", [200, 201])
async def test_created_is_not_read_from_the_status(status: Any) -> None:
    """#45: a POST that met a contact may answer 200 or 201; both are APPLIED, and both return what was saved."""
    async with Sandbox(semantics=Semantics(existing_post_status=status)) as sandbox:
        who = (sandbox.username, sandbox.password)
        async with PlingClient(*who, account_id=sandbox.account_id, base_url=sandbox.url) as client:
            first = await client.contacts.add(Contact(mobile=OLA))
            again = await client.contacts.add(Contact(mobile=OLA, city="OSLO"))
    assert (again.id, again.city) == (first.id, "OSLO")
    assert [entry.status for entry in sandbox.requests] == [201, status]


async def test_a_limit_without_a_time_waits_on_the_scale_of_a_second(
    serve: Any, connect: Any, reply: Any, fake_time: Any
) -> None:
    """#60: whoever is not told for how long to wait doubles a second, not half of one."""
    server = await serve(reply(429, b"{}"), reply(429, b"{}"), reply(200, b"[]"))
    await (await connect(server.url, time=fake_time)).groups.list()
    assert fake_time.slept == [1.0, 2.0]


async def test_a_limit_makes_room(serve: Any, connect: Any, reply: Any, fake_time: Any) -> None:
    """#60: after a round of 429 seven tenths of the requests are in flight, and no more."""
    at_once = most = 0
    full = asyncio.Event()

    async def limit(_: object, writer: asyncio.StreamWriter) -> None:
        nonlocal at_once, most
        is_first_round = not full.is_set()
        at_once += 1
        most = max(most, at_once)
        if is_first_round and at_once == 10:
            full.set()
        await (full.wait() if is_first_round else asyncio.sleep(0.02))
        most = 0 if is_first_round else most
        at_once -= 1
        writer.write(reply(429, b"{}") if is_first_round else reply(200, b"[]"))

    client = await connect((await serve(limit)).url, time=fake_time, max_in_flight=10)
    await asyncio.gather(*(client.groups.list() for _ in range(10)))
    assert 0 < most <= 7


async def test_a_storm_of_failures_costs_little_more_than_the_calls(sandbox: Sandbox, pling: PlingClient) -> None:
    """#66: the budget of retries runs dry, calls then fail at the first answer, and every row has its outcome."""
    sandbox.fail(Fault(status=503, count=None))
    calls = 600

    def rows() -> Iterator[Contact]:
        return (Contact(mobile=f"+4799999{n:03}", is_stopped=True) for n in range(calls))

    nobody = ContactListing(contacts=(), contact_groups=())
    ends = [row async for row in bulk.upsert(pling, rows(), listing=nobody)]
    assert Counter(row.outcome for row in ends) == {U: calls}
    assert sum(row.error.attempts for row in ends if row.error) == _seen_ever(sandbox)
    assert _seen_ever(sandbox) <= calls + 100
    assert max(row.error.attempts for row in ends[:100] if row.error) > 1
    assert max(row.error.attempts for row in ends[-100:] if row.error) == 1


def _seen_ever(sandbox: Sandbox) -> int:
    """Count requests; the journal keeps the last thousand."""
    assert len(sandbox.requests) < 1000
    return _seen(sandbox, "POST")
