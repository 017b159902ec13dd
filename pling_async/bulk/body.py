"""What is sent for a contact of a plan: always its full, explicit state.

`stop` is the exception: 1 is sent, 0 never is (a STOP that arrives meanwhile must not be undone), save for people
whose consent is held. Groups go by id where every one exists, by name where one is new.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import orjson
import polars as pl

from pling_async.bulk.difference import Action
from pling_async.bulk.fields import TEXTS
from pling_async.bulk.private_files import create_private
from pling_async.pling.codec import wire_name
from pling_async.pling.models import UNSET, Contact

_SLICE: Final = 50_000
"""Rows encoded at a time."""

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
    untouched = pl.col("contact_group_ids").is_not_null() & ~pl.col("changed").list.contains("contact_groups")
    return contacts.with_columns(
        sent_ids=pl.when(untouched).then("contact_group_ids").when(all_exist).then(by_name),
        sent_names=pl.when(~untouched & ~all_exist).then("contact_groups"),
    )


def write_body(path: Path, wanted: pl.DataFrame, groups: pl.DataFrame, *, consent: Iterable[str]) -> None:
    """Write the JSON array of a replace (section 3.11) to a new file that only its owner can read."""
    with create_private(path) as out:
        separator = b"["
        for lines in _encoded(with_sent_groups(wanted, groups), consent):
            out.write(separator + ",\n".join(lines).encode())
            separator = b",\n"
        out.write(b"[]" if separator == b"[" else b"]")


def _encoded(contacts: pl.DataFrame, consent: Iterable[str]) -> Iterator[list[str]]:
    for part in contacts.iter_slices(_SLICE):
        yield part.select(_line(consent)).to_series().to_list()


def _line(consent: Iterable[str]) -> pl.Expr:
    texts = {name: pl.col(name) for name in ("mobile", *TEXTS)}
    always = _members(**texts, is_active=pl.col("is_active").cast(pl.Int8))
    sometimes = (
        _stop(consent),
        _maybe(auto_created=pl.col("auto_created").dt.strftime("%Y-%m-%dT%H:%M:%S%.3fZ")),
        _maybe(contact_group_ids=pl.col("sent_ids")),
        _maybe(contact_groups=pl.col("sent_names")),
        (pl.lit(",") + pl.col("extra").str.slice(1).str.strip_suffix("}")).fill_null(""),
    )
    return pl.concat_str(pl.lit("{"), always, *sometimes, pl.lit("}")).alias("line")


def _members(**values: pl.Expr) -> pl.Expr:
    """Encode values as the members of a JSON object, without its braces."""
    encoded = pl.struct(value.alias(wire_name(name)) for name, value in values.items()).struct.json_encode()
    return encoded.str.slice(1).str.strip_suffix("}")


def _maybe(**value: pl.Expr) -> pl.Expr:
    (only,) = value.values()
    return pl.when(only.is_not_null()).then(pl.lit(",") + _members(**value)).otherwise(pl.lit(""))


def _stop(consent: Iterable[str]) -> pl.Expr:
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
