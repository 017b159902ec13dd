"""What is counted while a file is read stretch by stretch, and what is told of it at the end."""

from collections.abc import Iterator
from typing import Final

from pling_async.errors import Place, SourceError
from pling_async.sources.records import Records

_SHOWN: Final = 3
"""Ragged rows that an error names."""


class Tally:
    """Counts rows over the stretches of a file; row numbers only exist here."""

    def __init__(self, name: str, width: int) -> None:
        self._name = name
        self._width = width
        self._blank = self._blank_after = 0
        self._ragged = 0
        self._shown: list[tuple[int, int]] = []
        self._last = (0, 0)
        self.rows = 0

    def add(self, found: Records) -> bool:
        """Count a stretch and return whether no row was ragged yet; raises `SourceError` where reading stopped."""
        if found.fault is not None:
            raise SourceError(found.fault, Place(source=self._name, row=self.rows + found.count + 1))
        if found.ragged:
            ragged = [(self.rows + record, width) for record, width in found.ragged]
            self._shown += ragged[: _SHOWN - len(self._shown)]
            self._last = ragged[-1]
        self._ragged += len(found.ragged)
        if found.count:
            self._blank += self._blank_after + found.blank
            self._blank_after = 0
        self._blank_after += found.blank_after
        self.rows += found.count
        return not self._ragged

    def check(self) -> None:
        """Raise `SourceError` naming the first ragged rows, if there were any."""
        if not self._ragged:
            return
        named = ", ".join(f"row {row} has {width}" for row, width in self._shown)
        more = f", and {self._ragged - _SHOWN} more rows" if self._ragged > _SHOWN else ""
        cut = "; the file may be cut off" if self._last[0] == self.rows and self._last[1] < self._width else ""
        message = (
            f"the header has {self._width} fields, but {named}{more}{cut}; "
            "mixed delimiters, or a cell with a delimiter that is not quoted? Correct the rows, or export again"
        )
        raise SourceError(message, Place(source=self._name, row=self._shown[0][0]))

    def warnings(self) -> Iterator[str]:
        """Say what was skipped; blank lines at the end are nothing."""
        if self._blank:
            yield f"{self._blank} blank lines were skipped; rows are counted without them"
