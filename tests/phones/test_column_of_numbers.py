"""A column of numbers: row for row what the scalar path says, for whatever people write."""

import phonenumbers
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pling_async.phones import POLICIES, Policy, columns, normalise, normalise_column

REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
TYPES = [kind for kind in range(11) if kind != phonenumbers.PhoneNumberType.UNKNOWN]
NOISE = [
    *" -()./",
    "\u00a0",
    "\u200b",
    "\u202f",
    "\u2009",
    "\t",
    "\x00",
    "\ufeff",
    "+",
    "x",
    "~",
    "a",
    ";",
    ",",
    "\u0661",
]
NOISE += [".0", "E", " ext 5", "#", "\u2010", "tel:", "'", "=", " / 92345678"]


@st.composite
def national_numbers(draw: st.DrawFn) -> tuple[str, str, str]:
    """Draw a region, and a number of any type there: country code and national number, a few digits changed."""
    region = draw(st.sampled_from(REGIONS))
    example = phonenumbers.example_number_for_type(region, draw(st.sampled_from(TYPES)))
    example = example or phonenumbers.example_number(region)
    national = list(phonenumbers.national_significant_number(example))
    for place in draw(st.lists(st.integers(0, len(national) - 1), max_size=3)):
        national[place] = draw(st.sampled_from("0123456789"))
    if draw(st.booleans()):
        national = draw(
            st.sampled_from([national[:-1], [*national, "0"], national[: len(national) // 2], national * 2])
        )
    return region, str(example.country_code), "".join(national)


@st.composite
def spellings(draw: st.DrawFn) -> tuple[str, str]:
    """Draw a region to read in, and a number as people might write it."""
    region, code, national = draw(national_numbers())
    metadata = phonenumbers.PhoneMetadata.metadata_for_region(region)
    opening = draw(
        st.sampled_from(
            ["", f"+{code}", f"00{code}", f"011{code}", code, metadata.national_prefix or "0", f"{code}0", "0"]
        )
    )
    text = opening + national
    for _ in range(draw(st.integers(0, 4))):
        place = draw(st.integers(0, len(text)))
        text = text[:place] + draw(st.sampled_from(NOISE)) + text[place:]
    return draw(st.one_of(st.just(region), st.sampled_from(REGIONS))), text


def both(raw: list[str], region: str, numbers: Policy) -> tuple[list[object], list[object]]:
    """Return the answers of the two paths."""
    column = normalise_column(pl.Series(raw, dtype=pl.String), region, numbers).rows()
    return column, [(answer.e164, answer.code) for answer in (normalise(each, region, numbers) for each in raw)]


@settings(max_examples=150, deadline=None)
@given(st.lists(spellings(), min_size=1, max_size=20), st.sampled_from(POLICIES))
def test_a_column_agrees_with_the_scalar_path(drawn: list[tuple[str, str]], numbers: Policy) -> None:
    """In every region and under every policy, number and code are the same."""
    column, scalar = both([text for _, text in drawn], drawn[0][0], numbers)
    assert column == scalar


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.text(st.one_of(st.sampled_from("+0123456789 ()-./"), st.characters(exclude_categories=["Cs"])), max_size=20)
    ),
    st.sampled_from(REGIONS),
)
def test_a_column_agrees_about_junk(raw: list[str], region: str) -> None:
    """Texts that are no numbers at all are refused alike."""
    column, scalar = both(raw, region, "mobile")
    assert column == scalar


@settings(max_examples=200, deadline=None)
@given(national_numbers(), st.sampled_from(["+", "00", " +", "(+", "'+"]))
def test_what_is_accepted_is_what_phonenumbers_calls_mobile(drawn: tuple[str, str, str], opening: str) -> None:
    """For an international number in digits there is no rule but the reference's."""
    _, code, national = drawn
    try:
        number = phonenumbers.parse(f"+{code} {national}")
    except phonenumbers.NumberParseException:
        number = phonenumbers.PhoneNumber()
    mobile = (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE)
    is_mobile = phonenumbers.number_type(number) in mobile
    expected = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) if is_mobile else None
    assert normalise(f"{opening}{code} {national}", "NO").e164 == expected


@pytest.mark.parametrize("numbers", POLICIES)
@pytest.mark.parametrize("region", ["NO", "SJ", "SE", "DE", "CA", "RU", "AR", "IT"])
def test_a_column_agrees_about_every_type_of_every_country(region: str, numbers: Policy) -> None:
    """Examples of all types from all countries are read alike in regions with very different dialling rules."""
    examples = [phonenumbers.example_number_for_type(each, kind) for each in REGIONS for kind in TYPES]
    raw = [
        phonenumbers.format_number(example, style)
        for example in examples
        if example is not None
        for style in (phonenumbers.PhoneNumberFormat.E164, phonenumbers.PhoneNumberFormat.NATIONAL)
    ]
    column, scalar = both(raw[::5], region, numbers)
    assert column == scalar


def test_a_list_as_it_is_sent_needs_no_scalar_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """Mobiles, landlines and wrong lengths are decided in columns, or a large list would take minutes."""
    monkeypatch.setattr(columns, "normalise", None)
    raw = [
        f"{form}{number}" for form in ("", "+47 ", "0047", "47") for number in ("99999999", "22222222", "999999999999")
    ]
    raw += ["+46 70-174 06 05", "+45 20 12 34 56", "+4520023456", "Mob: 999 99 999", "'+4799999999", "43999999"]
    codes = normalise_column(pl.Series(raw))["code"].to_list()
    assert codes[:12] == [None, "landline", "too_long"] * 4
    assert codes[12:] == [None, None, "unassigned", None, None, "unassigned"]


def test_null_is_blank_and_an_empty_column_is_empty() -> None:
    """A column may have nothing to say."""
    assert normalise_column(pl.Series([None], dtype=pl.String)).rows() == [(None, "blank")]
    assert normalise_column(pl.Series([], dtype=pl.Null)).rows() == []
