"""Text that others wrote, made fit for a terminal."""

import re
from typing import Final

_DANGEROUS: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]",
)
"""Controls can rewrite what is on a screen, and bidi marks the order in which it is read."""

_NUMBER: Final = re.compile(r"(?!\+4799999999(?!\d))\+[1-9]\d{6,14}(?!\d)")
"""Any number as E.164, but the one that messages give as an example: masked, it would be none."""


def safe(text: str) -> str:
    """Escape control and bidi characters as JSON does, so that they show instead of act."""
    return _DANGEROUS.sub(lambda found: f"\\u{ord(found.group()):04x}", text)


def discreet(text: str) -> str:
    """Mask whatever is written as E.164, for messages and logs."""
    from pling_async.phones import masked  # noqa: PLC0415 - `pling --help` does without

    return _NUMBER.sub(lambda found: masked(found.group()), text)
