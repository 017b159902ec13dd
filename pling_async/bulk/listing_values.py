"""The values of a listing's contacts: from what stands between its punctuation to typed columns, as the codec reads it.

What is plain here reads the same in the codec; it is narrower than the codec where that is simpler. What is not plain
is not wrong, it only needs the codec.
"""

import re
from collections.abc import Callable, Mapping
from functools import reduce
from operator import and_
from typing import Final

import orjson
import polars as pl
from attrs import frozen

from pling_async.bulk.fields import ACCOUNT_SCHEMA, TEXTS
from pling_async.bulk.listing_text import MARKS, NULL, unmarked
from pling_async.pling.codec import wire_name

LISTED_SCHEMA: Final = pl.Schema(
    {"account_id": pl.Int64(), **{name: kind for name, kind in ACCOUNT_SCHEMA.items() if name != "contact_groups"}}
)
"""What a listing says of a contact: `ACCOUNT_SCHEMA` with its account, and without the names of its groups."""

_FLAGS: Final = ("is_stopped", "is_active")
_DATES: Final = ("created", "last_modified")
_IDS: Final = "contact_group_ids"

QUOTED: Final = frozenset(map(wire_name, ("mobile", *TEXTS, *_FLAGS, "auto_created", *_DATES)))
"""What may stand in quotes."""
BARE: Final = frozenset(map(wire_name, ("id", "account_id", *_FLAGS, _IDS)))
"""What may stand without."""

_ABSENT: Final = {"is_stopped": False, "is_active": True, "contact_group_ids": []}

_LARGEST: Final = 10**15 - 1
_NUMBER: Final = "(?:0|[1-9][0-9]{0,14})"
_NUMBERS: Final = re.compile(rf"\[(?:{_NUMBER}(?:, ?{_NUMBER})*)?\]")
_DAY: Final = "[1-9][0-9]{3}-[01][0-9]-[0-3][0-9]"
_MOMENT: Final = rf"^{_DAY}T[0-2][0-9]:[0-5][0-9]:[0-5][0-9](?:\.[0-9]{{3}})?Z$"
_FORMAT: Final = "%Y-%m-%dT%H:%M:%S%.fZ"

_Read = tuple[pl.Series, pl.Series]
"""A column, and which of its cells are plain."""


@frozen
class Spelling:
    """How the values of a piece are written."""

    quoted: frozenset[str]
    """The names of those that stand in quotes."""
    is_marked: bool
    """Some texts have marks in them."""


def typed(values: pl.DataFrame, spelling: Spelling) -> tuple[pl.DataFrame, pl.Series]:
    """Return the columns of `LISTED_SCHEMA` that are here, and which rows are plain; the others mean nothing.

    `values` has marked texts under the names of the wire.
    """
    here = {name: wire for name, wire in _WIRE.items() if wire in values.columns}
    found = {name: _READERS[name](values[wire], spelling) for name, wire in here.items()}
    columns = {name: column for name, (column, _) in found.items() if name in LISTED_SCHEMA}
    return pl.DataFrame(columns), reduce(and_, (is_plain for _, is_plain in found.values()))


def whole(columns: pl.DataFrame, account_id: int | None) -> pl.DataFrame:
    """Add what the listing does not have, as the codec reads its absence."""
    absent = {**dict.fromkeys(TEXTS, ""), **_ABSENT, "account_id": account_id}
    missing = {name: pl.lit(absent.get(name), kind) for name, kind in LISTED_SCHEMA.items() if name not in columns}
    return columns.with_columns(**missing).select(list(LISTED_SCHEMA))


def _text(cells: pl.Series, spelling: Spelling) -> _Read:
    is_null = cells == NULL
    texts = _unmarked(cells) if spelling.is_marked else cells
    return (texts.set(is_null, "") if is_null.any() else texts), texts.is_not_null()


def _mobile(cells: pl.Series, spelling: Spelling) -> _Read:
    texts = _unmarked(cells) if spelling.is_marked else cells
    return texts, (cells != NULL) & texts.is_not_null()


def _unmarked(cells: pl.Series) -> pl.Series:
    """Return texts as they are meant; null where there is no such escape, or half a character."""
    places = cells.str.contains_any(list(MARKS)).arg_true()
    return cells.clone().scatter(places, _loaded(cells.gather(places))) if places.len() else cells


def _loaded(cells: pl.Series) -> pl.Series:
    try:
        found = orjson.loads(unmarked(b'["' + '","'.join(cells).encode() + b'"]'))
    except orjson.JSONDecodeError:
        found = [None] if cells.len() == 1 else [_loaded(cells.slice(at, 1)).item() for at in range(cells.len())]
    return pl.Series(found, dtype=pl.String)


def _id(cells: pl.Series, _: Spelling) -> _Read:
    numbers = cells.cast(pl.Int64, strict=False)
    is_plain = (numbers.cast(pl.String) == cells) & numbers.is_between(0, _LARGEST)
    return numbers, is_plain.fill_null(value=False)


def _flag(cells: pl.Series, spelling: Spelling) -> _Read:
    yes, no = cells == "1", cells == "0"
    if cells.name not in spelling.quoted:
        yes, no = yes | (cells == "true"), no | (cells == "false")
    return yes, (yes | no).fill_null(value=False)


def _numbers(cells: pl.Series, _: Spelling) -> _Read:
    """Read lists of ids, of which there are few different ones."""
    cells = cells.fill_null("")
    spelled = cells.unique().sort()
    found = [list(dict.fromkeys(orjson.loads(each))) if _NUMBERS.fullmatch(each) else None for each in spelled]
    lists = pl.Series(found, dtype=LISTED_SCHEMA["contact_group_ids"]).gather(spelled.search_sorted(cells))
    return lists, lists.is_not_null()


def _moment(cells: pl.Series, _: Spelling) -> _Read:
    return _moments(cells), _exist(cells)


def _date(cells: pl.Series, _: Spelling) -> _Read:
    """Check times that nobody asks for, since the codec keeps those that do not exist."""
    return cells, _exist(cells)


def _exist(cells: pl.Series) -> pl.Series:
    """Tell which times are null, or exist and are written as the API writes them."""
    distinct = cells.unique()
    exist = distinct.str.contains(_MOMENT) & _moments(distinct).is_not_null() | (distinct == NULL)
    return cells.is_in(distinct.filter(exist).implode()) if not exist.all() else cells.is_not_null()


def _moments(cells: pl.Series) -> pl.Series:
    return cells.str.to_datetime(_FORMAT, time_unit="us", time_zone="UTC", strict=False)


_READERS: Final[Mapping[str, Callable[[pl.Series, Spelling], _Read]]] = {
    **dict.fromkeys(TEXTS, _text),
    "mobile": _mobile,
    "id": _id,
    **dict.fromkeys(_FLAGS, _flag),
    "auto_created": _moment,
    **dict.fromkeys(_DATES, _date),
    _IDS: _numbers,
}
_WIRE: Final = {name: wire_name(name) for name in _READERS}
