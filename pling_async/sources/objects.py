"""Rows that are objects: contacts, or mappings under attribute names, the wire's names or known headers."""

import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final

import attrs
import orjson
import polars as pl

from pling_async.errors import Place, SourceError
from pling_async.pling.models import Contact
from pling_async.session.unset import Unset
from pling_async.sources.base import EXACT, IGNORE, LIST_MARK, SourceInfo, SourceOptions
from pling_async.sources.flags import is_stop
from pling_async.sources.headers import ATTRIBUTES, is_blank, named_by, ordered, resolve

_OWN: Final = tuple(each.name for each in attrs.fields(Contact) if each.name != "extra")

_SETS: Final = (set, frozenset)
_LISTS: Final = (list, tuple, *_SETS)
_NO_ITEM: Final = (*_LISTS, Mapping, bytes)


class ObjectRows:
    """Turns objects into frames, chunk by chunk; which keys were met is known at the end.

    Every row is read by its own keys, so that the result does not depend on where chunks begin.
    """

    def __init__(self, name: str, options: SourceOptions, *, has_custom_fields: bool = False) -> None:
        self.name = name
        self._has_custom_fields = has_custom_fields
        self._mapping = options.mapping
        self._sha = hashlib.sha256()
        self._plans: dict[tuple[str, ...], list[tuple[str, list[str]]]] = {}
        self._keys: dict[str, None] = {}
        self._rows = 0
        self._nameless = 0
        self._blank_keys: set[str] = set()

    def frame(self, chunk: Iterable[object]) -> pl.DataFrame:
        """Return some rows as text; raises `SourceError` for what is neither a contact nor a mapping."""
        rows = [self._by_attribute(self._texts(each)) for each in chunk]
        present = {name for row in rows for name in row} | {"mobile"}
        return pl.DataFrame(
            {name: [row.get(name) for row in rows] for name in ATTRIBUTES if name in present},
            schema={name: pl.String for name in ATTRIBUTES if name in present},
        )

    def info(self) -> SourceInfo:
        """Return what is known after the last row; raises `SourceError` when no key gave the mobile number."""
        keys = list(self._keys)
        custom = [key for key in keys if "." in key] if self._has_custom_fields else ()
        columns = resolve(keys, self._mapping, self.name, are_keys=True, custom=custom) if self._rows else None
        if columns and columns.nameless and self._nameless:
            message = f"rows with text under a key that is blank: {self._nameless}; give it a name, or leave it out"
            raise SourceError(message, Place(source=self.name))
        return SourceInfo(
            name=self.name,
            sha256=self._sha.hexdigest(),
            rows=self._rows,
            mapping=columns.mapping if columns else {},
            ignored=columns.ignored if columns else (),
            warnings=tuple(columns.warnings(keys)) if columns else (),
        )

    def _texts(self, each: object) -> dict[str, str | None]:
        self._rows += 1
        if isinstance(each, Contact):
            items: Iterable[tuple[str, Any]] = ((name, getattr(each, name)) for name in _OWN)
        elif isinstance(each, Mapping):
            items = ((str(key), value) for key, value in each.items())
        else:
            message = f"expected a Contact or a mapping, not {type(each).__name__}"
            raise SourceError(message, Place(source=self.name, row=self._rows))
        row = {key: self._text(key, value) for key, value in items if not isinstance(value, Unset)}
        try:
            self._sha.update(orjson.dumps(row, option=orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE))
        except orjson.JSONEncodeError as error:
            message = "a text with half a character (a lone surrogate); decode the source correctly"
            raise SourceError(message, Place(source=self.name, row=self._rows)) from error
        return row

    def _text(self, key: str, value: object) -> str | None:
        """Write one value as text; a list keeps its items apart with a mark that no separator can be."""
        if value is None or isinstance(value, str):
            return value
        if isinstance(value, _LISTS) and not any(isinstance(item, _NO_ITEM) for item in value):
            items = [str(item) for item in value if item is not None]
            return "".join(f"{LIST_MARK}{item}" for item in (sorted(items) if isinstance(value, _SETS) else items))
        return self._scalar(key, value)

    def _scalar(self, key: str, value: object) -> str | None:
        """Write one value that is no list; what has no spelling is only refused where it would be read."""
        match value:
            case bool():
                return str(int(value))
            case int() | Decimal():
                return str(value)
            case float():
                return None if math.isnan(value) else _float(value)
            case date():
                return value.isoformat()
        if not self._plan((key,)):
            return None
        message = f"a {type(value).__name__} cannot be written as text; give a str"
        raise SourceError(message, Place(source=self.name, row=self._rows, field=key))

    def _by_attribute(self, row: dict[str, str | None]) -> dict[str, str | None]:
        keys = tuple(row)
        plan = self._plans.get(keys)
        if plan is None:
            self._keys.update(dict.fromkeys(keys))
            plan = self._plans[keys] = self._plan(keys)
            self._blank_keys.update(filter(is_blank, keys))
        if self._blank_keys:
            self._nameless += any((row.get(key) or "").strip() for key in self._blank_keys)
        return {
            name: _chosen(name, [cell for key in choice if (cell := row[key] or "").strip()]) for name, choice in plan
        }

    @property
    def count(self) -> int:
        """Rows met so far."""
        return self._rows

    def _plan(self, keys: tuple[str, ...]) -> list[tuple[str, list[str]]]:
        taken = frozenset(self._mapping.values()) - {IGNORE}
        named = {named_by(name, keys): attribute for name, attribute in self._mapping.items()}
        return ordered(keys, {keys[place]: each for place, each in named.items() if place is not None}, taken)


def united(frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Return what `ObjectRows.frame` makes of all these rows together."""
    together = pl.concat(frames, how="diagonal", rechunk=True)
    return together.select(name for name in ATTRIBUTES if name in together.columns)


def _chosen(name: str, cells: list[str]) -> str | None:
    """Return the first cell that is not blank; of stops, one that is not no; of numbers, all: one may be usable."""
    if name == "is_stopped":
        return next(filter(is_stop, cells), cells[0] if cells else None)
    if name != "mobile" or len(cells) < 2:  # noqa: PLR2004 - several
        return cells[0] if cells else None
    return "".join(cell if cell.startswith(LIST_MARK) else LIST_MARK + cell for cell in cells)


def _float(value: float) -> str:
    """Write a whole number as one, as long as every digit of it is known."""
    return str(int(value)) if value.is_integer() and abs(value) < EXACT else str(value)
