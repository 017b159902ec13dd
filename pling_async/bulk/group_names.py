"""Group names in a cell: split, stripped, each once, in the order in which they are written."""

import re
from typing import Final

import polars as pl

from pling_async.pling.models import GROUP_NAME
from pling_async.sources.base import LIST_MARK

CONTROL: Final = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"
"""What is no text; line ends and tabs are."""

_GOOGLE: Final = ":::"


def split_groups(cells: pl.Series, separators: str) -> pl.DataFrame:
    """Return names (null for a cell without any) and code (what is wrong with one); each spelling is read once."""
    spellings = cells.drop_nulls().unique()
    read = spellings.to_frame("cell").select(names=_names(pl.col("cell"), separators))
    read = read.select(names=pl.when(pl.col("names").list.len() > 0).then("names"), code=_code())
    places = cells.cast(pl.Enum(spellings)).to_physical().cast(pl.UInt32)
    return read.select(pl.all().gather(pl.lit(places)))


def _names(cell: pl.Expr, separators: str) -> pl.Expr:
    pattern = "|".join(map(re.escape, (*separators, _GOOGLE)))
    marked = pl.when(cell.str.starts_with(LIST_MARK)).then(cell).otherwise(cell.str.replace_all(pattern, LIST_MARK))
    name = pl.element().str.strip_chars()
    return marked.str.split(LIST_MARK).list.eval(name.filter(name != "").unique(maintain_order=True))


def _code() -> pl.Expr:
    name = pl.element()
    too_long = pl.col("names").list.eval(name.str.len_chars() > GROUP_NAME.max_length).list.any()
    has_control = pl.col("names").list.eval(name.str.contains(CONTROL)).list.any()
    return pl.when(has_control).then(pl.lit("control_characters")).when(too_long).then(pl.lit("too_long"))
