"""Rows with several numbers, groups that everybody joins, and which row of a number wins."""

import polars as pl
import pytest

from pling_async import bulk
from pling_async.bulk import PrepareSettings
from pling_async.errors import ConfigurationError

MOBILE, OTHER, LANDLINE = "999 99 101", "+47 999 99 102", "22 22 22 22"


@pytest.mark.parametrize(
    ("numbers", "mobile", "code", "spare"),
    [
        ([MOBILE], "+4799999101", None, 0),
        ([LANDLINE, MOBILE], "+4799999101", None, 0),
        ([MOBILE, OTHER], "+4799999101", None, 1),
        ([MOBILE, "+4799999101", ""], "+4799999101", None, 0),
        ([LANDLINE, "x"], None, "landline", 0),
        (["", " "], None, "blank", 0),
        ([], None, "blank", 0),
    ],
)
@pytest.mark.parametrize("others", [0, 200])
async def test_the_first_usable_number_of_a_row_is_its_number(
    numbers: list[str], mobile: str | None, code: str | None, spare: int, others: int
) -> None:
    """If none is, the row is rejected for what is wrong with its first; further usable ones are told, never lost."""
    rows = [{"mobile": numbers, "name": "Ola"}, *({"mobile": f"+4799999{at:03}"} for at in range(300, 300 + others))]
    found = await bulk.prepare(rows)
    assert found.contacts["mobile"].to_list()[: len(found.contacts) - others] == ([mobile] if mobile else [])
    assert found.rejects.select("row", "code").rows() == ([(1, code)] if code else [])
    said = [f"rows with a further usable number, which is left out: {spare}; give each number a row of its own"]
    assert list(found.source.warnings) == (said if spare else [])


async def test_several_columns_are_tried_in_order() -> None:
    """A landline in the preferred column does not hide the mobile beside it."""
    frame = pl.DataFrame({"Telefon": [MOBILE, LANDLINE, OTHER], "Mobil": [LANDLINE, None, MOBILE]})
    found = await bulk.prepare(frame)
    assert found.contacts.select("mobile", "rows").rows() == [("+4799999101", [1, 3])]
    assert found.rejects.select("row", "code").rows() == [(2, "landline")]


async def test_everybody_joins_the_groups_of_the_settings() -> None:
    """Beside their own, each once; also where the list has no groups."""
    settings = PrepareSettings(groups=("VIP", "2027"))
    rows = [{"mobile": MOBILE, "groups": "Kunder;VIP"}, {"mobile": OTHER, "groups": ""}]
    found = await bulk.prepare(rows, settings=settings)
    assert found.contacts["contact_groups"].to_list() == [["Kunder", "VIP", "2027"], ["VIP", "2027"]]
    found = await bulk.prepare([{"mobile": MOBILE}, {"mobile": OTHER}], settings=settings)
    assert found.contacts["contact_groups"].to_list() == [["VIP", "2027"]] * 2


@pytest.mark.parametrize("names", [("",), (" ",), ("x" * 41,)])
def test_a_group_that_no_account_can_have_is_a_wrong_setting(names: tuple[str, ...]) -> None:
    """It is told before anything is read."""
    with pytest.raises(ConfigurationError, match="groups: a name has 1 to 40 characters"):
        PrepareSettings(groups=names)


ROWS = [
    {"mobile": MOBILE, "name": "Ola", "city": "", "stop": "1", "groups": "A"},
    {"mobile": MOBILE, "name": "Kari", "city": "OSLO", "stop": "0", "groups": "B"},
    {"mobile": MOBILE, "name": "", "city": "BERGEN", "stop": "", "groups": "A;C"},
]


@pytest.mark.parametrize(
    ("keep", "name", "city", "kept_row"), [("last", "Kari", "BERGEN", 3), ("first", "Ola", "OSLO", 1)]
)
async def test_the_last_row_wins_or_the_first(keep: str, name: str, city: str, kept_row: int) -> None:
    """Field by field; a blank cell never does, a STOP always, groups unite, and every row is told in order."""
    found = await bulk.prepare(ROWS, settings=PrepareSettings(keep=keep))  # type: ignore[arg-type]
    (contact,) = found.contacts.to_dicts()
    assert (contact["name"], contact["city"], contact["is_stopped"], contact["rows"]) == (name, city, True, [1, 2, 3])
    assert sorted(contact["contact_groups"]) == ["A", "B", "C"]
    assert found.merges.filter(pl.col("field").is_null())["kept_row"].to_list() == [kept_row]


def test_nothing_else_can_be_kept() -> None:
    """A misspelled word must not mean the default."""
    with pytest.raises(ConfigurationError, match="keep='newest' is neither"):
        PrepareSettings(keep="newest")  # type: ignore[arg-type]
