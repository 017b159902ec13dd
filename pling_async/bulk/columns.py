"""The rules for one chunk of rows, column by column: what a row says, and what is wrong with it."""

from collections.abc import Iterator
from typing import Final

import polars as pl
from attrs import frozen

from pling_async import phones
from pling_async.bulk.candidates import read_numbers
from pling_async.bulk.group_names import CONTROL, split_groups
from pling_async.bulk.rejects import MESSAGES, Problems, with_mobiles
from pling_async.bulk.settings import PrepareSettings
from pling_async.pling.models import GROUP_NAME, Contact, TextRule, text_rules
from pling_async.sources import Part
from pling_async.sources.flags import NO, SAYS_STOP, YES

RULES: Final = text_rules(Contact)
FLAGS: Final = ("is_stopped", "is_active")
GROUPS: Final = "contact_groups"

_SPOKEN: Final[dict[str, bool]] = dict.fromkeys(YES, True) | dict.fromkeys(NO, False)
_UNTIDY: Final = rf"{CONTROL}|^\s|\s$"
_SAID: Final = ("row", "mobile", "is_stopped")
_DIGITS: Final = 15
_PADDING: Final = pl.Series([10**places for places in range(_DIGITS + 1)], dtype=pl.Int64)


@frozen(kw_only=True)
class Checked:
    """One chunk after its rules: whole rows that may go on, and the problems of the others."""

    rows: pl.DataFrame
    """mobile (E.164; null in a rejected row, which goes no further) and the fields, for every row of the chunk.

    A row that says STOP is followed by one for each of its further numbers, with nothing but that.
    """
    numbers: pl.Series
    """The number of each row in the source, ascending."""
    keys: pl.Series
    """Integers that sort as the mobiles do as text; null in a rejected row."""
    rejects: pl.DataFrame
    perhaps_stopped: pl.Series
    """Numbers of rejected rows that say STOP, or whose stop cell cannot be read."""
    stops: pl.DataFrame
    """The rows that say STOP of a usable number and nothing else: row, mobile, is_stopped, and everybody's groups.

    So do the further numbers of a row that says STOP, whatever else it says of its own.
    """
    unassigned: int
    """Numbers that only numbers="lenient" accepted."""
    spare: int = 0
    """Rows with a further usable number that is left out: they do not say STOP."""


def check(part: Part, settings: PrepareSettings, first_row: int) -> Checked:
    """Read a chunk of text, of which the first row has the given number; every row ends in rows or in rejects."""
    frame = part.frame
    several = read_numbers(frame["mobile"], settings)
    numbers = several.read
    untidy = _untidy(part)
    cells = [_tidy(name, settings, is_untidy=name in untidy) for name in frame.columns if name != "mobile"]
    rows = frame.select(numbers["e164"].alias("mobile"), *cells).with_row_index("row", offset=first_row)
    groups = split_groups(rows[GROUPS], settings.group_separators) if GROUPS in rows.columns else None
    typed = rows.with_columns(*_flags(rows), *([] if groups is None else [groups["names"].alias(GROUPS)]))
    typed = _said_otherwise(rows, typed)
    if settings.groups:
        typed = typed.with_columns(_with_groups(settings.groups, has_own=groups is not None).alias(GROUPS))
    found = [
        *_number_problems(numbers, rows),
        *([] if part.is_plain else _control_problems(rows, untidy)),
        *_rule_problems(rows),
        *_flag_problems(rows, typed),
        *([] if groups is None else _group_problems(rows, groups["code"])),
        *_name_problems(typed),
    ]
    rejects = with_mobiles(found, typed["mobile"], first_row)
    is_bad = pl.col("row").is_in(rejects["row"].unique().implode())
    sent = typed.with_columns(mobile=pl.when(~is_bad).then("mobile")) if rejects.height else typed
    further = several.further.with_columns(pl.col("row") + first_row)
    further_stops = _further_stops(further, typed.filter(~is_bad))
    if further_stops.height:
        sent = pl.concat([sent, further_stops], how="diagonal").sort("row", maintain_order=True)
    return Checked(
        rows=sent.drop("row"),
        numbers=sent["row"],
        keys=sent.select(_key()).to_series(),
        rejects=rejects,
        perhaps_stopped=_perhaps_stopped(typed.filter(is_bad), further, rejects),
        stops=pl.concat([_stops(rows, typed, ~is_bad), further_stops], how="diagonal"),
        spare=further.join(further_stops, on="row", how="anti")["row"].n_unique(),
        unassigned=numbers.filter(pl.col("e164").is_not_null() & pl.col("code").is_not_null()).height,
    )


def computed_name_is_long(frame: pl.DataFrame) -> pl.Expr | None:
    """Return what tells whether the name computed from first and last name would break its rule; None when none does.

    Bytes are counted faster than characters, and never fewer.
    """
    if not {"first_name", "last_name"} <= set(frame.columns):
        return None
    both = pl.col("first_name", "last_name").str
    if sum(each or 0 for each in frame.select(both.len_bytes().max()).row(0)) < RULES["name"].max_length:
        return None
    unnamed = pl.col("name").is_null() if "name" in frame.columns else pl.lit(value=True)
    length = pl.col("first_name").str.len_chars() + 1 + pl.col("last_name").str.len_chars()
    return unnamed & (length > RULES["name"].max_length).fill_null(value=False)


def _key() -> pl.Expr:
    """Return an integer that sorts as the text does, only faster: the digits padded to fifteen, then their count."""
    digits = pl.col("mobile").str.len_bytes() - 1
    return pl.col("mobile").cast(pl.Int64) * pl.lit(_PADDING).gather(_DIGITS - digits) * 16 + digits


def _untidy(part: Part) -> frozenset[str]:
    """Return the columns with a cell that has blanks around it, or control characters."""
    texts = part.frame.select(pl.exclude("mobile", GROUPS))
    cell = pl.all().str
    untidy = cell.starts_with(" ") | cell.ends_with(" ") if part.is_plain else cell.contains(_UNTIDY)
    found = texts.select(untidy.any())
    return frozenset(name for name in texts.columns if found[name].item())


def _tidy(name: str, settings: PrepareSettings, *, is_untidy: bool) -> pl.Expr:
    cell = pl.col(name).str.strip_chars() if is_untidy else pl.col(name)
    if name == "speed_dial" and settings.upper_case_speed_dials:
        cell = cell.str.to_uppercase()
    return pl.when(cell != "").then(cell).alias(name)


def _with_groups(names: tuple[str, ...], *, has_own: bool) -> pl.Expr:
    """Return the groups of each row and those that everybody joins."""
    everybody = pl.lit([*names], dtype=pl.List(pl.String))
    if not has_own:
        return everybody
    own = pl.col(GROUPS).fill_null(pl.lit([], dtype=pl.List(pl.String)))
    return pl.concat_list(own, everybody).list.unique(maintain_order=True)


def _flags(rows: pl.DataFrame) -> Iterator[pl.Expr]:
    for name in FLAGS:
        if name in rows.columns:
            spoken = pl.col(name).str.to_lowercase()
            yield spoken.replace_strict(_SPOKEN, default=None, return_dtype=pl.Boolean).alias(name)


def _said_otherwise(rows: pl.DataFrame, typed: pl.DataFrame) -> pl.DataFrame:
    """Read the stops that say no yes; nothing is looked at where every cell was understood."""
    if "is_stopped" not in rows.columns or rows["is_stopped"].null_count() == typed["is_stopped"].null_count():
        return typed
    says_stop = rows["is_stopped"].str.to_lowercase().str.contains(SAYS_STOP)
    stop = pl.when(pl.col("is_stopped").is_null() & says_stop).then(pl.lit(value=True)).otherwise("is_stopped")
    return typed.with_columns(is_stopped=stop)


def _number_problems(numbers: pl.DataFrame, rows: pl.DataFrame) -> Iterator[Problems]:
    others = [name for name in rows.columns if name not in ("row", "mobile")]
    bad = rows.with_columns(numbers["code"]).filter(pl.col("mobile").is_null())
    code = pl.when((pl.col("code") == "blank") & _is_blank(others)).then(pl.lit("blank_row")).otherwise("code")
    bad = bad.with_columns(code=code)
    messages = bad["code"].replace_strict({**MESSAGES, **phones.MESSAGES}, return_dtype=pl.String)
    yield Problems(field="mobile", rows=bad["row"], codes=bad["code"], messages=messages)


def _control_problems(rows: pl.DataFrame, untidy: frozenset[str]) -> Iterator[Problems]:
    for name in rows.columns:
        if name in untidy and name not in FLAGS:
            bad = rows.filter(pl.col(name).str.contains(CONTROL))["row"]
            yield Problems(field=name, rows=bad, codes="control_characters")


def _rule_problems(rows: pl.DataFrame) -> Iterator[Problems]:
    """Find the cells that break a text rule in columns, and let the rule itself say what is wrong with them."""
    for name, rule in RULES.items():
        if name in rows.columns and _may_break(rows[name], rule):
            told = _told(rows.filter(_breaks(name, rule)).select("row", cell=name), name, rule)
            yield Problems(field=name, rows=told["row"], codes=told["code"], messages=told["message"])


def _told(bad: pl.DataFrame, name: str, rule: TextRule) -> pl.DataFrame:
    """Return row, code and message; the rule is asked once for all cells of one length that fit its pattern alike."""
    fits = pl.col("cell").str.contains(f"^(?:{rule.pattern})$") if rule.pattern is not None else pl.lit(value=True)
    bad = bad.with_columns(length=pl.col("cell").str.len_chars(), fits=fits)
    examples = bad.unique(["length", "fits"]).select("length", "fits", "cell")
    said = [
        (length, fits, problem.code, problem.message)
        for length, fits, cell in examples.iter_rows()
        for problem in rule.problems(name, cell)
    ]
    schema = {"length": pl.UInt32, "fits": pl.Boolean, "code": pl.String, "message": pl.String}
    answers = pl.DataFrame(said, schema=schema, orient="row")
    return bad.join(answers, on=["length", "fits"], maintain_order="left_right")


def _may_break(cells: pl.Series, rule: TextRule) -> bool:
    """Return False when no cell can break the rule; bytes are counted faster than characters, and never fewer."""
    return rule.pattern is not None or bool((cells.str.len_bytes() > rule.max_length).any())


def _breaks(name: str, rule: TextRule) -> pl.Expr:
    too_long = pl.col(name).str.len_chars() > rule.max_length
    if rule.pattern is None:
        return too_long
    return too_long | ~pl.col(name).str.contains(f"^(?:{rule.pattern})$")


def _flag_problems(rows: pl.DataFrame, typed: pl.DataFrame) -> Iterator[Problems]:
    for name in FLAGS:
        if name in rows.columns:
            bad = rows["row"].filter(rows[name].is_not_null() & typed[name].is_null())
            yield Problems(field=name, rows=bad, codes="unreadable_flag")


def _group_problems(rows: pl.DataFrame, codes: pl.Series) -> Iterator[Problems]:
    said = f"a group name has more than {GROUP_NAME.max_length} characters; shorten it"
    for code, message in (("too_long", said), ("control_characters", None)):
        yield Problems(
            field=GROUPS, rows=rows["row"].filter((codes == code).fill_null(value=False)), codes=code, messages=message
        )


def _name_problems(typed: pl.DataFrame) -> Iterator[Problems]:
    is_long = computed_name_is_long(typed)
    if is_long is not None:
        yield Problems(field="name", rows=typed.filter(is_long)["row"], codes="name_too_long")


def _further_stops(further: pl.DataFrame, good: pl.DataFrame) -> pl.DataFrame:
    """Return row, mobile and is_stopped of the further numbers of rows that say STOP: persons opt out, not numbers."""
    if further.is_empty() or "is_stopped" not in good.columns:
        return further.clear().with_columns(is_stopped=pl.lit(value=True))
    return further.join(good.filter("is_stopped").select("row", "is_stopped"), on="row", maintain_order="left")


def _perhaps_stopped(bad: pl.DataFrame, further: pl.DataFrame, rejects: pl.DataFrame) -> pl.Series:
    if "is_stopped" not in bad.columns:
        return pl.Series("mobile", [], dtype=pl.String)
    unreadable = rejects.filter(field="is_stopped")["row"]
    risky = bad.filter(pl.col("is_stopped") | pl.col("row").is_in(unreadable.implode()))
    others = further.join(risky, on="row", how="semi")
    return pl.concat([risky["mobile"].drop_nulls(), others["mobile"]])


def _stops(rows: pl.DataFrame, typed: pl.DataFrame, is_good: pl.Expr) -> pl.DataFrame:
    said = typed.select(name for name in (*_SAID, GROUPS) if name in typed.columns)
    if "is_stopped" not in rows.columns:
        return said.clear()
    own = _is_blank([name for name in rows.columns if name not in _SAID])
    return said.filter(rows.select(own & typed["is_stopped"] & is_good).to_series())


def _is_blank(columns: list[str]) -> pl.Expr:
    return pl.all_horizontal(pl.col(columns).is_null()) if columns else pl.lit(value=True)
