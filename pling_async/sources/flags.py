"""Yes or no as lists and other systems write it: the one table of words, and what a stop is that is none of them."""

from typing import Final

YES: Final = ("1", "1.0", "ja", "j", "yes", "y", "true", "sann", "x", "on")
NO: Final = ("0", "0.0", "nei", "n", "no", "false", "usann", "off")


def as_flag(value: object) -> bool | None:
    """Return what a value means, None when it says nothing that everybody would read alike."""
    word = _word(value)
    return True if word in YES else False if word in NO else None


def is_stop(value: object) -> bool:
    """Tell whether a value that stands for a stop is one: whatever is neither blank nor clearly no."""
    return _word(value) not in {"", *NO}


def _word(value: object) -> str:
    return "" if value is None else str(value).strip().lower()
