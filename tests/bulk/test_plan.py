"""A plan is a value: the same input gives the same digest, and a file gives the plan back or refuses."""

import io
import os
import stat
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import polars as pl
import pytest

from pling_async import PlingClient, bulk, errors
from pling_async.bulk import Guards, Level, Plan, Strategy
from pling_async.sandbox import Sandbox

OLA, KARI, NILS = (f"+4799999{number:03}" for number in range(1, 4))
LIST = [{"mobile": OLA, "city": "BERGEN", "contact_groups": ["Kunder"]}, {"mobile": KARI, "first_name": "Kari"}]


@pytest.fixture
async def plan(pling: PlingClient, sandbox: Sandbox) -> Plan:
    """Plan a list against an account with one contact to change and one to remove."""
    await sandbox.seed(
        contacts=[{"id": 1, "mobile": OLA, "contactGroupIds": [1]}, {"id": 2, "mobile": NILS, "contactGroupIds": [1]}],
        contact_groups=[{"id": 1, "name": "Kunder"}],
    )
    return await bulk.plan(pling, await bulk.prepare(LIST), mode="replace")


def test_a_plan_counts_what_it_does(plan: Plan) -> None:
    """Counts, cost and verdicts are there to be shown."""
    counts = plan.counts
    assert (counts.add, counts.change, counts.unchanged, counts.remove, counts.writes) == (1, 1, 0, 1, 3)
    assert plan.cost.per_contact_requests == 3
    assert {verdict.level for verdict in plan.verdicts} == {Level.PASSED}
    assert "9999" not in repr(plan)


def test_few_changes_go_one_by_one_and_many_at_once(plan: Plan) -> None:
    """The cost decides, for a replace only; a merge never sends the whole account by itself."""
    assert plan.strategy is Strategy.REPLACE
    assert attrs.evolve(plan, mode=bulk.Mode.MERGE).strategy is Strategy.PER_CONTACT
    filler = plan.contacts.filter(mobile=KARI).with_columns(action=pl.lit("unchanged"), comment=pl.lit("x" * 2000))
    large = attrs.evolve(plan, contacts=pl.concat([plan.contacts, *([filler] * 100)]))
    assert large.strategy is Strategy.PER_CONTACT


@pytest.mark.parametrize(
    "change",
    [
        {"origin": "http://127.0.0.1:1"},
        {"account_id": 9},
        {"fingerprint": "other"},
        {"mode": bulk.Mode.MERGE},
        {"guards": Guards(max_removals=11)},
        {"guards": Guards(consent={OLA: "letter"})},
    ],
)
def test_the_digest_is_bound_to_everything(plan: Plan, change: dict[str, Any]) -> None:
    """Another origin, account, baseline, mode or guard is another plan (I-29)."""
    assert attrs.evolve(plan, **change).digest != plan.digest


def test_the_digest_is_bound_to_the_values(plan: Plan) -> None:
    """Another value is another plan (I-29)."""
    other = plan.contacts.with_columns(city=pl.lit("TROMSØ"))
    assert attrs.evolve(plan, contacts=other).digest != plan.digest


def test_a_plan_comes_back_from_its_file(plan: Plan, tmp_path: Path) -> None:
    """Everything that apply needs survives, and only the owner can read it."""
    path = tmp_path / "kunder.plan"
    bulk.save_plan(plan, path)
    loaded = bulk.load_plan(path)
    assert loaded == plan
    assert loaded.digest == plan.digest
    assert loaded.counts == plan.counts
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(("seed", "zone", "locale"), [("1", "UTC", "C"), ("2", "Asia/Tokyo", "C.UTF-8")])
def test_the_digest_is_the_same_everywhere(plan: Plan, tmp_path: Path, seed: str, zone: str, locale: str) -> None:
    """Neither hash seed nor time zone nor locale changes it (I-29)."""
    path = tmp_path / "kunder.plan"
    bulk.save_plan(plan, path)
    code = "import sys, pathlib; from pling_async import bulk; print(bulk.load_plan(pathlib.Path(sys.argv[1])).digest)"
    env = os.environ | {"PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": locale}
    run = subprocess.run([sys.executable, "-c", code, str(path)], env=env, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == plan.digest


def test_saving_again_replaces_the_file(plan: Plan, tmp_path: Path) -> None:
    """The older plan is gone, and no temporary file stays."""
    path = tmp_path / "kunder.plan"
    bulk.save_plan(plan, path)
    bulk.save_plan(attrs.evolve(plan, account_id=9), path)
    assert bulk.load_plan(path).account_id == 9
    assert [each.name for each in tmp_path.iterdir()] == ["kunder.plan"]


def _without_reasons(contacts: bytes) -> bytes:
    out = io.BytesIO()
    pl.read_ipc_stream(contacts).drop("reason").write_ipc_stream(out)
    return out.getvalue()


def test_a_changed_plan_is_refused(plan: Plan, tmp_path: Path) -> None:
    """What was reviewed is what is applied, or nothing."""
    good, bad = tmp_path / "good.plan", tmp_path / "bad.plan"
    bulk.save_plan(plan, good)
    with zipfile.ZipFile(good) as old, zipfile.ZipFile(bad, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b'"max_removals": 10', b'"max_removals": 99'))
    with pytest.raises(errors.SourceError, match="was changed after it was made"):
        bulk.load_plan(bad)


@pytest.mark.parametrize(
    ("member", "change"),
    [("plan.json", lambda facts: facts.replace(b'"digest"', b'"digits"')), ("contacts.arrow", _without_reasons)],
)
def test_a_plan_that_lacks_something_is_refused(
    plan: Plan, tmp_path: Path, member: str, change: Callable[[bytes], bytes]
) -> None:
    """Whatever was done to the file, the message is ours."""
    good, bad = tmp_path / "good.plan", tmp_path / "bad.plan"
    bulk.save_plan(plan, good)
    with zipfile.ZipFile(good) as old, zipfile.ZipFile(bad, "w") as new:
        for name in old.namelist():
            new.writestr(name, change(old.read(name)) if name == member else old.read(name))
    with pytest.raises(errors.SourceError, match="not a plan of this version"):
        bulk.load_plan(bad)


@pytest.mark.parametrize("place", [8, 10])
def test_a_plan_with_a_damaged_directory_is_refused(plan: Plan, tmp_path: Path, place: int) -> None:
    """A bit that says encrypted, or packed in a way that nobody knows."""
    path = tmp_path / "kunder.plan"
    bulk.save_plan(plan, path)
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\x01\x02") + place] = 99
    path.write_bytes(content)
    with pytest.raises(errors.SourceError, match="not a plan of this version"):
        bulk.load_plan(path)


@pytest.mark.parametrize("content", [b"", b"mobile,city\n", b"PK\x03\x04nonsense"])
def test_another_file_is_refused(tmp_path: Path, content: bytes) -> None:
    """The message names the file and the way to a plan."""
    path = tmp_path / "kunder.csv"
    path.write_bytes(content)
    with pytest.raises(errors.SourceError, match=r"kunder\.csv: this is not a plan.*pling plan FILE --out PLAN"):
        bulk.load_plan(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """A wrong path is said as such."""
    with pytest.raises(errors.SourceError, match=r"gone\.plan: there is no such file"):
        bulk.load_plan(tmp_path / "gone.plan")
    with pytest.raises(errors.SourceError, match="cannot be read"):
        bulk.load_plan(tmp_path)


def test_a_plan_is_not_written_through_a_link_or_over_a_directory(plan: Plan, tmp_path: Path) -> None:
    """Personal data goes only where it was meant to go (#91)."""
    link = tmp_path / "link.plan"
    link.symlink_to(tmp_path / "elsewhere.plan")
    for target in (link, tmp_path, tmp_path / "no" / "folder.plan"):
        with pytest.raises(errors.ConfigurationError):
            bulk.save_plan(plan, target)
    assert not (tmp_path / "elsewhere.plan").exists()


async def test_a_snapshot_of_another_account_is_refused(pling: PlingClient) -> None:
    """A plan is made for the account of its client."""
    snapshot = attrs.evolve(await bulk.snapshot(pling), account_id=9)
    with pytest.raises(errors.ConfigurationError, match="account 9"):
        await bulk.plan(pling, await bulk.prepare(LIST), snapshot=snapshot)


async def test_a_snapshot_given_is_not_read_again(pling: PlingClient, sandbox: Sandbox) -> None:
    """`snapshot` saves the listing."""
    snapshot = await bulk.snapshot(pling)
    before = len(sandbox.requests)
    await bulk.plan(pling, await bulk.prepare(LIST), snapshot=snapshot)
    assert len(sandbox.requests) == before


async def test_shared_speed_dials_refuse_the_plan(pling: PlingClient, sandbox: Sandbox) -> None:
    """The final state is judged, the account's own contacts included."""
    await sandbox.seed(contacts=[{"mobile": NILS, "speedDial": "A1"}])
    plan = await bulk.plan(pling, await bulk.prepare([{"mobile": OLA, "speed_dial": "A1"}]))
    assert plan.is_refused
    assert [v.guard for v in plan.verdicts if v.level is Level.REFUSED] == ["speed-dials"]


_READ_WHILE_SAVED = """
import asyncio, sys, threading
from pathlib import Path
from pling_async import PlingClient, bulk
from pling_async.sandbox import Sandbox

async def made():
    async with Sandbox() as sandbox:
        client = PlingClient(sandbox.username, sandbox.password, account_id=sandbox.account_id, base_url=sandbox.url)
        async with client as pling:
            rows = [{"mobile": f"+4799999{number:03}"} for number in range(100, 1000)]
            return await bulk.plan(pling, await bulk.prepare(rows))

plan = asyncio.run(made())
saving = threading.Thread(target=lambda: [bulk.save_plan(plan, Path(sys.argv[1])) for _ in range(50)], daemon=True)
saving.start()
while saving.is_alive():
    plan.contacts["mobile"], plan.groups["name"], plan.rejects["row"], plan.merges["field"]
"""


def test_a_plan_is_read_while_it_is_saved(tmp_path: Path) -> None:
    """Neither hangs: a run that was cancelled may still be saving the plan that is applied again."""
    done = subprocess.run([sys.executable, "-c", _READ_WHILE_SAVED, tmp_path / "plan"], timeout=60, check=False)
    assert done.returncode == 0
