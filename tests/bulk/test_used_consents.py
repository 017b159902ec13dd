"""A consent is used once: whoever opts out again stays on the stop list until a new one is named (I-4)."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from pling_async import PlingClient, bulk, errors
from pling_async.bulk import ApplySettings, Guards, Outcome, Plan
from pling_async.bulk.state import AccountFolder
from pling_async.sandbox import Fault, Sandbox

OLA, KARI = "+4799999001", "+4799999002"
AT_ONCE = ApplySettings(settle=0)
LETTER = "letter of 2026-01-02"
State = Callable[[], Awaitable[dict[str, dict[str, Any]]]]
METHODS = {"per_contact": "PUT", "replace": "POST"}
STRATEGIES = pytest.mark.parametrize("strategy", METHODS)


@pytest.fixture(autouse=True)
async def people(sandbox: Sandbox) -> None:
    """Let somebody be on the stop list."""
    await sandbox.seed(contacts=[{"id": 1, "mobile": OLA, "stop": 1}, {"id": 2, "mobile": KARI}])


@pytest.fixture
def account(pling: PlingClient) -> AccountFolder:
    """Name the folder of the account."""
    return AccountFolder.of(None, pling.origin, pling.account_id)


async def _plan(pling: PlingClient, reference: str = LETTER) -> Plan:
    """Plan to take somebody off the stop list."""
    prepared = await bulk.prepare([{"mobile": OLA, "stop": "no"}, {"mobile": KARI}])
    return await bulk.plan(pling, prepared, mode="replace", guards=Guards(consent={OLA: reference}))


async def _opt_out(pling: PlingClient) -> None:
    await pling.stop_list.add(await pling.contacts.get(1))


@STRATEGIES
async def test_who_opts_out_again_needs_a_new_one(pling: PlingClient, state: State, strategy: str) -> None:
    """The same plan, and a new one with the same consent, are refused; another reference is another consent."""
    plan = await _plan(pling)
    run = await bulk.apply(pling, plan, strategy=strategy)
    assert (await state())[OLA]["stop"] == 0
    await _opt_out(pling)
    for again in (plan, await _plan(pling)):
        with pytest.raises(errors.GuardRefused, match=f"a consent was used before, by run {run.id}"):
            await bulk.apply(pling, again, strategy=strategy)
    assert (await state())[OLA]["stop"] == 1
    assert (await bulk.apply(pling, await _plan(pling, "letter of 2026-02-03"), strategy=strategy)).is_complete
    assert (await state())[OLA]["stop"] == 0


async def test_forgetting_the_run_does_not_forget_its_consents(pling: PlingClient, account: AccountFolder) -> None:
    """What is kept is private, and names nobody."""
    run = await bulk.apply(pling, await _plan(pling))
    await asyncio.to_thread(bulk.purge, run.id)
    await _opt_out(pling)
    with pytest.raises(errors.GuardRefused, match="needs a new one"):
        await bulk.apply(pling, await _plan(pling))
    assert account.consents.stat().st_mode & 0o077 == 0
    assert not {OLA[1:], LETTER} & set(account.consents.read_text().split('"'))


@STRATEGIES
async def test_a_request_that_did_nothing_uses_none(
    pling: PlingClient, sandbox: Sandbox, state: State, strategy: str
) -> None:
    """A refusal leaves the person on the stop list, and the consent to the next run."""
    sandbox.fail(Fault(action="answer", status=400, method=METHODS[strategy]))
    try:
        run = await bulk.apply(pling, await _plan(pling), strategy=strategy)
    except errors.BadRequest as error:
        run = error.run
    assert run.outcome_counts[Outcome.NOT_APPLIED] == 1
    assert (await bulk.apply(pling, await _plan(pling), strategy=strategy)).is_complete
    assert (await state())[OLA]["stop"] == 0


@STRATEGIES
async def test_a_run_that_was_halted_before_it_uses_none(pling: PlingClient, state: State, strategy: str) -> None:
    """Nothing was sent about the person: the next plan may use the consent, and then the halted run no more."""
    stop = asyncio.Event()
    stop.set()
    early = await bulk.apply(pling, await _plan(pling), strategy=strategy, settings=ApplySettings(stop=stop))
    assert early.outcome_counts[Outcome.SKIPPED] == 1
    late = await bulk.apply(pling, await _plan(pling), strategy=strategy)
    await _opt_out(pling)
    with pytest.raises(errors.GuardRefused, match=late.id):
        await bulk.resume(pling, early.id)
    assert (await state())[OLA]["stop"] == 1


async def test_a_run_that_is_too_old_to_resume_uses_none(pling: PlingClient, sandbox: Sandbox, state: State) -> None:
    """Nothing was sent, for the account is another by now; the list is planned again, with the same consent."""
    sandbox.fail(Fault(action="answer", status=400, method="POST"))
    with pytest.raises(errors.BadRequest) as failed:
        await bulk.apply(pling, await _plan(pling), strategy="replace")
    await pling.contacts.update((await pling.contacts.get(2)).evolve(city="OSLO"))
    with pytest.raises(errors.StalePlan):
        await bulk.resume(pling, failed.value.run.id)
    assert (await bulk.apply(pling, await _plan(pling))).is_complete
    assert (await state())[OLA]["stop"] == 0


@STRATEGIES
async def test_a_lost_answer_uses_it(pling: PlingClient, sandbox: Sandbox, state: State, strategy: str) -> None:
    """Nobody can tell whether the person opted out since; the run itself may still be finished."""
    sandbox.fail(Fault(action="reset_after_commit", method=METHODS[strategy]))
    try:
        run = await bulk.apply(pling, await _plan(pling), strategy=strategy, settings=AT_ONCE)
    except errors.NoAnswer as error:
        run = error.run
    await bulk.resume(pling, run.id, settings=AT_ONCE)
    await _opt_out(pling)
    with pytest.raises(errors.GuardRefused, match=run.id):
        await bulk.apply(pling, await _plan(pling), strategy=strategy)
    assert (await state())[OLA]["stop"] == 1


async def test_a_plan_that_frees_nobody_uses_none(pling: PlingClient, account: AccountFolder) -> None:
    """The consent of somebody whom the list does not take off the stop list, or who is not on it, is there still."""
    prepared = await bulk.prepare([{"mobile": OLA, "city": "OSLO"}, {"mobile": KARI, "city": "BERGEN", "stop": "no"}])
    guards = Guards(consent={OLA: LETTER, KARI: LETTER})
    assert (await bulk.apply(pling, await bulk.plan(pling, prepared, guards=guards))).is_complete
    assert not account.consents.exists()
    assert (await bulk.apply(pling, await _plan(pling))).is_complete


@pytest.mark.parametrize("content", ["{", "[]", "null"])
async def test_a_damaged_record_is_refused(
    pling: PlingClient, account: AccountFolder, writes: Any, content: str
) -> None:
    """A promise that cannot be kept is not ignored; the message says what to do (#92)."""
    account.path.mkdir(parents=True)
    account.consents.write_text(content)
    with pytest.raises(errors.JournalError, match="delete it"):
        await bulk.apply(pling, await _plan(pling))
    assert writes() == []


async def test_a_record_that_cannot_be_written_stops_the_run(
    pling: PlingClient, account: AccountFolder, writes: Any
) -> None:
    """Nothing is sent by a consent of which nobody would know that it was used (#89)."""
    (account.path / "consents.json").mkdir(parents=True)
    with pytest.raises(errors.JournalError, match="damaged"):
        await bulk.apply(pling, await _plan(pling))
    assert writes() == []
