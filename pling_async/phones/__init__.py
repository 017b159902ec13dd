"""E.164: one number (scalar) and a column of numbers (vectorised), with the same answer.

Neither phonenumbers nor polars is imported before it is needed.
"""

from typing import TYPE_CHECKING

from pling_async.phones.number import (
    MESSAGES,
    POLICIES,
    Number,
    Policy,
    check_policy,
    check_region,
    is_e164,
    masked,
    normalise,
)

if TYPE_CHECKING:
    import polars as pl

__all__ = [
    "MESSAGES",
    "POLICIES",
    "Number",
    "Policy",
    "check_policy",
    "check_region",
    "is_e164",
    "masked",
    "normalise",
    "normalise_column",
]


def normalise_column(raw: "pl.Series", region: str = "NO", numbers: Policy = "mobile") -> "pl.DataFrame":
    """Return a frame of e164 and code (String), row for row what `normalise` says; null counts as blank."""
    from pling_async.phones import columns  # noqa: PLC0415 - polars is an extra

    check_region(region)
    check_policy(numbers)
    return columns.normalise_column(raw, region, numbers)
