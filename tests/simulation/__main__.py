"""The command line: `python -m tests.simulation --seeds 100000 --jobs 2`, or `--seed 17 -v` to play one again."""

import argparse
import hashlib
import os
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any, Final

from attrs import define, field

ENOUGH: Final = 2000
"""Seeds from which on every named state must have been reached."""
_CHUNK: Final = 25
_SHOWN: Final = 5


@define
class Summary:
    """What a campaign found."""

    seeds: int = 0
    requests: int = 0
    seconds: float = 0.0
    digest: Any = field(factory=hashlib.sha256)
    violations: dict[str, list[tuple[int, str]]] = field(factory=dict)
    sometimes: Counter[str] = field(factory=Counter)

    def add(self, verdict: Any) -> None:
        """Count one seed."""
        self.seeds += 1
        self.requests += verdict.requests
        self.seconds += verdict.seconds
        self.digest.update(verdict.digest.encode())
        self.sometimes.update(verdict.sometimes)
        for found in verdict.violations:
            self.violations.setdefault(found.partition(":")[0], []).append((verdict.seed, found))

    def missing(self, named: Iterable[str]) -> list[str]:
        """Return the states that a campaign of this size should have reached."""
        return [state for state in named if not self.sometimes[state]] if self.seeds >= ENOUGH else []


def main() -> int:
    """Run a campaign; 0 if nothing broke and every named state was reached."""
    arguments = _arguments()
    os.environ.setdefault("POLARS_MAX_THREADS", "1")  # before polars is imported: the lists are tiny
    from tests.simulation.sometimes import NAMED  # noqa: PLC0415 - likewise

    started, summary = time.monotonic(), Summary()
    for verdict in _verdicts(arguments):
        summary.add(verdict)
        if arguments.until is not None and arguments.until in summary.violations:
            break
    _report(summary, summary.missing(NAMED), time.monotonic() - started)
    return 1 if summary.violations or summary.missing(NAMED) else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=ENOUGH, help="how many seeds to play")
    parser.add_argument("--start", type=int, default=0, help="the first seed")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes; every core unless given")
    parser.add_argument("--seed", type=int, help="play this one alone")
    parser.add_argument("-v", "--verbose", action="store_true", help="tell the history of the seed")
    parser.add_argument("--sabotage", help="put a defect in first; see sabotage.py")
    parser.add_argument("--until", help="stop once this invariant broke, for instance I-4")
    return parser.parse_args()


def _verdicts(arguments: argparse.Namespace) -> Iterator[Any]:
    from tests.simulation.campaign import judge, judge_all, settle_among, settle_in  # noqa: PLC0415 - likewise

    seeds = (
        [arguments.seed] if arguments.seed is not None else range(arguments.start, arguments.start + arguments.seeds)
    )
    if len(seeds) == 1 or arguments.jobs == 1:
        settle_in(arguments.sabotage)
        yield from (judge(seed, _say if arguments.verbose else None) for seed in seeds)
        return
    chunks = [seeds[at : at + _CHUNK] for at in range(0, len(seeds), _CHUNK)]
    context = get_context("spawn")
    places = context.SimpleQueue()
    for place in range(arguments.jobs):
        places.put(place)
    with ProcessPoolExecutor(
        arguments.jobs, mp_context=context, initializer=settle_among, initargs=(places, arguments.sabotage)
    ) as pool:
        for verdicts in pool.map(judge_all, chunks):
            yield from verdicts


def _report(summary: Summary, missing: list[str], elapsed: float) -> None:
    hours = summary.seconds / 3600
    _say(f"{summary.seeds} seeds, {summary.requests} requests, {hours:.0f} virtual hours in {elapsed:.0f} s")
    _say(f"history {summary.digest.hexdigest()}")
    for state, count in sorted(summary.sometimes.items()):
        _say(f"  {count:6} {state}")
    for invariant, found in summary.violations.items():
        _say(f"BROKEN {invariant}: {len(found)} times")
        for seed, words in found[:_SHOWN]:
            _say(f"  --seed {seed} -v: {words}")
    for state in missing:
        _say(f"NEVER REACHED: {state}")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
