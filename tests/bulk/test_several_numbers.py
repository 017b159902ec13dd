"""Rows with several numbers, groups that everybody joins, and which row of a number wins."""

import polars as pl
import pytest

from pling_async import PlingClient, bulk
from pling_async.bulk import PrepareSettings
from pling_async.bulk.report import outcome_lines
from pling_async.errors import ConfigurationError, GuardRefused
from pling_async.sandbox import Fault, Sandbox

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


@pytest.mark.parametrize("chunk_rows", [1, 2, 50_000])
async def test_a_stop_is_for_every_number_of_a_row(chunk_rows: int) -> None:
    """A person opts out, not a number: nothing is left out of such a row, and no other row makes a number reachable."""
    rows = [
        {"mobile": OTHER, "name": "Kari", "stop": "0"},
        {"mobile": [MOBILE, LANDLINE, OTHER, "+4799999103"], "name": "Ola", "stop": "yes"},
        {"mobile": OTHER, "city": "OSLO"},
        {"mobile": ["+4799999104", "+4799999105"], "name": "Liv", "stop": ""},
    ]
    found = await bulk.prepare(rows, settings=PrepareSettings(chunk_rows=chunk_rows))
    assert found.contacts.select("mobile", "name", "is_stopped", "rows").rows() == [
        ("+4799999101", "Ola", True, [2]),
        ("+4799999102", "Kari", True, [1, 2, 3]),
        ("+4799999103", None, True, [2]),
        ("+4799999104", "Liv", None, [4]),
    ]
    assert found.merges.select("field", "kept_row").rows() == [(None, 3), ("is_stopped", 2)]
    said = "rows with a further usable number, which is left out: 1; give each number a row of its own"
    assert found.source.warnings == (said,)


@pytest.mark.parametrize(("stop", "name"), [("1", "x" * 101), ("perhaps", "Ola")])
async def test_a_stop_that_cannot_be_used_holds_back_the_other_numbers(stop: str, name: str) -> None:
    """Another row of any of them may be wrong about the person."""
    rows = [{"mobile": [MOBILE, OTHER], "stop": stop, "name": name}, {"mobile": OTHER, "name": "Kari"}]
    found = await bulk.prepare(rows)
    assert found.contacts.is_empty()
    assert found.rejects.filter(row=2)["code"].to_list() == ["stop_elsewhere"]


async def test_a_contact_that_is_rejected_late_leaves_the_other_numbers_stopped() -> None:
    """The row is told as rejected, and its stop of a number that nothing is wrong with stays."""
    rows = [
        {"mobile": [MOBILE, OTHER], "stop": "1", "first_name": "x" * 50},
        {"mobile": MOBILE, "last_name": "y" * 50},
    ]
    found = await bulk.prepare(rows)
    assert found.rejects.select("row", "code").rows() == [(1, "name_too_long"), (2, "name_too_long")]
    assert found.contacts.select("mobile", "is_stopped", "rows").rows() == [("+4799999102", True, [1])]


async def test_a_run_tells_the_gravest_outcome_of_a_row(pling: PlingClient, sandbox: Sandbox) -> None:
    """The report has a line for each number of the row, the outcomes one for the row; the row counts once."""
    await sandbox.seed([{"mobile": "+4799999102"}])
    listed = [{"mobile": [MOBILE, OTHER], "stop": "1"}, {"mobile": "+4799999103"}]
    plan = await bulk.plan(pling, await bulk.prepare(listed), guards=bulk.Guards(min_rows=2))
    sandbox.fail(Fault(action="answer", status=400, method="PUT"))
    run = await bulk.apply(pling, plan, strategy="per_contact")
    assert run.outcomes.select("row", "outcome").rows() == [(1, "not_applied"), (2, "applied")]
    assert outcome_lines(run).select("row", "outcome", "mobile").rows() == [
        (1, "not_applied", "+4799999102"),
        (1, "applied", "+4799999101"),
        (2, "applied", "+4799999103"),
    ]
    with pytest.raises(GuardRefused, match="min_rows"):
        await bulk.apply(pling, await bulk.plan(pling, await bulk.prepare(listed), guards=bulk.Guards(min_rows=3)))


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
