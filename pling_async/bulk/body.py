"""What is sent for a contact of a plan: always its full, explicit state.

`stop` is the exception: 1 is sent, 0 never is (a STOP that arrives meanwhile must not be undone), save for people
whose consent is held. Groups go by id where every one exists, by name where one is new.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, Final

import orjson
import polars as pl

from pling_async.bulk.difference import Action
from pling_async.bulk.fields import TEXTS
from pling_async.bulk.private_files import create_private
from pling_async.pling.codec import wire_name
from pling_async.pling.models import Contact
from pling_async.session.unset import UNSET

_SLICE: Final = 20_000
"""Rows encoded at a time: copying them holds the interpreter for a few milliseconds."""

_THREADS: Final = min(4, os.cpu_count() or 1)
_SPACE: Final = 0x20

_PUNCTUATION: Final = 12
"""Bytes around the numbers and flags of one contact."""


def estimated_bytes(contacts: pl.DataFrame) -> int:
    """Return about how large a replace body is, without encoding it."""
    keys = sum(len(wire_name(name)) + 6 for name in (*TEXTS, "mobile", "is_active", "contact_group_ids"))
    texts = sum(int(contacts[name].str.len_bytes().sum()) for name in ("mobile", *TEXTS))
    ids = 7 * int(contacts["contact_groups"].list.len().sum())
    return texts + ids + contacts.height * (keys + _PUNCTUATION)


def with_sent_groups(contacts: pl.DataFrame, groups: pl.DataFrame) -> pl.DataFrame:
    """Add `sent_ids` and `sent_names`, one of which is null: how each contact's groups are sent.

    Groups that do not change keep the account's own ids, even where two groups share a name; otherwise a name means
    its lowest id, as it does for the server.
    """
    lowest = groups.sort("id").unique("name", keep="first", maintain_order=True)
    ids = {name: each for each, name in lowest.iter_rows()}
    by_name = pl.col("contact_groups").list.eval(
        pl.element().replace_strict(ids or {"": 0}, default=None, return_dtype=pl.Int64)
    )
    all_exist = ~by_name.list.eval(pl.element().is_null()).list.any().fill_null(value=False)
    is_changed = pl.col("changed").list.contains("contact_groups")
    untouched = pl.col("contact_group_ids").is_not_null() & ~is_changed
    cleared = is_changed & (pl.col("contact_groups").list.len() == 0)  # no ids of a stopped contact are never sent
    return contacts.with_columns(
        sent_ids=pl.when(untouched).then("contact_group_ids").when(all_exist & ~cleared).then(by_name),
        sent_names=pl.when(~untouched & (~all_exist | cleared)).then("contact_groups"),
    )


def write_body(path: Path, wanted: pl.DataFrame, groups: pl.DataFrame, *, consent: Iterable[str]) -> None:
    """Write the JSON array of a replace (section 3.11) to a new file that only its owner can read."""
    with create_private(path) as out:
        separator = b"["
        for lines in _encoded(with_sent_groups(wanted, groups), frozenset(consent)):
            out.write(separator)
            out.write(lines)
            separator = b",\n"
        out.write(b"[]" if separator == b"[" else b"]")


def _encoded(contacts: pl.DataFrame, consent: frozenset[str]) -> Iterator[bytes]:
    """Encode slice by slice, a few side by side, so that no more than those are in memory."""
    starts = range(0, contacts.height, _SLICE)
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="pling-body") as pool:
        for at in range(0, len(starts), _THREADS):
            parts = (contacts.slice(start, _SLICE) for start in starts[at : at + _THREADS])
            yield from pool.map(partial(_slice, consent=consent), parts)


def _slice(part: pl.DataFrame, consent: frozenset[str]) -> bytes:
    lines = part.select(line=pl.concat_str(_pieces(part, consent))).to_series()
    encoded: bytes = lines.str.join(",\n").cast(pl.Binary).item()
    return encoded


def _pieces(part: pl.DataFrame, consent: frozenset[str]) -> Iterator[pl.Expr]:
    """Yield the texts of which a contact is put together; what all contacts share is one text."""
    shared = "{"
    for name in ("mobile", *TEXTS):
        shared += f'"{wire_name(name)}":"'
        if part[name].has_nulls() or (part[name] != "").any():
            yield pl.lit(shared)
            yield pl.col(name) if _is_plain(part[name]) else _escaped(name)
            shared = ""
        shared += '",'
    yield pl.lit(f'{shared}"{wire_name("is_active")}":')
    yield pl.col("is_active").cast(pl.Int8)
    yield _stop(consent)
    for name, values in _OPTIONAL.items():
        if part[name].null_count() < part.height:
            yield values
    yield pl.lit("}")


def _is_plain(texts: pl.Series) -> bool:
    """Whether no text needs an escape in JSON."""
    cells = texts.cast(pl.Binary).cast(pl.List(pl.UInt8)).explode(empty_as_null=False, keep_nulls=False)
    return not ((cells < _SPACE).any() or (cells == ord('"')).any() or (cells == ord("\\")).any())


def _escaped(name: str) -> pl.Expr:
    encoded = pl.struct(pl.col(name)).struct.json_encode()
    return encoded.str.slice(len(f'{{"{name}":"')).str.strip_suffix('"}')


def _optional(wire: str, value: pl.Expr) -> pl.Expr:
    """Encode a member, and the comma before it, where it has a value."""
    encoded = pl.struct(value.alias(wire)).struct.json_encode().str.slice(1).str.strip_suffix("}")
    return pl.when(value.is_not_null()).then(pl.lit(",") + encoded).otherwise(pl.lit(""))


_OPTIONAL: Final = {
    "auto_created": _optional("autoCreated", pl.col("auto_created").dt.strftime("%Y-%m-%dT%H:%M:%S%.3fZ")),
    "sent_ids": _optional(wire_name("contact_group_ids"), pl.col("sent_ids")),
    "sent_names": _optional(wire_name("contact_groups"), pl.col("sent_names")),
    "extra": (pl.lit(",") + pl.col("extra").str.slice(1).str.strip_suffix("}")).fill_null(""),
}
"""What not every contact has."""


def _stop(consent: frozenset[str]) -> pl.Expr:
    name = wire_name("is_stopped")
    freed = pl.col("changed").list.contains("is_stopped") & pl.col("mobile").is_in(list(consent))
    return (
        pl.when("is_stopped")
        .then(pl.lit(f',"{name}":1'))
        .when(freed)
        .then(pl.lit(f',"{name}":0'))
        .otherwise(pl.lit(""))
    )


def contact_of(row: Mapping[str, Any]) -> Contact:
    """Build the contact to send from a row that `with_sent_groups` has seen: full state, and stop as it is."""
    by_name = row["sent_names"] is not None
    return Contact(
        mobile=row["mobile"],
        id=UNSET if row["action"] == Action.ADD.value else row["id"],
        is_stopped=row["is_stopped"],
        is_active=row["is_active"],
        auto_created=row["auto_created"] or UNSET,
        contact_group_ids=UNSET if by_name else row["sent_ids"],
        contact_groups=row["sent_names"] if by_name else UNSET,
        extra=orjson.loads(row["extra"]) if row["extra"] else {},
        **{name: row[name] for name in TEXTS},
    )
