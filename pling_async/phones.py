"""E.164: one number (scalar) and a column of numbers (vectorised), with the same answer."""

import re
from typing import Final

_E164: Final = re.compile(r"\+[1-9][0-9]{6,14}")


def is_e164(number: str) -> bool:
    """Return whether a text is written as E.164; nothing is said about whether the number exists."""
    return _E164.fullmatch(number) is not None


def masked(number: str) -> str:
    """Return a number fit for logs: +4799999999 becomes +47******99."""
    return f"{number[:3]}{'*' * max(0, len(number) - 5)}{number[-2:]}" if len(number) > 5 else "*" * len(number)  # noqa: PLR2004
