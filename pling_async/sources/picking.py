"""From the columns of a source to those of a contact: one cell for each attribute, however many columns feed it."""

import re
from collections.abc import Iterator
from typing import Final

import polars as pl

from pling_async.sources.base import LIST_MARK
from pling_async.sources.flags import NO
from pling_async.sources.headers import Columns, squeezed
from pling_async.sources.nameless import Nameless

_SEVERAL: Final = ":::"
_GOOGLE: Final = re.compile(r"(?:phone|email)\d+value|address\d+[a-z]+|labels|groupmembership")
_NUMBERED: Final = re.compile(r"(?:phone|email)\d+value")
_PHONE: Final = re.compile(r"phone(\d+)value")
_MOBILE: Final = "mob|cell|iphone"
_SYSTEM_GROUPS: Final = r"\* (?:myContacts|starred|My Contacts)\b"
_LISTS: Final = frozenset({"mobile", "contact_groups"})


class Picking:
    """Names columns by attribute; counts the values that a contact has no room for.

    Where several columns feed an attribute, the first cell that is not blank is taken; of stops, the first that is not
    no either. The numbers of a row are all
    kept, the preferred one first: which of them is usable is not for a source to know.
    """

    def __init__(self, columns: Columns, headers: list[str], names: list[str]) -> None:
        self._columns = columns
        self._headers = headers
        self._names = names
        self._google = _google(headers)
        self._labels = _labels(headers)
        self._left_out = 0
        self._nameless = Nameless({place: names[place] for place in columns.nameless})

    @property
    def places(self) -> list[int]:
        """The columns that are read, in order."""
        fed = {place for places in self._columns.by_attribute.values() for place in places}
        return sorted(fed | {self._labels[place] for place in fed & self._labels.keys()} | {*self._columns.nameless})

    def pick(self, cells: pl.DataFrame) -> pl.DataFrame:
        """Return the attributes' columns of some rows; `cells` has at least the columns of `places`."""
        self._nameless.add(cells)
        picked = {name: self._picked(name, places) for name, places in self._columns.by_attribute.items()}
        if several := [picked[name] for name in picked.keys() & self._cut_short]:
            found = cells.select(pl.any_horizontal(each.str.contains(_SEVERAL, literal=True) for each in several))
            self._left_out += int(found.to_series().sum())
        return cells.select(self._cut(name, cell).alias(name) for name, cell in picked.items())

    def check(self, source: str) -> None:
        """Raise `SourceError` for text in a column without a header, after the last rows."""
        self._nameless.check(source)

    def warnings(self) -> Iterator[str]:
        """Say what was left out, and where several columns feed one attribute."""
        yield from self._columns.warnings(self._headers)
        if self._left_out:
            yield f"rows with several e-mail or postal addresses in a cell; the first is read: {self._left_out}"

    @property
    def _cut_short(self) -> set[str]:
        """The attributes of which a cell of Google's may hold several values, and a contact has one."""
        by_attribute = self._columns.by_attribute.items()
        return {name for name, places in by_attribute if name not in _LISTS and self._google & {*places}}

    def _cut(self, name: str, cell: pl.Expr) -> pl.Expr:
        return cell.str.split(_SEVERAL).list.first().str.strip_chars() if name in self._cut_short else cell

    def _picked(self, name: str, places: tuple[int, ...]) -> pl.Expr:
        if name == "mobile":
            return self._numbers(places)
        cells = [self._without_system_groups(place) if name in _LISTS else self._cell(place) for place in places]
        if len(cells) == 1:
            return cells[0]
        preferred = map(_stopping, cells) if name == "is_stopped" else ()
        return pl.coalesce(*preferred, *map(_filled, cells))

    def _cell(self, place: int) -> pl.Expr:
        return pl.col(self._names[place])

    def _without_system_groups(self, place: int) -> pl.Expr:
        cell = self._cell(place)
        return cell.str.replace_all(_SYSTEM_GROUPS, "") if place in self._google else cell

    def _numbers(self, places: tuple[int, ...]) -> pl.Expr:
        if len(places) == 1 and places[0] not in self._google:
            return self._cell(places[0])
        preferred = [self._when_labelled(place, is_mobile=True) for place in places if place in self._labels]
        others = [self._when_labelled(place, is_mobile=False) for place in places]
        items = [LIST_MARK + cell.str.replace_all(_SEVERAL, LIST_MARK, literal=True) for cell in (*preferred, *others)]
        every = pl.concat_str(items, ignore_nulls=True)
        is_alone = every.str.count_matches(LIST_MARK, literal=True) == 1
        return pl.when(is_alone).then(every.str.slice(1)).otherwise(every)

    def _when_labelled(self, place: int, *, is_mobile: bool) -> pl.Expr:
        """Return the cells that are not blank, as far as their label says that they are a mobile, or does not."""
        cell = _filled(self._cell(place))
        if place not in self._labels:
            return cell
        label = pl.col(self._names[self._labels[place]]).str.to_lowercase()
        says_so = label.str.contains(_MOBILE).fill_null(value=False)
        return pl.when(says_so if is_mobile else ~says_so).then(cell)


def _filled(cell: pl.Expr) -> pl.Expr:
    return pl.when(cell.str.strip_chars() != "").then(cell)


def _stopping(cell: pl.Expr) -> pl.Expr:
    """Return the cells that are neither blank nor no, as `flags.is_stop` has it."""
    return pl.when(~cell.str.strip_chars().str.to_lowercase().is_in(["", *NO])).then(cell)


def _google(headers: list[str]) -> frozenset[int]:
    """Return the columns in which Google Contacts writes several values, in exports that have its numbered headers."""
    found = frozenset(place for place, header in enumerate(headers) if _GOOGLE.fullmatch(squeezed(header)))
    return found if any(_NUMBERED.fullmatch(squeezed(header)) for header in headers) else frozenset()


def _labels(headers: list[str]) -> dict[int, int]:
    """Return the columns of numbers, each with the column that says what kind of number it is."""
    places = {squeezed(header): place for place, header in enumerate(headers)}
    return {
        place: places[label]
        for header, place in places.items()
        if (found := _PHONE.fullmatch(header))
        for label in (f"phone{found[1]}label", f"phone{found[1]}type")
        if label in places
    }
