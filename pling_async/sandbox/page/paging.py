"""Pages of a list: which rows are shown, and the way to the others."""

from attrs import frozen
from yarl import URL


@frozen(kw_only=True)
class Pages:
    """One page among those of a list; counts from 1."""

    url: URL
    total: int
    size: int
    asked: int

    @property
    def last(self) -> int:
        """The number of the last page."""
        return max(1, -(-self.total // self.size))

    @property
    def number(self) -> int:
        """The number of this page, which is the last one when a later one was asked for."""
        return min(self.asked, self.last)

    @property
    def start(self) -> int:
        """How many rows are on the pages before."""
        return (self.number - 1) * self.size

    @property
    def end(self) -> int:
        """The number of the last row on this page."""
        return min(self.start + self.size, self.total)

    @property
    def previous(self) -> str | None:
        """Where the page before is."""
        return self._at(self.number - 1) if self.number > 1 else None

    @property
    def next(self) -> str | None:
        """Where the page behind is."""
        return self._at(self.number + 1) if self.number < self.last else None

    def _at(self, number: int) -> str:
        return str(self.url.update_query(page=number))
