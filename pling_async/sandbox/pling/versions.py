"""Accept-Version: semantic version ranges (section 1.4)."""

import re
from functools import lru_cache
from typing import Final

Version = tuple[int, int, int]

ASSUMED: Final = "1.0.*"
"""The range of a request that names none."""
RANGE: Final = re.compile(r"([~^]?)(?:[*xX]|([0-9]{1,9})(?:\.([0-9]{1,9})(?:\.([0-9]{1,9}))?)?)(?:\.[*xX]){0,2}")
_SERVED: Final[tuple[Version, ...]] = ((1, 0, 0), (1, 0, 1), (1, 1, 0))


def text(version: Version) -> str:
    """Return a version as the headers write it."""
    return ".".join(map(str, version))


@lru_cache(maxsize=256)
def resolve(wanted: str, newest: str) -> str | None:
    """Return the newest served version in a range (1.0.1, 1.0.*, 1.*, *, ^1.0.0, ~1.0.0), or None."""
    match = RANGE.fullmatch(wanted.strip())
    if match is None:
        return None
    operator, *given = match.groups()
    parts = tuple(int(part) for part in given if part is not None)
    fitting = [each for each in _SERVED if _fits(each, operator, parts) and text(each) <= newest]
    return text(max(fitting)) if fitting else None


def _fits(version: Version, operator: str, parts: tuple[int, ...]) -> bool:
    """Return whether a version is in a range; ^ frees all but the major number, ~ the patch number."""
    fixed = len(parts) if not operator else min(len(parts), 1 if operator == "^" else 2)
    return version[:fixed] == parts[:fixed] and version >= parts
