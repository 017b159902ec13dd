"""Yes or no as other systems write it: what can mean one thing only is read, anything else says nothing."""

from typing import Final

_YES: Final = frozenset({"true", "1", "yes", "ja"})
_NO: Final = frozenset({"false", "0", "no", "nei"})


def as_flag(value: object) -> bool | None:
    """Return what a value means, None when it says nothing that everybody would read alike."""
    word = str(value).strip().lower()
    return True if word in _YES else False if word in _NO else None
