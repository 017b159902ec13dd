"""What every source gives: tables of text under the contact's attribute names, and what is known about the source."""

from collections.abc import Generator, Mapping
from typing import Final

import polars as pl
from attrs import field, frozen

from pling_async.errors import ConfigurationError

IGNORE: Final = "ignore"
"""As an attribute in a mapping: leave the column out."""


LIST_MARK: Final = "\x1f"
"""Before each item of a cell that was a list: such a cell is never split at separators.

In the mobile column the items are a row's numbers, the preferred one first.
"""


EXACT: Final = 10**15
"""Below this a float holds every digit of a whole number; beyond, as in Excel, the last ones are gone."""


def _plain(mapping: Mapping[str, str]) -> dict[str, str]:
    return dict(mapping)


@frozen(kw_only=True)
class SourceOptions:
    """What the caller knows better than detection does; None and empty mean: find out."""

    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | int | None = None
    """Of a workbook: its name, or its number from 1."""
    mapping: Mapping[str, str] = field(factory=dict)
    """Header to attribute, or to "ignore"."""

    def only(self, *meaningful: str, kind: str) -> None:
        """Raise `ConfigurationError` for an option that means nothing to a kind of source."""
        for option in ("encoding", "delimiter", "sheet"):
            if option not in meaningful and getattr(self, option) is not None:
                raise ConfigurationError(f"{option} means nothing to {kind}; leave it out")


@frozen(kw_only=True)
class SourceInfo:
    """Where a list came from and how it was read; holds no personal data but a path."""

    name: str
    """The path as given, "stdin", or the kind of object."""
    sha256: str
    """Of the bytes that were read, unpacked; of the rows' canonical JSON where there are no bytes."""
    rows: int
    """Rows read, the header not counted."""
    kind: str | None = None
    """What it was read as, such as "csv", "excel" or "json.gz"."""
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    mapping: Mapping[str, str] = field(factory=dict, converter=_plain)
    """Header to attribute, in the source's order."""
    ignored: tuple[str, ...] = field(default=(), converter=tuple[str, ...])
    """Headers that nothing is read from."""
    warnings: tuple[str, ...] = field(default=(), converter=tuple[str, ...])
    """What was read all the same, and should be looked at."""


@frozen(kw_only=True)
class Part:
    """Some rows of a source as text, every column a String."""

    frame: pl.DataFrame = field(repr=lambda frame: f"<{frame.height} rows>")
    is_plain: bool = False
    """It is certain that no cell holds a control character, a line end, or a blank other than the space."""


Parts = Generator[Part, None, SourceInfo]
"""One pass over a source: its rows in order, at least one part, and what is known about it at the end."""


@frozen(kw_only=True)
class Table:
    """A source's rows as text, every column a String, and what is known about it."""

    frame: pl.DataFrame = field(repr=lambda frame: f"<{frame.height} rows>")
    info: SourceInfo
