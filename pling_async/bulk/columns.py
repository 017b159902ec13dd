"""The rules for one chunk of rows, column by column: what a row says, and what is wrong with it."""

from collections.abc import Iterator
from typing import Final

import polars as pl
from attrs import frozen

from pling_async import phones
from pling_async.bulk.group_names import CONTROL, split_groups
from pling_async.bulk.rejects import MESSAGES, Problems, with_mobiles
from pling_async.bulk.settings import PrepareSettings
from pling_async.pling.models import GROUP_NAME, Contact, TextRule, text_rules

RULES: Final = text_rules(Contact)
FLAGS: Final = ("is_stopped", "is_active")
GROUPS: Final = "contact_groups"

_YES: Final = ("1", "1.0", "ja", "j", "yes", "y", "true", "sann", "x", "on")
_NO: Final = ("0", "0.0", "nei", "n", "no", "false", "usann", "off")
_SPOKEN: Final[dict[str, bool]] = dict.fromkeys(_YES, True) | dict.fromkeys(_NO, False)
_UNTIDY: Final = rf"{CONTROL}|^\s|\s$"


@frozen(kw_only=True)
class Checked:
    """One chunk after its rules: whole rows that may go on, and the problems of the others."""

    rows: pl.DataFrame
    """row, mobile (E.164; null in a rejected row, which goes no further) and the fields."""
    rejects: pl.DataFrame
    perhaps_stopped: pl.Series
    """Numbers of rejected rows that say STOP, or whose stop cell cannot be read."""
    unassigned: int
    """Numbers that only numbers="lenient" accepted."""


def check(frame: pl.DataFrame, settings: PrepareSettings, first_row: int) -> Checked:
    """Read a chunk of text, of which the first row has the given number; every row ends in rows or in rejects."""
    numbers = phones.normalise_column(frame["mobile"].rechunk(), settings.region, settings.numbers)
    untidy = _untidy(frame)
    cells = [_tidy(name, settings, is_untidy=name in untidy) for name in frame.columns if name != "mobile"]
    rows = frame.select(numbers["e164"].alias("mobile"), *cells).with_row_index("row", offset=first_row)
    groups = split_groups(rows[GROUPS], settings.group_separators) if GROUPS in rows.columns else None
    typed = rows.with_columns(*_flags(rows), *([] if groups is None else [groups["names"].alias(GROUPS)]))
    found = [
        *_number_problems(numbers, rows),
        *_control_problems(rows, untidy),
        *_rule_problems(rows),
        *_flag_problems(rows, typed),
        *([] if groups is None else _group_problems(rows, groups["code"])),
        *_name_problems(typed),
    ]
    rejects = with_mobiles(found, typed.select("row", "mobile"))
    is_bad = pl.col("row").is_in(rejects["row"].unique().implode())
    return Checked(
        rows=typed.with_columns(mobile=pl.when(~is_bad).then("mobile")) if rejects.height else typed,
        rejects=rejects,
        perhaps_stopped=_perhaps_stopped(typed.filter(is_bad), rejects),
        unassigned=numbers.filter(pl.col("e164").is_not_null() & pl.col("code").is_not_null()).height,
    )


def computed_name_is_long() -> pl.Expr:
    """Tell whether the name that is computed from first and last name would break its rule."""
    length = pl.col("first_name").str.len_chars() + 1 + pl.col("last_name").str.len_chars()
    return (length > RULES["name"].max_length).fill_null(value=False)


def _untidy(frame: pl.DataFrame) -> frozenset[str]:
    """Return the columns with a cell that has blanks around it, or control characters."""
    texts = frame.select(pl.exclude("mobile", GROUPS))
    found = texts.select(pl.all().str.contains(_UNTIDY).any())
    return frozenset(name for name in texts.columns if found[name].item())


def _tidy(name: str, settings: PrepareSettings, *, is_untidy: bool) -> pl.Expr:
    cell = pl.col(name).str.strip_chars() if is_untidy else pl.col(name)
    if name == "speed_dial" and settings.upper_case_speed_dials:
        cell = cell.str.to_uppercase()
    return pl.when(cell != "").then(cell).alias(name)


def _flags(rows: pl.DataFrame) -> Iterator[pl.Expr]:
    for name in FLAGS:
        if name in rows.columns:
            spoken = pl.col(name).str.to_lowercase()
            yield spoken.replace_strict(_SPOKEN, default=None, return_dtype=pl.Boolean).alias(name)


def _number_problems(numbers: pl.DataFrame, rows: pl.DataFrame) -> Iterator[Problems]:
    others = [name for name in rows.columns if name not in ("row", "mobile")]
    is_blank = pl.all_horizontal(pl.col(others).is_null()) if others else pl.lit(value=True)
    bad = rows.with_columns(numbers["code"]).filter(pl.col("mobile").is_null())
    code = pl.when((pl.col("code") == "blank") & is_blank).then(pl.lit("blank_row")).otherwise("code")
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
        if name not in rows.columns or not _may_break(rows[name], rule):
            continue
        bad = rows.filter(_breaks(name, rule))
        lines = [
            (row, problem)
            for row, cell in zip(bad["row"], bad[name], strict=True)
            for problem in rule.problems(name, cell)
        ]
        yield Problems(
            field=name,
            rows=pl.Series([row for row, _ in lines], dtype=pl.UInt32),
            codes=pl.Series([problem.code for _, problem in lines], dtype=pl.String),
            messages=pl.Series([problem.message for _, problem in lines], dtype=pl.String),
        )


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
    if {"first_name", "last_name"} <= set(typed.columns):
        unnamed = pl.col("name").is_null() if "name" in typed.columns else pl.lit(value=True)
        yield Problems(field="name", rows=typed.filter(unnamed & computed_name_is_long())["row"], codes="name_too_long")


def _perhaps_stopped(bad: pl.DataFrame, rejects: pl.DataFrame) -> pl.Series:
    if "is_stopped" not in bad.columns:
        return pl.Series("mobile", [], dtype=pl.String)
    unreadable = rejects.filter(field="is_stopped")["row"]
    risky = pl.col("is_stopped") | pl.col("row").is_in(unreadable.implode())
    return bad.filter(risky & pl.col("mobile").is_not_null())["mobile"]
