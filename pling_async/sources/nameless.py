"""Columns without a header: nobody can tell what their cells mean, so text in them is refused, and not lost."""

import string
from collections.abc import Mapping

import polars as pl

from pling_async.errors import Place, SourceError


class Nameless:
    """Counts the cells with text in columns without a header, over the parts of a source."""

    def __init__(self, columns: Mapping[int, str]) -> None:
        self._columns = columns
        self._counts = dict.fromkeys(columns, 0)
        self._first: dict[int, int] = {}
        self._rows = 0

    def add(self, cells: pl.DataFrame) -> None:
        """Count the next rows."""
        for place, column in self._columns.items():
            filled = (cells.get_column(column).str.strip_chars() != "").arg_true()
            if filled.len():
                self._first.setdefault(place, self._rows + filled[0] + 1)
                self._counts[place] += filled.len()
        self._rows += cells.height

    def check(self, source: str) -> None:
        """Raise `SourceError` when there was text under no header."""
        said = [
            f"column {place + 1} ({letters(place)}) has no header, and cells with text: {self._counts[place]}, "
            f"first in row {row}"
            for place, row in sorted(self._first.items())
        ]
        if said:
            message = f"{'; '.join(said)}; give it a header, or leave it out with --map '=ignore'"
            raise SourceError(message, Place(source=source, row=min(self._first.values())))


def letters(place: int) -> str:
    """Return what a spreadsheet calls a column, the first being 0."""
    before, last = divmod(place, len(string.ascii_uppercase))
    return (letters(before - 1) if before else "") + string.ascii_uppercase[last]
