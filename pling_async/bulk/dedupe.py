"""Rows to contacts: one for each number, whatever the order and the chunks in which its rows came.

The last row wins field by field, a blank cell never erases, groups are united, and a STOP in any row stays.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import polars as pl
from attrs import field, frozen

from pling_async.bulk.columns import GROUPS, Checked, computed_name_is_long
from pling_async.bulk.rejects import of_contacts
from pling_async.bulk.settings import Keep

MERGES: Final = pl.Schema(
    {"mobile": pl.String(), "rows": pl.List(pl.UInt32()), "field": pl.String(), "kept_row": pl.UInt32()}
)

_DISPUTES: Final = pl.Schema({"owner": pl.UInt32(), "kept_row": pl.UInt32()})
_THREADS: Final = 2
"""Of these each gathers a column at a time; more would only take memory."""


@frozen(kw_only=True)
class Collapsed:
    """Contacts, one row a mobile, sorted; the rejects that only show when all rows are known; and the merges."""

    contacts: pl.DataFrame
    rejects: pl.DataFrame
    merges: pl.DataFrame


@frozen(kw_only=True)
class _Places:
    """Where the rows of each contact are."""

    numbers: pl.Series
    """The number of the row at each place, ascending."""
    each: pl.Series
    """A place of every contact, in the order of the numbers: that of its only row, if it has one."""
    several: pl.Series
    """The contacts that have several rows, by their position in `each`; the rest speaks of these alone."""
    at: pl.Series
    """The places of their rows, the one that wins last."""
    owner: pl.Series
    """To which of them each row belongs, by its position in `several`."""
    first: pl.Series
    """Where in `at` the rows of each begin."""
    last: pl.Series
    """Where in `at` its last row is."""

    def row_numbers(self, at: pl.Series) -> pl.Series:
        """Return the number of the row at each of some places."""
        return self.numbers.gather(at)


@frozen(kw_only=True)
class _Gathered:
    """A column of the contacts."""

    cells: pl.Series
    disputes: pl.DataFrame = field(factory=lambda: pl.DataFrame(schema=_DISPUTES))
    """owner, kept_row: the contacts whose rows disagree, and the row whose cell was kept."""


def collapse(chunks: list[Checked], keep: Keep = "last") -> Collapsed:
    """Unite the rows of each number; rows without one are left out.

    Sorting finds the numbers with several rows. Every contact then is a place in every column: that of its only row,
    or of the row that wins there. Empties `chunks`: column after column is gathered and let go, so that the list is
    never in memory twice.
    """
    numbers = pl.concat([chunk.numbers for chunk in chunks])
    places = _places(numbers, pl.concat([chunk.keys for chunk in chunks]), keep)
    perhaps_stopped = pl.concat([chunk.perhaps_stopped for chunk in chunks])
    stops = pl.concat([chunk.stops for chunk in chunks], how="diagonal")
    columns = _columns([chunk.rows for chunk in chunks])
    chunks.clear()
    names = tuple(columns)
    with ThreadPoolExecutor(_THREADS) as pool:
        gathered = pool.map(lambda name: _gathered(name, columns.pop(name), places), names)
        found = dict(zip(names, gathered, strict=True))
    contacts = pl.DataFrame({name: each.cells for name, each in found.items()} | {"rows": _rows(places)})
    merges = _merges(contacts, places, {name: each.disputes for name, each in found.items()})
    contacts, rejects = _cleared(contacts, perhaps_stopped, stops)
    return Collapsed(contacts=contacts, rejects=rejects, merges=merges)


def _columns(frames: list[pl.DataFrame]) -> dict[str, list[pl.Series]]:
    """Return the chunks of each column, null where a chunk does not have it."""
    names = dict.fromkeys(name for frame in frames for name in frame.columns)
    kinds = {name: next(frame[name] for frame in frames if name in frame.columns).clear() for name in names}
    return {
        name: [frame[name] if name in frame.columns else kinds[name].clear(frame.height) for frame in frames]
        for name in names
    }


def _places(numbers: pl.Series, keys: pl.Series, keep: Keep) -> _Places:
    order = keys.arg_sort(nulls_last=True).head(keys.len() - keys.null_count())
    found = pl.DataFrame({"key": keys.gather(order), "at": order}).select("at", is_first=_differs("key", 1))
    is_first = pl.col("is_first")
    is_only = is_first & is_first.shift(-1, fill_value=True)
    rows = (
        found.with_columns(contact=is_first.cum_sum() - 1)
        .filter(~is_only)
        .sort("contact", "at", descending=[False, keep == "first"])
    )
    rows = rows.select("contact", "at", owner=pl.col("contact").rle_id())
    last = rows.select(_differs("owner", -1).arg_true()).to_series()
    return _Places(
        numbers=numbers,
        each=found.filter("is_first")["at"],
        several=rows["contact"].gather(last),
        at=rows["at"],
        owner=rows["owner"],
        first=rows.select(_differs("owner", 1).arg_true()).to_series(),
        last=last,
    )


def _differs(name: str, places: int) -> pl.Expr:
    """Tell where a column is another than so many places before; at an end it is."""
    return (pl.col(name) != pl.col(name).shift(places)).fill_null(value=True)


def _gathered(name: str, chunks: list[pl.Series], places: _Places) -> _Gathered:
    column = pl.concat(chunks, rechunk=True)
    chunks.clear()
    if not places.at.len():
        return _Gathered(cells=column.gather(places.each))
    cells = column.gather(places.at)
    if name == GROUPS:
        return _Gathered(cells=_patched(column, _all_groups(cells, places), places))
    winner = _winner(cells, places)
    kept = cells.gather(winner).gather(places.owner)
    at = places.at.gather(winner)
    owners = places.owner.filter((cells != kept).fill_null(value=False)).unique()
    return _Gathered(
        cells=column.gather(places.each.clone().scatter(places.several, at)),
        disputes=_disputes(owners, places.row_numbers(at.gather(owners))),
    )


def _disputes(owners: pl.Series, kept_rows: pl.Series) -> pl.DataFrame:
    return pl.DataFrame({"owner": owners, "kept_row": kept_rows}, schema=_DISPUTES)


def _winner(cells: pl.Series, places: _Places) -> pl.Series:
    """Choose for each contact the last row that is not blank, and for the stop list the last that says STOP."""
    spoken = _last(cells.is_not_null(), places)
    if cells.dtype != pl.Boolean or cells.name != "is_stopped":
        return spoken.fill_null(places.last)
    return pl.select(pl.coalesce(_last(cells.fill_null(value=False), places), spoken, places.last)).to_series()


def _last(chosen: pl.Series, places: _Places) -> pl.Series:
    """Return where the last chosen row of each contact is; null when it has none."""
    rows = pl.DataFrame({"chosen": chosen}).select(
        pl.when("chosen").then(pl.int_range(pl.len(), dtype=pl.UInt32)).forward_fill()
    )
    found = rows.to_series().gather(places.last)
    return pl.select(pl.when(found >= places.first).then(found)).to_series()


def _rows(places: _Places) -> pl.Series:
    """Return the numbers of the rows of each contact."""
    alone = places.numbers.reshape((-1, 1)).cast(pl.List(pl.UInt32))
    if not places.at.len():
        return alone.gather(places.each)
    several = pl.DataFrame({"owner": places.owner, "row": places.row_numbers(places.at)})
    return _patched(alone, several.group_by("owner", maintain_order=True).agg(pl.col("row").sort())["row"], places)


def _patched(lists: pl.Series, united: pl.Series, places: _Places) -> pl.Series:
    """Gather lists, and for the contacts with several rows those that were united."""
    others = pl.int_range(lists.len(), lists.len() + united.len(), dtype=pl.UInt32, eager=True)
    return pl.concat([lists, united], rechunk=True).gather(places.each.clone().scatter(places.several, others))


def _all_groups(cells: pl.Series, places: _Places) -> pl.Series:
    names = pl.DataFrame({"owner": places.owner, "name": cells}).explode("name").drop_nulls()
    lists = names.unique(maintain_order=True).group_by("owner", maintain_order=True).agg("name")
    owners = pl.DataFrame({"owner": pl.int_range(places.several.len(), dtype=pl.UInt32, eager=True)})
    return owners.join(lists, on="owner", how="left", maintain_order="left")["name"]


def _merges(contacts: pl.DataFrame, places: _Places, disputes: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """Return a line for each number with several rows, and one for each field in which they disagree."""
    if not places.at.len():
        return MERGES.to_frame()
    fields = sorted(name for name, each in disputes.items() if each.height)
    every = _disputes(places.owner.gather(places.last), places.row_numbers(places.at.gather(places.last)))
    lines = [every, *(disputes[name] for name in fields)]
    place = pl.col("owner").cast(pl.UInt64) * len(lines)
    found = pl.concat(each.select("kept_row", place=place + at) for at, each in enumerate(lines)).sort("place")
    at, owner = found["place"] % len(lines), places.several.gather(found["place"] // len(lines))
    return pl.DataFrame(
        {
            "mobile": contacts["mobile"].gather(owner),
            "rows": contacts["rows"].gather(owner),
            "field": pl.Series([None, *fields], dtype=pl.String).gather(at),
            "kept_row": found["kept_row"],
        },
        schema=MERGES,
    )


def _late_checks(contacts: pl.DataFrame, perhaps_stopped: pl.Series) -> Iterator[tuple[str, str, pl.Expr]]:
    """Yield what can only be told of all rows of a number, or of all numbers together."""
    if perhaps_stopped.len():
        is_known = pl.col("is_stopped").fill_null(value=False)
        yield "is_stopped", "stop_elsewhere", pl.col("mobile").is_in(perhaps_stopped.unique().implode()) & ~is_known
    is_long = computed_name_is_long(contacts)
    if is_long is not None:
        yield "name", "name_too_long", is_long
    if "speed_dial" in contacts.columns:
        yield (
            "speed_dial",
            "duplicate_speed_dial",
            pl.col("speed_dial").is_not_null() & pl.col("speed_dial").is_duplicated(),
        )


def _cleared(
    contacts: pl.DataFrame, perhaps_stopped: pl.Series, stops: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Take out the contacts that nobody should send: their rows become rejects, but for those that say STOP alone."""
    rejects = []
    for name, code, is_bad in _late_checks(contacts, perhaps_stopped):
        bad = contacts.filter(is_bad)
        if bad.height:
            found = of_contacts(bad, name, code)
            rejects.append(found.join(stops, on=["row", "mobile"], how="anti", maintain_order="left"))
            contacts = _with_stops(contacts.filter(~is_bad), stops.join(bad, on="mobile", how="semi"))
    return contacts, pl.concat(rejects) if rejects else of_contacts(contacts.clear(), "mobile", "stop_elsewhere")


def _with_stops(contacts: pl.DataFrame, stops: pl.DataFrame) -> pl.DataFrame:
    """Keep the stop of contacts that are taken out: nothing that is wrong with their other rows makes it doubtful."""
    if stops.is_empty():
        return contacts
    left = stops.group_by("mobile").agg(pl.col("row").sort().alias("rows"), pl.exclude("row").first())
    return pl.concat([contacts, left], how="diagonal").sort("mobile")
