"""The standard streams of a process: some may be closed, or nobody listens any more."""

import os
import sys
from collections.abc import Sequence
from typing import Final, TextIO

_MODES: Final = {"stdin": "r", "stdout": "w", "stderr": "w"}


def discard(stream: TextIO) -> None:
    """Send what is still to be written nowhere: Python flushes at exit, and would fail again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def stand_in() -> Sequence[str]:
    """Put the null device in the place of streams that are closed, and return their names.

    Python has None for them, and the next file that is opened would get the descriptor: in their order each gets its
    own, so that nothing meant for a stream ever goes into a file.
    """
    closed = [name for name in _MODES if getattr(sys, name) is None]
    for name in closed:
        nowhere = os.open(os.devnull, os.O_RDWR)
        setattr(sys, name, os.fdopen(nowhere, _MODES[name], encoding="utf-8", closefd=False))
    return closed
