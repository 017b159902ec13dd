"""What an account shows after a lost replace: converged, untouched, partial or foreign."""

import asyncio
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from itertools import chain, cycle
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest

from pling_async.bulk import Conclusion, Guards, Mode, PrepareSettings, Snapshot
from pling_async.bulk import reconcile as watching
from pling_async.bulk.fields import canonical
from pling_async.bulk.fingerprint import digest
from pling_async.bulk.plan import Plan, compare
from pling_async.bulk.prepare import Prepared
from pling_async.bulk.reconcile import Reconciled, conclude, reconcile
from pling_async.errors import RunInDoubt
from pling_async.sources import SourceInfo
from tests.peers import FakeTime

Frame = Callable[..., pl.DataFrame]
OLA, KARI, LIV, EVA = (f"+4799999{number:03}" for number in range(1, 5))
BEFORE = [{"mobile": OLA, "city": "OSLO"}, {"mobile": KARI}, {"mobile": LIV, "city": "BODØ"}]
WANTED = [
    {"mobile": OLA, "city": "BERGEN"},
    {"mobile": LIV, "city": "BODØ"},
    {"mobile": EVA, "first_name": "Eva", "name": "Eva"},
]


@pytest.fixture
def snapshot(account: Frame) -> Callable[..., Snapshot]:
    """Build a snapshot from dicts of attributes."""

    def build(*contacts: dict[str, Any]) -> Snapshot:
        frame = account(*contacts)
        groups = pl.DataFrame(schema={"id": pl.Int64, "name": pl.String})
        return Snapshot(
            origin="https://api.test",
            account_id=1,
            contacts=frame,
            groups=groups,
            fingerprint=digest(canonical(frame)),
            taken_at=datetime.now(tz=UTC),
        )

    return build


@pytest.fixture
def plan(snapshot: Callable[..., Snapshot], listed: Frame, rejects: Frame) -> Plan:
    """Plan to turn BEFORE into WANTED."""
    info = SourceInfo(name="list", sha256="0", rows=3, encoding=None, delimiter=None, mapping={})
    prepared = Prepared(
        contacts=listed(*({name: value for name, value in each.items() if name != "name"} for each in WANTED)),
        rejects=rejects(),
        merges=pl.DataFrame(),
        source=info,
        settings=PrepareSettings(),
    )
    return compare(prepared, snapshot(*BEFORE), mode=Mode.REPLACE, guards=Guards())


def _changed(contacts: list[dict[str, Any]], mobile: str, **values: Any) -> list[dict[str, Any]]:
    return [{**each, **values} if each["mobile"] == mobile else each for each in contacts]


@pytest.mark.parametrize(
    ("found", "conclusion"),
    [
        (WANTED, Conclusion.CONVERGED),
        (_changed(WANTED, LIV, is_stopped=True), Conclusion.CONVERGED),
        (BEFORE, Conclusion.UNTOUCHED),
        (_changed(BEFORE, OLA, is_stopped=True), Conclusion.UNTOUCHED),
        ([*BEFORE, WANTED[2]], Conclusion.PARTIAL),
        (_changed(BEFORE, OLA, city="BERGEN"), Conclusion.PARTIAL),
        (BEFORE[:1] + BEFORE[2:], Conclusion.PARTIAL),
        (_changed(BEFORE, OLA, city="NARVIK"), Conclusion.FOREIGN),
        (_changed(WANTED, LIV, city="NARVIK"), Conclusion.FOREIGN),
        ([*BEFORE, {"mobile": "+4799999009"}], Conclusion.FOREIGN),
        ([*WANTED, {"mobile": "+4799999009"}], Conclusion.FOREIGN),
        (WANTED[:1], Conclusion.FOREIGN),
        ([], Conclusion.FOREIGN),
        (_changed(BEFORE, KARI, is_stopped=True), Conclusion.FOREIGN),  # would be removed, and opted out since
    ],
)
def test_the_account_tells(
    plan: Plan, snapshot: Callable[..., Snapshot], found: list[dict[str, Any]], conclusion: Conclusion
) -> None:
    """Every contact counts: one that is neither as before nor as promised is somebody else's work (I-12)."""
    assert conclude(plan, snapshot(*found)) is conclusion


SETTLE = 150.0


@pytest.fixture
def watched(
    plan: Plan, snapshot: Callable[..., Snapshot], fake_time: FakeTime, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Any]:
    """Watch an account that shows one state after another, in time that costs nothing."""
    loop = SimpleNamespace(time=fake_time.clock)
    clock = SimpleNamespace(get_running_loop=lambda: loop, sleep=fake_time.sleep, to_thread=asyncio.to_thread)
    monkeypatch.setattr(watching, "asyncio", clock)

    async def seen(_: object) -> None:
        pass

    async def watch(states: Iterable[list[dict[str, Any]]], settle: float = SETTLE) -> Reconciled:
        listings = iter(states)

        async def listed(*_: object, **__: object) -> Snapshot:
            return snapshot(*next(listings))

        monkeypatch.setattr(watching, "snapshot", listed)

        def told(done: int, total: int, _: str) -> None:
            assert done <= total <= max(1, 2 * settle)

        client: Any = None
        return await reconcile(client, plan, settle=settle, on_progress=told, on_stops=seen, on_listing=seen)

    return watch


def _busy(contacts: list[dict[str, Any]]) -> Iterable[list[dict[str, Any]]]:
    """Somebody else adds a contact before every listing."""
    return ([*contacts, {"mobile": "+4799999009", "city": f"CITY {number}"}] for number in range(1000))


async def test_a_busy_account_is_foreign(watched: Any, fake_time: FakeTime) -> None:
    """Never two equal listings: each of those after `settle` shows somebody else's work, so the run has a verdict."""
    found = await watched(_busy(BEFORE))
    assert found.conclusion is Conclusion.FOREIGN
    assert fake_time.slept[:8] == [2, 4, 8, 16, 30, 30, 30, 30]
    assert set(fake_time.slept[8:]) == {2}
    assert SETTLE * 2 <= sum(fake_time.slept) < SETTLE * 2 + 4


async def test_a_busy_account_with_no_time_to_settle(watched: Any) -> None:
    """More than one listing is asked even then."""
    assert (await watched(_busy(BEFORE), settle=0)).conclusion is Conclusion.FOREIGN
    with pytest.raises(RunInDoubt):
        await watched(cycle([BEFORE, WANTED]), settle=0)


@pytest.mark.parametrize("late", [[WANTED], [BEFORE], [[*BEFORE, WANTED[2]]]])
async def test_a_busy_account_that_may_be_the_plans_is_in_doubt(watched: Any, late: Any) -> None:
    """One late listing that shows nobody else's work leaves it open, and the message names both ways out (I-12)."""
    busy = list(_busy(BEFORE))
    with pytest.raises(RunInDoubt, match=r"resume the run later, or .* purge RUN --force"):
        await watched(chain(busy[:20], late, busy[20:]))


async def test_a_moment_of_quiet_after_a_busy_time_is_enough(watched: Any, fake_time: FakeTime) -> None:
    """After `settle` the gaps are short again: two equal listings are found in a pause of seconds."""
    busy = list(_busy(BEFORE))
    found = await watched(chain(busy[:11], [BEFORE, BEFORE]))
    assert found.conclusion is Conclusion.UNTOUCHED
    assert fake_time.slept[8:] == [2, 2, 2, 2]


async def test_a_quiet_account_is_untouched_only_after_the_whole_time(watched: Any, fake_time: FakeTime) -> None:
    """A late replace has `settle` seconds to be applied; an account as promised needs only two listings (#85)."""
    assert (await watched(cycle([BEFORE]))).conclusion is Conclusion.UNTOUCHED
    assert sum(fake_time.slept) >= SETTLE
    fake_time.slept.clear()
    assert (await watched(cycle([WANTED]))).conclusion is Conclusion.CONVERGED
    assert fake_time.slept == [2]
