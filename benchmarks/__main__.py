"""Measure, and print a table with every bar.

    python -m benchmarks [--quick] [--ten-million] [NAME ...]

Names: prepare e164 snapshot plan import single journal memory starting neighbours; all of them when none is given. And
copy, which takes about half an hour, only when it is named.
Figure, peer and floor come from the same run and take turns. The results go to benchmarks/results/; a full run also
writes docs/benchmarks-PYTHON.json and draws the scaling curves.
"""

import argparse
import json
import os
import platform
import tempfile
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from benchmarks import copying, journalled, lists, neighbours, starting, wire
from benchmarks.curves import write_curves
from benchmarks.measuring import Result, Scale, say

_ROOT: Final = Path(__file__).parent.parent
_QUICK: Final = Scale(rows=100_000, numbers=100_000, requests=1_000, rounds=1, copied=4_000)
_FULL: Final = Scale(
    rows=1_000_000, numbers=2_000_000, requests=5_000, rounds=3, copied=100_000, extra_rows=(10_000, 100_000)
)
_TEN: Final = 10_000_000
_MARKS: Final = ("<!-- table -->", "<!-- /table -->")

_ALL: Final[dict[str, Callable[[Scale, Path], list[Result]]]] = {
    "starting": starting.starting,
    "single": wire.single,
    "journal": journalled.journal,
    "memory": wire.memory,
    "e164": lists.e164,
    "prepare": lists.prepare,
    "snapshot": lists.snapshot,
    "plan": lists.plan,
    "import": wire.imported,
    "neighbours": neighbours.listings,
    "copy": copying.copying,
}
_LONG: Final = "copy"
_PACKAGES: Final = ("polars", "aiohttp", "orjson", "phonenumbers", "msgspec", "httpx")


def machine() -> dict[str, str]:
    """Say where the figures come from."""
    packages = {name: version(name) for name in _PACKAGES}
    return {"python": platform.python_version(), "cores": str(os.cpu_count()), "system": platform.system(), **packages}


def measure(names: Sequence[str], scale: Scale) -> list[Result]:
    """Run the benchmarks named, printing each row as it comes."""
    found: list[Result] = []
    with tempfile.TemporaryDirectory(prefix="pling-bench-") as folder:
        for name in names:
            for result in _ALL[name](scale, Path(folder)):
                say(result.line())
                found.append(result)
    return found


def write(results: Sequence[Result], path: Path) -> None:
    """Write the results as JSON, those of an earlier run kept where this one has none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    kept = json.loads(path.read_text())["results"] if path.exists() else {}
    rows = {**kept, **{result.name: result.json() for result in results}}
    path.write_text(json.dumps({"machine": machine(), "results": rows}, indent=1, sort_keys=True) + "\n")


def write_tables(docs: Path) -> None:
    """Put what every Python measured into the document, between its two marks."""
    document = docs / "benchmarks.md"
    tables = "\n\n".join(map(_table, sorted(docs.glob("benchmarks-*.json"))))
    before, rest = document.read_text(encoding="utf-8").split(_MARKS[0])
    document.write_text(f"{before}{_MARKS[0]}\n{tables}\n{_MARKS[1]}{rest.split(_MARKS[1])[1]}", encoding="utf-8")


def _table(path: Path) -> str:
    found = json.loads(path.read_text())
    made = ", ".join(f"{name} {value}" for name, value in found["machine"].items())
    rows = [
        f"| {row['what']} | {row['figure']} | {row['bar']} | {_verdict(row)} |" for row in found["results"].values()
    ]
    head = [f"### Python {found['machine']['python']}", "", "| what | measured | bar | |", "|---|---|---|---|"]
    return "\n".join([*head, *rows, "", f"Measured with {made}."])


def _verdict(row: dict[str, Any]) -> str:
    return "met" if row["is_met"] else "**not met**"


def draw(results: Sequence[Result], docs: Path) -> None:
    """Draw rows against seconds and memory from what prepare found."""
    runs: dict[str, Any] = next((each.details["runs"] for each in results if each.name == "prepare"), {})
    for key, unit, title in (("seconds", "s", "Preparing a messy CSV"), ("peak_mb", "MB", "Peak memory of preparing")):
        curves = {
            name: sorted((int(rows), each[name][key]) for rows, each in runs.items() if name in each)
            for name in ("ours", "straightforward", "floor")
        }
        if runs:
            write_curves(docs / f"benchmarks-{key.replace('_', '-')}.svg", title, unit, curves)


def main() -> None:
    """Read the command line, measure, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", choices=[[], *_ALL], metavar="NAME")
    parser.add_argument("--quick", action="store_true", help="smaller inputs, one run each, under two minutes")
    parser.add_argument("--ten-million", action="store_true", help="prepare ten million rows too")
    options = parser.parse_args()
    extra = {"extra_rows": (*_FULL.extra_rows, _TEN)} if options.ten_million else {}
    scale = _QUICK if options.quick else Scale(**{**_as_dict(_FULL), **extra})
    results = measure(options.names or [name for name in _ALL if name != _LONG], scale)
    write(results, _ROOT / "benchmarks" / "results" / ("quick.json" if options.quick else "full.json"))
    if not options.quick:
        python = ".".join(platform.python_version_tuple()[:2])
        write(results, _ROOT / "docs" / f"benchmarks-{python}.json")
        write_tables(_ROOT / "docs")
        draw(results, _ROOT / "docs")
    met = sum(result.is_met for result in results)
    say(f"\n{met} of {len(results)} bars met; Python {machine()['python']}, {machine()['cores']} cores")


def _as_dict(scale: Scale) -> dict[str, Any]:
    return {name: getattr(scale, name) for name in ("rows", "numbers", "requests", "rounds", "copied", "extra_rows")}


if __name__ == "__main__":
    main()
