"""What is searched for in any of the stores: a text whatever its case, or a number however it is written."""

import sqlite3
from collections.abc import Mapping
from typing import Any, Final

import orjson
from attrs import frozen

PAGE_SIZE: Final = 50
_FEWEST_DIGITS: Final = 3


@frozen(kw_only=True)
class Search:
    """A text to be found, and which page of what is found."""

    text: str = ""
    page: int = 1

    def values(self) -> Mapping[str, Any]:
        """Return the parameters of a statement: `text`, and `digits` when the text is a number or a part of one."""
        digits = _digits(self.text)
        is_number = not self.text.strip("+ 0123456789().-") and len(digits) >= _FEWEST_DIGITS
        return {"text": self.text.strip().casefold(), "digits": digits if is_number else ""}


def ids(connection: sqlite3.Connection, statement: str, search: Search) -> tuple[int, str]:
    """Return how many ids a statement finds, and those of the page as a JSON text; it may call folded and digits."""
    connection.create_function("folded", 1, _folded, deterministic=True)
    connection.create_function("digits", 1, _digits, deterministic=True)
    found = [each for (each,) in connection.execute(statement, search.values())]
    start = (search.page - 1) * PAGE_SIZE
    return len(found), orjson.dumps(found[start : start + PAGE_SIZE]).decode()


def _folded(value: object) -> str:
    return "" if value is None else str(value).casefold()


def _digits(value: object) -> str:
    return "".join(filter(str.isdigit, str(value)))
