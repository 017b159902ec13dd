"""What may have been carried out stays in doubt until that is known, whoever resumes the run or undoes it.

Other people go on meanwhile: what they do is neither taken for the run's work nor undone by it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import polars as pl
import pytest

from pling_async import Contact, PlingClient, bulk, errors
from pling_async.bulk import ApplySettings, Conclusion, Guards, Outcome
from pling_async.bulk.history import find_run
from pling_async.bulk.journal import Journal
from pling_async.bulk.recorded import read_run, recorded
from pling_async.sandbox import Fault, Sandbox, Semantics

AT_ONCE = ApplySettings(settle=0)
MOBILES = [f"+4799999{number:03}" for number in range(10)]
ROWS = [{"mobile": mobile, "first_name": f"N{mobile[-2:]}"} for mobile in MOBILES]
CONSENT = Guards(consent={MOBILES[0]: "letter 7"})
State = Callable[[], Awaitable[dict[str, dict[str, Any]]]]
Writes = Callable[[], list[str]]


async def _plan(pling: PlingClient, rows: Any, mode: str = "replace", **guards: Any) -> bulk.Plan:
    return await bulk.plan(pling, await bulk.prepare(rows), mode=mode, guards=Guards(**guards))


async def _applied(pling: PlingClient, plan: bulk.Plan, **settings: Any) -> bulk.Run:
    return await bulk.apply(pling, plan, strategy="per_contact", settings=ApplySettings(settle=0, **settings))


async def _halted(pling: PlingClient, plan: bulk.Plan) -> bulk.Run:
    """Begin a run and send nothing of it."""
    stop = asyncio.Event()
    stop.set()
    return await _applied(pling, plan, stop=stop)


async def _edit(pling: PlingClient, mobile: str, **values: Any) -> None:
    (contact,) = [each for each in (await pling.contacts.list()).contacts if each.mobile == mobile]
    await pling.contacts.update(contact.evolve(**values))


async def _delete(pling: PlingClient, mobile: str) -> None:
    (contact,) = [each for each in (await pling.contacts.list()).contacts if each.mobile == mobile]
    await pling.contacts.delete(contact.id)


async def _shown(run_id: str) -> list[tuple[str, str]]:
    """Return outcome and code of each row, as `pling runs show` has them."""
    record, run = await asyncio.to_thread(lambda: read_run(find_run(run_id)))
    return list(recorded(run, record).select("outcome", "code").iter_rows())


async def _status(run_id: str) -> bulk.Status:
    kept = await asyncio.to_thread(lambda: {each.id: each.status for each in bulk.runs()})
    return kept[run_id]


def _fail(sandbox: Sandbox, *statuses: int, method: str = "POST", **fault: Any) -> None:
    for status in statuses:
        sandbox.fail(Fault(method=method, path="*/contacts*", status=status, **fault))


async def test_what_a_resumed_run_found_is_kept(pling: PlingClient, sandbox: Sandbox) -> None:
    """A lost answer that the account decided is decided for every later reader of the journal, too (#31, I-14)."""
    sandbox.fail(Fault(action="replace_body", method="POST", path="*/contacts", body=b"{"))
    run = await _applied(pling, await _plan(pling, ROWS[:3]))
    assert run.outcome_counts[Outcome.UNKNOWN] == 1
    found = await bulk.resume(pling, run.id)
    assert found.written["code"].to_list().count("found") == 1
    for again in (found, await bulk.resume(pling, run.id)):
        assert again.outcome_counts[Outcome.APPLIED] == 3
    assert again.written.sort("mobile").equals(found.written.sort("mobile"))


async def _told(run_id: str) -> pl.DataFrame:
    """Return what became of each contact, as `pling runs show` has it."""
    record, run = await asyncio.to_thread(lambda: read_run(find_run(run_id)))
    return recorded(run, record).sort("mobile")


async def test_why_removals_were_held_back_is_kept(pling: PlingClient, sandbox: Sandbox) -> None:
    """A change that fails holds the deletions back, also where it failed before a resume; readers learn why (I-15)."""
    await bulk.apply(pling, await _plan(pling, ROWS[:3]))
    _fail(sandbox, 500, 500, 500, method="PUT")
    run = await _applied(pling, await _plan(pling, [{**ROWS[0], "city": "OSLO"}, ROWS[1]]))
    await _edit(pling, MOBILES[0], city="BERGEN")
    again = await bulk.resume(pling, run.id)
    for each in (run, again):
        assert "so nothing is deleted" in each.written.filter(action="remove")["message"].item()
    assert again.written.sort("mobile").equals(await _told(run.id))


async def test_why_contacts_were_left_out_is_kept(pling: PlingClient) -> None:
    """Asked to stop, a run leaves out those it had not come to and those whose intent was written; both read alike."""
    stop = asyncio.Event()
    plan = await _plan(pling, [{"mobile": f"+4799999{number:03}"} for number in range(100)])
    run = await bulk.apply(
        pling,
        plan,
        strategy="per_contact",
        settings=ApplySettings(stop=stop),
        on_progress=lambda done, *_: stop.set() if done > 5 else None,
    )
    told = run.written.sort("mobile")
    assert told.equals(await _told(run.id))
    left_out = told.filter(outcome="skipped").select("code", "message").unique().rows()
    assert left_out == [("halted", "stopped on request")]


@pytest.mark.parametrize(
    ("status", "code", "ends"), [(429, "RateLimited", "interrupted"), (409, "ConflictError", "incomplete")]
)
async def test_a_doubt_outlives_a_refusal(
    pling: PlingClient, sandbox: Sandbox, status: int, code: str, ends: str
) -> None:
    """A refusal says nothing of an earlier request that may have been carried out; the run can end (#61, I-15)."""
    _fail(sandbox, 500)
    run = await _applied(pling, await _plan(pling, ROWS[:1]))
    assert run.outcome_counts[Outcome.UNKNOWN] == 1
    _fail(sandbox, status, retry_after="100000")
    again = await bulk.resume(pling, run.id)
    assert again.written.select("outcome", "code").rows() == await _shown(run.id) == [("unknown", code)]
    assert await _status(run.id) == ends


async def test_a_deletion_that_finds_nobody_was_done_before(pling: PlingClient, sandbox: Sandbox) -> None:
    """A 404 is success if an earlier process may have deleted the contact, though a listing still showed it (I-17)."""
    await bulk.apply(pling, await _plan(pling, ROWS[:2]))
    _fail(sandbox, 500, 500, 500, method="DELETE")
    run = await _applied(pling, await _plan(pling, ROWS[:1]))
    assert run.outcome_counts[Outcome.UNKNOWN] == 1
    _fail(sandbox, 404, method="DELETE", action="answer_after_commit")
    again = await bulk.resume(pling, run.id)
    assert again.is_complete
    assert await _shown(run.id) == [("applied", "")]


async def test_who_was_added_again_is_not_deleted(pling: PlingClient, sandbox: Sandbox, writes: Writes) -> None:
    """Another contact with the number of one that was to be removed is somebody else's work (I-2, I-15)."""
    await bulk.apply(pling, await _plan(pling, ROWS[:2]))
    (removed,) = [each for each in (await pling.contacts.list()).contacts if each.mobile == MOBILES[1]]
    _fail(sandbox, 500, method="DELETE", action="answer_after_commit")
    _fail(sandbox, 500, 500, method="DELETE")
    run = await _applied(pling, await _plan(pling, ROWS[:1]))
    await pling.contacts.add(removed.evolve(id=None))
    sent = len(writes())
    again = await bulk.resume(pling, run.id)
    assert again.written.select("outcome", "code").rows() == [("unknown", "drifted")]
    assert len(writes()) == sent


async def test_who_was_left_alone_is_stopped_and_no_more(pling: PlingClient, state: State) -> None:
    """Others removed somebody on the stop list and added them again: the stop comes back, the values do not."""
    before = [{**ROWS[0], "is_stopped": True}, ROWS[1]]
    await bulk.apply(pling, await _plan(pling, before))
    run = await _halted(pling, await _plan(pling, [{**row, "city": "OSLO"} for row in before]))
    await _delete(pling, MOBILES[0])
    await pling.contacts.add(Contact(mobile=MOBILES[0], comment="mine"))
    again = await bulk.resume(pling, run.id, settings=AT_ONCE)
    assert sorted(again.written.select("outcome", "code").rows()) == [("applied", ""), ("skipped", "drifted")]
    found = (await state())[MOBILES[0]]
    assert (found["stop"], found["comment"], found["city"], found["firstName"]) == (1, "mine", "", "")


async def test_what_drifted_ends_the_run(pling: PlingClient, sandbox: Sandbox) -> None:
    """Nobody will ever know what an old request did to a contact that others changed since: the run ends."""
    await bulk.apply(pling, await _plan(pling, ROWS[:3]))
    _fail(sandbox, 500, 500, 500, method="PUT")
    run = await _applied(pling, await _plan(pling, [{**ROWS[0], "city": "OSLO"}, ROWS[1]]))
    await _edit(pling, MOBILES[0], city="BERGEN")
    again = await bulk.resume(pling, run.id)
    assert await _shown(run.id) == [("unknown", "drifted"), ("skipped", "halted")]
    assert MOBILES[2] in {each.mobile for each in (await pling.contacts.list()).contacts}
    assert not again.is_complete
    assert await _status(run.id) is bulk.Status.INCOMPLETE


async def test_what_was_found_is_not_done_again(
    pling: PlingClient, sandbox: Sandbox, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody who was erased after one resume had found them added is not added by the next one (I-14)."""
    sandbox.fail(Fault(action="replace_body", method="POST", path="*/contacts", body=b"{"))
    run = await _applied(pling, await _plan(pling, ROWS[:1]))
    with monkeypatch.context() as patch:
        note = Journal.note

        async def cut_short(self: Journal, kind: str, **detail: Any) -> None:
            await note(self, kind, **detail)
            if kind == "decided":
                raise LookupError

        patch.setattr(Journal, "note", cut_short)
        with pytest.raises(LookupError):
            await bulk.resume(pling, run.id)
    await _delete(pling, MOBILES[0])
    with pytest.raises(errors.VerificationError, match="1 missing"):
        await bulk.resume(pling, run.id)
    assert await state() == {}


async def test_a_new_number_is_not_given_to_somebody_elses_edit(pling: PlingClient, state: State) -> None:
    """Resuming looks at the old number of whoever gets a new one, as it looks at everybody."""
    ann = {"first_name": "Ann", "email": "ann@example.com", "city": "OSLO"}
    await bulk.apply(pling, await _plan(pling, [{**ann, "mobile": MOBILES[0]}]))
    plan = await _plan(pling, [{**ann, "mobile": MOBILES[9]}])
    assert plan.counts.move == 1
    run = await _halted(pling, plan)
    await _edit(pling, MOBILES[0], comment="call first")
    again = await bulk.resume(pling, run.id)
    assert again.written.select("outcome", "code").rows() == [("skipped", "drifted")]
    assert list(await state()) == [MOBILES[0]]


@pytest.mark.parametrize("strategy", ["per_contact", "replace"])
async def test_nobody_is_freed_twice(pling: PlingClient, sandbox: Sandbox, state: State, strategy: str) -> None:
    """Who left the stop list by a request whose answer was lost may have opted out anew, and stays on it (I-4)."""
    await bulk.apply(pling, await _plan(pling, [{**ROWS[0], "is_stopped": True}, ROWS[1]]))
    rows = [{**ROWS[0], "is_stopped": False}, {**ROWS[1], "city": "OSLO"}]
    plan = await bulk.plan(pling, await bulk.prepare(rows), mode="replace", guards=CONSENT)
    sandbox.fail(Fault(action="reset_after_commit", method="PUT", path="*/contacts/1"))
    sandbox.fail(Fault(action="crash", path="*/contacts/replace", rows=1))
    try:
        run = await bulk.apply(pling, plan, strategy=strategy, settings=AT_ONCE)
    except errors.NoAnswer as error:
        run = error.run
    await pling.stop_list.add((await pling.contacts.list()).contacts[0])
    again = await bulk.resume(pling, run.id, settings=AT_ONCE)
    assert (await state())[MOBILES[0]]["stop"] == 1
    assert again.written.sort("mobile").select("outcome", "code").rows() == [("unknown", "drifted"), ("applied", "")]
    assert sorted(await _shown(run.id)) == [("applied", ""), ("unknown", "drifted")]
    assert await _status(run.id) is bulk.Status.INCOMPLETE


@pytest.mark.parametrize("kind", ["result", "ended"])
async def test_a_full_disk_after_the_answer_takes_nothing_back(
    pling: PlingClient, state: State, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """What the server said is told although it cannot be written down any more (#89, I-15)."""
    note = Journal.note

    async def full(self: Journal, each: str, **detail: Any) -> None:
        if each == kind:
            raise errors.JournalError("the disk is full")
        await note(self, each, **detail)

    monkeypatch.setattr(Journal, "note", full)
    with pytest.raises(errors.JournalError) as caught:
        await bulk.apply(pling, await _plan(pling, ROWS), strategy="replace", settings=AT_ONCE)
    assert caught.value.outcome is Outcome.UNKNOWN
    assert caught.value.run.outcome_counts[Outcome.APPLIED] == len(ROWS) == len(await state())


@pytest.mark.parametrize(
    ("fault", "outcome", "kind"),
    [
        (None, "applied", errors.JournalError),
        (Fault(action="reset_after_commit", method="PUT", count=3), "unknown", errors.JournalError),
        (Fault(status=401, method="PUT"), "not_applied", errors.AuthenticationError),
    ],
)
async def test_a_full_disk_at_the_end_hides_nothing(
    pling: PlingClient, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, fault: Any, outcome: str, kind: type
) -> None:
    """What became of the last request is told although it cannot be written down any more (#89, I-15)."""
    commit = Journal._commit

    def full(self: Journal, rows: Any) -> None:
        if any("UPDATE intent" in statement for statement, _ in rows):
            raise errors.JournalError("the disk is full")
        commit(self, rows)

    await bulk.apply(pling, await _plan(pling, ROWS[:1]))
    plan = await _plan(pling, [{**ROWS[0], "city": "OSLO"}])
    if fault is not None:
        sandbox.fail(fault)
    monkeypatch.setattr(Journal, "_commit", full)
    with pytest.raises(kind) as caught:
        await _applied(pling, plan)
    assert caught.value.run.written["outcome"].to_list() == [outcome]
    assert "the disk is full" in "".join([str(caught.value), *getattr(caught.value, "__notes__", ())])


@pytest.mark.parametrize("sandbox", [Semantics(replace_commit="row_by_row")], indirect=True)
async def test_half_a_replace_is_not_denied(pling: PlingClient, sandbox: Sandbox, state: State) -> None:
    """A second replace that is refused does not make the rows of the first one NOT_APPLIED (I-15)."""
    plan = await _plan(pling, ROWS)
    sandbox.fail(Fault(action="crash", path="*/contacts/replace", rows=4))
    with pytest.raises(errors.NoAnswer) as caught:
        await bulk.apply(pling, plan, strategy="replace", settings=AT_ONCE)
    assert caught.value.run.conclusion is Conclusion.PARTIAL
    sandbox.fail(Fault(status=429, retry_after="100000", path="*/contacts/replace"))
    with pytest.raises(errors.RateLimited) as refused:
        await bulk.resume(pling, caught.value.run.id, settings=AT_ONCE)
    assert refused.value.outcome is Outcome.UNKNOWN
    assert refused.value.run.outcome_counts[Outcome.UNKNOWN] == len(ROWS)
    assert {outcome for outcome, _ in await _shown(caught.value.run.id)} == {"unknown"}
    assert (await bulk.resume(pling, caught.value.run.id, settings=AT_ONCE)).is_complete
    assert sorted(await state()) == MOBILES


async def test_a_conclusion_is_not_drawn_again(pling: PlingClient, sandbox: Sandbox) -> None:
    """An account that was seen to be as promised was so, whatever others do before the run is verified (I-12)."""
    plan = await _plan(pling, ROWS[:2])
    sandbox.fail(Fault(action="reset_after_commit", path="*/contacts/replace"))
    sandbox.fail(Fault(method="GET", path="*/contacts", skip=3, count=3))
    with pytest.raises(errors.ServerError) as caught:
        await bulk.apply(pling, plan, strategy="replace", settings=AT_ONCE)
    assert caught.value.run.conclusion is Conclusion.CONVERGED
    await _edit(pling, MOBILES[0], city="OSLO")
    with pytest.raises(errors.VerificationError, match="1 differing"):
        await bulk.resume(pling, caught.value.run.id, settings=AT_ONCE)
    assert await _shown(caught.value.run.id) == [("applied", ""), ("applied", "")]


async def test_what_the_end_found_is_remembered(pling: PlingClient, sandbox: Sandbox) -> None:
    """A run whose account was not as promised is incomplete for everybody who reads it back (I-12)."""
    plan = await _plan(pling, ROWS[:2])
    sandbox.fail(Fault(action="replace_body", method="POST", path="*/contacts", body=b"{"))
    sandbox.fail(Fault(action="answer", status=201, body=b"{}", method="POST", path="*/contacts"))
    run = await _applied(pling, plan)
    await _edit(pling, run.written.filter(code="DecodeError")["mobile"].item(), city="OSLO")
    await bulk.resume(pling, run.id, settings=AT_ONCE)
    again = await bulk.resume(pling, run.id)
    assert await _status(run.id) is bulk.Status.INCOMPLETE
    assert not again.is_complete


async def test_an_undo_takes_back_nobody_elses_work(pling: PlingClient, state: State) -> None:
    """What others had done before a resumed run came to it stays when the run is undone."""
    await bulk.apply(pling, await _plan(pling, ROWS[:4]))
    rows = [ROWS[5], *ROWS[:2], {**ROWS[2], "city": "OSLO"}]
    run = await _halted(pling, await _plan(pling, rows, find_moves=False))
    people = {contact.mobile: contact for contact in (await pling.contacts.list()).contacts}
    await pling.contacts.add(people[MOBILES[0]].evolve(mobile=MOBILES[5], first_name="N05", name="N05"))
    await _delete(pling, MOBILES[3])
    await _edit(pling, MOBILES[2], city="OSLO")
    before = await state()
    again = await bulk.resume(pling, run.id)
    assert set(again.written["code"]) == {"already_there"}
    undone = await bulk.undo(pling, run.id)
    assert undone.written.is_empty()
    assert await state() == before


async def test_an_undo_leaves_who_was_added_again(pling: PlingClient, state: State) -> None:
    """A contact with another id is somebody else's, though it holds the value that the run had written (I-2)."""
    await bulk.apply(pling, await _plan(pling, ROWS[:2]))
    run = await _applied(pling, await _plan(pling, [{**ROWS[0], "city": "OSLO"}, {**ROWS[1], "city": "OSLO"}]))
    (first, _) = (await pling.contacts.list()).contacts
    await pling.contacts.delete(first.id)
    await pling.contacts.add(first)
    await bulk.undo(pling, run.id)
    assert {mobile: each["city"] for mobile, each in (await state()).items()} == {MOBILES[0]: "OSLO", MOBILES[1]: ""}


async def test_an_undone_run_is_not_carried_on(pling: PlingClient, state: State) -> None:
    """Undoing a run that was cut short ends it: resuming it afterwards sends nothing."""
    stop = asyncio.Event()
    run = await bulk.apply(
        pling,
        await _plan(pling, [{"mobile": f"+4799999{number:03}"} for number in range(60)]),
        strategy="per_contact",
        settings=ApplySettings(stop=stop),
        on_progress=lambda *_: stop.set(),
    )
    assert (await bulk.undo(pling, run.id)).is_complete
    again = await bulk.resume(pling, run.id)
    assert (again.requests, again.is_complete) == (0, False)
    assert await state() == {}


async def test_an_undo_puts_back_a_stop_that_its_run_lost(pling: PlingClient, sandbox: Sandbox, state: State) -> None:
    """A run that is undone in place of being finished is not verified any more, so its undo sees to its stops (I-4)."""
    await bulk.apply(pling, await _plan(pling, [{**ROWS[0], "is_stopped": True}, ROWS[1]]))
    _fail(sandbox, 500, 500, method="PUT")
    _fail(sandbox, 500, method="PUT", action="answer_after_commit")
    run = await _applied(pling, await _plan(pling, [ROWS[0], {**ROWS[1], "city": "OSLO"}]))
    assert run.outcome_counts[Outcome.UNKNOWN] == 1
    await pling.stop_list.remove(await pling.contacts.get(1), consent="the server forgets it")
    await bulk.undo(pling, run.id, settings=AT_ONCE)
    assert (await state())[MOBILES[0]]["stop"] == 1


async def test_an_undo_waits_for_what_may_come(pling: PlingClient, sandbox: Sandbox, state: State) -> None:
    """A deletion that the server carries out a second late is over before its undo looks at the account (#85)."""
    await bulk.apply(pling, await _plan(pling, ROWS[:2]))
    plan = await _plan(pling, ROWS[:1])
    sandbox.fail(Fault(action="apply_late", late=0.6, method="DELETE", path="*/contacts/*", count=3))
    run = await _applied(pling, plan)
    assert run.outcome_counts[Outcome.UNKNOWN] == 1
    undone = await bulk.undo(pling, run.id, settings=ApplySettings(settle=1.5))
    assert undone.plan.counts.add == 1
    assert sorted(await state()) == MOBILES[:2]
