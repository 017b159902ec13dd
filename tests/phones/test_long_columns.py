"""A long column: what is decided without the scalar path, and the cells that nobody expects."""

from itertools import cycle, islice

import polars as pl
import pytest

from pling_async.phones import columns, lookup, normalise, normalise_column, plans

MOBILES = [f"{number:08}" for number in range(99_999_000, 99_999_999)]
STYLES = [
    "{0}",
    "+47{0}",
    "0047{0}",
    "47{0}",
    "+47 {1} {2} {3}",
    "(+47) {1}-{2}-{3}",
    "{1}.{2}.{3}",
    "Mob: {1} {2} {3}",
    "'+47{0}",
    '="{0}"',
    "+47\u00a0{1}\u2013{2}\u2013{3}",
    "\u202a+47{0}\u202c",
    "tel:+47-{0}",
    "{0};",
]
SWEDISH = ["+46 70-174 06 {0:02}", "0046 (0)70-174 06 {0:02}", "+460701740{0:03}", "+46(0)701740{0:03}"]
REFUSED = {
    "22 22 22 {0:02}": "landline",
    "+47 800 12 3{0:02}": "toll_free",
    "590000{0:02}": "unassigned",
    "9522{0:03}": "wrong_length",
    "+47 9{0:02}": "too_short",
    "+47(0)999999{0:02}": "too_long",
    "99999{0:03}99999{0:03}": "too_long",
    "4.79123E+{0}": "excel",
    "4799999{0:03}.0": "excel",
    "99999{0:03} / 99999{0:03}": "two_numbers",
    "+46 70-174 06 {0:02}/07": "two_numbers",
    "99999{0:03} a": "letters",
    "ola.{0}@example.org": "letters",
    "2024-01-31 12:{0:02}": "not_a_number",
    "99999\x00{0:03}": "control_characters",
    "\x00{0}": "control_characters",
    "n/a": "not_a_number",
    "\r": "blank",
    "": "blank",
}
CELLS = [
    "+",
    "5",
    "1 2",
    "+471",
    "0" * 240 + "99999999",
    "+" + "0" * 17 + "1",
    "\u00ad" * 200 + "99999999",
    "-0",
    "-99999999",
    "+-47 99999999",
    "9223372036854775807",
    "99999999\r",
    "\r\n99999999\r\n",
    "999\r99999",
    "99999999\x1f",
    "\x1c\x85" * 126,
    "\x1c" + "9" * 250,
    "999\x1c99999",
    "99999999\x85",
    "\x0099999999",
    "\u0669" * 8,
    "99999\uff19\uff19\uff19",
    "+1 800 FLOWERS",
    "99999999 ext 5",
    "99999999;ext=5",
    "99999999 xtensi\u00f3n 5",
    "99999999 \u0131nt 5",
    "+0047 99999999",
    "00047 99999999",
    "+999 123 456",
    "912 34 567 / 923 45 678",
    "91234567 eller 92345678",
]


def long(styles: list[str], rows: int = 20_000) -> pl.Series:
    """Return a list in which every style is used about equally often."""
    found = ((style, MOBILES[row % len(MOBILES)]) for row, style in enumerate(islice(cycle(styles), rows)))
    return pl.Series([style.format(number, number[:3], number[3:5], number[5:]) for style, number in found])


@pytest.fixture
def _no_scalar_path(monkeypatch: pytest.MonkeyPatch) -> None:
    columns._kept.cache_clear()
    monkeypatch.setattr(columns, "read", None)


@pytest.mark.usefixtures("_no_scalar_path")
def test_a_list_as_it_is_sent_needs_no_scalar_call() -> None:
    """Mobiles are decided in columns however they are written, or a large list would take minutes."""
    raw = long(STYLES)
    expected = pl.Series(islice(cycle(f"+47{number}" for number in MOBILES), raw.len()))
    found = normalise_column(raw)
    assert found["e164"].equals(expected)
    assert found["code"].null_count() == raw.len()


@pytest.mark.usefixtures("_no_scalar_path")
@pytest.mark.parametrize("style", SWEDISH)
def test_a_foreign_list_needs_none_either(style: str) -> None:
    """Nor does the trunk prefix that people leave behind the country code."""
    raw = [style.format(row % 30 + 605 if "03" in style else row % 30) for row in range(20_000)]
    assert normalise_column(pl.Series(raw))["e164"].str.starts_with("+46701740").all()


@pytest.mark.usefixtures("_no_scalar_path")
@pytest.mark.parametrize(("style", "code"), REFUSED.items())
def test_dead_numbers_need_none_either(style: str, code: str) -> None:
    """A list of what cannot be used is refused as fast as it would be accepted."""
    raw = pl.Series([style.format(row % 100) for row in range(20_000)])
    assert set(normalise_column(raw).rows()) == {(None, code)}


@pytest.mark.parametrize("is_worth_it", [plans.is_worth_it, lambda _block, _count: True])
def test_strange_cells_are_read_alike(monkeypatch: pytest.MonkeyPatch, is_worth_it: object) -> None:
    """Control characters, other scripts, extensions, vanity, what Excel did: nothing parts the two paths."""
    monkeypatch.setattr(columns, "_FEW", 0)
    monkeypatch.setattr(lookup, "is_worth_it", is_worth_it)
    found = normalise_column(pl.Series(CELLS)).rows()
    assert found == [(answer.e164, answer.code) for answer in map(normalise, CELLS)]


@pytest.mark.parametrize("region", ["NO", "SE", "US"])
def test_what_looks_usual_is_read_alike(monkeypatch: pytest.MonkeyPatch, region: str) -> None:
    """A character more or less than in a form that a list is full of parts nothing, and the list is not altered."""
    monkeypatch.setattr(columns, "_FEW", 0)
    lookup.shared_lookup.cache_clear()
    forms = ["{0}", "+47{0}", "0047{0}", "47{0}", "+46701740{0:.3}", "0701740{0:.3}", "+1212555{0:.4}", "212555{0:.4}"]
    normalise_column(long(forms), region)
    assert lookup.shared_lookup(region, "mobile").habits.usual
    told = [form.format("01234567") for form in forms] + [form.format("99999999") for form in forms]
    raw = [change for text in told for change in _changes(text)]
    column = pl.Series(raw)
    found = normalise_column(column, region).rows()
    assert found == [(answer.e164, answer.code) for answer in (normalise(each, region) for each in raw)]
    assert column.to_list() == raw


def _changes(text: str) -> list[str]:
    """Return a spelling with one thing added in front, behind or inside, or lost."""
    noise = ["", "+", "-", "0", "00", " ", "1", ".", " " * 250, "\u00a0", "\t"]
    added = [text[:at] + each + text[at:] for at in (0, 1, 3, len(text)) for each in noise]
    return [*added, text[1:], text[:-1], " ".join(text)]


def test_what_one_list_taught_the_next_one_need_not_learn(monkeypatch: pytest.MonkeyPatch) -> None:
    """A long list is prepared in parts, of which each is like the one before."""
    lookup.shared_lookup.cache_clear()
    raw = long(["{0}", "+47{0}", "{1} {2} {3}"])
    first = normalise_column(raw)
    monkeypatch.setattr(lookup.Lookup, "learn", None)
    monkeypatch.setattr(lookup.Lookup, "judged", None)
    assert normalise_column(raw).equals(first)


def test_a_cell_of_ten_megabytes_is_too_long_or_blank(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was pasted into a cell, or padded it, takes no longer than its bytes do."""
    monkeypatch.setattr(columns, "_FEW", 0)
    cells = ["ab1;," * 2_000_000, "99999999" + " " * 10_000_000, "\u00a0" * 10_000_000, "9" * 10_000_000]
    found = normalise_column(pl.Series(cells))
    assert found.rows() == [(None, code) for code in ("too_long", "too_long", "blank", "too_long")]
    assert normalise(cells[0]).code == "too_long"


def test_a_spelling_that_no_sample_shows_is_read_alike() -> None:
    """What is rare in a long list is decided as it would be alone."""
    raw = long(STYLES, 50_000).to_list()
    rare = ["+12125550123", "43999999", "99999999 ext 5", "+4520123456", "0046 70-174 06 05", "n/a"]
    places = range(7, 50_000, 9_000)
    for place, each in zip(places, rare, strict=True):
        raw[place] = each
    found = normalise_column(pl.Series(raw))
    assert [found.row(place) for place in places] == [(normalise(each).e164, normalise(each).code) for each in rare]


def test_plans_that_cannot_be_read_slow_a_list_down_and_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Should phonenumbers write its patterns in another syntax one day, every number goes the scalar path."""

    def unreadable(_: object) -> None:
        raise ValueError

    caches = plans._price, lookup.shared_lookup, columns._kept
    for cache in caches:
        cache.cache_clear()
    monkeypatch.setattr(plans, "edges", unreadable)
    raw = long(STYLES, 2_000)
    assert normalise_column(raw)["e164"].null_count() == 0
    for cache in caches:
        cache.cache_clear()


def test_the_work_of_a_block_is_done_when_enough_was_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many small lists of one country add up."""
    block = plans.Block(298, 6)
    monkeypatch.delitem(plans._demand, block, raising=False)
    asked = [plans.is_worth_it(block, 60) for _ in range(20)]
    assert asked[0] is False
    assert asked[-1] is True


@pytest.mark.parametrize("few", [0, 100])
def test_null_is_blank_and_an_empty_column_is_empty(monkeypatch: pytest.MonkeyPatch, few: int) -> None:
    """A column may have nothing to say."""
    monkeypatch.setattr(columns, "_FEW", few)
    assert normalise_column(pl.Series([None], dtype=pl.String)).rows() == [(None, "blank")]
    assert normalise_column(pl.Series([], dtype=pl.Null)).rows() == []
    assert normalise_column(pl.Series([99999999, None])).rows() == [("+4799999999", None), (None, "blank")]
