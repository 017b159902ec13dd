"""The package as pip installs it, in a folder of its own, and pytest runs that find it there."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

ROOT = Path(__file__).parents[2]
SLOW: Final = ("cacheprovider", "cov", "hypothesispytest", "platformdirs", "schemathesis", "timeout", "xdist")
"""Plugins that happen to be installed here and would only cost time."""
Run = Callable[..., pytest.RunResult]


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the package's own wheel, entry points included, and nothing else."""
    hatchling = pytest.importorskip("hatchling.builders.wheel")
    folder = tmp_path_factory.mktemp("installed")
    (wheel,) = hatchling.WheelBuilder(str(ROOT)).build(directory=str(folder / "dist"), versions=["standard"])
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", folder, wheel]
    subprocess.run(command, check=True, capture_output=True)
    return folder


@pytest.fixture
def run(pytester: pytest.Pytester, installed: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run pytest on a test file in a process that knows the installed package alone."""
    monkeypatch.setenv("PYTHONPATH", str(installed))
    monkeypatch.setenv("PYTHONSAFEPATH", "1")
    monkeypatch.delenv("COV_CORE_SOURCE", raising=False)

    def start(code: str, *arguments: str) -> pytest.RunResult:
        pytester.makepyfile(code)
        plain = [argument for name in SLOW for argument in ("-p", f"no:{name}")]
        return pytester.runpytest_subprocess(*plain, "-W", "error", *arguments, timeout=60)

    return start
