"""How a list is read and normalised."""

import re
from collections.abc import Mapping
from typing import Final, Literal, get_args

from attrs import Attribute, field, frozen

from pling_async.errors import ConfigurationError
from pling_async.phones import Policy, check_policy, check_region
from pling_async.pling.models import GROUP_NAME
from pling_async.sources import ATTRIBUTES, CHUNK_ROWS, IGNORE, SourceOptions

Keep = Literal["last", "first"]

_TARGETS: Final = (*ATTRIBUTES, IGNORE)


def _plain(mapping: Mapping[str, str]) -> dict[str, str]:
    return dict(mapping)


def _known_region(_: object, __: "Attribute[str]", region: str) -> None:
    try:
        check_region(region)
    except ValueError as error:
        raise ConfigurationError(str(error)) from error


def _known_policy(_: object, __: "Attribute[Policy]", numbers: Policy) -> None:
    try:
        check_policy(numbers)
    except ValueError as error:
        raise ConfigurationError(str(error)) from error


def _one_character(_: object, __: "Attribute[str | None]", delimiter: str | None) -> None:
    if delimiter is not None and (len(delimiter) != 1 or not delimiter.isascii() or delimiter in '"\r\n'):
        raise ConfigurationError(f"delimiter={delimiter!r} is not one ASCII character; use ';', ',', '\\t' or '|'")


def _known_attributes(_: object, __: "Attribute[Mapping[str, str]]", mapping: Mapping[str, str]) -> None:
    if unknown := sorted(set(mapping.values()) - set(_TARGETS)):
        raise ConfigurationError(f"mapping to {unknown[0]!r}: a column can be mapped to {', '.join(_TARGETS)}")


def _positive(_: object, __: "Attribute[int]", count: int) -> None:
    if count < 1:
        raise ConfigurationError(f"chunk_rows={count} is not a number of rows; use 1 or more")


def _no_letters(_: object, __: "Attribute[str]", separators: str) -> None:
    if re.search(r"[\w\s]", separators):
        raise ConfigurationError(f"group_separators={separators!r} has letters, digits or spaces, which names need")


def _group_names(_: object, __: "Attribute[tuple[str, ...]]", names: tuple[str, ...]) -> None:
    if not all(names) or any(True for name in names for _ in GROUP_NAME.problems("groups", name)):
        raise ConfigurationError(f"groups: a name has 1 to {GROUP_NAME.max_length} characters")


def _first_or_last(_: object, __: "Attribute[Keep]", keep: str) -> None:
    if keep not in get_args(Keep):
        raise ConfigurationError(f"keep={keep!r} is neither 'first' nor 'last'")


@frozen(kw_only=True)
class PrepareSettings:
    """How a list is read and normalised; every part of it is optional."""

    region: str = field(default="NO", validator=_known_region)
    """Country of the numbers that are written without a country code."""
    numbers: Policy = field(default="mobile", validator=_known_policy)
    """"mobile", "lenient" or "possible"; see `pling_async.phones`."""
    encoding: str | None = None
    """Of a file; None means: a mark, then utf-8, then cp1252."""
    delimiter: str | None = field(default=None, validator=_one_character)
    """Of a CSV file; None means: the one that makes most sense of the header."""
    sheet: str | int | None = None
    """Of a workbook, its name or its number from 1; None means: the only visible one that has cells."""
    mapping: Mapping[str, str] = field(factory=dict, converter=_plain, validator=_known_attributes, hash=False)
    """Header to attribute, or to "ignore"; it goes before the headers that are known."""
    group_separators: str = field(default=";,|", validator=_no_letters)
    """Characters between group names in one cell; " ::: " (Google Contacts) always is."""
    groups: tuple[str, ...] = field(default=(), converter=tuple[str, ...], validator=_group_names)
    """Groups that everybody of the list joins, beside those of the row."""
    keep: Keep = field(default="last", validator=_first_or_last)
    """Which row of a number wins, field by field; a STOP in any row stays, and groups are united all the same."""
    upper_case_speed_dials: bool = False
    """Write speed dials in capitals instead of refusing small letters."""

    chunk_rows: int = field(default=CHUNK_ROWS, validator=_positive)
    """Rows of an iterable that are prepared at a time; the result does not depend on it."""

    @property
    def source_options(self) -> SourceOptions:
        """The part that sources need."""
        return SourceOptions(encoding=self.encoding, delimiter=self.delimiter, sheet=self.sheet, mapping=self.mapping)
