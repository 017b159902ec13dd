"""The columns that a contact has in a frame, and their one canonical form.

A frame speaks the attribute names of `Contact`. In an account's frame no cell of a writable field is null;
in a prepared list null means that the source did not speak for the field.
"""

from typing import Final

import polars as pl

from pling_async.pling.models import Contact, text_rules

TEXTS: Final = tuple(text_rules(Contact))
"""The text fields, in the document's order (section 2.2)."""

WRITABLE: Final = (*TEXTS, "is_stopped", "is_active", "contact_groups")
"""What a plan compares, changes and verifies."""

ACCOUNT_SCHEMA: Final = pl.Schema(
    {
        "mobile": pl.String(),
        "id": pl.Int64(),
        **dict.fromkeys(TEXTS, pl.String()),
        "is_stopped": pl.Boolean(),
        "is_active": pl.Boolean(),
        "contact_groups": pl.List(pl.String()),
        "contact_group_ids": pl.List(pl.Int64()),
        "auto_created": pl.Datetime("us", "UTC"),
        "extra": pl.String(),
    }
)
"""One row a contact, its groups in order; `extra` is the JSON text of fields this version does not know, else null."""

LIST_SCHEMA: Final = pl.Schema(
    {name: ACCOUNT_SCHEMA[name] for name in ("mobile", *WRITABLE)} | {"rows": pl.List(pl.UInt32())}
)
"""One row a mobile of a prepared list; a source may lack any column but mobile and rows."""


def canonical(contacts: pl.DataFrame) -> pl.DataFrame:
    """Return the compared fields alone, sorted by mobile, so that equal means equal."""
    return contacts.select("mobile", *WRITABLE).sort("mobile")


def usable_rows(contacts: pl.DataFrame) -> int:
    """Count the rows of a list that its contacts come from."""
    return contacts["rows"].explode(empty_as_null=True).drop_nulls().n_unique()


def row_count(frame: pl.DataFrame) -> str:
    """Show a frame in a repr: its rows are people."""
    return f"<{frame.height} rows>"
