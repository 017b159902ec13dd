"""Strict readers of single JSON values: each returns the value as it is meant, or says what it expected instead."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from pling_async.errors import SchemaError

T = TypeVar("T")

_LARGEST_ID: Final = 2**53
_FLAGS: Final[dict[tuple[type, object], bool]] = {
    (int, 0): False,
    (int, 1): True,
    (bool, False): False,
    (bool, True): True,
    (str, "0"): False,
    (str, "1"): True,
}


class Mismatch(Exception):
    """A value that is not as expected, and the way to it, collected from the inside out; never leaves `decoded`."""

    def __init__(self, expected: str, path: str = "") -> None:
        super().__init__(expected)
        self.expected = expected
        self.path = path

    def below(self, step: str) -> "Mismatch":
        """Return it as seen from one level further out."""
        return Mismatch(self.expected, step + self.path)


def decoded(read: Callable[[], T]) -> T:
    """Return what is read, or raise `SchemaError` with the way to what is not as expected."""
    try:
        return read()
    except Mismatch as mismatch:
        failure = SchemaError.at(f"${mismatch.path}", mismatch.expected)
    raise failure


def given_text(value: Any, _: Any = None) -> str:
    """Read a text that must be one."""
    if type(value) is not str:
        raise Mismatch("a text")
    return value


def text(value: Any, _: Any = None) -> str:
    """Read a text; null is the empty one."""
    if type(value) is str:  # first, since a listing has a dozen of them in every contact
        return value
    return "" if value is None else given_text(value)


def number(value: Any, _: Any = None) -> int:
    """Read an id or a count: no float, no boolean, nothing that a double could not hold."""
    if type(value) is not int or not 0 <= value <= _LARGEST_ID:
        raise Mismatch("a whole number from 0 to 2^53")
    return value


def flag(value: Any, _: Any = None) -> bool:
    """Read a flag in one of the spellings that can only be meant so; anything else is refused, `stop: 2` too."""
    try:
        return _FLAGS[type(value), value]
    except (KeyError, TypeError):
        raise Mismatch("0 or 1") from None


def moment(value: Any, _: Any = None) -> datetime | None:
    """Read a time as aware UTC, which it is if it does not say; None if there is no such time."""
    if value is None:
        return None
    try:
        read = datetime.fromisoformat(given_text(value))
        return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def json_object(value: Any) -> dict[str, Any]:
    """Read an object."""
    if type(value) is not dict:
        raise Mismatch("an object")
    return value


def array(value: Any, read: Callable[[Any], T], *, at: str = "", first: int = 0) -> list[T]:
    """Read an array that lies at a path, and whose first element has the index `first` in the whole answer."""
    if type(value) is not list:
        raise Mismatch("an array", at)
    found: list[T] = []
    try:
        found.extend(map(read, value))
    except Mismatch as mismatch:
        raise mismatch.below(f"{at}[{first + len(found)}]") from None
    return found


def numbers(value: Any, _: Any = None) -> tuple[int, ...]:
    """Read an array of ids."""
    return tuple(array(value, number))


def texts(value: Any, _: Any = None) -> tuple[str, ...]:
    """Read an array of names."""
    return tuple(array(value, given_text))


def wire_moment(moment: datetime) -> str:
    """Write a time as the API does: 2022-06-01T09:09:26.000Z."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
