"""Plans, runs, journals and reports hold no secret, and no more of people than they need (I-26)."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from pling_async import Contact, PlingClient, bulk, errors
from pling_async.bulk.report import write_outcomes, write_rejects
from pling_async.sandbox import Fault, Sandbox
from pling_async.session.protocol import Request
from pling_async.session.retry import RetryLaw

FAULTS = {
    "nothing": Fault(action="delay", method="POST"),
    "400": Fault(status=400, method="POST"),
    "401": Fault(status=401, method="POST"),
    "500": Fault(status=500, method="POST", count=None),
    "silence": Fault(action="delay", delay=60, method="POST", count=None),
    "another": Fault(action="replace_body", method="POST", body=b'{"id":1,"mobile":"+4799999101","name":"Kanarifugl"}'),
}


async def _written(pling: PlingClient, folder: Path) -> bulk.Run:
    """Import a list, with rejects and both reports in the folder."""
    path = folder / "list.csv"
    lines = ["+4799999377;Kanarifugl;gulfjaer@example.com", "9999937;Gulfjær;", "+4799999102;Kari;"]
    await asyncio.to_thread(path.write_text, "Mobil;Navn;E-post\n" + "\n".join(lines))
    await asyncio.to_thread(path.chmod, 0o600)
    prepared = await bulk.prepare(path)
    plan = await bulk.plan(pling, prepared, mode="replace", guards=bulk.Guards(removals_despite_rejects=True))
    await asyncio.to_thread(bulk.save_plan, plan, folder / "list.plan")
    await asyncio.to_thread(write_rejects, plan.rejects, folder / "rejects.csv")
    try:
        run = await bulk.apply(pling, plan, strategy="per_contact")
    except errors.PlingError as error:
        run = error.run
        if run is None:
            raise
    await asyncio.to_thread(write_outcomes, run, folder / "report.csv")
    return run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder of the user's own."""
    made = tmp_path / "files"
    made.mkdir(mode=0o700)
    return made


@pytest.mark.usefixtures("chatty")
@pytest.mark.parametrize("fault", FAULTS)
async def test_a_run_that_meets_a_fault(
    sandbox: Sandbox, pling: PlingClient, said: Any, folder: Path, state_folder: Path, fault: str
) -> None:
    """Plans, runs, journals and reports hold no secret; journals and reports hold nobody's name either."""
    await sandbox.seed([{"mobile": "+4799999102", "name": "Gulfjær", "email": "gulfjaer@example.com"}])
    sandbox.fail(FAULTS[fault])
    try:
        run = await _written(pling, folder)
    except errors.PlingError as error:
        said.add_error(error)
    else:
        for value in (run, run.plan, run.plan.source, run.plan.guards, await bulk.snapshot(pling)):
            said.public.append(repr(value))
    said.add_folder(folder)
    said.add_folder(state_folder)
    nameless = await asyncio.to_thread(_without_names, folder, state_folder)
    assert any(b"+4799999377" in content for content in nameless)
    assert not any(name in content for content in nameless for name in (b"Kanarifugl", b"Gulfj", b"gulfjaer@"))


def _without_names(folder: Path, state_folder: Path) -> list[bytes]:
    """Return reports and journals, which need numbers, and no names."""
    paths = [folder / "rejects.csv", folder / "report.csv", *state_folder.rglob("journal.sqlite*")]
    return [path.read_bytes() for path in paths if path.exists()]


@pytest.mark.usefixtures("sandbox")
async def test_a_run_can_be_forgotten(pling: PlingClient, folder: Path, state_folder: Path) -> None:
    """After a purge nothing of the people in a run is left in the state folder."""
    run = await _written(pling, folder)
    assert await asyncio.to_thread(_holds, state_folder, b"99999377")
    await asyncio.to_thread(bulk.purge, run.id)
    assert not await asyncio.to_thread(_holds, state_folder, b"99999377")


@pytest.fixture
def days_ago(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Set the clock by which runs are kept so many days back."""

    def set_back(days: int) -> None:
        class Clock(datetime):
            @classmethod
            def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
                return datetime.now(tz) - timedelta(days=days)

        for module in ("apply", "history", "journal"):
            monkeypatch.setattr(import_module(f"pling_async.bulk.{module}"), "datetime", Clock)

    return set_back


async def test_ended_runs_are_forgotten_in_time(
    sandbox: Sandbox, pling: PlingClient, days_ago: Callable[[int], None]
) -> None:
    """What ended longer ago than `keep_days` goes with the next run; what is younger, or still to be resumed, stays."""
    stop, kept = asyncio.Event(), list[str]()
    stop.set()
    for number, (days, stopped) in enumerate([(31, None), (31, stop), (29, None), (0, None)]):
        days_ago(days)
        plan = await bulk.plan(pling, await bulk.prepare([{"mobile": f"+479999910{number}"}]))
        settings = bulk.ApplySettings(keep_days=30, stop=stopped)
        kept.append((await bulk.apply(pling, plan, strategy="per_contact", settings=settings)).id)
    assert [run.id for run in await asyncio.to_thread(lambda: list(bulk.runs()))] == kept[1:]
    assert len(await sandbox.contacts()) == 3


def _holds(folder: Path, canary: bytes) -> bool:
    return any(canary in path.read_bytes() for path in folder.rglob("*") if path.is_file())


async def test_a_guard_that_refuses(sandbox: Sandbox, pling: PlingClient, person: Contact, said: Any) -> None:
    """A refusal counts people and shows nobody."""
    await sandbox.seed([{"mobile": person.mobile, "name": "Kanarifugl", "speedDial": "A1"}])
    prepared = await bulk.prepare([{"mobile": "+4799999101", "speed_dial": "A1"}])
    plan = await bulk.plan(pling, prepared, mode="merge", guards=bulk.Guards(consent={person.mobile: "Kanarifugl"}))
    with pytest.raises(errors.GuardRefused) as refused:
        await bulk.apply(pling, plan)
    said.add_error(refused.value)
    said.public.extend([repr(plan), repr(plan.verdicts), repr(plan.counts), repr(prepared)])


class _Crash(Exception):
    """An error of the caller's own."""


def _crash(*_: object) -> None:
    raise _Crash


async def test_a_crash_of_the_callers_own(sandbox: Sandbox, pling: PlingClient, person: Contact, said: Any) -> None:
    """An exception of a decoder, or of whoever is told of progress, comes out without what lies around it."""
    request = Request(method="GET", path="contacts", law=RetryLaw.SAFE, query={"accountId": "12345"})
    with pytest.raises(_Crash) as decoding:
        await pling.session.call(request, _crash)
    said.add_error(decoding.value)
    plan = await bulk.plan(pling, await bulk.prepare([{"mobile": person.mobile, "name": "Kanarifugl"}]))
    quick = bulk.ApplySettings(settle=0)
    for strategy in ("per_contact", "replace"):
        await sandbox.reset()
        try:
            await bulk.apply(pling, plan, strategy=strategy, settings=quick, on_progress=_crash)
        except (_Crash, errors.PlingError) as error:
            said.add_error(error)
