"""Shell completion, as bash itself sees it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

_ASK = """
source completion.bash
COMP_WORDS=({words}); COMP_CWORD={place}
{function}
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@pytest.mark.parametrize(
    ("shell", "mark"), [("bash", "complete -o"), ("zsh", "#compdef pling"), ("fish", "complete --")]
)
def test_each_shell_has_its_script(pling: Any, shell: str, mark: str) -> None:
    """The script is click's, for the command pling."""
    ended = pling("completion", shell)
    assert ended.code == 0
    assert mark in ended.out
    assert "_PLING_COMPLETE" in ended.out


def test_another_shell(pling: Any) -> None:
    """A shell that click does not know is wrong usage."""
    assert pling("completion", "tcsh").code == 2


def _completed(pling: Any, nowhere: Path, *words: str) -> list[str]:
    """Return what bash offers for a line, with pling on the path."""
    program = nowhere / "bin" / "pling"
    program.parent.mkdir(exist_ok=True)
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m pling_async.cli "$@"\n', encoding="utf-8")
    program.chmod(0o700)
    script = pling("completion", "bash").out
    (nowhere / "completion.bash").write_text(script, encoding="utf-8")
    function = next(line for line in script.splitlines() if line.endswith("() {")).removesuffix("() {")
    line = " ".join(f"'{word}'" for word in ("pling", *words))
    asked = _ASK.format(words=line, place=len(words), function=f"{function} pling")
    bash = shutil.which("bash")
    assert bash is not None
    environment = os.environ | {"PATH": f"{program.parent}:{os.environ['PATH']}"}
    ended = subprocess.run([bash, "-c", asked], capture_output=True, text=True, check=True, env=environment, timeout=30)
    return ended.stdout.split()


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not there to be asked")
def test_bash_completes(pling: Any, nowhere: Path) -> None:
    """Bash offers commands, subcommands, options, their values and profiles."""
    (nowhere / "pling.toml").write_text("[profiles.production]\n", encoding="utf-8")
    assert _completed(pling, nowhere, "co") == ["copy", "contacts", "config", "completion"]
    assert _completed(pling, nowhere, "contacts", "de") == ["delete"]
    assert "--stopped" in _completed(pling, nowhere, "contacts", "list", "--st")
    assert _completed(pling, nowhere, "plan", "--mode", "re") == ["replace"]
    assert _completed(pling, nowhere, "contacts", "list", "--profile", "") == ["production", "sandbox"]
