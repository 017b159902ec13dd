"""Sources: everything a list can come from, read as tables of text under the contact's attribute names."""

from pling_async.sources.base import IGNORE, Part, SourceInfo, SourceOptions
from pling_async.sources.frontapp import frontapp
from pling_async.sources.headers import ATTRIBUTES
from pling_async.sources.ip1 import ip1
from pling_async.sources.reading import CHUNK_ROWS, Reading, Source
from pling_async.sources.sql import Query

__all__ = [
    "ATTRIBUTES",
    "CHUNK_ROWS",
    "IGNORE",
    "Part",
    "Query",
    "Reading",
    "Source",
    "SourceInfo",
    "SourceOptions",
    "frontapp",
    "ip1",
]
