"""A listing (section 3.1) as a frame of `fields.ACCOUNT_SCHEMA`, without an object for each contact.

Contacts that are laid out alike are read by polars in threads of its own, outside the interpreter, so that a million
of them never stop the event loop. Everything else is read by the strict codec, whose word is also the last one: the
frame and the errors are those that `from_contacts(decode_listing(body))` has.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from typing import Final

import orjson
import polars as pl
from attrs import frozen

from pling_async.bulk.fields import TEXTS
from pling_async.bulk.listing_layout import Layout
from pling_async.bulk.listing_text import ListingText, NotPlain
from pling_async.bulk.listing_values import LISTED_SCHEMA
from pling_async.errors import DecodeError
from pling_async.pling.codec import decode_listing
from pling_async.pling.models import Contact, ContactGroup
from pling_async.session.unset import Unset

_SMALL: Final = 1 << 20
"""Bytes up to which objects are as good."""

_LAYOUTS: Final = 4
"""How many are learnt in one piece, at most, before the codec reads what is left."""


@frozen
class Listed:
    """A whole listing: its contacts in columns, its groups as objects."""

    contacts: pl.DataFrame
    """`LISTED_SCHEMA`; account_id is null where the answer does not say."""
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
    return pl.DataFrame({name: list(map(_cell(name), contacts)) for name in LISTED_SCHEMA}, schema=LISTED_SCHEMA)


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


def _in_columns(body: bytes) -> Listed | None:
    """Read a long listing piece by piece, or return None to have the codec read it, or say what is wrong with it."""
    text = ListingText.find(body)
    if text is None:
        return None
    try:
        groups = decode_listing(text.groups).contact_groups
        with ThreadPoolExecutor(min(4, os.cpu_count() or 1), thread_name_prefix="pling-listing") as pool:
            frames = [frame for found in pool.map(_Reader(text).frames, text.pieces()) for frame in found]
    except (DecodeError, NotPlain):
        return None
    return Listed(pl.concat(frames), groups)


@frozen
class _Reader:
    """Reads one piece of contacts."""

    _text: ListingText

    def frames(self, place: slice) -> list[pl.DataFrame]:
        """Return the contacts of one piece: a frame for each layout, and one of the codec's."""
        marked = self._text.marked(place)
        contacts: bytes = marked.cast(pl.Binary).item()
        layout = Layout.of(contacts.partition(b"}")[0], self._text.comma)
        reading = None if layout is None else layout.read(contacts)
        if reading is not None and reading.is_of(marked):
            return [reading.contacts]
        return list(self._sorted_out(self._text.contacts(contacts)))

    def _sorted_out(self, contacts: list[bytes]) -> Iterator[pl.DataFrame]:
        """Read what one layout does not fit by others, and the rest by the codec."""
        odd = list(range(len(contacts)))
        for layout, first in self._layouts(contacts, odd):
            order = [first, *(each for each in odd if each != first)]
            reading = layout.read(b"}".join(contacts[each] for each in order))
            is_plain = reading.is_plain([contacts[each] for each in order])
            yield reading.contacts.filter(is_plain)
            odd[:] = sorted(each for each, plain in zip(order, is_plain, strict=True) if not plain)
        runs = groupby(enumerate(odd), lambda pair: pair[1] - pair[0])
        neighbours = (b"}".join(contacts[each] for _, each in run) + b"}" for _, run in runs)
        if odd:
            yield from_contacts([contact for run in neighbours for contact in _by_codec(self._text.bare(run))])

    def _layouts(self, contacts: Sequence[bytes], odd: Sequence[int]) -> Iterator[tuple[Layout, int]]:
        """Learn layouts, each from the first contact that is still odd when it is asked for."""
        first = -1
        for _ in range(_LAYOUTS):
            first = next((each for each in odd if each > first), len(contacts))
            layout = Layout.of(contacts[first], self._text.comma) if first < len(contacts) else None
            if layout is not None:
                yield layout, first


def _by_codec(run: bytes) -> Iterable[Contact]:
    """Read neighbours that no layout fits, after seeing that they are whole by themselves."""
    try:
        orjson.loads(b"[" + run + b"]")
    except orjson.JSONDecodeError as error:
        raise NotPlain from error
    return decode_listing(b'{"contacts":[' + run + b'],"contactGroups":[]}').contacts
