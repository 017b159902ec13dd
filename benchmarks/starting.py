"""Rows of the table about starting: the import, and the command's help."""

import subprocess
import sys
from functools import partial
from pathlib import Path

from benchmarks.measuring import Result, Scale, alternating

_PEERS = "import aiohttp, attrs, cattrs"
_CLIENT = "from pling_async import PlingClient"


def starting(scale: Scale, _: Path) -> list[Result]:
    """Compare importing the package with importing what it is built on, less what Python itself takes."""
    codes = {"ours": "import pling_async", "client": _CLIENT, "peer": _PEERS, "python": "pass"}
    works = {name: partial(_run, "-c", code) for name, code in codes.items()}
    works["help"] = partial(_run, "-m", "pling_async.cli", "--help")
    for work in works.values():
        work()
    run = alternating(works, max(7, scale.rounds * 5))
    ours, client, peer = (run[name] - run["python"] for name in ("ours", "client", "peer"))
    shown = run["help"]
    return [
        Result(
            name="import",
            what="import pling_async",
            figure=f"{ours * 1000:.0f} ms, and with PlingClient {client * 1000:.0f} ms, {client / peer:.2f}x "
            f"aiohttp, attrs, cattrs together ({peer * 1000:.0f} ms)",
            bar="1.3x",
            is_met=client <= 1.3 * peer,
            details=run,
        ),
        Result(
            name="help",
            what="pling --help",
            figure=f"{shown * 1000:.0f} ms (Python alone {run['python'] * 1000:.0f} ms)",
            bar="300 ms",
            is_met=shown <= 0.3,  # noqa: PLR2004 - the bar
            details=run,
        ),
    ]


def _run(*arguments: str) -> None:
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True)  # noqa: S603
