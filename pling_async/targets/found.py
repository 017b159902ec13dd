"""What a comparison keeps of another system, in columns: whom its contacts match, and whose an address is."""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from typing import Final

import polars as pl
from attrs import define, field, frozen

_MATCHES: Final = pl.Schema(
    {"row": pl.UInt32(), "target_id": pl.String(), "differs": pl.String(), "is_unmarked": pl.Boolean()}
)

Match = tuple[int, str, str | None, bool]
"""A person's row, the contact's id, the JSON of the values there that would change, and whether it lacks a mark."""


@frozen
class Numbers:
    """Finds people by their numbers; without a second copy of these, since an account is sorted by them."""

    _mobiles: pl.Series = field(repr=False)

    def rows(self, numbers: Sequence[str | None]) -> list[int | None]:
        """Return the row of each number, None for one that nobody has."""
        if self._mobiles.is_empty() or not numbers:
            return [None] * len(numbers)
        wanted = pl.Series(list(map(_tidy, numbers)), dtype=pl.String)
        places = self._mobiles.search_sorted(wanted).clip(0, self._mobiles.len() - 1)
        known = self._mobiles.gather(places) == wanted
        return [place if is_known else None for place, is_known in zip(places, known, strict=True)]


def _tidy(number: str | None) -> str:
    """Write a number as Pling does; whoever has zeros before it is blocked all the same."""
    digits = (number or "")[1:]
    return f"+{digits.lstrip('0')}" if digits.isascii() and digits.isdigit() else ""


@define
class Matches:
    """Who was found; a contact that comes later takes the place of an earlier one with the same number."""

    _pages: list[pl.DataFrame] = field(factory=lambda: [_MATCHES.to_frame()], repr=False)

    def add(self, page: Iterable[Match]) -> None:
        """Keep a page."""
        self._pages.append(pl.DataFrame(list(page), schema=_MATCHES, orient="row"))

    def by_row(self, height: int) -> tuple[pl.DataFrame, int]:
        """Return target_id, differs and also for each of so many people, and how many matches others took the place of.

        `also` are the ids of those others that lack the mark of a stop.
        """
        every = pl.concat(self._pages, rechunk=True)
        is_last = every["row"].is_last_distinct()
        last, others = every.filter(is_last), every.filter(~is_last)
        also = others.filter("is_unmarked").group_by("row", maintain_order=True).agg(also="target_id")
        rows = pl.DataFrame({"row": pl.int_range(height, dtype=pl.UInt32, eager=True)})
        found = rows.join(last, on="row", how="left", maintain_order="left")
        found = found.join(also, on="row", how="left", maintain_order="left")
        return found.select("target_id", "differs", "also"), others.height


@define
class Addresses:
    """Whose an address is: sixteen bytes for each that anybody would like to have, and no text."""

    _keys: "array[int]" = field(factory=lambda: array("Q"), repr=False)
    _owners: "array[int]" = field(factory=lambda: array("Q"), repr=False)

    @classmethod
    def wanted(cls, addresses: Iterable[str]) -> "Addresses":
        """Remember these, which are nobody's yet."""
        keys = pl.Series([_key(each) for each in addresses if each], dtype=pl.UInt64).unique().sort()
        return cls(array("Q", keys.to_list()), array("Q", bytes(8 * keys.len())))

    def give(self, addresses: Iterable[str], owner: str) -> None:
        """Say that those of them that are wanted are somebody's."""
        for address in addresses:
            for place in self._place(address):
                self._owners[place] = _key(owner)

    def claims(self, address: str, asking: str) -> bool:
        """Let an address be one's who has it, else the first one's who asks."""
        for place in self._place(address):
            self._owners[place] = self._owners[place] or _key(asking)
            return self._owners[place] == _key(asking)
        return True

    def _place(self, address: str) -> Iterator[int]:
        key = _key(address)
        place = bisect_left(self._keys, key)
        if place < len(self._keys) and self._keys[place] == key:
            yield place


def _key(text: str) -> int:
    """Return 64 bits that two texts share by chance once in ten million copies of a million contacts."""
    return int.from_bytes(blake2b(text.casefold().encode(), digest_size=8).digest()) | 1
