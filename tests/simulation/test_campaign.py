"""The simulation itself: many seeds keep every promise, the same ones everywhere, and defects are caught.

Each runs `python -m tests.simulation` in processes of its own, whose clock, disk and polars threads are set up for it.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SEEDS = int(os.environ.get("PLING_SIMULATION_SEEDS", "2000"))
"""Enough to reach every named state; `make simulate SEEDS=...` plays more."""


def _simulate(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("COV_", "COVERAGE_"))}
    return subprocess.run(
        [sys.executable, "-m", "tests.simulation", *arguments],
        cwd=Path(__file__).parents[2],
        env={**kept, "POLARS_MAX_THREADS": "1", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_every_promise_holds_in_every_seed() -> None:
    """No invariant breaks, and every named state is reached (see docs/simulation.md)."""
    done = _simulate("--seeds", str(SEEDS), "--jobs", "2")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_seed_is_the_same_everywhere() -> None:
    """Whatever the hash seed, the time zone and the number of processes, each seed has one history (I-29)."""
    here = _simulate("--seeds", "30", PYTHONHASHSEED="1", TZ="Asia/Tokyo")
    there = _simulate("--seeds", "30", "--jobs", "2", PYTHONHASHSEED="2", TZ="America/Lima")
    histories = [line for done in (here, there) for line in done.stdout.splitlines() if line.startswith("history ")]
    assert len(histories) == 2, here.stderr + there.stderr
    assert histories[0] == histories[1]


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("defect", "invariant", "start"),
    [
        ("no_removal_limit", "I-1", 35),
        ("forgotten_stops", "I-4", 5),
        ("no_journal", "I-9", 0),
        ("no_lock", "I-10", 0),
        ("blind_replace", "I-12", 40),
        ("no_doubt", "I-12", 95),
        ("hasty", "I-12", 375),
        ("old_consents", "I-4", 1910),
    ],
)
def test_a_defect_is_caught(defect: str, invariant: str, start: int) -> None:
    """A guard that always passes, a forgotten stop, a blind repetition: each breaks its invariant within 400 seeds.

    They begin a little before the first seed that shows the defect; with another drawing of seeds they take longer.
    """
    found = ("--sabotage", defect, "--until", invariant)
    done = _simulate("--seeds", "400", "--start", str(start), "--jobs", "1", *found)
    assert f"BROKEN {invariant}:" in done.stdout, done.stdout + done.stderr
    assert done.returncode == 1
