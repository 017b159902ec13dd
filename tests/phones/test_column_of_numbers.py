"""A column of numbers: row for row what the scalar path says, for whatever people write."""

from collections.abc import Iterator
from functools import cache

import phonenumbers
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pling_async.phones import POLICIES, Policy, columns, lookup, normalise, normalise_column
from pling_async.phones.edges import Block, edges

REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
TYPES = [kind for kind in range(11) if kind != phonenumbers.PhoneNumberType.UNKNOWN]
MARKS = ["\u00a0", "\u200b", "\u202f", "\u2009", "\t", "\r", "\n", "\ufeff", "\u202a", "\u2028", "\u00ad"]
FORMS = [*" -()./[]", "(0)", "+", "++", "'", "=", '"', "tel:", "Mob.: ", "Ø", "\u2010", "\u2013", " (", "00", "0"]
DAMAGE = [".0", ",00", "E", "e+9", "x", "~", "a", "abc", "#", "*", ";", ",", "&", "|", ":", "@", "_", "\\", "\u0301"]
DAMAGE += [
    " ext 5",
    "x5",
    ";ext=5",
    "int",
    "\u0434\u043e\u0431",
    "anexo 1",
    " / 92345678",
    " og ",
    ";phone-context=+47",
]
DAMAGE += ["\x00", "\x1f", "\x85", "\x7f", "\u0661", "\uff11", "\u06f5", "\u00b2", "\U0001d7d8", "\uff0b", "\u017f"]


@st.composite
def national_numbers(draw: st.DrawFn, region: str) -> tuple[str, str]:
    """Draw a number of any type in a region, as country code and national number, a few digits changed."""
    example = phonenumbers.example_number_for_type(region, draw(st.sampled_from(TYPES)))
    example = example or phonenumbers.example_number(region)
    national = list(phonenumbers.national_significant_number(example))
    for place in draw(st.lists(st.integers(0, len(national) - 1), max_size=3)):
        national[place] = draw(st.sampled_from("0123456789"))
    if draw(st.booleans()):
        national = draw(
            st.sampled_from([national[:-1], [*national, "0"], national[: len(national) // 2], national * 2])
        )
    return str(example.country_code), "".join(national)


@st.composite
def spellings(draw: st.DrawFn, regions: tuple[str, ...]) -> str:
    """Draw a number of one of some regions as people might write it."""
    region = draw(st.sampled_from(regions))
    code, national = draw(national_numbers(region))
    trunk = phonenumbers.PhoneMetadata.metadata_for_region(region).national_prefix or "0"
    openings = [
        "",
        f"+{code}",
        f"00{code}",
        f"011{code}",
        code,
        trunk,
        f"{code}0",
        "0",
        f"+{code}{trunk}",
        f"+00{code}",
    ]
    text = draw(st.sampled_from(openings)) + national
    if draw(st.booleans()):
        text = draw(st.sampled_from(" -./")).join(text[at : at + 3] for at in range(0, len(text), 3))
    for noise in draw(st.lists(st.sampled_from(draw(st.sampled_from([MARKS, FORMS, DAMAGE]))), max_size=3)):
        place = draw(st.integers(0, len(text)))
        text = text[:place] + noise + text[place:]
    return text


@st.composite
def lists(draw: st.DrawFn) -> tuple[str, list[str]]:
    """Draw a region, and a list of numbers of that region and another."""
    regions = (draw(st.sampled_from(REGIONS)), draw(st.sampled_from(REGIONS)))
    return regions[0], draw(st.lists(spellings(regions), min_size=1, max_size=20))


@pytest.fixture(scope="module", autouse=True)
def _as_in_long_lists() -> Iterator[pytest.MonkeyPatch]:
    """Treat few rows like many."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(columns, "_FEW", 0)
        yield patch


@pytest.fixture(scope="module", params=[True, False], ids=["looked up", "not looked up"])
def _ways(request: pytest.FixtureRequest, _as_in_long_lists: pytest.MonkeyPatch) -> Iterator[None]:
    """Look up whatever does not take too long to learn, or nothing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lookup, "is_worth_it", _is_small if request.param else lambda _block, _count: False)
        lookup.shared_lookup.cache_clear()
        yield
    lookup.shared_lookup.cache_clear()


def _is_small(block: Block, _: int) -> bool:
    return len(edges(block)[0]) < 200


@cache
def examples() -> list[str]:
    """Return a number of every type from every country, in two styles."""
    found = [phonenumbers.example_number_for_type(region, kind) for region in REGIONS for kind in TYPES]
    styles = (phonenumbers.PhoneNumberFormat.E164, phonenumbers.PhoneNumberFormat.NATIONAL)
    return [phonenumbers.format_number(each, style) for each in found if each is not None for style in styles]


def both(raw: list[str], region: str, numbers: Policy) -> tuple[list[object], list[object]]:
    """Return the answers of the two paths."""
    column = normalise_column(pl.Series(raw, dtype=pl.String), region, numbers).rows()
    return column, [(answer.e164, answer.code) for answer in (normalise(each, region, numbers) for each in raw)]


@pytest.mark.usefixtures("_ways")
@settings(max_examples=40, deadline=None)
@given(lists(), st.sampled_from(POLICIES))
def test_a_column_agrees_with_the_scalar_path(drawn: tuple[str, list[str]], numbers: Policy) -> None:
    """In every region and under every policy, number and code are the same."""
    column, scalar = both(drawn[1], drawn[0], numbers)
    assert column == scalar


@pytest.mark.usefixtures("_ways")
@settings(max_examples=40, deadline=None)
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


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(REGIONS).flatmap(national_numbers), st.sampled_from(["+", "00", " +", "(+", "'+"]))
def test_what_is_accepted_is_what_phonenumbers_calls_mobile(drawn: tuple[str, str], opening: str) -> None:
    """For an international number in digits there is no rule but the reference's."""
    code, national = drawn
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
    raw = examples()[REGIONS.index(region) % 20 :: 20]
    column, scalar = both(raw, region, numbers)
    assert column == scalar
