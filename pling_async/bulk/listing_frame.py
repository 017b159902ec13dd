"""A listing (section 3.1) as a frame of `fields.ACCOUNT_SCHEMA`, without an object for each contact.

What the grammar of `listing_text` vouches for is read by polars in threads of its own, outside the interpreter, so
that a million contacts never stop the event loop. Everything else is read by the strict codec, whose word is also the
last one: the frame and the errors are those that `from_contacts(decode_listing(body))` has.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from typing import Final

import orjson
import polars as pl
from attrs import frozen

from pling_async.bulk.fields import ACCOUNT_SCHEMA, TEXTS
from pling_async.bulk.listing_text import ListingText
from pling_async.errors import DecodeError
from pling_async.pling.codec import decode_listing, wire_name
from pling_async.pling.models import Contact, ContactGroup, Unset

_SMALL: Final = 1 << 20
"""Bytes up to which objects are as good; the codec also looks for repeated keys in these."""

_WIRE_SCHEMA: Final = pl.Schema(
    {
        "id": pl.Int64(),
        "accountId": pl.Int64(),
        **dict.fromkeys(map(wire_name, ("mobile", *TEXTS, "is_stopped", "is_active", "auto_created")), pl.String()),
        "contactGroupIds": pl.List(pl.Int64()),
    }
)
_SCHEMA: Final = pl.Schema(
    {"account_id": pl.Int64(), **{name: kind for name, kind in ACCOUNT_SCHEMA.items() if name != "contact_groups"}}
)
_MOMENT: Final = "%Y-%m-%dT%H:%M:%S%.fZ"


@frozen
class Listed:
    """A whole listing: its contacts in columns, its groups as objects."""

    contacts: pl.DataFrame
    """`ACCOUNT_SCHEMA` without the names of groups, and account_id, null where the answer does not say."""
    groups: tuple[ContactGroup, ...]


def read_listing(body: bytes, *, small: int = _SMALL) -> Listed:
    """Read a listing strictly; CPU work, so call it off the event loop. Raises what `decode_listing` raises."""
    listed = _in_columns(body) if len(body) > small else None
    if listed is not None:
        return listed
    listing = decode_listing(body)
    return Listed(from_contacts(listing.contacts), listing.contact_groups)


def from_contacts(contacts: Sequence[Contact]) -> pl.DataFrame:
    """Turn contacts that the codec has read into the columns of `Listed`."""
    return pl.DataFrame({name: list(map(_cell(name), contacts)) for name in _SCHEMA}, schema=_SCHEMA)


def _cell(name: str) -> Callable[[Contact], object]:
    return _CELLS.get(name, lambda contact: _given(getattr(contact, name)) or ("" if name in TEXTS else None))


def _given(value: object) -> object:
    return None if isinstance(value, Unset) else value


def _extra(contact: Contact) -> str | None:
    """Return unknown fields as JSON text, sorted, so that equal is equal."""
    return orjson.dumps(dict(contact.extra), option=orjson.OPT_SORT_KEYS).decode() if contact.extra else None


_CELLS: Final[Mapping[str, Callable[[Contact], object]]] = {
    "mobile": lambda contact: contact.mobile,
    "id": lambda contact: contact.id,
    "account_id": lambda contact: _given(contact.account_id),
    "is_stopped": lambda contact: bool(contact.is_stopped),
    "is_active": lambda contact: contact.is_active is not False,
    "contact_group_ids": lambda contact: list(contact.contact_group_ids or ()),
    "extra": _extra,
}


class _NeedsCodec(Exception):
    """Not what the grammar vouches for, and not readable by itself either."""


def _in_columns(body: bytes) -> Listed | None:
    """Read a long listing piece by piece, or return None to have the codec read it, or say what is wrong with it."""
    text = ListingText.find(body)
    grammar = text.grammar() if text is not None else None
    if text is None or grammar is None:
        return None
    reader = _Reader(text, grammar)
    try:
        groups = decode_listing(text.groups).contact_groups
        with ThreadPoolExecutor(min(4, os.cpu_count() or 1), thread_name_prefix="pling-listing") as pool:
            frames = [frame for found in pool.map(reader.frames, text.pieces()) for frame in found]
    except (DecodeError, _NeedsCodec):
        return None
    return Listed(pl.concat(frames), groups)


@frozen
class _Reader:
    """Reads one piece of contacts."""

    _text: ListingText
    _grammar: str

    def frames(self, place: slice) -> list[pl.DataFrame]:
        """Return the contacts of one piece: those in the grammar as one frame, the codec's as another."""
        piece = self._text.piece(place)
        if b"\n" in piece:
            raise _NeedsCodec
        lines = piece.replace(self._text.seam, b"}\n{")
        if self._matches(rf"\A(?:{self._grammar}\n)*{self._grammar}\z", [lines]).all():
            return [_plain(lines)]
        return list(self._sorted_out(lines.split(b"\n")))

    def _matches(self, pattern: str, texts: Sequence[bytes]) -> pl.Series:
        """Tell which texts match."""
        try:
            column = pl.Series("text", texts, dtype=pl.Binary).cast(pl.String)
        except pl.exceptions.PolarsError as error:
            raise _NeedsCodec from error  # it is not UTF-8
        return column.to_frame().select(pl.col("text").str.contains(pattern)).to_series()

    def _sorted_out(self, lines: list[bytes]) -> Iterator[pl.DataFrame]:
        is_plain = self._matches(rf"\A{self._grammar}\z", lines)
        if is_plain.any():
            yield _plain(b"\n".join(line for line, plain in zip(lines, is_plain, strict=True) if plain))
        runs = groupby(zip(is_plain, lines, strict=True), lambda pair: pair[0])
        odd = (self._text.seam[1:-1].join(line for _, line in run) for plain, run in runs if not plain)
        yield from_contacts([contact for run in odd for contact in _by_codec(run)])


def _by_codec(run: bytes) -> Iterable[Contact]:
    """Read neighbours that the grammar does not know, after seeing that they are whole by themselves."""
    try:
        orjson.loads(b"[" + run + b"]")
    except orjson.JSONDecodeError as error:
        raise _NeedsCodec from error
    return decode_listing(b'{"contacts":[' + run + b'],"contactGroups":[]}').contacts


def _plain(lines: bytes) -> pl.DataFrame:
    """Read contacts that are known to be in the grammar, one a line."""
    frame = pl.read_ndjson(lines, schema=_WIRE_SCHEMA)
    if frame.height != lines.count(b"\n") + 1:
        raise _NeedsCodec
    return frame.select(
        pl.col("accountId").alias("account_id"),
        "mobile",
        "id",
        *(_text(frame, name) for name in TEXTS),
        _flag("stop", default=False).alias("is_stopped"),
        _flag("active", default=True).alias("is_active"),
        pl.col("contactGroupIds").fill_null([]).alias("contact_group_ids"),
        pl.col("autoCreated").str.to_datetime(_MOMENT, time_unit="us", time_zone="UTC").alias("auto_created"),
        pl.lit(None, pl.String).alias("extra"),
    )


def _text(frame: pl.DataFrame, name: str) -> pl.Expr:
    cells = pl.col(wire_name(name))
    return (cells.fill_null("") if frame[wire_name(name)].null_count() else cells).alias(name)


def _flag(name: str, *, default: bool) -> pl.Expr:
    """Read a flag in the spellings of the grammar; reading it as text keeps "1" and true apart from everything else."""
    return ((pl.col(name) == "1") | (pl.col(name) == "true")).fill_null(value=default)
