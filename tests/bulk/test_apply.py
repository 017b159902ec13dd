"""Applying a plan leaves exactly the account that was reviewed, or says why not."""

import random
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
import pytest

from pling_async import PlingClient, bulk, errors
from pling_async.bulk import ApplySettings, Guards, Outcome
from pling_async.sandbox import Fault, Sandbox, Semantics

OLA, KARI, NILS, LIV, EVA = (f"+4799999{number:03}" for number in range(1, 6))
AT_ONCE = ApplySettings(settle=0)
State = Callable[[], Awaitable[dict[str, dict[str, Any]]]]
Writes = Callable[[], list[str]]

ACCOUNT = [
    {"mobile": OLA, "firstName": "Ola", "city": "OSLO", "contactGroups": ["Kunder"]},
    {"mobile": KARI, "firstName": "Kari", "contactGroups": ["Kunder", "Styret"]},
    {"mobile": NILS, "firstName": "Nils", "name": "Nils", "stop": 1, "contactGroups": ["Kunder"], "comment": "letter"},
    {"mobile": LIV, "firstName": "Liv", "name": "Liv", "stop": 1, "contactGroups": ["Styret"]},
]
LIST = [
    {"mobile": OLA, "city": "BERGEN", "contact_groups": ["Kunder", "Nye"]},
    {"mobile": NILS, "first_name": "Nils"},
    {"mobile": EVA, "first_name": "Eva", "last_name": "Ås", "contact_groups": ["Styret"]},
]


@pytest.fixture(autouse=True)
async def seeded(sandbox: Sandbox) -> None:
    """Fill the account."""
    names = sorted({name for contact in ACCOUNT for name in contact["contactGroups"]})
    ids = {name: number for number, name in enumerate(names, start=1)}
    await sandbox.seed(
        contacts=[
            {"id": number, **contact, "contactGroupIds": [ids[name] for name in contact["contactGroups"]]}
            for number, contact in enumerate(({**each} for each in ACCOUNT), start=1)
        ],
        contact_groups=[{"id": each, "name": name} for name, each in ids.items()],
    )


async def _plan(pling: PlingClient, mode: str = "replace", contacts: Any = LIST, **guards: Any) -> bulk.Plan:
    return await bulk.plan(pling, await bulk.prepare(contacts), mode=mode, guards=Guards(**guards))


@pytest.mark.parametrize("strategy", ["replace", "per_contact"])
async def test_a_replace_leaves_the_planned_account(pling: PlingClient, state: State, strategy: str) -> None:
    """Both strategies add, change, remove and keep the same contacts, and nobody else."""
    run = await bulk.apply(pling, await _plan(pling), strategy=strategy)
    after = await state()
    assert sorted(after) == [OLA, NILS, LIV, EVA]
    assert (after[OLA]["city"], after[OLA]["firstName"], after[OLA]["groups"]) == ("BERGEN", "Ola", ["Kunder", "Nye"])
    assert (after[EVA]["name"], after[EVA]["groups"]) == ("Eva Ås", ["Styret"])
    assert run.is_complete
    assert run.outcome_counts[Outcome.APPLIED] == run.plan.counts.writes == 3


@pytest.mark.parametrize("strategy", ["replace", "per_contact"])
async def test_the_stopped_stay_whole(pling: PlingClient, state: State, strategy: str) -> None:
    """Stopped contacts keep stop, groups and fields, whether the list has them (without a stop column) or not."""
    before = await state()
    await bulk.apply(pling, await _plan(pling), strategy=strategy)
    after = await state()
    for mobile in (NILS, LIV):
        kept = {name: after[mobile][name] for name in ("stop", "comment", "firstName", "groups")}
        assert kept == {name: before[mobile][name] for name in kept}


@pytest.mark.parametrize("strategy", ["replace", "per_contact"])
async def test_a_merge_adds_and_changes_only(pling: PlingClient, state: State, strategy: str) -> None:
    """No upsert run ever reduces the key set (I-2), and groups are added to."""
    await bulk.apply(pling, await _plan(pling, "merge"), strategy=strategy)
    after = await state()
    assert sorted(after) == [OLA, KARI, NILS, LIV, EVA]
    assert after[KARI]["groups"] == ["Kunder", "Styret"]


@pytest.mark.parametrize("mode", ["replace", "merge"])
async def test_the_second_run_sends_nothing(pling: PlingClient, writes: Writes, mode: str) -> None:
    """Running a finished import again changes nothing (I-14)."""
    run = bulk.replace if mode == "replace" else bulk.merge
    assert (await run(pling, LIST)).is_complete
    sent = writes()
    again = await run(pling, LIST)
    assert writes() == sent
    assert again.plan.counts.writes == 0
    assert again.verification is None


async def test_every_row_has_one_outcome(pling: PlingClient) -> None:
    """Rows that were united, unchanged or rejected are told too (I-15)."""
    rows = [*LIST, {"mobile": "99 99 90 05", "city": "OSLO"}, {"mobile": "nothing"}, {"mobile": LIV}]
    run = await bulk.merge(pling, rows)
    told = [(row["row"], row["outcome"]) for row in run.outcomes.iter_rows(named=True)]
    assert told == [(1, "applied"), (2, "skipped"), (3, "applied"), (4, "applied"), (5, "skipped"), (6, "skipped")]
    assert run.outcomes["code"].to_list()[1] == "unchanged"


async def test_no_request_ever_says_that_somebody_is_not_stopped(pling: PlingClient, sandbox: Sandbox) -> None:
    """No body contains stop: 0 (I-5), not even for contacts that are not stopped."""
    await bulk.apply(pling, await _plan(pling, "merge"), strategy="per_contact")
    await bulk.apply(pling, await _plan(pling, contacts=LIST[:2]), strategy="replace")
    bodies = [orjson.loads(entry.body) for entry in sandbox.requests if entry.body]
    sent = [contact for body in bodies for contact in (body if isinstance(body, list) else [body])]
    assert len(sent) > 4
    assert {contact.get("stop", "absent") for contact in sent} == {1, "absent"}


@pytest.mark.parametrize("strategy", ["replace", "per_contact"])
async def test_consent_frees_exactly_the_person_named(pling: PlingClient, state: State, strategy: str) -> None:
    """With written consent, and a list that says so, a stop is taken off; every other stop stays (I-4)."""
    says = [{"mobile": NILS, "is_stopped": False}, {"mobile": LIV, "is_stopped": False}]
    plan = await _plan(pling, "merge", says, consent={NILS: "letter 7"})
    await bulk.apply(pling, plan, strategy=strategy)
    after = await state()
    assert (after[NILS]["stop"], after[LIV]["stop"]) == (0, 1)
    assert after[NILS]["groups"] == ["Kunder"]


HIDING = Semantics(stopped_contact_groups="hidden", omitted_groups="clear")


@pytest.mark.parametrize("sandbox", [HIDING], indirect=True, ids=["hidden groups"])
async def test_whoever_is_freed_keeps_groups_that_the_server_hides(pling: PlingClient, sandbox: Sandbox) -> None:
    """One request holds the whole planned state and `stop: 0`: nothing is read back that the server hides (#86)."""
    plan = await _plan(pling, "merge", [{"mobile": NILS, "is_stopped": False}], consent={NILS: "letter 7"})
    assert (await bulk.apply(pling, plan, strategy="per_contact")).is_complete
    assert [entry.method for entry in sandbox.requests if entry.method != "GET"] == ["PUT"]
    freed = await pling.contacts.get(3)
    assert (freed.is_stopped, freed.contact_group_ids) == (False, (1,))


async def test_a_replace_cannot_empty_an_account(
    pling: PlingClient, sandbox: Sandbox, state: State, writes: Writes
) -> None:
    """The API refuses an empty list, so "auto" deletes one by one, and no other replace begins."""
    await sandbox.reset()
    await sandbox.seed(contacts=[{"id": 1, "mobile": OLA}])
    sent = len(writes())
    plan = await _plan(pling, contacts=[], max_removals=9, allow_empty=True, allow_group_removal=True)
    with pytest.raises(errors.ValidationError, match="one by one"):
        await bulk.apply(pling, plan, strategy="replace")
    assert len(writes()) == sent
    run = await bulk.apply(pling, plan)
    assert (run.strategy, run.is_complete, await state()) == (bulk.Strategy.PER_CONTACT, True, {})


async def test_a_refused_plan_sends_nothing(pling: PlingClient, writes: Writes) -> None:
    """Guards are checked again by apply, for the strategy at hand."""
    plan = await _plan(pling, max_removals=0, max_removal_percent=0)
    assert plan.is_refused
    with pytest.raises(errors.GuardRefused, match="--max-removals 1"):
        await bulk.apply(pling, plan)
    assert writes() == []


async def test_a_group_that_would_vanish_is_refused_for_a_replace_only(pling: PlingClient, state: State) -> None:
    """One call per contact deletes no group, so the guard lets it pass."""
    contacts = [
        {"mobile": OLA, "contact_groups": ["Nye"]},
        {"mobile": NILS},
        {"mobile": LIV, "contact_groups": ["Nye"]},
    ]
    plan = await _plan(pling, contacts=[*contacts, {"mobile": KARI, "contact_groups": ["Nye"]}])
    with pytest.raises(errors.GuardRefused, match="Styret"):
        await bulk.apply(pling, plan, strategy="replace", settings=AT_ONCE)
    await bulk.apply(pling, plan, strategy="per_contact")
    assert (await state())[KARI]["groups"] == ["Nye"]


async def test_a_stale_plan_sends_nothing(pling: PlingClient, sandbox: Sandbox, writes: Writes) -> None:
    """An account that changed since the plan was made needs a new plan."""
    plan = await _plan(pling)
    await sandbox.seed(contacts=[{"mobile": "+4799999900"}])
    with pytest.raises(errors.StalePlan, match="make a new plan"):
        await bulk.apply(pling, plan)
    assert writes() == []


async def test_a_plan_is_for_one_account(pling: PlingClient, writes: Writes) -> None:
    """Credentials may reach several accounts; a plan reaches one."""
    plan = await _plan(pling)
    with pytest.raises(errors.StalePlan, match="make a plan for this account"):
        await bulk.apply(pling.for_account(999), plan)
    assert writes() == []


async def test_a_lost_answer_to_a_replace_is_settled_by_listing(
    pling: PlingClient, sandbox: Sandbox, writes: Writes
) -> None:
    """The replace is sent once; an account that equals the promise counts as applied (I-12)."""
    plan = await _plan(pling)
    sandbox.fail(Fault(action="reset_after_commit", method="POST", path="*/contacts/replace"))
    run = await bulk.apply(pling, plan, strategy="replace")
    assert run.is_complete
    assert "was lost" in run.warnings[0]
    assert len(writes()) == 1


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        (Fault(action="reset_before_commit", path="*/contacts/replace"), Outcome.UNKNOWN),
        (Fault(action="answer", status=503, retry_after="1", path="*/contacts/replace"), Outcome.UNKNOWN),
        (Fault(action="answer", status=413, path="*/contacts/replace"), Outcome.NOT_APPLIED),
        (Fault(action="answer", status=400, path="*/contacts/replace"), Outcome.NOT_APPLIED),
    ],
    ids=["reset", "503", "413", "400"],
)
async def test_a_failed_replace_is_never_repeated_or_split(
    pling: PlingClient, sandbox: Sandbox, state: State, writes: Writes, fault: Fault, outcome: Outcome
) -> None:
    """One request, whatever goes wrong (#58, #65, I-7); the error says whether it may have happened."""
    before, plan = await state(), await _plan(pling)
    sandbox.fail(fault)
    with pytest.raises(errors.PlingError) as caught:
        await bulk.apply(pling, plan, strategy="replace", settings=AT_ONCE)
    assert caught.value.outcome is outcome
    assert len(writes()) == 1
    assert await state() == before


async def test_what_the_server_refuses_is_an_outcome_of_its_row(pling: PlingClient, sandbox: Sandbox) -> None:
    """Those in invalidContacts are matched to the rows they came from (I8)."""
    plan = await _plan(pling)
    body = {
        "addedContactCount": 0,
        "modifiedContactCount": 1,
        "unchangedContactCount": 2,
        "invalidContactCount": 1,
        "invalidContacts": [{"mobile": EVA, "error": "no"}],
    }
    sandbox.fail(Fault(action="replace_body", path="*/contacts/replace", body=orjson.dumps(body)))
    run = await bulk.apply(pling, plan, strategy="replace")
    (refused,) = (row for row in run.written.iter_rows(named=True) if row["outcome"] != "applied")
    assert (refused["mobile"], refused["code"]) == (EVA, "refused_by_server")
    assert "refused 1" in " ".join(run.warnings)
    assert not run.is_complete


async def test_an_account_that_is_not_what_was_promised_is_an_error(pling: PlingClient, sandbox: Sandbox) -> None:
    """A 200 is not believed: the account is listed, and the differences are in the run."""
    plan = await _plan(pling)
    body = orjson.dumps(
        {f"{kind}ContactCount": 0 for kind in ("added", "modified", "unchanged", "invalid")} | {"invalidContacts": []}
    )
    sandbox.fail(Fault(action="answer", status=200, path="*/contacts/replace", body=body))
    with pytest.raises(errors.VerificationError) as caught:
        await bulk.apply(pling, plan, strategy="replace", settings=AT_ONCE)
    verification = caught.value.run.verification
    assert verification.missing["mobile"].to_list() == [EVA]
    assert verification.unexpected["mobile"].to_list() == [KARI]
    assert verification.differing["mobile"].to_list() == [OLA]


async def test_one_bad_row_keeps_the_others_and_holds_the_deletions(
    pling: PlingClient, sandbox: Sandbox, state: State
) -> None:
    """A failed change is an outcome; nothing is deleted after one."""
    plan = await _plan(pling)
    sandbox.fail(Fault(action="answer", status=400, method="POST", path="*/contacts"))
    run = await bulk.apply(pling, plan, strategy="per_contact")
    outcomes = {row["mobile"]: row["outcome"] for row in run.written.iter_rows(named=True)}
    assert outcomes == {OLA: "applied", EVA: "not_applied", KARI: "skipped"}
    assert KARI in await state()


@pytest.mark.parametrize("status", [401, 403])
async def test_no_access_stops_the_run_at_once(pling: PlingClient, sandbox: Sandbox, status: int) -> None:
    """Every further request would fail alike, and may lock the user out (#52, #53)."""
    plan = await _plan(pling, "merge", [{"mobile": f"+47999991{number:02}"} for number in range(60)])
    sandbox.fail(Fault(action="answer", status=status, method="POST", count=None))
    with pytest.raises(errors.AuthenticationError if status == 401 else errors.PermissionDenied):
        await bulk.apply(pling, plan)
    assert sum(entry.method == "POST" for entry in sandbox.requests) <= pling.settings.max_in_flight


async def test_progress_is_told(pling: PlingClient) -> None:
    """on_progress counts contacts, or the bytes of the one replace."""
    told: list[tuple[int, int, str]] = []
    await bulk.apply(pling, await _plan(pling), strategy="per_contact", on_progress=lambda *step: told.append(step))
    assert told == [(1, 3, "contacts"), (2, 3, "contacts"), (3, 3, "contacts")]
    told.clear()
    plan = await _plan(pling, contacts=[*LIST[:2], {"mobile": EVA, "first_name": "Evy"}])
    await bulk.apply(pling, plan, strategy="replace", on_progress=lambda *step: told.append(step))
    ((sent, size, unit),) = told
    assert sent == size > 100
    assert unit == "bytes"


@pytest.mark.untraced
@pytest.mark.parametrize("strategy", ["replace", "per_contact"])
@pytest.mark.parametrize("sandbox", Semantics.variants().values(), ids=Semantics.variants(), indirect=True)
async def test_nobody_is_unstopped_under_any_reading_of_the_document(
    pling: PlingClient, state: State, strategy: str
) -> None:
    """A stopped contact stays in the account and stopped, in the list or not, whatever the server's reading (I-4)."""
    plan = await _plan(pling)
    assert (await bulk.apply(pling, plan, strategy=strategy)).is_complete
    after = await state()
    assert (after[NILS]["stop"], after[LIV]["stop"]) == (1, 1)
    assert sorted(after) == [OLA, NILS, LIV, EVA]
    assert after[OLA]["city"] == "BERGEN"


def _any_reading(seed: int) -> Semantics:
    """Draw a value for every switch at once."""
    draw = random.Random(seed)  # noqa: S311 - no secret
    return Semantics(**{switch.name: draw.choice(switch.values) for switch in Semantics.switches()})


@pytest.mark.untraced
@pytest.mark.parametrize("strategy", ["replace", "per_contact"])
@pytest.mark.parametrize("sandbox", [_any_reading(seed) for seed in range(30)], ids=range(30), indirect=True)
async def test_nobody_is_unstopped_under_mixed_readings(pling: PlingClient, state: State, strategy: str) -> None:
    """The same holds when many switches differ at once (I-4)."""
    assert (await bulk.apply(pling, await _plan(pling), strategy=strategy)).is_complete
    after = await state()
    assert (after[NILS]["stop"], after[LIV]["stop"]) == (1, 1)
    assert sorted(after) == [OLA, NILS, LIV, EVA]
    assert after[OLA]["city"] == "BERGEN"
