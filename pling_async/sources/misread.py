"""What shows that a text was in another encoding than the one that its bytes also are."""

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final

from attrs import frozen

_LEADS: Final = bytes(range(0xC0, 0xF8))
_OLD: Final = ("mac_roman", "cp865")
"""What old Macs wrote, and DOS in Norway; cp865 has the letters of cp850."""

_USUAL: Final = b"\x83\x85\x88\x92\x96\x97\x98\x9a\x9c\x9e\xa0\xad\xb0\xb2\xb3\xb4\xb5\xb6\xb7"
"""Of cp1252: apostrophe, dashes, points and the like, and the small letters of other countries."""
_SYMBOLS: Final = bytes(range(0x80, 0xC0)).translate(None, _USUAL)
_STRANGE: Final = re.compile(
    rb"[" + re.escape(_SYMBOLS) + rb"](?:"
    rb"(?=[A-Za-z\x80-\x9f\xa1-\xff])(?<=[A-Za-z\x80-\x9f\xa1-\xff][^\x8a\x8c\x8e\x91\x9f])"
    rb"|(?=[a-z])(?<=[A-Za-z][\x8a\x8c\x8e\x91\x9f])|(?![A-Za-z])(?<=[a-z][\x9b\xbe\xbf])"
    rb"|(?![A-Za-z])(?<=[A-Z]\xaf)|(?=[a-z])(?<=[^A-Za-z][\x81\x8f\x9d\xaf]))"
)
"""Symbols where letters stand: between letters, and some at an end of a word; and capitals before small letters."""
_QUOTED: Final = re.compile(rb"[\x8b\x93](?<![A-Za-z].)([^\x9b\x94\n]*)[\x9b\x94]")
_APOSTROPHE: Final = b"\x91"
"""Æ of DOS in small, and what may stand in d'Arcy."""
_GENUINE: Final = re.compile(rb"[\xc0-\xd6\xd8-\xf6\xf8-\xff](?:(?=[A-Za-z])|(?<=[A-Za-z].))")
_NORDIC: Final = frozenset("æøåÆØÅäöÄÖ")
_ENOUGH: Final = 1000


@frozen(kw_only=True)
class Misread:
    """Bytes that are symbols in cp1252 and stand where letters do."""

    encoding: str | None
    """The encoding in which all of them are letters."""
    is_sure: bool
    """They are letters of the Nordic countries there, and more than there are letters in cp1252."""
    block: int
    at: int
    """Where the first of them is."""


def is_mixed(blocks: Iterable[bytes]) -> bool:
    """Tell whether a text that is not UTF-8 is so in at least half of what is not ASCII."""
    characters = others = 0
    for block in blocks:
        valid = block.decode(errors="ignore").encode()
        characters += len(valid) - len(valid.translate(None, _LEADS))
        others += len(block) - len(valid)
    return characters > 0 and characters >= others


def misread(blocks: list[bytes]) -> Misread | None:
    """Return what is strange about a text read as cp1252, if anything."""
    found = list(islice(_strange(blocks), _ENOUGH))
    if not found:
        return None
    strange = b"".join(each for _, _, each in found)
    likely = max(_OLD, key=lambda each: _score(strange, each))
    is_known = strange.decode(likely).isalpha()
    genuine = (match for block in blocks for match in _GENUINE.finditer(block))
    return Misread(
        encoding=likely if is_known else None,
        is_sure=is_known
        and _score(strange.replace(_APOSTROPHE, b""), likely)[1] > 0
        and len(list(islice(genuine, len(found)))) < len(found),
        block=found[0][0],
        at=found[0][1],
    )


def _strange(blocks: list[bytes]) -> Iterator[tuple[int, int, bytes]]:
    for number, block in enumerate(blocks):
        if len(block.translate(None, _SYMBOLS)) == len(block):
            continue
        for match in _STRANGE.finditer(_QUOTED.sub(rb" \1 ", block)):
            yield number, match.start(), match[0]


def _score(strange: bytes, encoding: str) -> tuple[int, int]:
    """Return how many of some bytes are letters in an encoding, and how many are Nordic ones."""
    text = strange.decode(encoding)
    return sum(map(str.isalpha, text)), sum(each in _NORDIC for each in text)
