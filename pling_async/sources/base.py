"""What every source gives: tables of text under the contact's attribute names, and what is known about the source."""

from collections.abc import Mapping
from typing import Final

import polars as pl
from attrs import field, frozen

IGNORE: Final = "ignore"
"""As an attribute in a mapping: leave the column out."""


LIST_MARK: Final = "\x1f"
"""Before each item of a cell that was a list: such a cell is never split at separators."""


def _plain(mapping: Mapping[str, str]) -> dict[str, str]:
    return dict(mapping)


@frozen(kw_only=True)
class SourceOptions:
    """What the caller knows better than detection does; None and empty mean: find out."""

    encoding: str | None = None
    delimiter: str | None = None
    mapping: Mapping[str, str] = field(factory=dict)
    """Header to attribute, or to "ignore"."""


@frozen(kw_only=True)
class SourceInfo:
    """Where a list came from and how it was read; holds no personal data but a path."""

    name: str
    """The path as given, "stdin", or the kind of object."""
    sha256: str
    """Of the bytes that were read; of the rows' canonical JSON where there are no bytes."""
    rows: int
    """Rows read, the header not counted."""
    encoding: str | None = None
    delimiter: str | None = None
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


@frozen(kw_only=True)
class Table:
    """A source's rows as text, every column a String, and what is known about it."""

    frame: pl.DataFrame = field(repr=lambda frame: f"<{frame.height} rows>")
    info: SourceInfo
