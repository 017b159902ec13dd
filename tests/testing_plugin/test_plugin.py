"""The pytest plugin as people get it: installed, found by its entry point, in a pytest of its own."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

FUNCTION = ("-o", "asyncio_default_fixture_loop_scope=function")
AUTO = ("-o", "asyncio_mode=auto", *FUNCTION)
STRICT = ("-o", "asyncio_mode=strict", *FUNCTION)
WITHOUT_ASYNCIO = ("-p", "no:asyncio")

FIXTURES = """
import pytest
from pling_async import ClientSettings, Contact, errors, hooks

pytestmark = pytest.mark.{mark}

async def test_a_client_of_the_sandbox(pling_client, pling_sandbox):
    saved = await pling_client.contacts.add(Contact(mobile="+4799999001"))
    assert saved.id == 1
    (stored,) = await pling_sandbox.contacts()
    assert stored["mobile"] == "+4799999001"

async def test_nothing_is_left_from_the_test_before(pling_client):
    assert (await pling_client.contacts.list()).contacts == ()

@pytest.mark.pling_fault(action="reset_after_commit", path="*/contacts/replace")
async def test_an_answer_that_is_lost(pling_client, pling_sandbox):
    with pytest.raises(errors.ConnectionLost) as caught:
        await pling_client.contacts.replace([Contact(mobile="+4799999002")])
    assert caught.value.outcome is errors.Outcome.UNKNOWN
    assert len(await pling_sandbox.contacts()) == 1

@pytest.mark.pling_fault(status=503, count=2)
async def test_retries_take_no_time(pling_client):
    await pling_client.contacts.list()

@pytest.mark.pling_semantics(omitted_in_put="null")
class TestReading:
    @pytest.mark.pling_semantics(duplicates="first")
    async def test_markers_add_up(self, pling_sandbox):
        assert pling_sandbox.semantics.omitted_in_put == "null"
        assert pling_sandbox.semantics.duplicates == "first"

class TestSettings:
    @pytest.fixture
    def heard(self):
        return []

    @pytest.fixture
    def pling_settings(self, heard):
        return ClientSettings(hooks=[heard.append])

    async def test_a_fixture_nearer_to_the_test_wins(self, heard, pling_client):
        await pling_client.contacts.list()
        assert [*map(type, heard)] == [hooks.Started, hooks.Sending, hooks.Answered, hooks.Done]

@pytest.fixture
def anyio_backend():
    return "asyncio"
"""


@pytest.mark.parametrize(("mark", "arguments"), [("asyncio", STRICT), ("anyio", WITHOUT_ASYNCIO)])
def test_fixtures_and_markers(run: Any, mark: str, arguments: tuple[str, ...]) -> None:
    """Each test has an empty account, its own faults, reading and settings, under pytest-asyncio and under anyio."""
    run(FIXTURES.format(mark=mark), *arguments, "--strict-markers").assert_outcomes(passed=6)


MISTAKES = """
import pytest

@pytest.mark.pling_fault(path="*/contact-groups")  # the test itself passes
async def test_unmet(pling_client):
    await pling_client.contacts.list()

@pytest.mark.pling_fault(action="explode")
async def test_unknown(pling_client): ...

@pytest.mark.pling_fault("reset_after_commit")
async def test_positional(pling_client): ...

@pytest.mark.pling_semantics(put="replace")
async def test_misspelled(pling_client): ...
"""


def test_a_mistaken_marker_is_an_error(run: Any) -> None:
    """A fault that no request met, and arguments that do not exist, fail with a line that says so."""
    result = run(MISTAKES, *AUTO)
    result.assert_outcomes(passed=1, errors=4)
    result.stdout.fnmatch_lines_random(
        [
            "no request met Fault(action='answer'*path='[*]/contact-groups'*",
            "@pytest.mark.pling_fault: there is no fault 'explode'*",
            "@pytest.mark.pling_fault takes named arguments only",
            "@pytest.mark.pling_semantics: *unexpected keyword argument 'put'",
        ]
    )


LIGHT = """
import sys

def test_light(pytestconfig):
    assert not {{*sys.modules}} & {{*{unused}}}
    assert pytestconfig.pluginmanager.hasplugin("pling")
    assert {{"pling_fault", "pling_semantics"}} <= {{each.partition("(")[0] for each in pytestconfig.getini("markers")}}
"""


def test_a_test_that_does_not_ask_gets_nothing(run: Any) -> None:
    """Loading the plugin imports neither the client, the sandbox, aiohttp nor polars."""
    unused = ["aiohttp", "polars", "phonenumbers", "pling_async.pling", "pling_async.sandbox", "pling_async.session"]
    run(LIGHT.format(unused=unused), *WITHOUT_ASYNCIO).assert_outcomes(passed=1)


def test_importing_the_package_imports_no_pytest(installed: Path) -> None:
    """A program in production loads neither pytest nor polars with the package."""
    code = f"import sys; sys.path.insert(0, {str(installed)!r}); import pling_async; print(pling_async.__file__)"
    code += "; assert not {'pytest', '_pytest', 'polars'} & {*sys.modules}"
    said = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.startswith(str(installed))
