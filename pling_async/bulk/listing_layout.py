"""How the contacts of a listing are laid out, learnt from one of them and proven for all the others.

Between the values of its contacts a server writes the same text: `,{"id":`, `,"mobile":"` and so on. So contacts are
read by cutting them at their quotes, and the reading is proven by writing it back: what was read, put between the
texts of the layout, must be the text that was read. Nothing can be coerced, overlooked or repeated then.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import orjson
import polars as pl
from attrs import frozen

from pling_async.bulk.listing_text import MARKS, unmarked
from pling_async.bulk.listing_values import BARE, QUOTED, Spelling, typed, whole

_AFTER_NAME: Final = re.compile(r"(: ?)(.*[^, ]|)(,? ?)")
_REQUIRED: Final = frozenset({"id", "mobile"})
_ACCOUNT: Final = "accountId"
_NUMBER: Final = re.compile("0|[1-9][0-9]{0,14}")


@frozen
class _Cell:
    """Where a value stands: in which of the parts between quotes, and between what there."""

    part: int
    value: str
    before: str = ""
    """What precedes a bare value in its part; empty for one in quotes, which has a part to itself."""
    after: str = ""


@frozen
class Reading:
    """Contacts as a layout reads them."""

    contacts: pl.DataFrame
    """`LISTED_SCHEMA`."""
    lines: pl.Series
    """Each contact written back, without its last brace; null where a value is not plain."""

    def is_of(self, text: pl.Series) -> bool:
        """Whether this is all of a text."""
        return not self.lines.has_nulls() and bool((self.lines.str.join("}") == text).all())

    def is_plain(self, contacts: Sequence[bytes]) -> pl.Series:
        """Tell which contacts were read as what they are."""
        if len(contacts) != self.lines.len():
            return pl.repeat(value=False, n=self.lines.len(), eager=True)
        return (self.lines == pl.Series(contacts, dtype=pl.Binary).cast(pl.String)).fill_null(value=False)


@frozen
class Layout:
    """What stands between the values of a contact."""

    _parts: Sequence[str]
    """A contact cut at its quotes."""
    _cells: Mapping[str, _Cell]
    """Every value but the account's id, which is the same in every contact, as names are."""
    _account_id: int | None

    @classmethod
    def of(cls, contact: bytes, comma: bytes) -> "Layout | None":
        """Learn it from a marked contact without its last brace; None when something in it needs the codec."""
        parts = contact.decode().split('"')
        found = list(_found(parts))
        try:
            names = list(orjson.loads(unmarked(contact.removeprefix(comma)) + b"}"))
        except orjson.JSONDecodeError:
            return None
        is_known = all(name in (BARE if cell.before else QUOTED) for name, cell in found)
        if not is_known or names != [name for name, _ in found] or not _REQUIRED.issubset(names):
            return None
        cells = dict(found)
        account = cells.pop(_ACCOUNT, None)
        if parts[0].encode() != comma + b"{" or (account is not None and not _NUMBER.fullmatch(account.value)):
            return None
        return cls(parts, cells, None if account is None else int(account.value))

    def read(self, contacts: bytes) -> Reading:
        """Read marked contacts without the last brace; the first is one of this layout."""
        values = self._cut(contacts)
        lines = values.select(line=pl.concat_str(self._pieces())).to_series()
        quoted = frozenset(name for name, cell in self._cells.items() if not cell.before)
        columns, is_plain = typed(values, Spelling(quoted, any(mark.encode() in contacts for mark in MARKS)))
        return Reading(whole(columns, self._account_id), lines if is_plain.all() else lines.set(~is_plain, None))

    def _cut(self, contacts: bytes) -> pl.DataFrame:
        """Return values as texts, by their names on the wire."""
        names = {str(cell.part): name for name, cell in self._cells.items()}
        found = pl.read_csv(
            contacts,
            has_header=False,
            separator='"',
            quote_char=None,
            eol_char="}",
            schema={str(part): pl.String() for part in range(len(self._parts))},
            columns=[int(part) for part in names],
            empty_string_is_null=False,
            extra_columns="ignore",
            missing_columns="insert",
        )
        return found.rename(names).with_columns(
            pl.col(name).str.strip_prefix(cell.before).str.strip_suffix(cell.after)
            for name, cell in self._cells.items()
            if cell.before
        )

    def _pieces(self) -> Iterator[pl.Expr]:
        by_part = {cell.part: (name, cell) for name, cell in self._cells.items()}
        text = ""
        for place, part in enumerate(self._parts):
            text += '"' if place else ""
            if place not in by_part:
                text += part
                continue
            name, cell = by_part[place]
            yield pl.lit(text + cell.before)
            yield pl.col(name)
            text = cell.after
        yield pl.lit(text)


def _found(parts: Sequence[str]) -> Iterator[tuple[str, _Cell]]:
    """Yield the names and values of a contact that is one object without objects or texts in lists."""
    at = 1
    while at + 1 < len(parts):
        rest = _AFTER_NAME.fullmatch(parts[at + 1])
        if rest is None:
            return
        before, value, after = rest.groups()
        if not value and at + 2 < len(parts):
            yield parts[at], _Cell(at + 2, parts[at + 2])
            at += 4
        else:
            yield parts[at], _Cell(at + 1, value, before, after)
            at += 2
