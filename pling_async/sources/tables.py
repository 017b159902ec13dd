"""Values under the names of another system, read by a table in which several names may stand for one attribute."""

from collections.abc import Iterable, Mapping
from typing import Any

from pling_async.phones import normalise


def by_attribute(values: Mapping[str, Any], fields: Mapping[str, str]) -> dict[str, list[Any]]:
    """Return what is not blank of each attribute that is named, in the order of the table; a blank erases nothing."""
    found: dict[str, list[Any]] = {}
    for name, attribute in fields.items():
        if name in values:
            filled = found.setdefault(attribute, [])
            filled += [] if _is_blank(values[name]) else [values[name]]
    return found


def first_of_each(named: Mapping[str, list[Any]]) -> dict[str, Any]:
    """Return the first value of each attribute, None for one that is blank under all its names."""
    return {attribute: values[0] if values else None for attribute, values in named.items()}


def not_in_table(values: Mapping[str, Any], fields: Mapping[str, str], kind: str) -> dict[str, Any]:
    """Return the other values, under names that no attribute has, so that they are reported as ignored."""
    return {f"{kind}.{name}": value for name, value in values.items() if name not in fields}


def best_number(numbers: Iterable[str], region: str) -> str | None:
    """Return the first number that is a mobile, else the first one, which prepare rejects with its reason."""
    every = tuple(numbers)
    mobiles = (each for each in every if normalise(each, region).e164 is not None)
    return next(mobiles, every[0] if every else None)


def _is_blank(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())
