"""What every source gives: tables of text under the contact's attribute names, and what is known about the source."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import polars as pl
from attrs import field, frozen

IGNORE: Final = "ignore"
"""As an attribute in a mapping: leave the column out."""


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
    mapping: Mapping[str, str] = field(factory=dict, converter=lambda each: MappingProxyType(dict(each)))
    """Header to attribute, in the source's order."""
    ignored: tuple[str, ...] = ()
    """Headers that nothing is read from."""
    warnings: tuple[str, ...] = ()
    """What was read all the same, and should be looked at."""

    def __getstate__(self) -> dict[str, object]:
        """Let copies and pickles carry a plain mapping."""
        return {**{name: getattr(self, name) for name in self.__slots__ if name in _FIELDS}, "mapping": dict(self.mapping)}

    def __setstate__(self, state: dict[str, object]) -> None:
        """Restore what `__getstate__` gave."""
        self.__init__(**state)  # type: ignore[misc]


_FIELDS: Final = ("name", "sha256", "rows", "encoding", "delimiter", "mapping", "ignored", "warnings")


@frozen(kw_only=True)
class Table:
    """Consecutive rows of a source as text (groups may be lists), and what is known about the source so far."""

    frame: pl.DataFrame = field(repr=lambda frame: f"<{frame.height} rows>")
    info: SourceInfo
