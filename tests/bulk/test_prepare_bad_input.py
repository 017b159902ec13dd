"""Prepare with lists as bad as they come: exact row numbers, one code for each problem, and no surprise in size."""

import asyncio
import io
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from pling_async.bulk import Prepared, prepare
from pling_async.sources import blocks, csv_file, files

OLA, KARI = "+4799999001", "+4799999002"
LARGE = 10_000_000

Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a list and return its path."""

    def write_list(content: str) -> Path:
        path = tmp_path / "list.csv"
        path.write_bytes(content.encode())
        return path

    return write_list


def rejected(found: Prepared) -> list[tuple[int, str, str]]:
    """Return row, field and code of every reject."""
    return found.rejects.select("row", "field", "code").rows()


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("4.79999E+09", "excel"),
        ("4799999003.0", "excel"),
        ("99999003 / 99999004", "two_numbers"),
        ("99999003 ext 5", "extension"),
        ("99999OLA", "letters"),
        ("22 22 22 22", "landline"),
        ("1881", "too_short"),
        ("9" * 300, "too_long"),
        ("99999\x00003", "control_characters"),
        ("n/a", "not_a_number"),
        ("", "blank"),
    ],
)
async def test_a_number_that_is_none_is_rejected_in_its_row(write: Write, cell: str, code: str) -> None:
    """The rows before and after it are sent (#108)."""
    found = await prepare(write(f"mobile,name\n{OLA},Ola\n{cell},x\n{KARI},Kari\n"))
    assert rejected(found) == [(2, "mobile", code)]
    assert found.contacts.select("mobile", "rows").rows() == [(OLA, [1]), (KARI, [3])]
    assert cell not in found.rejects["message"][0] or not cell


@pytest.mark.parametrize(
    ("cell", "codes"),
    [
        ("y" * LARGE, ["too_long"]),
        ('"' + "y\n" * (LARGE // 2) + '"', ["too_long"]),
        ('"' + "y,\r\n\x00" * (LARGE // 5) + '"', ["control_characters", "too_long"]),
        ('"' + '""' * (LARGE // 2) + '"', ["too_long"]),
    ],
    ids=["one line", "many lines", "control characters", "quotes"],
)
async def test_a_cell_of_ten_megabytes_is_rejected_in_its_row(write: Write, cell: str, codes: list[str]) -> None:
    """A cell that is larger than what is read at a time costs its row only (#102)."""
    found = await prepare(write(f"mobile,comment\n{OLA},a\n{KARI},{cell}\n{OLA},b\n"))
    assert rejected(found) == [(2, "comment", code) for code in codes]
    assert found.contacts.rows() == [(OLA, "b", [1, 3])]


async def test_a_number_of_ten_megabytes_is_rejected_in_its_row(write: Write) -> None:
    """Nobody reads ten million digits to say that they are too many."""
    found = await prepare(write(f"mobile,name\n{OLA},Ola\n{'9' * LARGE},x\n{KARI},Kari\n"))
    assert rejected(found) == [(2, "mobile", "too_long")]


async def test_control_characters_are_found_wherever_they_stand(write: Write) -> None:
    """One odd cell changes how its part of the file is looked at, never what is found (#102)."""
    lines = [f"{OLA},a", f"{KARI},x\x00y", f"{OLA}, b\u00a0", f"{KARI},\x7f", f"{OLA},c\td"]
    found = await prepare(write("mobile,name\n" + "\n".join(lines)))
    assert rejected(found) == [(2, "name", "control_characters"), (4, "name", "control_characters")]
    assert found.contacts.rows() == [(OLA, "c\td", [1, 3, 5])]


async def test_a_lone_carriage_return_ends_a_line_and_within_quotes_is_text(write: Write) -> None:
    """Rows are counted as the file has them, whatever ends their lines (#102)."""
    found = await prepare(write(f'mobile,comment\n{OLA},a\r{KARI},"b\rc"\r\n22222222,d\n'))
    assert found.contacts.rows() == [(OLA, "a", [1]), (KARI, "b\rc", [2])]
    assert rejected(found) == [(3, "mobile", "landline")]


async def test_identical_rows_are_one_contact(write: Write) -> None:
    """However often a row is there, it disagrees with nothing."""
    rows = 60_000
    found = await prepare(write("mobile,name,groups,stop\n" + f"{OLA},Ola,VIP;Kunder,0\n" * rows))
    assert found.contacts.drop("rows").rows() == [(OLA, "Ola", False, ["VIP", "Kunder"])]
    assert found.contacts["rows"][0].equals(pl.int_range(1, rows + 1, dtype=pl.UInt32, eager=True))
    assert found.merges.select("field", "kept_row").rows() == [(None, rows)]


async def test_every_row_of_a_hopeless_list_is_rejected_by_its_number(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All problems of all rows are told, in order, over all parts of the file."""
    monkeypatch.setattr(csv_file, "_PART_ROWS", 10_000)
    rows, long = 60_000, "0" * 80
    found = await prepare(write("mobile,postnr,stop\n" + f"22222222,{long},kanskje\n" * rows))
    row = pl.int_range(1, rows + 1, dtype=pl.UInt32, eager=True)
    assert found.contacts.height == 0
    assert found.rejects["row"].equals(row.gather((pl.int_range(3 * rows, eager=True)) // 3))
    assert found.rejects["code"].unique(maintain_order=True).to_list() == ["landline", "too_long", "unreadable_flag"]
    assert found.rejects["mobile"].null_count() == 3 * rows


@pytest.mark.parametrize("size", [7, 100, 1000])
async def test_blocks_do_not_matter(write: Write, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """Read a few bytes at a time, or at once: rows, rejects, merges and what is known of the source are the same."""
    cells = ['"a ""b"", c\nd"', 'Storgata 5" B', "æøå", " x ", "", '"\x00"', "é\u00a0"]
    lines = [f"9999{number % 60:04},{cells[number % 7]},{cells[number % 5]}" for number in range(300)]
    path = write("mobile,address,city\n" + "\n".join([*lines, "22222222,,", "", ""]))
    whole = await prepare(path)
    data = await asyncio.to_thread(path.read_bytes)
    monkeypatch.setattr(files, "read_blocks", lambda _: list(blocks.blocks(io.BytesIO(data), size)))
    monkeypatch.setattr(csv_file, "_PART_ROWS", 1)
    parts = await prepare(path)
    assert whole.source == parts.source
    assert all(getattr(whole, name).equals(getattr(parts, name)) for name in ("contacts", "rejects", "merges"))
    assert whole.rejects.height > 1
