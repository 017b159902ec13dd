"""A run that was cut short is finished as if it had not been, and nobody else's work is undone by that."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pling_async import PlingClient, bulk, errors
from pling_async.bulk import ApplySettings, Conclusion, Guards, Outcome
from pling_async.bulk.history import find_run
from pling_async.bulk.journal import Journal
from pling_async.bulk.journal_file import Intent, read_journal
from pling_async.bulk.resume import decided_rows
from pling_async.bulk.state import AccountFolder
from pling_async.sandbox import Fault, Sandbox

AT_ONCE = ApplySettings(settle=0)
MOBILES = [f"+4799999{number:03}" for number in range(60)]
ROWS = [{"mobile": mobile, "first_name": f"N{mobile[-2:]}"} for mobile in MOBILES]
State = Callable[[], Awaitable[dict[str, dict[str, Any]]]]
Writes = Callable[[], list[str]]


async def _plan(pling: PlingClient, rows: Any = ROWS, mode: str = "replace", **guards: Any) -> bulk.Plan:
    return await bulk.plan(pling, await bulk.prepare(rows), mode=mode, guards=Guards(**guards))


def _is_private(folder: Path) -> bool:
    return all(path.stat().st_mode & 0o077 == 0 for path in folder.rglob("*") if path.is_file())


async def _stopped_after(pling: PlingClient, plan: bulk.Plan, count: int) -> bulk.Run:
    """Apply contact by contact, and ask the run to stop after so many."""
    stop = asyncio.Event()

    def progress(done: int, *_: object) -> None:
        if done >= count:
            stop.set()

    return await bulk.apply(
        pling, plan, strategy="per_contact", settings=ApplySettings(stop=stop), on_progress=progress
    )


async def test_a_stopped_run_is_finished(pling: PlingClient, state: State, writes: Writes) -> None:
    """What is under way is finished, nothing else is sent, and resuming sends only the rest (#76, I-14)."""
    run = await _stopped_after(pling, await _plan(pling), 10)
    sent = len(writes())
    assert 10 <= sent <= 10 + 2 * pling.settings.max_in_flight
    assert run.outcome_counts[Outcome.APPLIED] == sent == run.requests
    assert run.outcome_counts[Outcome.SKIPPED] == len(ROWS) - sent
    assert not run.is_complete
    again = await bulk.resume(pling, run.id)
    assert again.is_complete
    assert again.outcome_counts[Outcome.APPLIED] == len(ROWS)
    assert (len(writes()), again.requests) == (len(ROWS), len(ROWS) - sent)
    assert sorted(await state()) == MOBILES


async def test_a_run_whose_client_is_closed_can_be_finished(pling: PlingClient, sandbox: Sandbox) -> None:
    """Every further request would fail alike, so that none is begun; the error has the run (#87)."""
    closing: set[asyncio.Task[None]] = set()
    account = {"account_id": sandbox.account_id, "base_url": sandbox.url}
    async with PlingClient(sandbox.username, sandbox.password, **account) as short_lived:
        plan = await _plan(short_lived)

        def close(done: int, *_: object) -> None:
            if done == 10:
                closing.add(asyncio.ensure_future(short_lived.close()))

        with pytest.raises(errors.ConfigurationError, match="closed") as caught:
            await bulk.apply(short_lived, plan, strategy="per_contact", on_progress=close)
    run = caught.value.run
    codes = run.written["code"].to_list()
    assert codes.count("halted") > len(ROWS) / 2
    again = await bulk.resume(pling, run.id, settings=AT_ONCE)
    assert again.is_complete


async def test_a_run_with_nothing_left_to_send_is_verified(pling: PlingClient) -> None:
    """Asked to stop after the last contact, it still looks whether all is well, and repairs lost stops (#76, I-4)."""
    run = await _stopped_after(pling, await _plan(pling, ROWS[:1]), 1)
    assert run.is_complete
    assert run.verification is not None


@pytest.mark.parametrize(
    ("outcomes", "said"),
    [
        ((), "skipped"),
        ((Outcome.NOT_APPLIED,), "skipped"),
        ((None, Outcome.NOT_APPLIED), "unknown"),
        ((Outcome.UNKNOWN, Outcome.SKIPPED), "unknown"),
        ((Outcome.APPLIED, Outcome.NOT_APPLIED), "applied"),
    ],
)
def test_every_request_for_a_contact_counts(outcomes: tuple[Outcome | None, ...], said: str) -> None:
    """A contact that is neither as before nor as planned may be so by any request of the run (I-15)."""
    sent = [
        Intent(number=number, method="PUT", path="contacts/1", subject=MOBILES[0], payload="", outcome=outcome)
        for number, outcome in enumerate(outcomes)
    ]
    row = {"mobile": MOBILES[0], "action": "change", "changed": ["city"], "as_before": False, "as_wanted": False}
    more = {"id": 1, "id_now": 1, "is_stopped": False, "is_stopped_now": False, "moved_from": None}
    ((_, _, outcome, *_),) = decided_rows(pl.DataFrame([{**row, **more}]), {MOBILES[0]: sent}, {})
    assert outcome == said


async def test_an_ended_run_sends_nothing_more(pling: PlingClient, writes: Writes) -> None:
    """Resuming what has ended tells what it did (I-14)."""
    run = await bulk.apply(pling, await _plan(pling), strategy="per_contact")
    sent = len(writes())
    again = await bulk.resume(pling, run.id)
    assert again.written.sort("mobile").equals(run.written.sort("mobile"))
    assert (len(writes()), again.requests) == (sent, 0)


async def test_somebody_elses_change_is_left_alone(pling: PlingClient, state: State) -> None:
    """A contact that is neither as before nor as planned is reported, not overwritten."""
    run = await _stopped_after(pling, await _plan(pling), 5)
    (skipped,) = run.written.filter(outcome="skipped").tail(1)["mobile"].to_list()
    listing = await pling.contacts.list()
    assert skipped not in {contact.mobile for contact in listing.contacts}
    await pling.contacts.add(listing.contacts[0].evolve(mobile=skipped, first_name="Somebody", name="Somebody"))
    again = await bulk.resume(pling, run.id)
    (row,) = again.written.filter(mobile=skipped).iter_rows(named=True)
    assert (row["outcome"], row["code"]) == ("skipped", "drifted")
    assert (await state())[skipped]["firstName"] == "Somebody"


async def test_somebody_who_opted_out_since_is_not_deleted(pling: PlingClient, state: State) -> None:
    """A removal that waits in a stopped run does not outlive a STOP (#83, I-4)."""
    await bulk.apply(pling, await _plan(pling))
    plan = await _plan(pling, [{**row, "city": "OSLO"} for row in ROWS[:30]], max_removals=100)
    run = await _stopped_after(pling, plan, 5)
    (gone,) = [each for each in (await pling.contacts.list()).contacts if each.mobile == MOBILES[-1]]
    await pling.stop_list.add(gone)
    again = await bulk.resume(pling, run.id)
    (row,) = again.written.filter(mobile=MOBILES[-1]).iter_rows(named=True)
    assert (row["outcome"], row["code"]) == ("skipped", "drifted")
    assert sorted(await state()) == [*MOBILES[:30], MOBILES[-1]]


@pytest.mark.parametrize(
    ("action", "conclusion"),
    [("reset_before_commit", Conclusion.UNTOUCHED), ("reset_after_commit", Conclusion.CONVERGED)],
)
async def test_a_lost_replace_is_concluded(
    pling: PlingClient, sandbox: Sandbox, state: State, action: Any, conclusion: Conclusion
) -> None:
    """The account says what happened; only what was not carried out is sent again, by resume (#10, I-12)."""
    plan = await _plan(pling)
    sandbox.fail(Fault(action=action, path="*/contacts/replace"))
    if conclusion is Conclusion.CONVERGED:
        run = await bulk.apply(pling, plan, strategy="replace", settings=AT_ONCE)
    else:
        with pytest.raises(errors.NoAnswer, match="as it was") as caught:
            await bulk.apply(pling, plan, strategy="replace", settings=AT_ONCE)
        run = caught.value.run
        assert run.outcome_counts[Outcome.UNKNOWN] == len(ROWS)
        assert (await bulk.resume(pling, run.id, settings=AT_ONCE)).is_complete
    assert run.conclusion is conclusion
    assert sorted(await state()) == MOBILES


async def test_nothing_is_written_while_a_replace_is_in_doubt(
    pling: PlingClient, sandbox: Sandbox, state: State, writes: Writes
) -> None:
    """Killed between sending and concluding: every other run is refused until this one is resumed (#79)."""
    plan = await _plan(pling)
    sandbox.fail(Fault(action="delay", delay=30, path="*/contacts/replace"))
    sent = asyncio.Event()
    applying = asyncio.create_task(
        bulk.apply(pling, plan, strategy="replace", settings=AT_ONCE, on_progress=lambda *_: sent.set())
    )
    await sent.wait()
    applying.cancel()
    with pytest.raises(asyncio.CancelledError) as cancelled:
        await applying
    (note,) = [note for note in cancelled.value.__notes__ if "resume" in note]
    run_id = note.split()[-2]
    (kept,) = await asyncio.to_thread(lambda: list(bulk.runs()))
    assert (kept.id, kept.status) == (run_id, bulk.Status.IN_DOUBT)
    other = await _plan(pling, ROWS[:1], "merge")
    with pytest.raises(errors.RunInDoubt, match=run_id):
        await bulk.apply(pling, other)
    with pytest.raises(errors.RunInDoubt, match=run_id):
        await asyncio.to_thread(bulk.purge, run_id)
    assert len(writes()) == 1
    assert (await bulk.resume(pling, run_id, settings=AT_ONCE)).is_complete
    assert sorted(await state()) == MOBILES


async def test_a_foreign_account_is_not_written_to(pling: PlingClient, sandbox: Sandbox, writes: Writes) -> None:
    """After a lost replace and somebody else's change nothing is sent, and the run has ended."""
    plan = await _plan(pling)
    sandbox.fail(Fault(action="reset_before_commit", path="*/contacts/replace"))
    with pytest.raises(errors.NoAnswer) as caught:
        await bulk.apply(pling, plan, strategy="replace", settings=AT_ONCE)
    await sandbox.seed(contacts=[{"id": 900, "mobile": "+4799999900", "firstName": "Somebody"}])
    with pytest.raises(errors.StalePlan, match="somebody else"):
        await bulk.resume(pling, caught.value.run.id, settings=AT_ONCE)
    assert len(writes()) == 1


async def test_two_runs_do_not_write_at_once(pling: PlingClient, state_folder: Path) -> None:
    """The second is refused at once and names the first one's process (#81, I-10)."""
    account = AccountFolder.of(None, pling.origin, pling.account_id)
    plan = await _plan(pling)
    async with account.lock():
        with pytest.raises(errors.AccountBusy, match=r"process [0-9]+"):
            await bulk.apply(pling, plan)
    assert (await bulk.apply(pling, plan)).is_complete
    assert await asyncio.to_thread(_is_private, state_folder)


async def test_a_journal_of_another_version_or_plan_is_refused(pling: PlingClient, state_folder: Path) -> None:
    """Neither is resumed: what would be sent may not be what was begun (#80, #92)."""
    run = await _stopped_after(pling, await _plan(pling), 5)
    folder = await asyncio.to_thread(find_run, run.id)
    folder.plan.rename(folder.plan.with_suffix(".kept"))
    with pytest.raises(errors.SourceError, match="no such file"):
        await bulk.resume(pling, run.id)
    await asyncio.to_thread(bulk.save_plan, await _plan(pling, ROWS[:3]), folder.plan)
    with pytest.raises(errors.JournalError, match="not the one"):
        await bulk.resume(pling, run.id)
    assert state_folder in folder.path.parents


async def test_every_write_had_an_intent_with_its_payload(pling: PlingClient, sandbox: Sandbox) -> None:
    """Bytes on the wire and hashes in the journal are the same (I-9)."""
    run = await bulk.apply(pling, await _plan(pling), strategy="per_contact")
    folder = await asyncio.to_thread(find_run, run.id)
    record = await asyncio.to_thread(read_journal, folder.journal)
    sent = sorted(hashlib.sha256(entry.body).hexdigest() for entry in sandbox.requests if entry.method != "GET")
    assert sorted(intent.payload for intent in record.intents) == sent
    assert run.requests == len(sent) == sum(intent.attempts for intent in record.intents)


async def test_a_full_journal_stops_the_run(
    pling: PlingClient, writes: Writes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is sent without a durable intent; the rows that were not sent say so (#89)."""
    plan, intended = await _plan(pling), 0
    intend = Journal.intend

    async def full(self: Journal, **request: Any) -> int:
        nonlocal intended
        intended += 1
        if intended > 10:
            raise errors.JournalError("the disk is full")
        return await intend(self, **request)

    monkeypatch.setattr(Journal, "intend", full)
    with pytest.raises(errors.JournalError) as caught:
        await bulk.apply(pling, plan, strategy="per_contact")
    assert len(writes()) <= 10
    counts = caught.value.run.outcome_counts
    assert counts[Outcome.APPLIED] == len(writes())
    assert counts[Outcome.UNKNOWN] == 0


async def test_an_account_that_changed_meanwhile_is_not_written_to(pling: PlingClient, writes: Writes) -> None:
    """Another machine, or a person at the web page: the account is read afresh just before, and drift refused (#82)."""
    plan = await _plan(pling, ROWS[:3])
    await bulk.merge(pling, ROWS[5:6])
    sent = len(writes())
    with pytest.raises(errors.StalePlan, match="changed since"):
        await bulk.apply(pling, plan)
    assert len(writes()) == sent


async def test_a_replace_that_is_applied_late_is_waited_for(pling: PlingClient, sandbox: Sandbox, state: State) -> None:
    """An account that is still as it was is watched on, under the lock, until the replace shows (#85)."""
    plan = await _plan(pling)
    sandbox.fail(Fault(action="apply_late", late=0.6, path="*/contacts/replace"))
    run = await bulk.apply(pling, plan, strategy="replace", settings=ApplySettings(settle=20))
    assert (run.conclusion, run.requests) == (Conclusion.CONVERGED, 1)
    assert sorted(await state()) == MOBILES


@pytest.mark.parametrize(
    "own", [LookupError("own"), errors.GuardRefused("own")], ids=lambda error: type(error).__name__
)
async def test_an_error_in_on_progress_leaves_a_replace_in_doubt(
    pling: PlingClient, state: State, own: Exception
) -> None:
    """The caller sees its own error, the journal says UNKNOWN and not whose fault it was, and resuming finishes."""

    def fail(*_: object) -> None:
        raise own

    with pytest.raises(type(own)) as caught:
        await bulk.apply(pling, await _plan(pling), strategy="replace", settings=AT_ONCE, on_progress=fail)
    assert caught.value is own
    (kept,) = await asyncio.to_thread(lambda: list(bulk.runs()))
    assert kept.status is bulk.Status.IN_DOUBT
    if isinstance(own, errors.PlingError):
        assert own.run.outcome_counts[Outcome.UNKNOWN] == len(ROWS)
    else:
        assert any(f"pling runs resume {kept.id}" in note for note in own.__notes__)
    assert (await bulk.resume(pling, kept.id, settings=AT_ONCE)).is_complete
    assert sorted(await state()) == MOBILES


async def test_an_error_in_on_progress_leaves_no_contact_in_doubt(
    pling: PlingClient, state: State, writes: Writes
) -> None:
    """Contact by contact, what is under way is finished and journalled before the caller's error is raised."""
    own = LookupError("own")

    def fail(*_: object) -> None:
        raise own

    with pytest.raises(LookupError) as caught:
        await bulk.apply(pling, await _plan(pling), strategy="per_contact", settings=AT_ONCE, on_progress=fail)
    assert caught.value is own
    assert not [task for task in asyncio.all_tasks() if "spread" in repr(task) or "_pull" in repr(task)]
    (kept,) = await asyncio.to_thread(lambda: list(bulk.runs()))
    sent = len(writes())
    assert (await bulk.resume(pling, kept.id, settings=AT_ONCE)).is_complete
    assert sorted(await state()) == MOBILES
    assert len(writes()) == len(ROWS)
    assert 0 < sent <= len(ROWS)
