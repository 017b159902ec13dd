"""Whoever a run saw on the stop list is there when it ends, whatever became of its requests."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from pling_async import PlingClient, bulk, errors
from pling_async.bulk import ApplySettings, Conclusion, Guards, Outcome, Plan, Run
from pling_async.bulk.journal import Journal
from pling_async.bulk.seen_stops import SeenStops
from pling_async.bulk.stops import arrived, noted
from pling_async.bulk.verify import verify
from pling_async.sandbox import Fault, Sandbox, Semantics

OLA, KARI, NILS = "+4799999001", "+4799999002", "+4799999003"
AT_ONCE = ApplySettings(settle=0)
RESETTING = Semantics(omitted_in_replace="default")
FAULTY = "none: this test plays a server that forgets"
State = Callable[[], Awaitable[dict[str, dict[str, Any]]]]


@pytest.fixture
async def plan(pling: PlingClient, sandbox: Sandbox) -> Plan:
    """Plan to change one contact, to remove another, and to keep a third one, who is stopped."""
    people = [{"id": 1, "mobile": OLA}, {"id": 2, "mobile": KARI}, {"id": 3, "mobile": NILS, "stop": 1}]
    await sandbox.seed(contacts=[{**each, "comment": "letter"} for each in people])
    return await bulk.plan(pling, await bulk.prepare([{"mobile": OLA, "city": "OSLO"}]), mode="replace")


async def _lost(pling: PlingClient, plan: Plan, sandbox: Sandbox) -> Run:
    """Apply a plan with a replace that never arrives."""
    sandbox.fail(Fault(action="reset_before_commit", path="*/contacts/replace"))
    with pytest.raises(errors.NoAnswer) as caught:
        await bulk.apply(pling, plan, strategy="replace", settings=AT_ONCE)
    assert caught.value.run.conclusion is Conclusion.UNTOUCHED
    run: Run = caught.value.run
    return run


async def _forget(pling: PlingClient, contact_id: int = 3) -> None:
    await pling.stop_list.remove(await pling.contacts.get(contact_id), consent=FAULTY)


async def test_a_stop_lost_meanwhile_is_put_back(
    pling: PlingClient, plan: Plan, sandbox: Sandbox, state: State
) -> None:
    """A forgotten stop makes nobody foreign: the run is finished, and the person is stopped again (I-4)."""
    run = await _lost(pling, plan, sandbox)
    await _forget(pling)
    assert (await bulk.resume(pling, run.id, settings=AT_ONCE)).is_complete
    assert {mobile: each["stop"] for mobile, each in (await state()).items()} == {OLA: 0, NILS: 1}


@pytest.mark.parametrize("is_gone", [False, True])
async def test_a_foreign_account_keeps_its_stops(
    pling: PlingClient, plan: Plan, sandbox: Sandbox, state: State, *, is_gone: bool
) -> None:
    """Nothing of the plan is sent after somebody else's change, but the stop list is repaired, people gone included."""
    run = await _lost(pling, plan, sandbox)
    await sandbox.seed(contacts=[{"id": 900, "mobile": "+4799999900"}])
    await (pling.contacts.delete(3) if is_gone else _forget(pling))
    with pytest.raises(errors.StalePlan, match="somebody else"):
        await bulk.resume(pling, run.id, settings=AT_ONCE)
    left = await state()
    assert sorted(left) == [OLA, KARI, NILS, "+4799999900"]
    assert (left[NILS]["stop"], left[NILS]["comment"], left[OLA]["city"]) == (1, "letter", "")


@pytest.mark.parametrize("sandbox", [Semantics(), RESETTING], indirect=True, ids=["keeping", "resetting"])
async def test_a_replace_sent_again_says_the_stops_that_arrived_since(
    pling: PlingClient, plan: Plan, sandbox: Sandbox, state: State
) -> None:
    """No request of a run keeps quiet about a stop that a listing showed it (#83, I-4)."""
    run = await _lost(pling, plan, sandbox)
    await pling.stop_list.add(await pling.contacts.get(1))
    run = await bulk.resume(pling, run.id, settings=AT_ONCE)
    assert run.is_complete
    assert run.verification is not None
    assert run.verification.repaired_stops == 0
    assert (await state())[OLA]["stop"] == 1


async def test_whoever_opts_out_is_not_removed_by_a_plan_made_before(
    pling: PlingClient, plan: Plan, sandbox: Sandbox, state: State
) -> None:
    """The plan took somebody reachable away; now it would take an opt-out away, so it is not sent again (I-4)."""
    run = await _lost(pling, plan, sandbox)
    await pling.stop_list.add(await pling.contacts.get(2))
    with pytest.raises(errors.StalePlan):
        await bulk.resume(pling, run.id, settings=AT_ONCE)
    assert (await state())[KARI]["stop"] == 1


async def test_one_by_one_the_stops_that_arrived_since_are_said(
    pling: PlingClient, plan: Plan, sandbox: Sandbox, state: State
) -> None:
    """A resumed run writes the full state that it was shown, and that has the stop (#83, I-4)."""
    stop = asyncio.Event()
    stop.set()
    run = await bulk.apply(pling, plan, strategy="per_contact", settings=ApplySettings(stop=stop))
    await pling.stop_list.add(await pling.contacts.get(1))
    assert (await bulk.resume(pling, run.id)).is_complete
    (sent,) = (entry.body for entry in sandbox.requests if entry.method == "PUT" and b"OSLO" in entry.body)
    assert b'"stop":1' in sent
    assert (await state())[OLA]["stop"] == 1


async def test_a_repaired_stop_does_not_make_a_refused_row_applied(
    pling: PlingClient, sandbox: Sandbox, state: State
) -> None:
    """The journal tells what the plan wanted from what put a stop back, so a run read back says what it said (I-15)."""
    await sandbox.seed(contacts=[{"id": 3, "mobile": NILS, "stop": 1}])
    plan = await bulk.plan(pling, await bulk.prepare([{"mobile": NILS, "city": "OSLO"}]))
    stop = asyncio.Event()
    stop.set()
    halted = await bulk.apply(pling, plan, strategy="per_contact", settings=ApplySettings(stop=stop))
    await _forget(pling)
    sandbox.fail(Fault(status=400, method="PUT", path="*/contacts/3"))
    run = await bulk.resume(pling, halted.id)
    assert run.verification is not None
    assert run.verification.repaired_stops == 1
    assert (await state())[NILS]["stop"] == 1
    assert run.outcome_counts[Outcome.NOT_APPLIED] == 1
    assert (await bulk.resume(pling, run.id)).written.equals(run.written)


async def test_a_stop_seen_while_watching_is_known_to_whoever_resumes(
    pling: PlingClient, plan: Plan, sandbox: Sandbox, state: State
) -> None:
    """Each listing is written down before the next wait: the process may end there, and the replace arrive (I-4)."""
    run = await _lost(pling, plan, sandbox)
    await pling.stop_list.add(await pling.contacts.get(1))

    def end(*_: object) -> None:
        raise RuntimeError("the process ends")

    with pytest.raises(RuntimeError):
        await bulk.resume(pling, run.id, settings=AT_ONCE, on_progress=end)
    await _forget(pling, 1)
    assert (await bulk.resume(pling, run.id, settings=AT_ONCE)).is_complete
    assert (await state())[OLA]["stop"] == 1


async def test_consent_is_used_once(pling: PlingClient, sandbox: Sandbox, state: State) -> None:
    """A lost replace that took somebody off the stop list may have done so before a new STOP: only a new one frees."""
    await sandbox.seed(contacts=[{"id": 1, "mobile": NILS, "stop": 1}])
    guards = Guards(consent={NILS: "letter of 2026-01-02"})
    prepared = await bulk.prepare([{"mobile": NILS, "is_stopped": "0"}])
    plan = await bulk.plan(pling, prepared, mode="replace", guards=guards)
    run = await _lost(pling, plan, sandbox)
    again = await bulk.resume(pling, run.id, settings=AT_ONCE)
    assert again.written.select("outcome", "code").rows() == [("unknown", "drifted")]
    assert (await state())[NILS]["stop"] == 1
    newer = Guards(consent={NILS: "letter of 2026-02-03"})
    assert (await bulk.apply(pling, await bulk.plan(pling, prepared, guards=newer))).is_complete
    assert (await state())[NILS]["stop"] == 0


class Forgetting:
    """A session whose server forgets the stop of contact 3 after each of the next writes."""

    def __init__(self, pling: PlingClient, times: int) -> None:
        self._pling = pling
        self._times = times
        self.settings = pling.session.settings

    async def call(self, request: Any, decode: Any) -> Any:
        """Send, and forget."""
        answer = await self._pling.session.call(request, decode)
        if request.method == "PUT" and self._times:
            self._times -= 1
            await _forget(self._pling)
        return answer


@pytest.mark.parametrize(("times", "stop"), [(1, 1), (2, 1), (50, 0)])
async def test_a_repair_is_believed_when_a_listing_shows_it(
    pling: PlingClient, plan: Plan, state: State, times: int, stop: int
) -> None:
    """The repair is repeated a few times; a stop that the server does not keep is a difference that the run reports."""
    await bulk.apply(pling, plan)
    await _forget(pling)
    client = PlingClient.over(Forgetting(pling, times), account_id=pling.account_id, origin=pling.origin)
    verification = await verify(client, plan)
    assert verification.repaired_stops == 1
    assert verification.differing.rows() == ([] if stop else [(NILS, ["is_stopped"])])
    assert (await state())[NILS]["stop"] == stop


async def test_a_stop_that_an_earlier_process_saw_is_known(pling: PlingClient, plan: Plan, tmp_path: Path) -> None:
    """People of the plan come as it wants them; of a newcomer only the stop is known, and that is enough to set it."""
    stops = noted(plan, [OLA, "+4799999900"])
    assert stops.select("mobile", "is_stopped", "city", "contact_groups").rows() == [
        (OLA, True, "OSLO", []),
        ("+4799999900", True, "", []),
    ]
    assert arrived(plan, stops) == [OLA, "+4799999900"]
    journal = await Journal.create(tmp_path / "journal.sqlite", {})
    assert (await verify(pling, plan, SeenStops(plan, journal, stops))).repaired_stops == 2
    await journal.close()
    people = {contact.mobile: contact.is_stopped for contact in (await pling.contacts.list()).contacts}
    assert people == {OLA: True, KARI: False, NILS: True, "+4799999900": True}


class Late:
    """Lets a person opt out just before the account is listed for the second time: when the run is verified."""

    def __init__(self, pling: PlingClient) -> None:
        self._pling = pling
        self._listings = 0
        self.settings = pling.session.settings

    async def call(self, request: Any, decode: Any) -> Any:
        """Call, at the second listing after somebody opted out."""
        if request.method == "GET":
            self._listings += 1
            if self._listings == 2:
                await self._pling.stop_list.add(await self._pling.contacts.get(2))
        return await self._pling.session.call(request, decode)


async def test_a_stop_that_only_the_verification_saw_is_put_back(
    pling: PlingClient, plan: Plan, sandbox: Sandbox, state: State
) -> None:
    """A request that is carried out late may lose it after that; whoever resumes the run knows of it (I-4)."""
    sandbox.fail(Fault(method="PUT", path="*/contacts/1", action="reset_before_commit", count=3))
    client = PlingClient.over(Late(pling), account_id=pling.account_id, origin=pling.origin)
    run = await bulk.apply(client, plan, strategy="per_contact")
    assert run.outcome_counts == {Outcome.UNKNOWN: 1, Outcome.SKIPPED: 1, Outcome.APPLIED: 0, Outcome.NOT_APPLIED: 0}
    await _forget(pling, contact_id=2)
    again = await bulk.resume(pling, run.id)
    assert again.written.filter(action="remove")["code"].to_list() == ["drifted"]
    assert {mobile: each["stop"] for mobile, each in (await state()).items()} == {OLA: 0, KARI: 1, NILS: 1}
