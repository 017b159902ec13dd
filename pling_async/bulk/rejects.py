"""Rejects: one line for each problem of a row that is not sent."""

from collections.abc import Iterable, Iterator
from typing import Final

import polars as pl
from attrs import frozen

SCHEMA: Final = pl.Schema(
    {"row": pl.UInt32(), "field": pl.String(), "code": pl.String(), "message": pl.String(), "mobile": pl.String()}
)

MESSAGES: Final = {
    "blank_row": "the row is empty; remove it",
    "control_characters": "control characters, which are not text; retype the cell",
    "unreadable_flag": "neither yes nor no; use 1 or 0 (also ja/nei, yes/no, true/false, x), or leave it blank",
    "name_too_long": "first and last name make a full name of more than 100 characters; give a shorter name",
    "duplicate_speed_dial": "another number has the same speed dial, which must be unique; correct one of them",
    "stop_elsewhere": "another row of this number is rejected and may be a STOP; correct that row first",
}
"""Codes beside those of `phones.MESSAGES` and of the text rules (too_long, bad_characters)."""


@frozen(kw_only=True)
class Problems:
    """The problems found in one field, or in one check over all rows."""

    field: str
    rows: pl.Series
    codes: pl.Series | str
    messages: pl.Series | str | None = None

    def frame(self) -> pl.DataFrame:
        """Return row, field, code and message."""
        codes = pl.lit(self.codes) if isinstance(self.codes, str) else self.codes
        messages = MESSAGES[str(self.codes)] if self.messages is None else self.messages
        said = pl.lit(messages) if isinstance(messages, str) else messages
        return pl.select(row=self.rows, field=pl.lit(self.field), code=codes, message=said)


def with_mobiles(found: Iterable[Problems], mobiles: pl.Series, first_row: int) -> pl.DataFrame:
    """Return the rejects of one chunk by row, with the number of each row that has a readable one."""
    frames = list(_frames(found))
    lines = pl.concat(frames).sort("row", maintain_order=True) if frames else SCHEMA.to_frame().drop("mobile")
    return lines.with_columns(mobile=mobiles.gather(lines["row"] - first_row))


def _frames(found: Iterable[Problems]) -> Iterator[pl.DataFrame]:
    for problems in found:
        if problems.rows.len():
            yield problems.frame()


def of_contacts(contacts: pl.DataFrame, field: str, code: str) -> pl.DataFrame:
    """Return a reject for every row of some contacts."""
    lines = contacts.select(pl.col("rows").alias("row"), "mobile").explode("row")
    return lines.select(
        "row",
        pl.lit(field).alias("field"),
        pl.lit(code).alias("code"),
        pl.lit(MESSAGES[code]).alias("message"),
        "mobile",
    )
