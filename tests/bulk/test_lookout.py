"""A run that writes contact by contact sees who opts out, or gets another number, while it writes."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import orjson
import pytest

from pling_async import ClientSettings, PlingClient, RetryPolicy, bulk
from pling_async.bulk import ApplySettings, Guards, Outcome, Run, lookout
from pling_async.bulk.history import find_run
from pling_async.bulk.journal_file import read_journal
from pling_async.sandbox import Fault, Sandbox, Semantics

MOBILES = [f"+4799999{number:03}" for number in range(60)]
KEPT, GONE, NEWCOMERS, OTHER = MOBILES[:4], MOBILES[4], MOBILES[5:45], "+4799999900"
RESETTING = Semantics(omitted_in_put="default", omitted_in_post="default")
State = Callable[[], Awaitable[dict[str, dict[str, Any]]]]
Writes = Callable[[], list[str]]
During = Callable[..., Awaitable[Run]]


@pytest.fixture(autouse=True)
async def seeded(sandbox: Sandbox) -> None:
    """Fill the account."""
    await sandbox.seed(contacts=[{"id": number, "mobile": each} for number, each in enumerate((*KEPT, GONE), start=1)])


@pytest.fixture
async def pling(sandbox: Sandbox) -> AsyncIterator[PlingClient]:
    """Send two requests at a time, since what is under way cannot heed what is seen meanwhile."""
    settings = ClientSettings(retry=RetryPolicy(base=0), max_in_flight=2)
    async with PlingClient(
        sandbox.username, sandbox.password, account_id=sandbox.account_id, base_url=sandbox.url, settings=settings
    ) as client:
        yield client


@pytest.fixture
async def elsewhere(sandbox: Sandbox) -> AsyncIterator[PlingClient]:
    """Write to the account from another machine."""
    async with PlingClient(
        sandbox.username, sandbox.password, account_id=sandbox.account_id, base_url=sandbox.url
    ) as client:
        yield client


@pytest.fixture
def during(pling: PlingClient, sandbox: Sandbox) -> During:
    """Apply a plan contact by contact, slowly; at so many that are done something happens elsewhere."""

    async def run(plan: bulk.Plan, happens: Callable[[], Awaitable[Any]], *, at: int = 10) -> Run:
        under_way: list[asyncio.Future[Any]] = []
        for method, path in (("POST", "*/contacts"), ("PUT", "*/contacts/*"), ("DELETE", "*/contacts/*")):
            sandbox.fail(Fault(action="delay", delay=0.02, method=method, path=path, count=None))

        def progress(done: int, *_: object) -> None:
            if done == at:
                under_way.append(asyncio.ensure_future(happens()))

        applied = await bulk.apply(pling, plan, strategy="per_contact", on_progress=progress)
        await asyncio.gather(*under_way)
        assert under_way
        return applied

    return run


@pytest.fixture
async def replacing(pling: PlingClient) -> bulk.Plan:
    """Plan to add forty people and to remove one."""
    rows = [{"mobile": each} for each in (*KEPT, *NEWCOMERS)]
    return await bulk.plan(pling, await bulk.prepare(rows), mode="replace")


def _deletions(writes: Writes) -> list[str]:
    return [each for each in writes() if each.startswith("DELETE")]


async def _stop(client: PlingClient, mobile: str) -> None:
    person = next(each for each in (await client.contacts.list()).contacts if each.mobile == mobile)
    await client.stop_list.add(person)


async def test_whoever_opts_out_during_the_additions_is_kept(
    pling: PlingClient, elsewhere: PlingClient, replacing: bulk.Plan, during: During, state: State, writes: Writes
) -> None:
    """A plan made before an opt-out does not take it away, and every later reader of the run hears so (#83, I-4)."""
    run = await during(replacing, lambda: _stop(elsewhere, GONE))
    assert _deletions(writes) == []
    assert (await state())[GONE]["stop"] == 1
    assert run.written.filter(mobile=GONE).select("outcome", "code").rows() == [("skipped", "drifted")]
    assert not run.is_complete
    assert run.outcome_counts[Outcome.APPLIED] == len(NEWCOMERS)
    record = await asyncio.to_thread(lambda: read_journal(find_run(run.id).journal))
    assert record.last("stops") == {"mobiles": [GONE]}
    assert (await bulk.resume(pling, run.id)).written.sort("mobile").equals(run.written.sort("mobile"))


async def test_a_number_that_no_plan_listed_is_not_removed(
    elsewhere: PlingClient, replacing: bulk.Plan, during: During, state: State, writes: Writes
) -> None:
    """A deletion goes by id, and behind the id is another number by now (#82, I-2)."""

    async def renumber() -> None:
        await elsewhere.contacts.update((await elsewhere.contacts.get(5)).evolve(mobile=OTHER))

    run = await during(replacing, renumber)
    assert _deletions(writes) == []
    assert OTHER in await state()
    assert run.written.filter(mobile=GONE).select("outcome", "code").rows() == [("skipped", "drifted")]


@pytest.mark.parametrize(
    ("mobiles", "listings"),
    [((*KEPT, GONE, OTHER), 2), (KEPT, 2), ((*KEPT, OTHER), 3)],
    ids=["nothing to remove", "nothing before the removals", "both"],
)
async def test_a_listing_more_is_for_removals_after_other_writes(
    pling: PlingClient, sandbox: Sandbox, mobiles: list[str], listings: int
) -> None:
    """Before and after a run the account is listed anyway."""
    plan = await bulk.plan(pling, await bulk.prepare([{"mobile": each} for each in mobiles]), mode="replace")
    before = len(sandbox.requests)
    assert (await bulk.apply(pling, plan, strategy="per_contact")).is_complete
    assert sum(entry.method == "GET" for entry in list(sandbox.requests)[before:]) == listings


async def test_nobody_is_deleted_unseen(
    pling: PlingClient, replacing: bulk.Plan, sandbox: Sandbox, state: State, writes: Writes
) -> None:
    """When the account cannot be listed again the deletions are held back, and the run says why."""

    def progress(done: int, *_: object) -> None:
        if done == len(NEWCOMERS):
            sandbox.fail(Fault(action="answer", status=400, method="GET"))

    run = await bulk.apply(pling, replacing, strategy="per_contact", on_progress=progress)
    assert _deletions(writes) == []
    assert GONE in await state()
    ((outcome, code, message),) = run.written.filter(mobile=GONE).select("outcome", "code", "message").rows()
    assert (outcome, code) == ("skipped", "halted")
    assert "could not be listed" in message


@pytest.mark.parametrize("sandbox", [RESETTING], indirect=True, ids=["resetting"])
async def test_a_long_run_heeds_who_opts_out(
    pling: PlingClient, elsewhere: PlingClient, during: During, state: State, sandbox: Sandbox, monkeypatch: Any
) -> None:
    """A request that is built after a look says the stops that the look showed (#83, I-4)."""
    await bulk.apply(pling, await bulk.plan(pling, await bulk.prepare([{"mobile": each} for each in MOBILES])))
    monkeypatch.setattr(lookout, "EVERY", 0.0)
    rows = [{"mobile": each, "city": "OSLO"} for each in MOBILES]
    run = await during(await bulk.plan(pling, await bulk.prepare(rows)), lambda: _stop(elsewhere, MOBILES[-1]), at=1)
    assert run.is_complete
    assert run.verification is not None
    assert run.verification.repaired_stops == 0
    after = (await state())[MOBILES[-1]]
    assert (after["stop"], after["city"]) == (1, "OSLO")
    sent = [entry.body or b"" for entry in sandbox.requests if entry.method == "PUT"]
    assert sum(b"OSLO" in body and b'"stop":1' in body for body in sent) == 1


@pytest.mark.parametrize("sandbox", [RESETTING], indirect=True, ids=["resetting"])
async def test_a_stop_that_a_look_showed_is_put_back(
    pling: PlingClient, elsewhere: PlingClient, during: During, state: State, monkeypatch: Any
) -> None:
    """What a look saw is verified: a server that forgets it afterwards is told again (I-4)."""
    monkeypatch.setattr(lookout, "EVERY", 0.0)

    async def stop_and_forget() -> None:
        await _stop(elsewhere, KEPT[0])
        await asyncio.sleep(0.1)
        await elsewhere.stop_list.remove(await elsewhere.contacts.get(1), consent="none: plays a faulty server")

    rows = [{"mobile": each} for each in MOBILES[5:]]
    run = await during(await bulk.plan(pling, await bulk.prepare(rows)), stop_and_forget, at=1)
    assert run.verification is not None
    assert run.verification.repaired_stops == 1
    assert (await state())[KEPT[0]]["stop"] == 1


async def test_the_deletions_are_watched_too(
    pling: PlingClient, elsewhere: PlingClient, during: During, state: State, monkeypatch: Any
) -> None:
    """Who opts out while others are deleted is kept as soon as a look shows it (#83, I-4)."""
    await bulk.apply(pling, await bulk.plan(pling, await bulk.prepare([{"mobile": each} for each in MOBILES])))
    monkeypatch.setattr(lookout, "EVERY", 0.0)
    guards = Guards(max_removals=60, max_removals_per_day=60)
    plan = await bulk.plan(pling, await bulk.prepare([{"mobile": MOBILES[0]}]), mode="replace", guards=guards)
    run = await during(plan, lambda: _stop(elsewhere, MOBILES[-1]), at=1)
    assert sorted(await state()) == [MOBILES[0], MOBILES[-1]]
    assert run.written.filter(mobile=MOBILES[-1])["code"].to_list() == ["drifted"]


async def test_a_look_that_fails_ends_nothing(pling: PlingClient, sandbox: Sandbox, monkeypatch: Any) -> None:
    """The next one comes soon; the contacts need not wait for it."""
    plan = await bulk.plan(pling, await bulk.prepare([{"mobile": each} for each in NEWCOMERS]))
    monkeypatch.setattr(lookout, "EVERY", 0.0)

    def progress(done: int, *_: object) -> None:
        if done == 1:
            sandbox.fail(Fault(action="answer", status=400, method="GET", count=3))

    assert (await bulk.apply(pling, plan, strategy="per_contact", on_progress=progress)).is_complete


async def test_a_stop_goes_along_with_a_new_number(pling: PlingClient, sandbox: Sandbox, state: State) -> None:
    """Whoever opted out under the old number is stopped under the new one, and does not come back by the old (I-4)."""
    await sandbox.seed(contacts=[{"id": 9, "mobile": OTHER, "email": "o@example.com"}])
    rows = [{"mobile": each} for each in (*KEPT, GONE)]
    people = [*rows, {"mobile": MOBILES[50], "email": "o@example.com"}]
    plan = await bulk.plan(pling, await bulk.prepare(people), mode="replace")
    assert plan.counts.move == 1
    stop = asyncio.Event()
    stop.set()
    halted = await bulk.apply(pling, plan, strategy="per_contact", settings=ApplySettings(stop=stop))
    await _stop(pling, OTHER)
    run = await bulk.resume(pling, halted.id)
    assert run.is_complete
    after = await state()
    assert OTHER not in after
    assert (after[MOBILES[50]]["id"], after[MOBILES[50]]["stop"]) == (9, 1)


async def test_a_run_and_its_journal_say_the_same_of_whoever_is_not_freed(
    pling: PlingClient, sandbox: Sandbox, state: State
) -> None:
    """An answer that the person is still stopped leaves a doubt, and consent is used once (I-15)."""
    await _stop(pling, GONE)
    says = await bulk.prepare([{"mobile": GONE, "is_stopped": False}])
    plan = await bulk.plan(pling, says, guards=Guards(consent={GONE: "letter 7"}))
    body = orjson.dumps(next(each for each in await sandbox.contacts() if each["id"] == 5))
    sandbox.fail(Fault(action="answer", status=200, method="PUT", path="*/contacts/5", body=body))
    run = await bulk.apply(pling, plan, strategy="per_contact")
    assert run.written.select("outcome", "code").rows() == [("unknown", "VerificationError")]
    record = await asyncio.to_thread(lambda: read_journal(find_run(run.id).journal))
    assert [each.outcome for each in record.intents] == [Outcome.UNKNOWN]
    again = await bulk.resume(pling, run.id)
    assert again.written.select("outcome", "code").rows() == [("unknown", "drifted")]
    assert (await state())[GONE]["stop"] == 1
