"""The pytest plugin: a sandbox and a client for every test that asks for them, and markers for what goes wrong.

    @pytest.mark.pling_fault(action="reset_after_commit", path="*/contacts/replace")
    @pytest.mark.pling_semantics(omitted_in_put="null")
    async def test_my_import(pling_sandbox: Sandbox, pling_client: PlingClient) -> None: ...

It comes with the package (`-p no:pling` leaves it out) and needs pytest-asyncio, in either mode, or anyio without it.
What it needs itself is imported by the first test that uses it.
"""

from collections.abc import AsyncIterator, Callable
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from pling_async import ClientSettings, PlingClient
    from pling_async.sandbox import Fault, Sandbox

_FAULT: Final = "pling_fault"
_SEMANTICS: Final = "pling_semantics"
_MARKERS: Final = (
    f"{_FAULT}(action, path='*', ...): arm a pling_async.sandbox.Fault; if no request meets it, the test is in error",
    f"{_SEMANTICS}(omitted_in_put, ...): how the sandbox reads the document, as in pling_async.sandbox.Semantics",
)
_ASYNCIO: Final = ("asyncio", "pytest_asyncio", "pytest_asyncio.plugin")
"""Names under which pytest-asyncio may be registered: by its entry point, or by -p."""


def pytest_configure(config: pytest.Config) -> None:
    """Declare the markers, and the fixtures in the way that the event loop's plugin understands."""
    for marker in _MARKERS:
        config.addinivalue_line("markers", marker)
    fixtures, asynchronous = ModuleType("pling_fixtures"), _decorator(config)
    vars(fixtures).update(
        pling_settings=pytest.fixture(pling_settings),
        pling_sandbox=asynchronous(pling_sandbox),
        pling_client=asynchronous(pling_client),
    )
    config.pluginmanager.register(fixtures, fixtures.__name__)


def _decorator(config: pytest.Config) -> Callable[..., Any]:
    """Return what makes an asynchronous function a fixture; in its strict mode pytest-asyncio takes only its own."""
    if any(config.pluginmanager.hasplugin(name) for name in _ASYNCIO):
        import pytest_asyncio  # noqa: PLC0415 - it is loaded already, and may be missing otherwise

        return pytest_asyncio.fixture
    return pytest.fixture


def pling_settings() -> "ClientSettings":
    """Return the settings of `pling_client`: retries without pauses. Override it for others."""
    from pling_async import ClientSettings, RetryPolicy  # noqa: PLC0415 - loaded by whoever uses it

    return ClientSettings(retry=RetryPolicy(base=0))


async def pling_sandbox(request: pytest.FixtureRequest) -> "AsyncIterator[Sandbox]":
    """Serve an empty account from memory, with this test's faults armed; ids count from 1 and time is made up."""
    from pling_async.sandbox import Sandbox, Semantics  # noqa: PLC0415 - loaded by whoever uses it

    faults = _faults(request.node)
    semantics = _built(Semantics, _SEMANTICS, *reversed([*request.node.iter_markers(_SEMANTICS)]))
    async with Sandbox(database=":memory:", deterministic=True, semantics=semantics) as sandbox:
        for fault in faults:
            sandbox.fail(fault)
        yield sandbox
        unmet = [
            fault for fault in faults if not any(fault.matches(each.method, each.path) for each in sandbox.requests)
        ]
    if unmet:
        pytest.fail(
            f"no request met {unmet[0]}; is its path a pattern for the whole path, as in */contacts?", pytrace=False
        )


async def pling_client(pling_sandbox: "Sandbox", pling_settings: "ClientSettings") -> "AsyncIterator[PlingClient]":
    """Return a client of `pling_sandbox`."""
    from pling_async import PlingClient  # noqa: PLC0415 - loaded by whoever uses it

    user, password = pling_sandbox.username, pling_sandbox.password
    account, url = pling_sandbox.account_id, pling_sandbox.url
    async with PlingClient(user, password, account_id=account, base_url=url, settings=pling_settings) as client:
        yield client


def _faults(node: Any) -> "list[Fault]":
    from pling_async.sandbox import Fault  # noqa: PLC0415 - loaded by whoever uses it

    return [_built(Fault, _FAULT, marker) for marker in node.iter_markers(_FAULT)]


def _built(kind: Callable[..., Any], name: str, *markers: pytest.Mark) -> Any:
    """Build a value from the arguments of markers; the last one wins, name by name."""
    arguments = {key: value for marker in markers for key, value in marker.kwargs.items()}
    if any(marker.args for marker in markers):
        pytest.fail(f"@pytest.mark.{name} takes named arguments only", pytrace=False)
    try:
        return kind(**arguments)
    except (TypeError, ValueError) as error:
        pytest.fail(f"@pytest.mark.{name}: {error}", pytrace=False)
