"""What the package promises to whoever installs it."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from importlinter.api import use_cases  # noqa: F401 - the tests need import-linter installed

import pling_async
from pling_async import bulk

ROOT = Path(__file__).parents[1]

TYPED = """
from pling_async import ClientSettings, Contact, PlingClient, frontapp, hooks, ip1

seen: list[hooks.Event] = []

async def program() -> None:
    async with PlingClient.from_env(settings=ClientSettings(hooks=[seen.append])) as pling:
        saved = await pling.contacts.add(Contact(mobile="+4799999001", contact_groups=["VIP"]))
        await pling.contacts.delete((await pling.contacts.get(saved.id)).id)
        for group in await pling.groups.list():
            await pling.contacts.list(group_id=group.id)
            await pling.groups.rename(group.id, "VIP 2027")
            await pling.groups.delete((await pling.groups.get(group.id)).id)
    async with ip1.Ip1Client.from_env() as there:
        [added] = await there.contacts.add([ip1.Contact(properties={"phoneNumber": "+4799999001"})], sync=True)
        await there.labels.add("VIP", [added.id])
        await there.contacts.replace(added.id, await there.contacts.get(added.id))
        await there.contacts.update(added.id, labels=())
        await there.contacts.delete(added.id)
    async with frontapp.FrontClient.from_env() as front:
        made = await front.lists.create("VIP")
        await front.lists.add(made.id, [each.id async for each in front.lists.members(made.id)])
        await front.lists.remove(made.id, ["crd_1"])
        await front.lists.delete(made.id)
"""


def _python(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT).stdout


@pytest.mark.parametrize(
    "module", ["polars", "click", "opentelemetry", "phonenumbers", "pling_async.sandbox", "pytest", "rich"]
)
def test_importing_the_package_stays_light(module: str) -> None:
    """`import pling_async` imports nothing that only lists and the command line need."""
    assert _python(f"import sys, pling_async; print({module!r} in sys.modules)").strip() == "False"


@pytest.mark.parametrize("names", [pling_async.__all__, bulk.__all__])
def test_public_names_are_sorted(names: list[str]) -> None:
    """__all__ is in the order that ruff keeps."""
    assert names == sorted(names, key=lambda name: (not name.isupper(), not name[0].isupper(), name))


def test_every_public_name_exists() -> None:
    """Each name in __all__ can be imported."""
    assert all(hasattr(module, name) for module in (pling_async, bulk) for name in module.__all__)


@pytest.mark.slow
def test_a_program_is_typed(tmp_path: Path) -> None:
    """What the README shows passes mypy --strict: hooks, and the ids of what was read."""
    mypy = [sys.executable, "-m", "mypy", "--strict", "--config-file=", f"--cache-dir={tmp_path}", "-c", TYPED]
    ended = subprocess.run(mypy, capture_output=True, text=True, check=False, cwd=ROOT)
    assert ended.returncode == 0, ended.stdout


@pytest.mark.parametrize("module", ["bulk", "errors", "hooks"])
def test_a_public_module_is_the_one_it_is_called(module: str) -> None:
    """A module that is imported when it is first used is that module, whichever is used first."""
    assert _python(f"import pling_async; print(pling_async.{module}.__name__)").strip() == f"pling_async.{module}"


def test_bulk_works_without_polars_as_far_as_upsert() -> None:
    """Without polars `bulk.upsert` is there, and the rest says which extra to install."""
    code = """
import sys
sys.modules["polars"] = None
from pling_async import bulk, errors
assert bulk.upsert
try:
    bulk.prepare
except errors.MissingExtraError as error:
    print(error)
try:
    bulk.nonsense
except AttributeError as error:
    print(error)
"""
    said = _python(code)
    assert "pip install 'pling-async[bulk]'" in said
    assert "nonsense" in said


def test_the_wheel_holds_the_package_its_types_and_nothing_else(tmp_path: Path) -> None:
    """py.typed is in the wheel; tests and examples are not."""
    hatchling = pytest.importorskip("hatchling.builders.wheel")
    (wheel,) = hatchling.WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    names = zipfile.ZipFile(wheel).namelist()
    assert "pling_async/py.typed" in names
    assert {"pling_async/cli/page/plan.js", "pling_async/sandbox/page/layout.html.j2"} <= set(names)
    assert all(name.startswith(("pling_async/", "pling_async-")) for name in names)
