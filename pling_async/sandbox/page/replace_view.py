"""The last replace as a difference: which contacts went, changed and came, field by field."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from attrs import frozen

from pling_async.sandbox.page.pling_queries import named
from pling_async.sandbox.pling.last_replace import Replacement
from pling_async.sandbox.pling.store import SETTABLE

KINDS: Final = ("removed", "changed", "added", "invalid")
_FIELDS: Final = ("mobile", *SETTABLE)
_SHOWN: Final = ("stop", "email", "city")


@frozen(kw_only=True)
class Line:
    """One contact of the difference; a change is (field, before, after), and what has no side is None there."""

    mobile: str
    name: str
    changes: Sequence[tuple[str, Any, Any]]


def lines(done: Replacement, kind: str, start: int, size: int, names: Mapping[int, str]) -> list[Line]:
    """Return a page of one kind of difference."""
    if kind == "changed":
        pairs = done.changed[start : start + size]
        return [
            Line(mobile=new["mobile"], name=new["name"] or "", changes=_changes(old, new, names)) for old, new in pairs
        ]
    if kind == "invalid":
        return [
            Line(mobile=f"item {place:,}", name="", changes=[(error, None, None)])
            for place, error in done.invalid[start : start + size]
        ]
    rows = (done.removed if kind == "removed" else done.added)[start : start + size]
    return [Line(mobile=row["mobile"], name=row["name"] or "", changes=_values(row)) for row in rows]


def _changes(old: Mapping[str, Any], new: Mapping[str, Any], names: Mapping[int, str]) -> list[tuple[str, Any, Any]]:
    found: list[tuple[str, Any, Any]] = [
        (name, _side(old[name]), _side(new[name])) for name in _FIELDS if old[name] != new[name]
    ]
    if old["contactGroupIds"] != new["contactGroupIds"]:
        before, after = (", ".join(named(each["contactGroupIds"], names)) for each in (old, new))
        found.append(("groups", before, after))
    return found


def _side(value: Any) -> str:
    return "" if value is None else str(value)


def _values(row: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    return [(name, _side(row[name]), None) for name in _SHOWN if row.get(name)]
