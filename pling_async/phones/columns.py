"""A column of numbers as E.164: expressions decide what is certain, the scalar path the rest, once a spelling."""

from functools import reduce
from operator import and_
from typing import Final

import polars as pl

from pling_async.phones.number import INVISIBLE, MACHINE, MAX_INPUT, SPACES, Policy, normalise
from pling_async.phones.patterns import Home, Lengths, Rank, country_codes, home, lengths, ranks

_MARKS: Final = SPACES + INVISIBLE
_DIRECT: Final = r"^\+?[0-9]{5,}$"
_PLAIN: Final = rf"^[{_MARKS}A-Za-zÆØÅæøå'=:.(-]*\+?[{_MARKS}(]*[0-9][{_MARKS}0-9().-]*$"
"""An optional label, then a number in digits: what phonenumbers reads by its digits alone."""
_QUANTITY: Final = r"[0-9]\.0+[^0-9.]*$"
"""What Excel may have damaged; the scalar path looks closer."""
_LENGTHS: Final = ("too_short", "too_long", "wrong_length")
_UNASSIGNED_NO: Final = r"^\+47[49][0-9]{7}$"
_NUMBER: Final = pl.col("number")


def normalise_column(raw: pl.Series, region: str, numbers: Policy) -> pl.DataFrame:
    """See `pling_async.phones.normalise_column`."""
    frame = _spelled(raw.cast(pl.String).fill_null(""), home(region))
    codes = country_codes(frame["number"].str.slice(1, 3).unique().drop_nulls())
    frame = frame.with_columns(is_mobile=_is_mobile(ranks(codes)[0]))
    decided = _scalar(_certain(frame.filter(~pl.col("is_mobile")), codes, numbers), region, numbers)
    return frame.select(
        e164=pl.when("is_mobile").then("number").otherwise(_back(frame, ~pl.col("is_mobile"), decided["e164"])),
        code=_back(frame, ~pl.col("is_mobile"), decided["code"]),
    )


def _back(frame: pl.DataFrame, chosen: pl.Expr, values: pl.Series) -> pl.Series:
    """Put the values of the chosen rows back in their places, null elsewhere."""
    return values.gather(frame.select(pl.when(chosen).then(chosen.cum_sum() - 1)).to_series())


def _spelled(raw: pl.Series, plan: Home) -> pl.DataFrame:
    """Return raw, number (+, country code, national number; null is for the scalar path) and is_sure."""
    direct, plus = pl.col("is_direct"), pl.col("has_plus")
    frame = raw.to_frame("raw").with_columns(
        is_direct=pl.col("raw").str.contains(_DIRECT) & (pl.col("raw").str.len_bytes() <= MAX_INPUT)
    )
    compact = _back(frame, ~direct, frame.filter(~direct).select(_compact()).to_series())
    frame = frame.with_columns(compact=pl.when(direct).then("raw").otherwise(compact))
    frame = frame.with_columns(has_plus=pl.col("compact").str.starts_with("+").fill_null(value=False))
    national = frame.filter(~plus).select(number=_number(plan), is_sure=_is_sure(plan))
    return frame.select(
        "raw",
        number=pl.when(plus).then("compact").otherwise(_back(frame, ~plus, national["number"])),
        is_sure=plus | _back(frame, ~plus, national["is_sure"]) if plan.trunk else pl.lit(value=True),
    )


def _compact() -> pl.Expr:
    text = pl.col("raw")
    is_plain = text.str.contains(_PLAIN) & ~text.str.contains(_QUANTITY) & (text.str.len_chars() <= MAX_INPUT)
    return pl.when(is_plain).then(text.str.replace_all("[^+0-9]", ""))


def _number(plan: Home) -> pl.Expr:
    """Read digits without a plus as phonenumbers does: prefix, own country code, trunk prefix, bare number."""
    compact, code = pl.col("compact"), plan.country_code
    has_code = compact.str.starts_with(code)
    is_coded = has_code & (compact.str.len_bytes() > plan.longest)
    return (
        pl.when(compact.str.contains(plan.international_prefix))
        .then(_after_prefix(plan))
        .when(is_coded)
        .then(pl.when(~_has_trunk(compact.str.slice(len(code)), plan)).then("+" + compact))
        .when(_is_trunk(plan))
        .then(f"+{code}" + compact.str.slice(len(plan.trunk)))
        .when(~_has_trunk(compact, plan) & (~has_code | compact.str.contains(plan.general)))
        .then(f"+{code}" + compact)
    )


def _after_prefix(plan: Home) -> pl.Expr:
    if not plan.prefix_digits:
        return pl.lit(None, pl.String)
    rest = pl.col("compact").str.slice(plan.prefix_digits)
    return pl.when(~rest.str.starts_with("0")).then("+" + rest)


def _has_trunk(number: pl.Expr, plan: Home) -> pl.Expr:
    return number.str.contains(plan.trunk_pattern) if plan.trunk_pattern else pl.lit(value=False)


def _is_trunk(plan: Home) -> pl.Expr:
    return pl.col("compact").str.starts_with(plan.trunk) if plan.trunk else pl.lit(value=False)


def _is_sure(plan: Home) -> pl.Expr:
    """Tell whether the number is certain; a stripped trunk prefix is not, unless a mobile number remains."""
    return pl.col("compact").str.contains(plan.international_prefix) | ~_is_trunk(plan)


def _is_mobile(rank: Rank) -> pl.Expr:
    return (_matches(rank.mobile) & ~_NUMBER.str.contains(rank.doubt)).fill_null(value=False)


def _matches(patterns: tuple[str, ...]) -> pl.Expr:
    return reduce(and_, (_NUMBER.str.contains(pattern) for pattern in patterns))


def _certain(rest: pl.DataFrame, codes: frozenset[int], numbers: Policy) -> pl.DataFrame:
    """Return raw, e164 and code; both are null where nothing is certain."""
    rest = rest.with_columns(pl.when(_NUMBER.str.len_bytes().is_between(8, 16)).then(_NUMBER))
    rest = rest.with_columns(verdict=pl.lit(None, pl.String), is_open=_NUMBER.is_not_null())
    for place, rank in enumerate(ranks(codes)):
        if not rest["is_open"].any():
            break
        rest = _asked(rest, rank, is_first=place == 0)
    rest = rest.with_columns(verdict=pl.when("is_open").then(pl.lit("unassigned")).otherwise("verdict"))
    return _by_policy(rest, lengths(codes), numbers).select("raw", "e164", "code")


def _asked(rest: pl.DataFrame, rank: Rank, *, is_first: bool) -> pl.DataFrame:
    """Let the regions of one rank decide; what none of them claims stays open for the next."""
    sure = pl.col("is_sure")
    verdict = (
        pl.when(_NUMBER.str.contains(rank.trunk) if is_first else pl.lit(value=False))
        .then(None)
        .when(_is_mobile(rank) & sure)
        .then(pl.lit("mobile"))
        .when(_NUMBER.str.contains(rank.doubt))
        .then(None)
        .when(_matches(rank.landline) & ~_NUMBER.str.contains(rank.mobile[0]) & sure)
        .then(pl.lit("landline"))
        .when(_NUMBER.str.contains(rank.claim) & ~_NUMBER.str.contains(rank.typed) & sure)
        .then(pl.lit("unassigned"))
    )
    closes = _NUMBER.str.contains(rank.claim) | _NUMBER.str.contains(rank.trunk) | ~sure
    opened = pl.col("is_open")
    return rest.with_columns(
        verdict=pl.when(opened & closes).then(verdict).otherwise("verdict"), is_open=opened & ~closes
    )


def _by_policy(rest: pl.DataFrame, counts: Lengths, numbers: Policy) -> pl.DataFrame:
    """Turn verdicts into E.164 or codes, in the order in which the scalar path asks."""
    possible = _NUMBER.str.contains(f"{counts.possible}|{MACHINE}")
    unassigned = pl.col("verdict") == "unassigned"
    accepted = pl.col("verdict") == "mobile"
    warned = unassigned & _NUMBER.str.contains(_UNASSIGNED_NO) if numbers == "lenient" else pl.lit(value=False)
    if numbers == "possible":
        accepted |= pl.col("verdict").is_not_null() & possible
    length = pl.coalesce(
        *(pl.when(_NUMBER.str.contains(getattr(counts, code))).then(pl.lit(code)) for code in _LENGTHS),
        pl.when(possible).then(pl.lit("unassigned")),
    )
    return rest.with_columns(
        e164=pl.when(accepted | warned).then(_NUMBER),
        code=pl.when(accepted).then(None).when(unassigned).then(length).otherwise("verdict"),
    )


def _scalar(rest: pl.DataFrame, region: str, numbers: Policy) -> pl.DataFrame:
    open_ = rest.filter(pl.col("e164").is_null() & pl.col("code").is_null())["raw"].unique()
    if not open_.len():
        return rest
    found = [normalise(raw, region, numbers) for raw in open_]
    answers = pl.DataFrame(
        {"raw": open_, "e164_": [each.e164 for each in found], "code_": [each.code for each in found]},
        schema_overrides={"e164_": pl.String, "code_": pl.String},
    )
    joined = rest.join(answers, on="raw", how="left", maintain_order="left")
    return joined.select("raw", pl.coalesce("e164", "e164_"), pl.coalesce("code", "code_"))
