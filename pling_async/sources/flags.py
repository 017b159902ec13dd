"""Yes or no as lists and other systems write it: the one table of words, and what a stop is that is none of them."""

from typing import Final

YES: Final = ("1", "1.0", "ja", "j", "yes", "y", "true", "sann", "sant", "sand", "x", "on")
NO: Final = ("0", "0.0", "nei", "nej", "n", "no", "false", "usann", "falskt", "falsk", "off")
"""With what spreadsheets in Norwegian, Swedish and Danish call true and false."""

SAYS_STOP: Final = (
    r"^(?:stop(?:ped)?|stopp(?:et|ad)?|reservert|avmeldt|unsubscribed|opt(?:ed)?[ -]?out)$"
    r"|^(?:(?:199\d|20\d\d)[-./]\d\d?[-./]\d\d?|\d\d?[-./]\d\d?[-./](?:199\d|20\d\d|\d\d))(?:\D|$)"
)
"""A lower-case cell of a column of stops that is one though it says no yes: such a word, or the day of the opt-out.

Dates that stand for none (0000-00-00, 1900-01-01, 1970-01-01, 9999-12-31) say nothing.
"""


def as_flag(value: object) -> bool | None:
    """Return what a value means, None when it says nothing that everybody would read alike."""
    word = _word(value)
    return True if word in YES else False if word in NO else None


def is_stop(value: object) -> bool:
    """Tell whether a value that stands for a stop is one: whatever is neither blank nor clearly no."""
    return _word(value) not in {"", *NO}


def _word(value: object) -> str:
    return "" if value is None else str(value).strip().lower()
