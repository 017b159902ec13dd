"""One number: what people write becomes E.164, or the code that says why not.

`phonenumbers` is the reference. Accepted is what it types MOBILE or FIXED_LINE_OR_MOBILE, without an extension and
without letters in the number; the server remains the authority. It is imported when the first number is read.
"""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, Literal

from attrs import field, frozen

if TYPE_CHECKING:
    import phonenumbers

Policy = Literal["mobile", "lenient", "possible"]
"""Accept mobiles; or also Norwegian 4x and 9x numbers of series that are not assigned yet; or any possible number."""

POLICIES: Final = ("mobile", "lenient", "possible")

MESSAGES: Final[Mapping[str, str]] = {
    "blank": "there is no number; fill in a mobile number or remove the row",
    "control_characters": "control characters in the number; retype it",
    "excel": "Excel made the number a quantity and lost digits; format the column as text and enter it again",
    "two_numbers": "two numbers in one cell; keep one, or give each its own row",
    "extension": "a number with an extension cannot receive messages; use a mobile number",
    "letters": "letters in the number; write it with digits only",
    "not_a_number": "not a phone number; write it as +4799999999",
    "unknown_country": "no such country code; write the number as + and country code, for instance +4799999999",
    "too_short": "too few digits for its country; digits are missing, or the country code is",
    "too_long": "too many digits for its country; is it two numbers, or is a country code missing?",
    "wrong_length": "no number of its country has this many digits; check the number",
    "unassigned": "right length, but not in a series in use; check it, or allow it: --numbers possible",
    "landline": "a landline (FIXED_LINE) cannot receive messages; use a mobile number",
    "premium_rate": "a PREMIUM_RATE number, not a mobile; use a mobile number",
    "toll_free": "a TOLL_FREE number, not a mobile; use a mobile number",
    "shared_cost": "a SHARED_COST number, not a mobile; use a mobile number",
    "voip": "a VOIP number, not a mobile; use a mobile number",
    "personal_number": "a PERSONAL_NUMBER, not a mobile; use a mobile number",
    "pager": "a PAGER, not a mobile; use a mobile number",
    "uan": "a company number (UAN), not a mobile; use a mobile number",
    "voicemail": "a VOICEMAIL number, not a mobile; use a mobile number",
}
"""Every reject code, stable, with the sentence that tells the way out; never with the number."""

INVISIBLE: Final = "\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff"
"""Zero-width, bidi and other marks that people paste along; the inside of a character class."""
SPACES: Final = "\\t\\n\\x0b\\x0c\\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
"""What separates digits and means nothing; the inside of a character class."""

_E164: Final = re.compile(r"\+[1-9][0-9]{6,14}")
MAX_INPUT: Final = 250
_INVISIBLE: Final = re.compile(f"[{INVISIBLE}]+")
_SPACES: Final = re.compile(f"[{SPACES}]+")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_EXCEL: Final = re.compile(r"[^+\d]*\+?\d+(?:[.,]\d*)?[eE]\+?\d+|[^+\d]*\+?\d+[.,]0+")
_BETWEEN: Final = re.compile(r"[/,;|&]|\b(?:or|og|and|eller)\b")
SHORTHAND: Final = r"(?:[0-9][^0-9/]*){7}/ *[0-9]{1,2}$"
"""Two numbers that differ at the end, as in 070-174 06 05/06: in a country with several lengths they make a third."""
_SHORTHAND: Final = re.compile(SHORTHAND)
_SHORTEST: Final = 7
"""Digits that a cell must have on both sides of a separator to be called two numbers."""
_START: Final = re.compile("[+\uff0b\\d]")
UNASSIGNED_NO: Final = r"47[49]\d{7}"
"""Norwegian mobile series, assigned or not."""
MACHINE: Final = r"47(?:58\d{10}|59\d{6})|4537\d{10}"
"""Series for machines that are longer than phonenumbers thinks possible."""


@frozen(kw_only=True)
class Number:
    """What became of one raw number: `e164`, or None and the code that says why not."""

    e164: str | None = field(default=None, repr=lambda number: masked(number) if number else "None")
    code: str | None = None
    """A key of `MESSAGES`; beside an accepted number it is a warning (numbers="lenient")."""

    @property
    def message(self) -> str:
        """The sentence for the code, empty when there is nothing to say."""
        return MESSAGES[self.code] if self.code else ""


def is_e164(number: str) -> bool:
    """Return whether a text is written as E.164; nothing is said about whether the number exists."""
    return _E164.fullmatch(number) is not None


def masked(number: str) -> str:
    """Return a number fit for logs: +4799999999 becomes +47******99."""
    return f"{number[:3]}{'*' * max(0, len(number) - 5)}{number[-2:]}" if len(number) > 5 else "*" * len(number)  # noqa: PLR2004


@frozen(kw_only=True)
class Standing:
    """How phonenumbers ranks a number that it can read."""

    e164: str = field(repr=masked)
    kind: str
    reason: int
    """Its ValidationResult; mobiles are not asked."""


def check_region(region: str) -> None:
    """Raise `ValueError` unless phonenumbers knows the region, as in "NO"; loads phonenumbers."""
    import phonenumbers  # noqa: PLC0415 - loading it takes a while, and only lists need it

    if region not in phonenumbers.SUPPORTED_REGIONS:
        raise ValueError(f"region {region!r} is not a country; use its two capital letters, as in region='NO'")


def check_policy(numbers: str) -> None:
    """Raise `ValueError` unless it is one of `POLICIES`."""
    if numbers not in POLICIES:
        raise ValueError(f"numbers={numbers!r} is not one of {', '.join(map(repr, POLICIES))}")


def normalise(raw: str, region: str = "NO", numbers: Policy = "mobile") -> Number:
    """Return one number as E.164, or the code that says why it is refused.

    Whitespace, invisible marks, a leading apostrophe, `=` or label, and `tel:` are no obstacle. `region` is the country
    of numbers written without a country code.
    """
    check_region(region)
    check_policy(numbers)
    return read(raw, region, numbers)


def read(raw: str, region: str, numbers: Policy) -> Number:
    """Do what `normalise` does, for a region and a policy that are known to be right."""
    text = _SPACES.sub(" ", _INVISIBLE.sub("", raw)).strip()
    if code := _damage(raw, text):
        return Number(code=code)
    found = parsed(text, region)
    number = Number(code=found) if isinstance(found, str) else ruled(standing(found), numbers)
    return Number(code="two_numbers") if number.e164 is None and _has_two(text) else number


def _damage(raw: str, text: str) -> str | None:
    if not text:
        return "blank"
    if len(raw) > MAX_INPUT:
        return "too_long"
    if _CONTROL.search(text):
        return "control_characters"
    if _EXCEL.fullmatch(text):
        return "excel"
    return "two_numbers" if _SHORTHAND.search(text) else None


def _has_two(text: str) -> bool:
    parts = (sum(map(str.isdecimal, part)) for part in _BETWEEN.split(text))
    return sum(digits >= _SHORTEST for digits in parts) > 1


def parsed(text: str, region: str | None) -> "phonenumbers.PhoneNumber | str":
    """Return what phonenumbers reads in a text, or the code that says why it cannot be a number."""
    import phonenumbers  # noqa: PLC0415 - see check_region

    start = _START.search(text)
    if start is None:
        return "not_a_number"
    has_letters = any(map(str.isalpha, text[start.start() :]))
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException as error:
        return "letters" if has_letters else _PARSE_CODES.get(error.error_type, "not_a_number")
    if number.extension:
        return "extension"
    return "letters" if has_letters else number


def standing(number: "phonenumbers.PhoneNumber") -> Standing:
    """Return all that a policy may ask about a number."""
    import phonenumbers  # noqa: PLC0415 - see check_region

    kind = phonenumbers.PhoneNumberType.to_string(phonenumbers.number_type(number))
    return Standing(
        e164=phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164),
        kind=kind,
        reason=_POSSIBLE if kind in _MOBILE else phonenumbers.is_possible_number_with_reason(number),
    )


def ruled(number: Standing, numbers: Policy) -> Number:
    """Return what a policy makes of a number."""
    e164 = number.e164
    if not is_e164(e164):
        return Number(code="too_short" if len(e164) < 8 else "too_long")  # noqa: PLR2004 - see is_e164
    if number.kind in _MOBILE:
        return Number(e164=e164)
    if numbers == "possible" and (number.reason == _POSSIBLE or re.fullmatch(MACHINE, e164[1:])):
        return Number(e164=e164)
    if number.kind != "UNKNOWN":
        return Number(code="landline" if number.kind == "FIXED_LINE" else number.kind.lower())
    if numbers == "lenient" and re.fullmatch(UNASSIGNED_NO, e164[1:]):
        return Number(e164=e164, code="unassigned")
    return Number(code=_LENGTH_CODES.get(number.reason, "unassigned"))


_PARSE_CODES: Final = {0: "unknown_country", 2: "too_short", 3: "too_short", 4: "too_long"}
"""NumberParseException's error_type; the rest means that it is no number."""
_MOBILE: Final = ("MOBILE", "FIXED_LINE_OR_MOBILE")
_POSSIBLE: Final = 0
_LENGTH_CODES: Final = {2: "too_short", 3: "too_long", 4: "too_short", 5: "wrong_length"}
"""ValidationResult: TOO_SHORT, TOO_LONG, IS_POSSIBLE_LOCAL_ONLY, INVALID_LENGTH."""
