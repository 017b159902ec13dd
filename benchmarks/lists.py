"""Rows of the table about lists in columns: prepare, E.164, snapshot, plan."""

import asyncio
import gc
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, Final

import polars as pl

from benchmarks.make_list import ACCOUNT, EVERYTHING, REJECTED, USABLE, raw_numbers, write_csv, write_listing
from benchmarks.measuring import Result, Scale, alternating, child, medians
from pling_async import bulk, phones
from pling_async.bulk.guards import Guards
from pling_async.bulk.listing_frame import read_listing
from pling_async.bulk.plan import compare
from pling_async.bulk.snapshot import Snapshot, from_listed

_MILLION: Final = 1_000_000
_PART: Final = 20_000


def made(folder: Path, kind: str, rows: int) -> Path:
    """Return a generated file, made once."""
    path = folder / f"{rows}.{kind}"
    if not path.exists():
        {"csv": write_csv, "json": write_listing}[kind](path, rows)
    return path


def prepare(scale: Scale, folder: Path) -> list[Result]:
    """Compare prepare with the straightforward script and the floor, in processes of their own."""
    runs = {rows: _prepared(rows, scale, folder) for rows in (scale.rows, *scale.extra_rows)}
    run = runs[scale.rows]
    ours, peer, floor = (run[name]["seconds"] for name in ("ours", "straightforward", "floor"))
    peak, pause = run["ours"]["peak_mb"], run["ours"]["pause"] * 1000
    curve = {str(rows): each for rows, each in runs.items()}
    return [
        Result(
            name="prepare",
            what=f"prepare {scale.rows:,} messy CSV rows",
            figure=f"{ours:.2f} s, {peer / ours:.1f}x faster than the script ({peer:.1f} s), "
            f"{ours / floor:.1f}x the floor ({floor:.2f} s)",
            bar="25x faster than the script, 2.5x the floor",
            is_met=peer >= 25 * ours and ours <= 2.5 * floor,
            details={"runs": curve},
        ),
        Result(
            name="prepare_memory",
            what=f"the same, peak memory of {scale.rows:,} rows",
            figure=f"{peak:.0f} MB (script {run['straightforward']['peak_mb']:.0f} MB)",
            bar="900 MB at 1 M",
            is_met=peak <= 900 * max(1, scale.rows / _MILLION),
            details={"runs": curve},
        ),
        Result(
            name="prepare_pause",
            what=f"the same, longest pause of the event loop while {scale.rows:,} rows are prepared",
            figure=f"{pause:.0f} ms",
            bar="50 ms",
            is_met=pause <= 50,  # noqa: PLR2004 - the bar
            details={"pause_ms": pause},
        ),
        *_at_ten_million(runs, scale),
    ]


def _at_ten_million(runs: dict[int, dict[str, dict[str, float]]], scale: Scale) -> list[Result]:
    """Compare the largest list with the usual one; nothing is said of what was not measured."""
    largest = max(runs)
    if largest < 10 * _MILLION:
        return []
    found, usual = runs[largest]["ours"], runs[scale.rows]["ours"]
    growth = found["seconds"] / largest / (usual["seconds"] / scale.rows)
    peak = found["peak_mb"] / 1000
    return [
        Result(
            name="prepare_ten_million",
            what=f"the same with {largest:,} rows",
            figure=f"{peak:.1f} GB, {growth:.2f}x the time a row",
            bar="5 GB and 1.3x the time a row",
            is_met=peak <= 5 and growth <= 1.3,  # noqa: PLR2004 - the bars
            details={"growth": growth, "peak_gb": peak},
        )
    ]


def _prepared(rows: int, scale: Scale, folder: Path) -> dict[str, dict[str, float]]:
    source, target = made(folder, "csv", rows), folder / "out.json"
    works = {
        "ours": partial(child, "ours", "prepare", source),
        "floor": partial(child, "floor", source, target),
    }
    rounds = scale.rounds if rows <= scale.rows else 1
    found = medians(works, rounds)
    if rows <= scale.rows:
        found |= medians({"straightforward": partial(child, "straightforward", source, target)}, 1)
    return found


def e164(scale: Scale, _: Path) -> list[Result]:
    """Time the column on three mixes, and compare its word with the scalar path's on every spelling of the widest."""
    mixes = {"usable": USABLE, "mixed": EVERYTHING, "rejected": REJECTED}
    raw = {name: pl.Series("mobile", list(raw_numbers(scale.numbers, shares=mixes[name]))) for name in mixes}
    is_usable = phones.normalise_column(raw["usable"])["e164"].is_not_null()
    raw["usable"] = raw["usable"].filter(is_usable)  # a few of the Danish series are unassigned
    works = {name: partial(phones.normalise_column, each) for name, each in raw.items()}
    seconds = alternating(works, max(3, scale.rounds))
    micros = {name: each / raw[name].len() * _MILLION for name, each in seconds.items()}
    different = _disagreements(raw["mixed"])
    return [
        Result(
            name="e164",
            what=f"column E.164, {raw['usable'].len():,} mixed spellings of usable numbers",
            figure=f"{micros['usable']:.2f} us a number, {micros['mixed']:.2f} with 3 % rejects among them, "
            f"{micros['rejected']:.2f} for rejects alone; {different} disagreements with the scalar path",
            bar="0.3 us a number, no disagreement",
            is_met=micros["usable"] <= 0.3 and not different,  # noqa: PLR2004 - the bar
            details={"us_per_number": micros, "disagreements": different},
        )
    ]


def _disagreements(raw: pl.Series) -> int:
    column = phones.normalise_column(raw)
    with ProcessPoolExecutor() as pool:
        parts = pool.map(_scalar, (part.to_series().to_list() for part in raw.to_frame().iter_slices(_PART)))
        said = [each for part in parts for each in part]
    ours = zip(column["e164"].to_list(), column["code"].to_list(), strict=True)
    return sum(pair != each for pair, each in zip(ours, said, strict=True))


def _scalar(raw: list[str]) -> list[tuple[str | None, str | None]]:
    numbers = (phones.normalise(each) for each in raw)
    return [(number.e164, number.code) for number in numbers]


def snapshot(scale: Scale, folder: Path) -> list[Result]:
    """Compare the reading of a listing with a typed msgspec decode of the same bytes."""
    path = made(folder, "json", scale.rows)
    works = {name: partial(child, "typed_decode", path, name) for name in ("default", "no_gc")}
    run = medians({"ours": partial(child, "ours", "snapshot", path), **works}, scale.rounds)
    ours, peer, best = (run[name]["seconds"] for name in ("ours", "default", "no_gc"))
    body, frame, grown = (run["ours"][name] for name in ("body_mb", "frame_mb", "grown_mb"))
    allowed = 2 * body + 1.5 * frame
    figure = (
        f"{ours:.2f} s, {ours / peer:.2f}x typed msgspec ({peer:.2f} s; {best:.2f} s with the garbage collector off), "
        f"peak {grown:.0f} MB of {allowed:.0f} allowed, longest pause {run['ours']['pause'] * 1000:.0f} ms"
    )
    return [
        Result(
            name="snapshot",
            what=f"snapshot of {scale.rows:,} contacts, fingerprint included",
            figure=figure,
            bar="1.0x typed msgspec, peak 2x body + 1.5x frame",
            is_met=ours <= peer and grown <= allowed,
            details=run,
        )
    ]


def plan(scale: Scale, folder: Path) -> list[Result]:
    """Time the difference of a list with an account that it changes in 1 % of the contacts."""
    baseline = _baseline(made(folder, "json", scale.rows))
    prepared = _changed_list(baseline)
    gc.collect()
    guards = Guards()
    seconds = alternating(
        {"ours": partial(compare, prepared, baseline, mode=bulk.Mode.REPLACE, guards=guards)}, max(3, scale.rounds)
    )["ours"]
    counts = compare(prepared, baseline, mode=bulk.Mode.REPLACE, guards=guards).counts
    micros = seconds / scale.rows * _MILLION
    return [
        Result(
            name="plan",
            what=f"plan, {scale.rows:,} against {scale.rows:,}, {counts.change:,} changed, digest and guards included",
            figure=f"{micros:.2f} us a row",
            bar="1 us a row",
            is_met=micros <= 1,
            details={"us_per_row": micros, "changed": counts.change},
        )
    ]


def _baseline(path: Path) -> Snapshot:
    return from_listed(read_listing(path.read_bytes()), origin="", account_id=ACCOUNT)


def _changed_list(baseline: Snapshot) -> bulk.Prepared:
    """Return the account as a list, with another city in every hundredth row."""
    columns = ("mobile", "name", "first_name", "last_name", "address", "postal_code", "city", "email", "contact_groups")
    row = pl.int_range(pl.len(), dtype=pl.UInt32)
    contacts: Any = baseline.contacts.select(columns).with_columns(
        city=pl.when(row % 100 == 0).then(pl.lit("NARVIK")).otherwise("city"), rows=pl.concat_list(row + 1)
    )
    empty = asyncio.run(bulk.prepare([{"mobile": "+4799999999"}]))
    return bulk.Prepared(
        contacts=contacts, rejects=empty.rejects, merges=empty.merges, source=empty.source, settings=empty.settings
    )
