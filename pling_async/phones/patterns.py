"""The numbering plans of phonenumbers as regular expressions that polars can run over a column.

Every expression but those of `Home` is about an international number: plus, country code, national number.
Regions that share a country code are asked in phonenumbers' own order, so they come as ranks: rank 0 has the first
region of every code, rank 1 the second, and so on.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Any, Final

import phonenumbers
from attrs import frozen
from phonenumbers.phonemetadata import PhoneMetadata

_HIGHER: Final = (
    "premium_rate",
    "toll_free",
    "shared_cost",
    "voip",
    "personal_number",
    "pager",
    "uan",
    "voicemail",
)
"""The types that phonenumbers tests before fixed line and mobile."""

NEVER: Final = "[^\\s\\S]"
"""A pattern without a match, for countries that lack something."""


Plan = Any
"""A PhoneMetadata, whose every attribute is declared optional; what is used here, a loaded one has."""


@frozen(kw_only=True)
class Rank:
    """What decides about the regions of one rank; a tuple's patterns must all match."""

    mobile: tuple[str, ...]
    """MOBILE or FIXED_LINE_OR_MOBILE, unless in doubt."""
    landline: tuple[str, ...]
    """FIXED_LINE, unless mobile or in doubt."""
    doubt: str
    """A type with higher priority, or a trunk prefix that phonenumbers might strip: the scalar path decides."""
    typed: str
    """Any type at all; without one the number is unassigned."""
    claim: str
    """The region may claim the number, or is its country code's last, so that no later rank is asked."""
    trunk: str
    """The part of `doubt` that is about the trunk prefix."""


@frozen(kw_only=True)
class Lengths:
    """What phonenumbers says about the number of digits, by the main region of each country code."""

    possible: str
    too_short: str
    too_long: str
    wrong_length: str


@frozen(kw_only=True)
class Home:
    """How numbers without a country code are written in the default region."""

    country_code: str
    international_prefix: str
    """For instance 00; a pattern."""
    prefix_digits: int
    """Digits of the international prefix; 0 when it is not that simple."""
    trunk: str
    """The trunk prefix's digits, for instance 0; empty when there is none, or it is not that simple."""
    trunk_pattern: str | None
    """What phonenumbers may strip; None when there is nothing."""
    general: str
    longest: int
    is_main: bool
    """The region is the first of its country code."""


def country_codes(heads: Iterable[str]) -> frozenset[int]:
    """Return the country codes with which some numbers begin; no code is the beginning of another."""
    found = {int(head[:size]) for head in heads for size in (1, 2, 3) if head[:size].isdigit()}
    return frozenset(found & phonenumbers.COUNTRY_CODE_TO_REGION_CODE.keys())


@lru_cache(maxsize=32)
def ranks(codes: frozenset[int]) -> tuple[Rank, ...]:
    """Build the ranks of all regions of some country codes, from the metadata that is installed."""
    depth = max((len(phonenumbers.COUNTRY_CODE_TO_REGION_CODE[code]) for code in codes), default=1)
    return tuple(_rank(codes, rank) for rank in range(depth))


@lru_cache(maxsize=32)
def lengths(codes: frozenset[int]) -> Lengths:
    """Build the patterns about lengths."""
    plans = list(_plans(codes, 0))
    return Lengths(
        possible=_either(plans, lambda plan: _digits(plan.general_desc.possible_length)),
        too_short=_either(plans, lambda plan: f"[0-9]{{0,{plan.general_desc.possible_length[0] - 1}}}"),
        too_long=_either(plans, lambda plan: f"[0-9]{{{plan.general_desc.possible_length[-1] + 1},}}"),
        wrong_length=_either(plans, lambda plan: _digits(_gaps(plan.general_desc))),
    )


@lru_cache(maxsize=8)
def home(region: str) -> Home:
    """Build what decides about national spellings in one region."""
    plan: Plan = PhoneMetadata.metadata_for_region(region)
    prefix, trunk = plan.international_prefix, plan.national_prefix_for_parsing or ""
    code = str(plan.country_code)
    return Home(
        country_code=code,
        international_prefix=f"^(?:{_ascii(prefix)})",
        prefix_digits=len(prefix) if prefix.isdigit() else 0,
        trunk=trunk if trunk.isdigit() and not trunk.startswith(code) else "",
        trunk_pattern=f"^(?:{_ascii(trunk)})" if trunk else None,
        general=f"^(?:{_pattern(plan.general_desc)})$",
        longest=plan.general_desc.possible_length[-1],
        is_main=phonenumbers.region_code_for_country_code(plan.country_code) == region,
    )


def _rank(codes: frozenset[int], rank: int) -> Rank:
    plans = list(_plans(codes, rank))
    trunks = {plan.country_code: plan.national_prefix_for_parsing for plan in _plans(codes, 0)}
    higher = _either(plans, lambda plan: _types(plan, _HIGHER))
    trunk = _either(plans, lambda plan: _ascii(trunks[plan.country_code]), end="")
    general = _either(plans, lambda plan: _pattern(plan.general_desc))
    region = _either(plans, lambda plan: _ascii(plan.leading_digits or ""), end="")
    return Rank(
        mobile=(*_one_type(plans, _mobile), general, region),
        landline=(*_one_type(plans, lambda plan: plan.fixed_line), general, region),
        doubt=f"{higher}|{trunk}",
        typed=_either(plans, _any_type),
        claim=_either(plans, lambda plan: _claim(plan, rank), end=""),
        trunk=trunk,
    )


def _plans(codes: frozenset[int], rank: int) -> Iterator[Plan]:
    for code in sorted(codes):
        regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE[code]
        if len(regions) > rank:
            yield PhoneMetadata.metadata_for_region_or_calling_code(code, regions[rank])


def _either(plans: Iterable[Plan], pattern: Callable[[Plan], str], end: str = "$") -> str:
    return f"^\\+(?:{NEVER}|{'|'.join(f'{plan.country_code}(?:{pattern(plan)})' for plan in plans)}){end}"


def _one_type(plans: list[Plan], desc: Callable[[Plan], Any]) -> tuple[str, str]:
    of_type = _either(plans, lambda plan: _pattern(desc(plan)))
    return of_type, _either(plans, lambda plan: _digits(_possible(desc(plan), plan.general_desc)))


def _mobile(plan: Plan) -> Any:
    return plan.fixed_line if plan.same_mobile_and_fixed_line_pattern else plan.mobile


def _possible(desc: Any, general: Any) -> Iterator[int]:
    counts = desc.possible_length if desc is not None else ()
    return (count for count in general.possible_length if not counts or count in counts)


def _any_type(plan: Plan) -> str:
    return _types(plan, (*_HIGHER, "fixed_line", "mobile"))


def _claim(plan: Plan, rank: int) -> str:
    is_last = len(phonenumbers.COUNTRY_CODE_TO_REGION_CODE[plan.country_code]) == rank + 1
    return "" if is_last else _ascii(plan.leading_digits or f"(?:{_any_type(plan)})$")


def _types(plan: Plan, names: Iterable[str]) -> str:
    return "|".join(_pattern(getattr(plan, name)) for name in names) or NEVER


def _pattern(desc: Any) -> str:
    found = desc.national_number_pattern if desc is not None else None
    return _ascii(found or None)


def _ascii(pattern: str | None) -> str:
    r"""Say [0-9] for \d, which in polars means the digits of every script and makes an expression huge."""
    return NEVER if pattern is None else pattern.replace("\\d", "[0-9]")


def _digits(counts: Iterable[int]) -> str:
    return "|".join(f"[0-9]{{{count}}}" for count in counts) or NEVER


def _gaps(desc: Any) -> Iterator[int]:
    between = range(desc.possible_length[0] + 1, desc.possible_length[-1])
    return (count for count in between if count not in (*desc.possible_length, *desc.possible_length_local_only))
