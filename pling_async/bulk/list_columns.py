"""Columns of lists of texts, by way of what the lists hold: polars compares and sorts short lists very slowly."""

import polars as pl


def differ(left: pl.Series, right: pl.Series) -> pl.Series:
    """Tell where two columns hold different lists; a null list is like an empty one."""
    lengths = _lengths(left)
    is_other = lengths != _lengths(right)
    if is_other.any():
        left, right, lengths = (each.filter(~is_other) for each in (left, right, lengths))
    odd = _cells(left).ne_missing(_cells(right)).arg_true()
    places = (~is_other).arg_true().gather(_rows(lengths, odd))
    return is_other.scatter(places, values=True)


def tidy(lists: pl.Series, *, distinct: bool = True) -> pl.Series:
    """Return every list sorted, and, unless told otherwise, nothing twice in it."""
    lengths, cells = _lengths(lists), _cells(lists)
    starts = (lengths.cum_sum() - lengths).filter(lengths > 0)
    falls = cells <= cells.shift(1) if distinct else cells < cells.shift(1)
    untidy = _rows(lengths, falls.fill_null(value=False).scatter(starts, values=False).arg_true()).unique()
    if untidy.is_empty():
        return lists
    return patched(lists, untidy, _sorted(lists.gather(untidy), distinct=distinct))


def patched(lists: pl.Series, places: pl.Series, others: pl.Series) -> pl.Series:
    """Put other lists in some places."""
    new = pl.int_range(others.len(), eager=True) + lists.len()
    at = pl.int_range(lists.len(), eager=True).scatter(places, new)
    return pl.concat([lists, others.alias(lists.name)], rechunk=True).gather(at)


def _sorted(lists: pl.Series, *, distinct: bool) -> pl.Series:
    rows = pl.DataFrame({"cell": lists}).with_row_index("row").explode("cell")
    rows = (rows.unique() if distinct else rows).sort("row", "cell")
    return rows.group_by("row", maintain_order=True).agg("cell")["cell"]


def _lengths(lists: pl.Series) -> pl.Series:
    return lists.list.len().fill_null(0).cast(pl.Int64)


def _cells(lists: pl.Series) -> pl.Series:
    return lists.explode(empty_as_null=False, keep_nulls=False)


def _rows(lengths: pl.Series, cells: pl.Series) -> pl.Series:
    """Return the rows in which cells are, counted over all lists."""
    return lengths.cum_sum().search_sorted(cells.cast(pl.Int64), side="right")
