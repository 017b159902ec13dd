"""What became of everybody, for a report, kept in columns."""

from typing import Final

import polars as pl
from attrs import define, field

from pling_async.bulk.per_contact import Written
from pling_async.bulk.run import written_frame

_TOGETHER: Final = 5000


@define
class WrittenRows:
    """Results in the order in which they come; a few thousand become a frame together."""

    _frames: list[pl.DataFrame] = field(factory=list, repr=False)
    _latest: list[Written] = field(factory=list, repr=False)

    def add(self, each: Written) -> None:
        """Keep one person's line."""
        self._latest.append(each)
        if len(self._latest) == _TOGETHER:
            self._fold()

    def frame(self) -> pl.DataFrame:
        """Return a row for everybody."""
        self._fold()
        return pl.concat(self._frames)

    def _fold(self) -> None:
        self._frames.append(written_frame(self._latest))
        self._latest.clear()
