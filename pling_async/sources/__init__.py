"""Sources: everything a list can come from, read as tables of text under the contact's attribute names."""

from pling_async.sources.base import IGNORE, SourceInfo, SourceOptions, Table
from pling_async.sources.headers import ATTRIBUTES
from pling_async.sources.reading import Reading, Source

__all__ = ["ATTRIBUTES", "IGNORE", "Reading", "Source", "SourceInfo", "SourceOptions", "Table"]
