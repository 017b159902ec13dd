"""The text of a long listing, cut into pieces of contacts, and the grammar that a plain contact is written in.

The grammar is the strict codec's, as one regular expression over the text: what it matches cannot be coerced by a
laxer reader, has no unknown and no repeated field, and no value of another type. It is narrower than the codec in
places where that is simpler; what it does not match is not wrong, it only needs the codec.
"""

import re
from collections.abc import Iterator
from typing import Final

import orjson
from attrs import frozen

from pling_async.pling.codec import wire_name
from pling_async.pling.models import Contact, text_rules

_PIECE: Final = 1 << 20
"""Bytes of a piece: copying one holds the interpreter for a millisecond or two."""

_SAMPLE: Final = 1 << 16
_HEAD: Final = re.compile(rb'\s*\{\s*"contacts"\s*:\s*\[\s*(?=\{)')
_SEAM: Final = re.compile(rb"\}( ?, ?)\{")
_TAIL: Final = re.compile(rb'\s*\]\s*,\s*(?="contactGroups"\s*:)')
_LONGEST_TAIL_START: Final = 64

_NO_SURROGATE: Final = r"\\u(?:[0-9a-cA-Ce-fE-F][0-9a-fA-F]{3}|[dD][0-7][0-9a-fA-F]{2})"
_STRING: Final = rf'"(?:[^"\\\x00-\x1f]|\\["\\/bfnrt]|{_NO_SURROGATE})*"'
_NUMBER: Final = "(?:0|[1-9][0-9]{0,14})"
_LONG_MONTH: Final = "(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
_SHORT_MONTH: Final = "(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
_FEBRUARY: Final = "02-(?:0[1-9]|1[0-9]|2[0-8])"
_DAY: Final = f"(?:{_LONG_MONTH}|{_SHORT_MONTH}|{_FEBRUARY})"
_TIME: Final = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{3})?"
_MOMENT: Final = f'(?:null|"[1-9][0-9]{{3}}-{_DAY}T{_TIME}Z")'
_FLAG: Final = '(?:[01]|"[01]"|true|false)'
_SPACE: Final = " ?"
_VALUES: Final[dict[str, str]] = {
    **{wire_name(name): f"(?:null|{_STRING})" for name in text_rules(Contact)},
    "id": _NUMBER,
    "accountId": _NUMBER,
    "mobile": _STRING,
    "stop": _FLAG,
    "active": _FLAG,
    **dict.fromkeys(("autoCreated", "created", "lastModified"), _MOMENT),
    "contactGroupIds": rf"\[(?:{_NUMBER}(?:,{_SPACE}{_NUMBER})*)?\]",
}
_REQUIRED: Final = frozenset({"id", "mobile"})


@frozen
class ListingText:
    """A listing whose array of contacts was found without parsing it."""

    _body: bytes
    _start: int
    _end: int
    seam: bytes
    """What stands between two contacts, braces included."""
    groups: bytes
    """The rest of the listing, as a listing without contacts."""

    @classmethod
    def find(cls, body: bytes) -> "ListingText | None":
        """Find the array, or return None when the listing is laid out in another way."""
        head, tail = _HEAD.match(body), body.rfind(b'"contactGroups"')
        if head is None or (end := _end_of_contacts(body, tail)) is None:
            return None
        seam = _SEAM.search(body, head.end(), head.end() + _SAMPLE)
        if seam is None or b'"contacts"' in body[tail:]:
            return None
        return cls(body, head.end(), end, seam[0], b'{"contacts":[],' + body[tail:])

    def pieces(self) -> Iterator[slice]:
        """Yield where the pieces are; each ends with a contact, if the seam is what it seems."""
        start = self._start
        while self._end - start > 2 * _PIECE:
            cut = self._body.find(self.seam, start + _PIECE, start + 2 * _PIECE)
            if cut < 0:
                break
            yield slice(start, cut + 1)
            start = cut + len(self.seam) - 1
        yield slice(start, self._end)

    def piece(self, place: slice) -> bytes:
        """Return one piece."""
        return self._body[place]

    def grammar(self) -> str | None:
        """Return the regular expression of a contact whose fields come in the order of the first ones here."""
        sample = self._body[self._start : min(self._start + _SAMPLE, self._end)]
        try:
            first = orjson.loads(b"[" + sample[: sample.rindex(self.seam) + 1] + b"]")
        except ValueError:
            return None
        order = [name for name in _united_order(first) if name in _VALUES]
        return _object(order) if order[:1] and order[0] in _REQUIRED and _REQUIRED.issubset(order) else None


def _end_of_contacts(body: bytes, tail: int) -> int | None:
    """Return where the array of contacts ends, when the groups are what follows it."""
    start = max(0, tail - _LONGEST_TAIL_START)
    bracket = body.rfind(b"]", start, max(tail, 0))
    found = _TAIL.match(body, bracket) if bracket >= 0 else None
    if found is None or found.end() != tail:
        return None
    return start + len(body[start:bracket].rstrip())


def _united_order(objects: list[dict[str, object]]) -> list[str]:
    """Unite the orders of some objects' fields: each field after the one that precedes it."""
    order: list[str] = []
    for each in objects:
        place = 0
        for name in each:
            if name not in order:
                order.insert(place, name)
            place = order.index(name) + 1
    return order


def _object(order: list[str]) -> str:
    """Build the expression of one object; the first field is one that no contact lacks."""
    first, *others = (f'"{name}":{_SPACE}{_VALUES[name]}' for name in order)
    fields = (
        f",{_SPACE}{field}" if name in _REQUIRED else f"(?:,{_SPACE}{field})?"
        for name, field in zip(order[1:], others, strict=True)
    )
    return rf"\{{{first}{''.join(fields)}\}}"
