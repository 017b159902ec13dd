"""The demo and its list: what a newcomer sees first."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pling_async.cli.configuration import VARIABLES

EXAMPLES = Path(__file__).parents[2] / "examples"


def _run(script: str, *arguments: object, folder: Path) -> str:
    line = [sys.executable, str(EXAMPLES / script), *map(str, arguments)]
    environment = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    ended = subprocess.run(
        line,
        cwd=folder,
        env=environment,
        check=True,
        timeout=100,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    return ended.stdout


@pytest.mark.slow
def test_the_demo_twice(tmp_path: Path) -> None:
    """The first run shows every count, applies and explains; the second finds nothing to change."""
    folder = tmp_path / "demo"
    first = _run("demo.py", folder, folder=tmp_path)
    for words in ("added  ", "changed  ", "unchanged  ", "removed  ", "kept (stopped)", "rejected rows"):
        assert words in first
    assert "the account is what the plan promised" in first
    assert max(len(line) for line in first.splitlines() if str(folder) not in line) <= 100
    header, *rejects = (folder / "rejects.csv").read_text(encoding="utf-8").splitlines()
    assert header == "row,field,code,message"
    assert len(rejects) > 15
    second = _run("demo.py", folder, folder=tmp_path)
    assert "nothing to change" in second
    assert "pling apply" not in second


def test_the_list_is_what_its_generator_writes(tmp_path: Path) -> None:
    """The committed list can be made again, byte for byte."""
    made = tmp_path / "kunder.csv"
    _run("make_kunder.py", made, folder=tmp_path)
    assert made.read_bytes() == (EXAMPLES / "kunder.csv").read_bytes()
    assert made.read_bytes().count(b"\r\n") > 490
