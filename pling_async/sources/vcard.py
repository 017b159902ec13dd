"""vCard: one row a card, its properties as columns; telephone numbers in the order in which they are to be tried."""

import io
from collections.abc import Iterator
from typing import Any, Final

from pling_async.errors import Place, SourceError
from pling_async.sources.extras import needed

_MOBILE: Final = frozenset({"cell", "mobile", "iphone"})
_NO_PERSON: Final = frozenset({"fax", "pager", "modem", "bbs", "textphone"})
_PARTS: Final = {"n": ("given", "family"), "adr": ("street", "code", "city")}


class Cards:
    """The cards of a text; counts what a contact has no room for."""

    def __init__(self, text: list[bytes], name: str) -> None:
        self._library = needed("vobject", extra="vcard", source="a vCard file")
        self._text = b"".join(text).decode()
        self._name = name
        self._further = 0
        self._first = 0

    def rows(self) -> Iterator[dict[str, Any]]:
        """Yield a mapping from property to text, or to a list of texts; raises `SourceError` where a card is broken."""
        found, row = self._components(), 0
        while (card := self._next(found, row + 1)) is not None:
            row += 1
            yield self._row(card, row)

    def warnings(self) -> tuple[str, ...]:
        """Say what was left out."""
        said = f"cards with a further e-mail or postal address, which is left out: {self._further}"
        return (f"{said}, first in row {self._first}",) if self._further else ()

    def _components(self) -> Iterator[Any]:
        lines = io.StringIO(self._text)
        self._text = ""
        return iter(self._library.readComponents(lines, allowQP=True))

    def _next(self, found: Iterator[Any], row: int) -> Any:
        try:
            card = next(found, None)
        except self._library.base.ParseError as error:
            line = f"line {error.lineNumber}" if error.lineNumber else "the end"
            message = f"not a whole vCard at {line}: cut off, or a line that cannot be read; export the list again"
            raise SourceError(message, Place(source=self._name, row=row)) from None
        except (ValueError, LookupError, AttributeError, TypeError):
            # the library fails in these ways on cards that are no vCards; what it says may name a person
            raise SourceError("not a vCard; export the list again", Place(source=self._name, row=row)) from None
        if card is not None and card.name != "VCARD":
            raise SourceError(f"a {card.name}, not a vCard", Place(source=self._name, row=row))
        if card is not None and next(card.components(), None) is not None:
            message = "a card inside this one: an AGENT, or an END:VCARD is missing; take it out, or export again"
            raise SourceError(message, Place(source=self._name, row=row))
        return card

    def _row(self, card: Any, row: int) -> dict[str, Any]:
        contents = card.contents
        if any(len(contents.get(name, ())) > 1 for name in ("email", "adr")):
            self._further += 1
            self._first = self._first or row
        return {header: value for name in contents for header, value in _columns(name, contents[name])}


def _columns(name: str, properties: list[Any]) -> Iterator[tuple[str, Any]]:
    """Yield header and value of one property; of the address that is preferred, of all numbers, notes and groups."""
    first = min(properties, key=_preference)
    if name in _PARTS:
        for part in _PARTS[name]:
            yield f"{name.upper()}.{part}", _joined(getattr(first.value, part))
    elif name == "tel":
        yield "TEL", [each.value for each in sorted(properties, key=_rank)]
    elif name == "categories":
        yield "CATEGORIES", [group for each in properties for group in each.value]
    elif name == "note":
        yield "NOTE", "\n".join(each.value for each in properties)
    else:
        yield name.upper(), _joined(first.value)


def _joined(value: Any) -> str | None:
    """Write a value with several lines or items as one text; what is no text, such as a picture, is none."""
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return value if isinstance(value, str) else None


def _types(each: Any) -> frozenset[str]:
    """Return the types of a property in small letters, as any version of the format writes them."""
    listed = [*each.params.get("TYPE", ()), *each.singletonparams]
    return frozenset(word.strip().lower() for words in listed for word in words.split(","))


def _preference(each: Any) -> int:
    """Return 1 to 100 as vCard 4 does; 1 for what older versions call preferred, 101 for what nobody prefers."""
    given = "".join(each.params.get("PREF", ()))
    return int(given) if given.isdecimal() else 1 if "pref" in _types(each) else 101


def _rank(each: Any) -> tuple[int, int]:
    types = _types(each)
    kind = 0 if types & _MOBILE else 2 if types & _NO_PERSON else 1
    return kind, _preference(each)
