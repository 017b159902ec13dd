"""A map from numbers to ids in arrays, without an object for each: a dict takes more than twice the memory."""

from array import array
from typing import Final

_FREE: Final = 0
_SPREAD: Final = 0x9E3779B97F4A7C15
"""Odd, and near 2^64 over the golden ratio: numbers in a row land far apart."""
_PART_BITS: Final = 7
_BITS: Final = 64 - _PART_BITS
"""Those of the product that are left for the place within a part."""


class IdTable:
    """Keys are above 0 and below 2^63, as the digits of E.164 are.

    Parts grow one at a time: to grow a table of a million at once would stop the event loop for a third of a second.
    """

    def __init__(self) -> None:
        self._parts = [_Part() for _ in range(1 << _PART_BITS)]

    def get(self, key: int) -> int | None:
        """Return the id of a key, or None."""
        return self._part(key).get(key)

    def __setitem__(self, key: int, value: int) -> None:
        self._part(key).put(key, value)

    def _part(self, key: int) -> "_Part":
        return self._parts[(key * _SPREAD >> _BITS) & (len(self._parts) - 1)]


class _Part:
    """Open addressing with linear probing."""

    __slots__ = ("_count", "_ids", "_keys", "_shift")

    def __init__(self) -> None:
        self._count = 0
        self._make_room(3)

    def get(self, key: int) -> int | None:
        place = self._place(key)
        return self._ids[place] if self._keys[place] else None

    def put(self, key: int, value: int) -> None:
        if self._count * 3 >= len(self._keys) * 2:
            self._grow()
        place = self._place(key)
        self._count += self._keys[place] == _FREE
        self._keys[place], self._ids[place] = key, value

    def _place(self, key: int) -> int:
        """Return where a key is, or where it would go."""
        last = len(self._keys) - 1
        place = (key * _SPREAD >> self._shift) & last
        while self._keys[place] not in (key, _FREE):
            place = (place + 1) & last
        return place

    def _make_room(self, bits: int) -> None:
        self._shift = _BITS - bits
        self._keys, self._ids = (array("q", (0,)) * (1 << bits) for _ in range(2))

    def _grow(self) -> None:
        keys, ids = self._keys, self._ids
        self._make_room(_BITS - self._shift + 1)
        for key, value in zip(keys, ids, strict=True):
            if key != _FREE:
                place = self._place(key)
                self._keys[place], self._ids[place] = key, value
