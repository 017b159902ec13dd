"""Rows with several numbers: the first that is usable is theirs."""

from typing import Final

import polars as pl
from attrs import field, frozen

from pling_async import phones
from pling_async.bulk.settings import PrepareSettings
from pling_async.sources.base import LIST_MARK

_FURTHER: Final = pl.Schema({"row": pl.UInt32(), "mobile": pl.String()})


@frozen(kw_only=True)
class Numbers:
    """The numbers of a chunk of rows, one for each."""

    read: pl.DataFrame
    """e164 and code, as from `phones.normalise_column`."""
    further: pl.DataFrame = field(factory=_FURTHER.to_frame)
    """row (its place in the chunk), mobile: the other usable numbers, which no contact has room for."""


def read_numbers(cells: pl.Series, settings: PrepareSettings) -> Numbers:
    """Read a column of numbers; a cell that is a list holds several, the preferred one first."""
    is_list = cells.str.starts_with(LIST_MARK).fill_null(value=False)
    if not is_list.any():
        return Numbers(read=_normalised(cells, settings))
    lists = is_list.arg_true()
    items = pl.DataFrame({"row": lists, "cell": cells.gather(lists).str.split(LIST_MARK)}).explode("cell")
    items = items.filter(pl.col("cell").str.strip_chars() != "")
    found = pl.concat([items, _normalised(items["cell"], settings)], how="horizontal")
    chosen = _chosen(found)
    plain = cells.scatter(lists, pl.Series([None], dtype=pl.String).new_from_index(0, lists.len()))
    read = _normalised(plain, settings)
    rows = chosen["row"]
    return Numbers(
        read=read.with_columns(read[name].scatter(rows, chosen[name]) for name in ("e164", "code")),
        further=_further(found, chosen),
    )


def _chosen(found: pl.DataFrame) -> pl.DataFrame:
    """Return for each row its first usable number, or else what is wrong with its first."""
    best = found.sort("row", pl.col("e164").is_null(), maintain_order=True)
    return best.group_by("row", maintain_order=True).agg(pl.col("e164", "code").first())


def _further(found: pl.DataFrame, chosen: pl.DataFrame) -> pl.DataFrame:
    """Return the usable numbers that were not chosen, each once a row."""
    numbers = found.select("row", mobile="e164").drop_nulls().unique(maintain_order=True)
    own = chosen.select("row", mobile="e164")
    return numbers.join(own, on=["row", "mobile"], how="anti", maintain_order="left").cast(_FURTHER)


def _normalised(cells: pl.Series, settings: PrepareSettings) -> pl.DataFrame:
    return phones.normalise_column(cells.rechunk(), settings.region, settings.numbers)
