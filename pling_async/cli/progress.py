"""How far a run has come: a bar on a terminal, quiet lines elsewhere, and a sentence for Ctrl-C."""

import sys
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Self

from pling_async.cli.output import console, note

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID


class Progress:
    """Told by `bulk.apply` how much is done; shows it on stderr."""

    def __init__(self, words: str) -> None:
        self._words = words
        self._bar: Bar | None = None
        self._task: TaskID | None = None
        self.contacts = 0
        """Contacts of which the outcome is known."""
        self._quarter = 0

    def __enter__(self) -> Self:
        if sys.stderr.isatty():
            from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415
            from rich.progress import Progress as Bar  # noqa: PLC0415 - `pling --help` does without

            columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
            self._bar = Bar(*columns, console=console(sys.stderr), transient=True)
            self._task = self._bar.add_task(self._words, total=None)
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def update(self, done: int, total: int, unit: str) -> None:
        """Note that `done` of `total` contacts are decided, or bytes sent."""
        self.contacts = done if unit == "contacts" else 0
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=done, total=total)
        elif 4 * done // total > self._quarter:
            self._quarter = 4 * done // total
            with suppress(OSError):  # whoever read this went away: no reason to cut a run short
                note(f"{self._words}: {done} of {total} {unit}")
