"""The edges of phonenumbers' patterns: where, among digits of one length, its answer may change.

All that phonenumbers asks about digits is how many there are and whether patterns match, on all of them or on what
follows a prefix that it strips. A number is a key here: an international one is its own integer, and what somebody
writes in a country without the country's code is `NATIONAL`, a one, and the digits.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import pairwise
from typing import Any, Final, NamedTuple

import phonenumbers
from phonenumbers.phonemetadata import PhoneMetadata

from pling_async.phones.digits import Range, compiled
from pling_async.phones.number import MACHINE, UNASSIGNED_NO

NATIONAL: Final = 10**18

_TYPES: Final = (
    "general_desc",
    "premium_rate",
    "toll_free",
    "shared_cost",
    "voip",
    "personal_number",
    "pager",
    "uan",
    "voicemail",
    "fixed_line",
    "mobile",
)
_MANY: Final = 1000
"""More prefixes than this are not looked at one by one."""

Plan = Any
"""A PhoneMetadata, whose every attribute is declared optional; what is used here, a loaded one has."""


class Block(NamedTuple):
    """All international numbers of a country code, or all that a region may write without one, of one length."""

    of: int | str
    """The country code, or the region."""
    size: int
    """Digits, without those of the country code."""

    @property
    def start(self) -> int:
        """The key of its first number."""
        size: int = 10**self.size
        return NATIONAL + size if isinstance(self.of, str) else self.of * size


@lru_cache(maxsize=4096)
def edges(block: Block) -> tuple[list[int], list[Range]]:
    """Return the keys at which the answer may change, and the ranges of keys about which nothing can be said."""
    view = _View(block)
    if isinstance(block.of, str):
        view.look_as_at_home(plan_of(block.of))
    else:
        view.look_from_abroad(block.of)
    found = {block.start + edge for edge in view.edges} | {block.start, block.start + 10**block.size}
    return sorted(found), [(block.start + start, block.start + end) for start, end in view.holes]


def plan_of(region: str) -> Plan:
    """Return the numbering plan of a region."""
    return PhoneMetadata.metadata_for_region(region)


class _View:
    """Collects edges and holes, relative to the start of a block."""

    def __init__(self, block: Block) -> None:
        self.edges: set[int] = set()
        self.holes: list[Range] = []
        self._size = block.size

    def look_from_abroad(self, code: int) -> None:
        """See what phonenumbers asks about a number with a country code."""
        regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE[code]
        plans = [PhoneMetadata.metadata_for_region_or_calling_code(code, region) for region in regions]
        self._look("", plans[:1], strips=1)
        for plan in plans:
            self.edges.update(self._of_types(plan))
        start, end = code * 10**self._size, (code + 1) * 10**self._size
        ends = (_ends(compiled(pattern).ranges(len(str(start)))) for pattern in (MACHINE, UNASSIGNED_NO))
        self.edges.update(edge - start for each in ends for edge in each if start <= edge <= end)

    def look_as_at_home(self, plan: Plan) -> None:
        """See what phonenumbers asks before it knows the country code: the main region's plan has a say, too."""
        main = plan_of(phonenumbers.COUNTRY_CODE_TO_REGION_CODE[plan.country_code][0])
        plans = [plan] if main is plan else [plan, main]
        self._look("", plans, strips=1)
        self._look(str(plan.country_code), plans, strips=2)
        for prefix in self._strips(plan.international_prefix, "", None) if plan.international_prefix else ():
            size = 10 ** (self._size - len(prefix))
            self.edges |= {int(prefix) * size, int(prefix) * size + size // 10, (int(prefix) + 1) * size}

    def _look(self, prefix: str, plans: list[Plan], *, strips: int) -> None:
        """Look at what follows a prefix, and behind so many trunk prefixes in turn."""
        size = self._size - len(prefix)
        base = int(prefix or 0) * 10**size
        self.edges |= {base, base + 10**size}
        for plan in plans:
            general = compiled(plan.general_desc.national_number_pattern)
            self.edges.update(base + edge for edge in _ends(general.ranges(size)))
            trunk = plan.national_prefix_for_parsing
            for found in self._strips(trunk, prefix, plan.national_prefix_transform_rule) if trunk and strips else ():
                self._look(found, plans, strips=strips - 1)

    def _of_types(self, plan: Plan) -> Iterator[int]:
        for desc in (getattr(plan, name) for name in _TYPES):
            if desc is not None and desc.national_number_pattern:
                yield from _ends(compiled(desc.national_number_pattern).ranges(self._size))
        if plan.leading_digits:
            yield from _ends(compiled(rf"(?:{plan.leading_digits})\d{{0,{self._size}}}").ranges(self._size))

    def _strips(self, pattern: str, prefix: str, rule: str | None) -> set[str]:
        """Return the prefixes that phonenumbers may strip by a pattern; where it rewrites instead, there is a hole."""
        size = self._size - len(prefix)
        base = int(prefix or 0) * 10**size
        turns = (0, *compiled(pattern).turns(size), 10**size)
        self.edges.update(base + turn for turn in turns)
        found: set[str] = set()
        for first, after in pairwise(turns):
            match = re.match(pattern, f"{first:0{size}}" if size else "")
            if match is None or not match.end():
                continue
            end = match.end()
            stripped = range(first // 10 ** (size - end), (after - 1) // 10 ** (size - end) + 1)
            if (rule and match.groups()[-1] is not None) or len(stripped) > _MANY:
                self.holes.append((base + first, base + after))
            else:
                found |= {prefix + f"{each:0{end}}" for each in stripped}
        return found


def _ends(ranges: Iterable[Range]) -> Iterator[int]:
    return (edge for both in ranges for edge in both)
