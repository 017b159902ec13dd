"""Prepare: one row a mobile, and a reject for every row that is not in it."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pling_async.bulk import Prepared, PrepareSettings, prepare
from pling_async.errors import ConfigurationError, SourceError
from pling_async.pling.models import Contact, text_rules

OLA, KARI = "+4799999001", "+4799999002"


async def prepared(*rows: dict[str, Any], **settings: Any) -> Prepared:
    """Prepare some rows."""
    return await prepare(rows, settings=PrepareSettings(**settings))


def rejected(found: Prepared) -> list[tuple[int, str, str]]:
    """Return row, field and code of every reject."""
    return found.rejects.select("row", "field", "code").rows()


async def test_a_file_becomes_contacts_rejects_and_merges(tmp_path: Path) -> None:
    """The whole way: text in, one row a mobile out, sorted, with the rows it came from."""
    path = tmp_path / "list.csv"
    path.write_text(
        "Fornavn;Mobil;Postnr;Grupper;Stopp\n"
        " Kari ;999 99 002;0663;VIP; \n"
        "Ola;+47 99999001;;Kunder, VIP;nei\n"
        "Nils;22 22 22 22;;;\n"
        "Olav;0047 99999001;0150;;ja\n"
    )
    found = await prepare(path)
    assert found.contacts.rows(named=True) == [
        {
            "mobile": OLA,
            "first_name": "Olav",
            "postal_code": "0150",
            "is_stopped": True,
            "contact_groups": ["Kunder", "VIP"],
            "rows": [2, 4],
        },
        {
            "mobile": KARI,
            "first_name": "Kari",
            "postal_code": "0663",
            "is_stopped": None,
            "contact_groups": ["VIP"],
            "rows": [1],
        },
    ]
    assert rejected(found) == [(3, "mobile", "landline")]
    assert found.merges.rows(named=True) == [
        {"mobile": OLA, "rows": [2, 4], "field": None, "kept_row": 4},
        {"mobile": OLA, "rows": [2, 4], "field": "first_name", "kept_row": 4},
        {"mobile": OLA, "rows": [2, 4], "field": "is_stopped", "kept_row": 4},
    ]
    assert found.source.mapping["Postnr"] == "postal_code"
    assert found.settings == PrepareSettings()


async def test_the_schema_is_the_contract() -> None:
    """Whoever plans can rely on names and types, also when there is nothing to reject or merge."""
    found = await prepared(
        {"mobile": OLA, "speed_dial": "A1", "active": "1", "groups": "VIP", "autoCreatedNumber": "26114"}
    )
    assert found.contacts.schema == {
        "mobile": pl.String,
        "speed_dial": pl.String,
        "auto_created_number": pl.String,
        "is_active": pl.Boolean,
        "contact_groups": pl.List(pl.String),
        "rows": pl.List(pl.UInt32),
    }
    assert list(found.rejects.schema) == ["row", "field", "code", "message", "mobile"]
    assert found.merges.schema["kept_row"] == found.rejects.schema["row"] == pl.UInt32
    assert found.rejects.height == found.merges.height == 0


async def test_a_blank_cell_never_erases() -> None:
    """The last row wins field by field, and only where it speaks."""
    found = await prepared(
        {"mobile": OLA, "name": "Ola", "city": "OSLO"}, {"mobile": OLA, "name": "Olav", "city": " "}, {"mobile": OLA}
    )
    assert found.contacts.select("name", "city").rows() == [("Olav", "OSLO")]
    assert found.merges.select("field", "kept_row").rows() == [(None, 3), ("name", 2)]


@pytest.mark.parametrize("stops", [("1", "0"), ("0", "1"), ("1", ""), (None, "x"), ("ja", "nei")])
async def test_a_stop_in_any_row_stays(stops: tuple[str | None, str]) -> None:
    """No order of rows un-stops a person (I-4)."""
    found = await prepared(*({"mobile": OLA, "stop": stop} for stop in stops))
    assert found.contacts["is_stopped"].to_list() == [True]


async def test_groups_are_split_stripped_united_and_each_once() -> None:
    """Names keep their order; a list is never split."""
    found = await prepared(
        {"mobile": OLA, "groups": " VIP ;Kunder|VIP;; "},
        {"mobile": OLA, "groups": ["A;B", "Kunder"]},
        {"mobile": KARI, "groups": ";"},
    )
    assert found.contacts["contact_groups"].to_list() == [["VIP", "Kunder", "A;B"], None]


async def test_googles_groups_are_split() -> None:
    """Google Contacts has a separator of its own."""
    found = await prepared({"mobile": OLA, "Labels": "* myContacts ::: Familie"}, group_separators="")
    assert found.contacts["contact_groups"].to_list() == [["* myContacts", "Familie"]]


@pytest.mark.parametrize(
    ("cell", "flag"),
    [("1", True), ("JA", True), ("x", True), ("true", True), ("0", False), ("Nei", False), ("off", False),
     ("nej", False), ("SANT", True), ("FALSKT", False)],
)  # fmt: skip
async def test_a_flag_has_many_spellings(cell: str, flag: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """Norwegian, Swedish and English, in any case."""
    found = await prepared({"mobile": OLA, "active": cell, "stop": cell})
    assert found.contacts.select("is_active", "is_stopped").rows() == [(flag, flag)]


@pytest.mark.parametrize(
    "cell",
    ["2026-01-30", "2026-01-30T14:05:00", "2026-01-30 14:05:00+00:00", "30.01.2026", "3.1.26 14:05", "1/30/2026",
     "STOPP", "Stoppet", "Avmeldt", "Opt-out"],
)  # fmt: skip
async def test_the_day_of_an_opt_out_is_a_stop(cell: str) -> None:
    """A column that a mapping calls is_stopped often holds dates; whether somebody is active they do not say."""
    found = await prepared({"mobile": OLA, "stop": cell}, {"mobile": KARI, "active": cell})
    assert found.contacts.select("mobile", "is_stopped").rows() == [(OLA, True)]
    assert rejected(found) == [(2, "is_active", "unreadable_flag")]


@pytest.mark.parametrize(
    "cell", ["kanskje", "2", "-", "\x001", "0000-00-00 00:00:00", "1900-01-01", "1970-01-01", "9999-12-31", "1.5"]
)
async def test_an_unreadable_stop_is_never_read_as_not_stopped(cell: str) -> None:
    """The row is rejected, and so is every other row of that number, until somebody reads the cell (I-4)."""
    found = await prepared({"mobile": OLA, "stop": cell}, {"mobile": OLA, "name": "Ola"}, {"mobile": KARI})
    assert found.contacts["mobile"].to_list() == [KARI]
    assert rejected(found) == [(1, "is_stopped", "unreadable_flag"), (2, "is_stopped", "stop_elsewhere")]
    assert found.rejects["mobile"].to_list() == [OLA, OLA]


async def test_a_stop_in_a_rejected_row_holds_back_the_others() -> None:
    """A STOP is not lost because its row has a bad postal code."""
    found = await prepared(
        {"mobile": OLA, "stop": "1", "postnr": "x" * 11}, {"mobile": OLA}, {"mobile": KARI, "postnr": "x" * 11}
    )
    assert rejected(found) == [
        (1, "postal_code", "too_long"),
        (2, "is_stopped", "stop_elsewhere"),
        (3, "postal_code", "too_long"),
    ]


@pytest.mark.parametrize("rejected_row", [{"stop": "1", "postnr": "x" * 11}, {"stop": "perhaps"}])
async def test_a_stop_is_not_held_back_by_what_may_be_one(rejected_row: dict[str, str]) -> None:
    """Who is stopped by one row cannot be made reachable by a doubt about another: there is none (I-4)."""
    found = await prepared(
        {"mobile": OLA, **rejected_row}, {"mobile": OLA, "stop": "1", "name": "Ola"}, {"mobile": OLA}
    )
    assert found.contacts.select("mobile", "is_stopped", "name", "rows").rows() == [(OLA, True, "Ola", [2, 3])]
    assert {row for row, _, _ in rejected(found)} == {1}


@pytest.mark.parametrize("rows", [1, 50_000])
async def test_a_row_that_says_stop_alone_is_never_held_back(rows: int) -> None:
    """Whatever is wrong with other rows of its number, or with what they make together: the STOP is sent (I-4)."""
    found = await prepared(
        {"mobile": KARI, "stop": "1", "postnr": "x" * 11},
        {"mobile": KARI, "stop": "ja"},
        {"mobile": OLA, "speed dial": "D1"},
        {"mobile": "+4799999003", "speed dial": "D1"},
        {"mobile": OLA, "stop": "1"},
        {"mobile": "+4799999004", "first name": "x" * 50, "stop": "0"},
        {"mobile": "+4799999004", "last name": "x" * 50},
        {"mobile": "+4799999004", "stop": "1"},
        chunk_rows=rows,
        groups=("Everybody",),
    )
    sent = found.contacts.select("mobile", "is_stopped", "rows").rows()
    assert sent == [(mobile, True, [row]) for mobile, row in sorted({KARI: 2, OLA: 5, "+4799999004": 8}.items())]
    assert sorted({row for row, _, _ in rejected(found)}) == [1, 3, 4, 6, 7]
    assert found.contacts["contact_groups"].to_list() == [["Everybody"]] * 3
    blank = found.contacts.drop("mobile", "is_stopped", "rows", "contact_groups")
    assert blank.null_count().row(0) == (3,) * 4


@pytest.mark.parametrize("name", text_rules(Contact))
async def test_every_text_rule_of_a_contact_is_kept(name: str) -> None:
    """The longest allowed text passes, one character more is rejected, and characters are counted, not bytes (#105)."""
    longest = text_rules(Contact)[name].max_length
    letter = "A" if name == "speed_dial" else "😀"
    found = await prepared({"mobile": OLA, name: letter * longest}, {"mobile": KARI, name: letter * (longest + 1)})
    assert found.contacts[name].to_list() == [letter * longest]
    assert rejected(found) == [(2, name, "too_long")]
    assert str(longest) in found.rejects["message"][0]


@given(
    name=st.sampled_from(sorted(text_rules(Contact))),
    text=st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=60),
)
@settings(deadline=None)
async def test_columns_judge_as_the_model_does(name: str, text: str) -> None:
    """What prepare accepts, `Contact.check` accepts, with the same codes and words for the rest."""
    found = await prepared({"mobile": OLA, name: text})
    problems = Contact(mobile=OLA, **{name: text.strip()}).problems()  # type: ignore[arg-type]
    said = [(problem.field, problem.code, problem.message) for problem in problems]
    assert found.rejects.select("field", "code", "message").rows() == said


async def test_speed_dials_may_be_written_in_capitals_on_request() -> None:
    """Small letters are refused unless the caller asks for the change."""
    assert rejected(await prepared({"mobile": OLA, "speed_dial": "a1"})) == [(1, "speed_dial", "bad_characters")]
    found = await prepared({"mobile": OLA, "speed_dial": "a1"}, upper_case_speed_dials=True)
    assert found.contacts["speed_dial"].to_list() == ["A1"]


async def test_a_speed_dial_of_two_numbers_rejects_all_their_rows() -> None:
    """Nobody but the user knows which of them it belongs to; the same number twice is no conflict."""
    rows = [{"mobile": OLA, "speed_dial": "A"}, {"mobile": KARI, "speed_dial": "A"}, {"mobile": OLA, "speed_dial": "A"}]
    found = await prepared(*rows, {"mobile": "+4799999003", "speed_dial": "B"}, {"mobile": "+4799999004"})
    assert found.contacts["mobile"].to_list() == ["+4799999003", "+4799999004"]
    assert rejected(found) == [(row, "speed_dial", "duplicate_speed_dial") for row in (1, 2, 3)]


async def test_a_computed_name_may_not_be_too_long() -> None:
    """First name, space and last name are the name when none is given (section 2.2)."""
    long = {"first_name": "a" * 50, "last_name": "b" * 50}
    found = await prepared({"mobile": OLA, **long}, {"mobile": KARI, **long, "name": "Kari"})
    assert rejected(found) == [(1, "name", "name_too_long")]
    found = await prepared({"mobile": OLA, "first_name": "a" * 50}, {"mobile": OLA, "last_name": "b" * 50})
    assert rejected(found) == [(1, "name", "name_too_long"), (2, "name", "name_too_long")]


@pytest.mark.parametrize("field", ["name", "comment", "contact_groups"])
async def test_control_characters_are_rejected_and_line_ends_are_not(field: str) -> None:
    """NUL is no text; a comment may have lines (#102)."""
    found = await prepared({"mobile": OLA, field: "a\x00b"}, {"mobile": KARI, field: "a\nb"})
    assert rejected(found) == [(1, field, "control_characters")]


async def test_a_long_group_name_is_rejected() -> None:
    """Section 2.3 allows 40 characters."""
    found = await prepared({"mobile": OLA, "groups": "ø" * 40}, {"mobile": KARI, "groups": f"VIP;{'ø' * 41}"})
    assert rejected(found) == [(2, "contact_groups", "too_long")]


async def test_all_problems_of_a_row_are_told_at_once() -> None:
    """A row is corrected once, not once for each problem; a readable number is named."""
    found = await prepared(
        {"mobile": OLA, "postnr": "x" * 11, "active": "?"}, {"mobile": "", "name": ""}, {"mobile": "", "name": "Ola"}
    )
    assert found.rejects.select("row", "field", "code", "mobile").rows() == [
        (1, "postal_code", "too_long", OLA),
        (1, "is_active", "unreadable_flag", OLA),
        (2, "mobile", "blank_row", None),
        (3, "mobile", "blank", None),
    ]


async def test_lenient_numbers_are_counted_in_a_warning() -> None:
    """What only a wider policy accepts is said."""
    found = await prepared({"mobile": "+4743999999"}, numbers="lenient")
    assert "1 numbers are not in a series in use" in found.source.warnings[0]


async def test_numbers_sort_as_text_whatever_their_length() -> None:
    """The order is that of the text, so that a digest does not depend on how it was sorted."""
    mobiles = ["+4799999001", "+46701740605", "+12125550123", "+4520123456", "+491512345678", "+6831234", "+683123"]
    found = await prepare([{"mobile": mobile} for mobile in mobiles], settings=PrepareSettings(numbers="possible"))
    assert found.contacts["mobile"].to_list() == sorted(found.contacts["mobile"])
    assert found.contacts.height > 4


async def test_a_list_without_rows_is_prepared() -> None:
    """Whether an empty list may do anything is for the guards (#96)."""
    found = await prepare([])
    assert (found.contacts.height, found.rejects.height, found.merges.height) == (0, 0, 0)
    assert {"mobile", "rows"} <= set(found.contacts.columns)


async def test_a_repr_shows_counts_only() -> None:
    """Logs see how many, never who."""
    found = await prepared({"mobile": OLA, "name": "Ola"})
    assert repr(found) == "Prepared(contacts=<1 rows>, rejects=<0 rows>, merges=<0 rows>)"


async def test_a_bad_source_raises_and_prepares_nothing(tmp_path: Path) -> None:
    """A row can be rejected; a source cannot."""
    path = tmp_path / "list.csv"
    path.write_text("mobile,name\n99999001\n")
    with pytest.raises(SourceError, match="row 1"):
        await prepare(str(path))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"region": "no"}, "two capital letters"),
        ({"numbers": "any"}, "'possible'"),
        ({"delimiter": ";;"}, "one ASCII character"),
        ({"mapping": {"Navn": "nme"}}, "a column can be mapped to mobile"),
        ({"group_separators": "x"}, "letters, digits or spaces"),
        ({"chunk_rows": 0}, "1 or more"),
    ],
)
def test_settings_are_checked_when_they_are_made(settings: dict[str, Any], said: str) -> None:
    """A wrong setting is told before anything is read."""
    with pytest.raises(ConfigurationError, match=said):
        PrepareSettings(**settings)
