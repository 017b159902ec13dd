"""A picture of what a command prints in a terminal."""

import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from io import StringIO
from pathlib import Path
from typing import Final

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.text import Text

_WIDTH: Final = 100
_SVG: Final = re.sub(r"@font-face \{\{.*?\}\}", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
"""Without the fonts, which would come from elsewhere."""


def picture(path: Path, arguments: Sequence[str], environment: Mapping[str, str]) -> None:
    """Run `pling` in a terminal and write what it shows as an SVG."""
    console = Console(record=True, width=_WIDTH, file=StringIO(), force_terminal=True)
    console.print(Text.from_ansi(_shown(arguments, environment)))
    console.save_svg(str(path), title=f"pling {' '.join(arguments)}", code_format=_SVG)


def _shown(arguments: Sequence[str], environment: Mapping[str, str]) -> str:
    ours, theirs = os.openpty()
    size = {"COLUMNS": str(_WIDTH), "TERM": "xterm-256color"}
    command = [sys.executable, "-m", "pling_async.cli", *arguments]
    process = subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env={**os.environ, **environment, **size}
    )
    os.close(theirs)
    said = b""
    while chunk := _read(ours):
        said += chunk
    process.wait()
    return said.decode().replace("\r\n", "\n").rstrip()


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65_536)
    except OSError:  # the other end is closed
        return b""
