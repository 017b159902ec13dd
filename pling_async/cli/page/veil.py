"""What a page shows of people: everything, or, for a page that is sent around, nothing that is theirs."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, Protocol

from attrs import define, field

from pling_async.phones import masked

HIDDEN: Final = "•••"


class Veil(Protocol):
    """Decides about each number, value and text."""

    is_redacted: bool

    def number(self, number: str | None) -> str | None:
        """Return a phone number as it may be shown."""

    def value(self, value: Any) -> Any:
        """Return a contact's value as it may be shown."""

    def group(self, name: str) -> str:
        """Return a group's name as it may be shown."""

    def text(self, text: str) -> str:
        """Return a text that can name people or places, such as a file's name."""

    def message(self, text: str, groups: Iterable[str]) -> str:
        """Return a sentence that can have names of groups in it."""


class Plain:
    """Shows everything."""

    is_redacted = False

    def number(self, number: str | None) -> str | None:
        """Return it as it is."""
        return number

    def value(self, value: Any) -> Any:
        """Return it as it is."""
        return value

    def group(self, name: str) -> str:
        """Return it as it is."""
        return name

    def text(self, text: str) -> str:
        """Return it as it is."""
        return text

    def message(self, text: str, groups: Iterable[str]) -> str:  # noqa: ARG002 - the protocol's
        """Return it as it is."""
        return text


@define
class Redacted:
    """Masks numbers and hides values; groups are numbered, so that one can still tell them apart."""

    is_redacted = True
    _groups: dict[str, str] = field(factory=dict)

    def number(self, number: str | None) -> str | None:
        """Return it masked."""
        return number and masked(number)

    def value(self, value: Any) -> Any:
        """Leave only flags and what is blank."""
        if isinstance(value, list):
            return [self.group(name) for name in value]
        return HIDDEN if isinstance(value, str) and value else value

    def group(self, name: str) -> str:
        """Return its number."""
        return self._groups.setdefault(name, f"group {len(self._groups) + 1}")

    def text(self, text: str) -> str:
        """Hide it."""
        return text and HIDDEN

    def message(self, text: str, groups: Iterable[str]) -> str:
        """Put numbers for the names, which stand there as Python writes them."""
        for name in sorted(groups, key=len, reverse=True):
            text = text.replace(repr(name), self.group(name))
        return text


def held(values: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    """Yield the values that say something: no blanks, no flag that is as usual."""
    return [(name, value) for name, value in values.items() if value is not _USUAL.get(name) and value not in _BLANK]


_USUAL: Final = {"is_stopped": False, "is_active": True}
_BLANK: Final[tuple[Any, ...]] = ("", None, [])
