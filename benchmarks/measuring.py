"""How things are measured: medians of alternating runs, and peaks of processes of their own."""

import asyncio
import gc
import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from attrs import asdict, field, frozen

_HERE: Final = Path(__file__).parent.parent


@frozen(kw_only=True)
class Scale:
    """How large the inputs are, and how often each thing is run."""

    rows: int
    numbers: int
    requests: int
    rounds: int
    copied: int
    """Contacts of an account that is copied."""
    extra_rows: tuple[int, ...] = ()
    """Further sizes of the scaling curves."""


@frozen(kw_only=True)
class Result:
    """One row of the table: a figure beside what it is compared with, all from one run."""

    name: str
    what: str
    figure: str
    bar: str
    is_met: bool
    details: Mapping[str, Any] = field(factory=dict)

    def line(self) -> str:
        """Return the row as one line of text."""
        return f"{'met    ' if self.is_met else 'NOT MET'}  {self.what}: {self.figure} (bar: {self.bar})"

    def json(self) -> dict[str, Any]:
        """Return the row as JSON."""
        return asdict(self)


def say(text: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def peak_mb() -> float:
    """Return the most memory that this process ever held, in MB; Linux counts its parent's in ru_maxrss, too."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(status.read_text().partition("VmHWM:")[2].split()[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def say_and_peak(**figures: float) -> None:
    """Print a child's figures and its peak as JSON."""
    say(json.dumps({**figures, "peak_mb": peak_mb()}))


def child(module: str, *arguments: object) -> dict[str, float]:
    """Run a module of ours in a process of its own and return the JSON of its last line."""
    command = [sys.executable, "-m", f"benchmarks.{module}", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=_HERE)  # noqa: S603
    if done.returncode:
        raise RuntimeError(f"benchmarks.{module} failed:\n{done.stderr[-2000:]}")
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def alternating(works: Mapping[str, Callable[[], Any]], rounds: int) -> dict[str, float]:
    """Return the median seconds of each work; the works take turns, so that a busy machine slows all of them."""
    seconds: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            gc.collect()
            started = time.perf_counter()
            work()
            seconds[name].append(time.perf_counter() - started)
    return {name: statistics.median(times) for name, times in seconds.items()}


def medians(works: Mapping[str, Callable[[], Mapping[str, float]]], rounds: int) -> dict[str, dict[str, float]]:
    """Return the median of each figure that each work returns, the works taking turns."""
    found: dict[str, list[Mapping[str, float]]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            found[name].append(work())
    return {
        name: {key: statistics.median(each[key] for each in runs) for key in runs[0]} for name, runs in found.items()
    }


class Pauses:
    """Measures how long the event loop was held."""

    def __init__(self) -> None:
        self.longest = 0.0

    async def watch(self) -> None:
        """Look every two milliseconds."""
        while True:
            before = time.perf_counter()
            await asyncio.sleep(0.002)
            self.longest = max(self.longest, time.perf_counter() - before - 0.002)
