"""Mobile numbers: the fast path for E.164 has the verdict of phonenumbers, for every country."""

import random

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

from pling_async.sandbox.pling import mobile

TYPES = range(11)


def examples(code: int) -> list[str]:
    """Return the examples of a calling code's regions and types, and slight distortions, always the same ones."""
    rng = random.Random(code)  # noqa: S311 - no secret
    regions = COUNTRY_CODE_TO_REGION_CODE[code]
    found = [phonenumbers.example_number_for_type(region, kind) for region in regions for kind in TYPES]
    found.append(phonenumbers.example_number_for_non_geo_entity(code))
    numbers = [f"+{code}{phonenumbers.national_significant_number(number)}" for number in found if number]
    return numbers + [distorted(rng, number, len(str(code)) + 1) for number in numbers for _ in range(4)]


def distorted(rng: random.Random, number: str, start: int) -> str:
    """Change a digit or two, or the length."""
    digits = list(number[start:])
    for _ in range(rng.choice((1, 2))):
        digits[rng.randrange(len(digits))] = str(rng.randrange(10))
    return number[:start] + "".join(digits[: rng.choice((None, None, -1))]) + rng.choice(("", "", "7"))


@pytest.mark.parametrize("code", sorted(COUNTRY_CODE_TO_REGION_CODE))
def test_the_fast_path_agrees_with_phonenumbers(code: int) -> None:
    """What it decides, it decides as parsing does; the rest it leaves to parsing."""
    for number in filter(mobile.E164.fullmatch, examples(code)):
        verdict = mobile._decide(number)
        if verdict is not None:
            assert mobile._parsed(number, "NO") == (number if verdict else None), number


@given(st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True))
def test_any_e164_text_has_the_verdict_of_phonenumbers(number: str) -> None:
    """No text in the form of E.164 is judged otherwise than by parsing."""
    assert mobile.to_e164(number) == mobile._parsed(number, "NO")


@pytest.mark.parametrize("number", ["+4799999901", "+46701740605", "+12125550123"])
def test_ordinary_mobiles_need_no_parsing(number: str) -> None:
    """The path that a million contacts take."""
    assert mobile._decide(number) is True


@pytest.mark.parametrize("number", ["+4722222222", "+2100000000", "+4700000000", "+479999990"])
def test_other_numbers_are_no_mobiles(number: str) -> None:
    """A landline, a calling code that nobody has, too many zeros, a digit too few."""
    assert mobile.to_e164(number) is None
