"""The sandbox that the examples find in their environment, and a way to import them."""

import importlib.util
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from types import ModuleType

import pytest

from pling_async.sandbox import Sandbox

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture
async def sandbox(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Sandbox]:
    """Serve an account with one contact, as the environment says."""
    async with Sandbox(database=":memory:", deterministic=True) as server:
        monkeypatch.setenv("PLING_USERNAME", server.username)
        monkeypatch.setenv("PLING_PASSWORD", server.password)
        monkeypatch.setenv("PLING_ACCOUNT_ID", str(server.account_id))
        monkeypatch.setenv("PLING_BASE_URL", server.url)
        await server.seed([{"mobile": "+4799999001", "name": "Kari"}])
        yield server


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], ModuleType]:
    """Import examples, which are scripts and in no package."""

    def load(name: str) -> ModuleType:
        spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, name, module)
        spec.loader.exec_module(module)
        return module

    return load
