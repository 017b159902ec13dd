"""JSON: an array of objects, or objects one after the other (NDJSON), one object in memory at a time."""

import json
from collections.abc import Iterator
from typing import Any, Final

from pling_async.errors import Place, SourceError

_BLANKS: Final = frozenset(" \t\r\n")


def read_json(text: list[bytes], name: str) -> Iterator[dict[str, Any]]:
    """Yield the objects of a text in UTF-8 and take its blocks out of their list.

    Raises `SourceError` for what is not whole, is no object, or says something twice.
    """
    reader = _Reader(text, name)
    if reader.next() != "[":
        while reader.next():
            yield reader.object()
        return
    reader.take("[")
    while reader.next() != "]":
        if reader.row:
            reader.take(",")
        yield reader.object()
    reader.take("]")
    if reader.next():
        raise reader.refused("text follows the end of the array; export the list again")


class _Reader:
    """A place in a text that comes in blocks; the text before it is let go."""

    def __init__(self, blocks: list[bytes], name: str) -> None:
        self._blocks = blocks[::-1]
        blocks.clear()
        self._name = name
        self._text = ""
        self._at = 0
        self.row = 0

    def next(self) -> str:
        """Skip blanks and return the character that follows; nothing at the end."""
        while True:
            while self._text[self._at : self._at + 1] in _BLANKS:
                self._at += 1
            if self._at < len(self._text) or not self._more():
                return self._text[self._at : self._at + 1]

    def take(self, mark: str) -> None:
        """Step over a mark that must be there."""
        if (found := self.next()) != mark:
            self.row += 1
            raise self.refused("the file is cut off; copy or export it again" if not found else "no comma before it")
        self._at += 1

    def object(self) -> dict[str, Any]:
        """Read the object that begins here."""
        self.row += 1
        if (found := self.next()) != "{":
            raise self.refused("the file is cut off; copy or export it again" if not found else "not an object")
        while True:
            try:
                row, self._at = _DECODE(self._text, self._at)
            except json.JSONDecodeError as error:
                if not self._more():
                    raise self._invalid(error) from None
            except (ValueError, RecursionError) as error:
                raise self.refused(str(error) if type(error) is ValueError else "nested too deeply") from None
            else:
                return dict(row)

    def refused(self, message: str) -> SourceError:
        """Return the error for this row; it shows nothing of the text."""
        return SourceError(message, Place(source=self._name, row=self.row or None))

    def _invalid(self, error: json.JSONDecodeError) -> SourceError:
        is_cut = error.pos >= len(self._text.rstrip()) or error.msg.startswith("Unterminated")
        reason = "the file is cut off, or a quote or brace never closes" if is_cut else error.msg.partition(":")[0]
        return self.refused(f"not JSON: {reason}; export the list again")

    def _more(self) -> bool:
        """Append blocks, as much as is there already, so that a large object is not tried too often."""
        self._text, self._at = self._text[self._at :], 0
        pieces, size = [self._text], 0
        while self._blocks and size <= len(self._text):
            pieces.append(self._blocks.pop().decode())
            size += len(pieces[-1])
        self._text = "".join(pieces)
        return size > 0


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key occurs twice in the object; which one counts is not for us to guess")
    return found


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON; leave the value out, or write null")


_DECODE: Final = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_refuse).raw_decode
