"""One number: what is accepted, and under which code the rest is refused."""

import subprocess
import sys

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pling_async import phones
from pling_async.phones import MESSAGES, Number, is_e164, normalise

SPELLINGS = [
    "99999999",
    "+4799999999",
    "004799999999",
    "4799999999",
    "+47 99 99 99 99",
    "(+47) 999-99-999",
    "99.99.99.99",
    "\uff0b\uff14\uff17\uff19\uff19\uff19\uff19\uff19\uff19\uff19\uff19",
    "\u0669\u0669\u0669\u0669\u0669\u0669\u0669\u0669",
    "\u202a+4799999999\u202c",
    "\ufeff999\u200b99999",
    "999\u202f99\u00a0999",
    "'+4799999999",
    "=+4799999999",
    '="99999999"',
    "tel:+47-999-99-999",
    "Mob.: 999 99 999",
    "99999999\n",
]

REFUSED = {
    "": "blank",
    " \u200b\t": "blank",
    "9522713": "wrong_length",
    "+47(0)99999999": "too_long",
    "9" * 251: "too_long",
    "+47 9": "too_short",
    "+": "not_a_number",
    "n/a": "not_a_number",
    "4.79123E+10": "excel",
    "4,799999999e9": "excel",
    "4799999999.0": "excel",
    "912 34 567 / 923 45 678": "two_numbers",
    "91234567 eller 92345678": "two_numbers",
    "91234567,92345678": "two_numbers",
    "+46 70-174 06 05/06": "two_numbers",
    "999 99 101 / 2": "two_numbers",
    "99999999 ext 5": "extension",
    "99999999;ext=5": "extension",
    "+1 800 FLOWERS": "letters",
    "99999999 a": "letters",
    "99999999 ørn": "letters",
    "99999999\x00": "control_characters",
    "999\x1f99999": "control_characters",
    "+999 123 456": "unknown_country",
    "22 22 22 22": "landline",
    "80012345": "toll_free",
    "59000000": "unassigned",
    "43999999": "unassigned",
}


@pytest.mark.parametrize("raw", SPELLINGS)
def test_every_spelling_of_a_number_is_the_same_number(raw: str) -> None:
    """What people and Excel add does not make another number (#107)."""
    assert normalise(raw) == Number(e164="+4799999999")


@pytest.mark.parametrize("region", ["DE", "AT", "FI"])
def test_a_number_and_the_end_of_another_are_not_a_third(region: str) -> None:
    """Where numbers have several lengths the one that all digits make may be somebody's; a prefix is no number."""
    example = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
    shortest = min(phonenumbers.PhoneMetadata.metadata_for_region(region).mobile.possible_length)
    number = f"0{example.national_number}"[: shortest + 1]
    assert normalise(f"{number}/8", region) == Number(code="two_numbers")
    assert normalise(f"{number[:4]}/{number[4:]}", region) == normalise(number, region)


@pytest.mark.parametrize(("raw", "code"), REFUSED.items())
def test_what_is_no_mobile_number_is_refused_by_a_stable_code(raw: str, code: str) -> None:
    """Each kind of damage has its own code (#108, #109, #110)."""
    assert normalise(raw) == Number(code=code)


@pytest.mark.parametrize(
    ("raw", "region", "e164"),
    [
        ("070-174 06 05", "SE", "+46701740605"),
        ("20 12 34 56", "DK", "+4520123456"),
        ("(212) 555-0123", "US", "+12125550123"),
        ("1 212 555 0123", "US", "+12125550123"),
        ("011 47 99999999", "US", "+4799999999"),
        ("99999999", "SJ", "+4799999999"),
    ],
)
def test_the_region_decides_how_a_national_number_is_read(raw: str, region: str, e164: str) -> None:
    """The region is for numbers without a country code, and for its own international prefix."""
    assert normalise(raw, region).e164 == e164


@pytest.mark.parametrize(
    ("raw", "policy", "expected"),
    [
        ("43999999", "lenient", Number(e164="+4743999999", code="unassigned")),
        ("22222222", "lenient", Number(code="landline")),
        ("22222222", "possible", Number(e164="+4722222222")),
        ("59000000", "possible", Number(e164="+4759000000")),
        ("+47580001234567", "possible", Number(e164="+47580001234567")),
        ("+47580001234567", "mobile", Number(code="too_long")),
        ("9522713", "possible", Number(code="wrong_length")),
        ("99999999 x5", "possible", Number(code="extension")),
    ],
)
def test_a_policy_widens_what_is_accepted(raw: str, policy: phones.Policy, expected: Number) -> None:
    """Lenient accepts unassigned Norwegian series with a warning, possible whatever the plan has room for."""
    assert normalise(raw, "NO", policy) == expected


def test_a_message_tells_the_way_out_and_not_the_number() -> None:
    """Every code has a sentence, and none of them can hold a digit of the number."""
    assert normalise("22222222").message == MESSAGES["landline"]
    assert normalise("99999999").message == ""
    assert "22222222" not in normalise("22222222").message


def test_a_repr_masks_the_number() -> None:
    """Logs see how a number begins and ends."""
    assert repr(normalise("99999999")) == "Number(e164=+47******99, code=None)"
    assert repr(normalise("")) == "Number(e164=None, code='blank')"
    assert phones.masked("12") == "**"


def test_an_unknown_region_or_policy_is_the_callers_mistake() -> None:
    """A wrong setting is not a bad number."""
    with pytest.raises(ValueError, match="two capital letters"):
        normalise("99999999", "no")
    with pytest.raises(ValueError, match="'lenient'"):
        normalise("99999999", "NO", "strict")  # type: ignore[arg-type]


@pytest.mark.parametrize("region", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_the_reference_is_phonenumbers(region: str) -> None:
    """A number that phonenumbers types as mobile is accepted in every country, in every format."""
    example = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
    if example is None:
        pytest.skip("phonenumbers knows no mobile number there")
    kind = phonenumbers.number_type(example)
    usable = kind in (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE)
    expected = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164) if usable else None
    for style in (
        phonenumbers.PhoneNumberFormat.E164,
        phonenumbers.PhoneNumberFormat.INTERNATIONAL,
        phonenumbers.PhoneNumberFormat.RFC3966,
    ):
        assert normalise(phonenumbers.format_number(example, style)).e164 == expected


@given(st.text(max_size=40))
def test_the_answer_is_a_number_or_a_known_code(raw: str) -> None:
    """No text raises; what is accepted is E.164 and stays the same when it is read again (I-28)."""
    answer = normalise(raw)
    if answer.e164 is None:
        assert answer.code in MESSAGES
    else:
        assert is_e164(answer.e164)
        assert normalise(answer.e164) == answer


def test_importing_phones_loads_neither_phonenumbers_nor_polars() -> None:
    """The core stays light."""
    code = "import sys, pling_async.phones; sys.exit(bool({'phonenumbers', 'polars'} & sys.modules.keys()))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
