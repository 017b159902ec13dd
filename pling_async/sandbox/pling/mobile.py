"""Conversion of mobile numbers to E.164 (section 2.2): phonenumbers' verdict, at less cost for input in E.164."""

import re
from functools import cache, lru_cache
from typing import Final

import phonenumbers
from attrs import frozen
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata, PhoneNumberDesc, PhoneNumberType

E164: Final = re.compile(r"\+[1-9][0-9]{6,14}")
_ACCEPTED: Final = frozenset({PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})
_NEVER: Final = "(?!)"
_CALLING_CODES: Final = {str(code): code for code in COUNTRY_CODE_TO_REGION_CODE}
_LENGTHS: Final = (2, 3, 1)  # of calling codes, the commonest first; none begins with another
_BEFORE_MOBILE: Final = (
    "premium_rate",
    "toll_free",
    "shared_cost",
    "voip",
    "personal_number",
    "pager",
    "uan",
    "voicemail",
)
"""Types that phonenumbers looks for before mobile, so that a number which fits both is not a mobile."""


@frozen
class _Region:
    claims: re.Pattern[str]
    """Fits the national numbers that phonenumbers takes for the region's."""
    mobile: re.Pattern[str]
    """Fits those of them that are mobiles, or may be."""


@frozen
class _CallingCode:
    rewritten: re.Pattern[str]
    """Fits national numbers that parsing may change, such as those with a trunk prefix."""
    regions: tuple[_Region, ...]

    def accepts(self, national: str) -> bool | None:
        """Return whether a national number is a mobile's, None when only parsing can tell."""
        if self.rewritten.match(national):
            return None
        for region in self.regions:
            if region.mobile.fullmatch(national):
                return True
            if region.claims.match(national):
                return False
        return False


def to_e164(raw: str, region: str | None = "NO") -> str | None:
    """Return the number as E.164, or None unless it is a valid mobile number; `region` is for those without +."""
    if E164.fullmatch(raw):
        verdict = _decide(raw)
        if verdict is not None:
            return raw if verdict else None
    return _parsed(raw, region)


def _decide(number: str) -> bool | None:
    for length in _LENGTHS:
        code = _CALLING_CODES.get(number[1 : 1 + length])
        if code is not None:
            return _calling_code(code).accepts(number[1 + length :])
    return False


@lru_cache(maxsize=1 << 16)
def _parsed(raw: str, region: str | None) -> str | None:
    try:
        number = phonenumbers.parse(raw, region)
    except phonenumbers.NumberParseException:
        return None
    if number.extension or phonenumbers.number_type(number) not in _ACCEPTED:
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


@cache
def _calling_code(code: int) -> _CallingCode:
    regions = COUNTRY_CODE_TO_REGION_CODE[code]
    found = (PhoneMetadata.metadata_for_region_or_calling_code(code, region) for region in regions)
    known = [metadata for metadata in found if metadata is not None]
    trunk = known[0].national_prefix_for_parsing
    return _CallingCode(
        rewritten=re.compile(f"0|{trunk}" if trunk else "0"),
        regions=tuple(_region(metadata, is_alone=len(known) == 1) for metadata in known),
    )


def _region(metadata: PhoneMetadata, *, is_alone: bool) -> _Region:
    general, fixed = _fits(metadata.general_desc), _fits(metadata.fixed_line)
    mobile = fixed if metadata.same_mobile_and_fixed_line_pattern else _fits(metadata.mobile)
    others = "|".join(_fits(getattr(metadata, name)) for name in _BEFORE_MOBILE)
    leading = f"(?:{metadata.leading_digits or ''})"
    by_type = f"(?={general})(?:{others}|{fixed}|{mobile})"
    return _Region(
        claims=re.compile(leading if is_alone or metadata.leading_digits else by_type),
        mobile=re.compile(f"(?={leading})(?={general})(?!{others})(?:{mobile})"),
    )


def _fits(desc: PhoneNumberDesc | None) -> str:
    """Return the expression for whole national numbers that fit a description."""
    if desc is None or not desc.national_number_pattern:
        return _NEVER
    lengths = "|".join(f"[0-9]{{{length}}}" for length in desc.possible_length)
    return f"(?:(?=(?:{lengths or '[0-9]*'})$)(?:{desc.national_number_pattern})$)"
