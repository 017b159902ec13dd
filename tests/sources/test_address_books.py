"""Exports of Google Contacts and Outlook, with the headers that they really have; the people are fictional."""

from pathlib import Path

import polars as pl
import pytest

from pling_async import bulk

FILES = Path(__file__).parent / "files"


async def test_an_export_of_google_contacts_is_recognised() -> None:
    """What is labelled a mobile comes first; of several values in a cell the first usable is read."""
    found = await bulk.prepare(FILES / "google.csv")
    assert found.contacts.select("mobile", "first_name", "last_name", "contact_groups").rows() == [
        ("+4799999101", "Åse", "Bjørnstad", ["Kunder", "VIP"]),
        ("+4799999104", "Ola", "Nordmann", None),
        ("+4799999105", "Kari", "Berg", None),
    ]
    contact = found.contacts.row(0, named=True)
    assert {name: contact[name] for name in ("email", "address", "postal_code", "city", "comment")} == {
        "email": "ase@example.org",
        "address": "Storgata 1",
        "postal_code": "0155",
        "city": "OSLO",
        "comment": "Ringer ::: helst",
    }
    assert found.rejects.select("row", "code").rows() == [(4, "landline")]


async def test_what_a_contact_has_no_room_for_is_told() -> None:
    """Every value that is left out is counted."""
    warnings = (await bulk.prepare(FILES / "google.csv")).source.warnings
    assert "rows with several e-mail or postal addresses in a cell; the first is read: 1" in warnings
    assert "rows with a further usable number, which is left out: 2; give each number a row of its own" in warnings
    assert any(each.startswith("mobile is read from 'Phone 1 - Value', then 'Phone 2 - Value'") for each in warnings)


async def test_an_export_of_outlook_is_recognised() -> None:
    """A mobile before other numbers, and one of the others where there is no mobile."""
    found = await bulk.prepare(FILES / "outlook.csv")
    names = ("mobile", "name", "email", "address", "postal_code", "city", "comment", "contact_groups")
    assert found.contacts.select(name for name in names if name != "name").rows() == [
        ("+4799999101", "ase@example.org", "Storgata 1", "0155", "OSLO", "Ringer helst", ["Kunder", "VIP"]),
        ("+4799999103", "ola@example.com", "Veien 2", "5003", "BERGEN", None, None),
    ]
    assert found.rejects.height == 0
    assert "Pager" in found.source.ignored
    assert "Business Fax" in found.source.ignored


@pytest.mark.parametrize("name", ["google", "outlook"])
async def test_an_export_is_the_same_from_any_kind_of_file(name: str, tmp_path: Path) -> None:
    """Labels and several values mean the same in a Parquet file."""
    path = FILES / f"{name}.csv"
    pl.read_csv(path, infer_schema=False).write_parquet(tmp_path / "list.parquet")
    text, columns = await bulk.prepare(path), await bulk.prepare(tmp_path / "list.parquet")
    assert all(getattr(text, each).equals(getattr(columns, each)) for each in ("contacts", "rejects", "merges"))
    assert text.source.warnings == columns.source.warnings
