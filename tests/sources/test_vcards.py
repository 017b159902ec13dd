"""vCards, in the forms in which Google, iPhones, Android and version 4 write them."""

import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import polars as pl
import pytest

from pling_async import bulk
from pling_async.errors import ConfigurationError, MissingExtraError, SourceError
from pling_async.sources import SourceInfo
from pling_async.sources.base import LIST_MARK

Read = Callable[..., Awaitable[tuple[pl.DataFrame, SourceInfo]]]
Write = Callable[..., Path]

FILES = Path(__file__).parent / "files"
CARD = "BEGIN:VCARD\nVERSION:3.0\nFN:Ola Nordmann\nTEL:99999101\nEND:VCARD\n"


async def test_an_export_of_google_contacts_is_read(read: Read) -> None:
    """Every property that a contact has; mobiles come first, and of the rest the order stays."""
    frame, info = await read(FILES / "google.vcf")
    assert frame.row(0, named=True) == {
        "mobile": f"{LIST_MARK}+47 999 99 101{LIST_MARK}22 22 22 22{LIST_MARK}+47 999 99 102",
        "name": "Åse Bjørnstad",
        "first_name": "Åse",
        "last_name": "Bjørnstad",
        "email": "ase@example.org",
        "address": "Storgata 1",
        "postal_code": "0155",
        "city": "OSLO",
        "comment": "Ringer helst\netter kl. 16; ikke før",
        "contact_groups": f"{LIST_MARK}Kunder{LIST_MARK}VIP, store{LIST_MARK}myContacts",
    }
    assert (info.kind, info.encoding, info.rows) == ("vcard", "utf-8", 1)
    assert info.mapping["TEL"] == "mobile"
    assert set(info.ignored) == {"VERSION", "ORG", "X-ABLABEL"}


@pytest.mark.parametrize(
    ("file", "mobiles", "warnings"),
    [
        ("google.vcf", ["+4799999101"], ["rows with a further usable number, which is left out: 1"]),
        ("iphone.vcf", ["+4799999104"], ["cards with a further e-mail", "rows with a further usable number"]),
        ("four.vcf", ["+4799999107"], ["cards with a further e-mail", "rows with a further usable number"]),
        ("android.vcf", ["+4799999108"], []),
    ],
)
async def test_the_preferred_mobile_is_read_and_the_others_are_told(
    file: str, mobiles: list[str], warnings: list[str]
) -> None:
    """Mobile before other numbers, preferred before others, fax last; whatever the version calls them."""
    found = await bulk.prepare(FILES / file)
    assert found.contacts["mobile"].to_list() == mobiles
    assert len(found.source.warnings) == len(warnings)
    assert all(map(str.startswith, found.source.warnings, warnings))


async def test_a_card_without_a_number_is_a_reject() -> None:
    """It is counted and told, like any row without one."""
    found = await bulk.prepare(FILES / "iphone.vcf")
    assert found.rejects.select("row", "code").rows() == [(2, "blank")]
    contact = found.contacts.row(0, named=True)
    assert contact["email"] == "ola@example.org"
    assert contact["address"] == "Veien 2\nOppgang B"
    assert contact["comment"] == "En lang merknad som brytes over to linjer"


async def test_any_property_can_be_mapped() -> None:
    """The caller knows what a property is used for."""
    settings = bulk.PrepareSettings(mapping={"ORG": "comment", "TEL": "mobile"})
    found = await bulk.prepare(FILES / "google.vcf", settings=settings)
    assert found.contacts["comment"].to_list() == ["Fisk, kjøtt og ost AS"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (CARD + CARD[:-11], "row 2: not a whole vCard at line 9: cut off"),
        (CARD + CARD[:20], "row 2: not a whole vCard at line"),
        (CARD + CARD.replace("TEL:99999101", "TEL 99999101"), "row 2: not a whole vCard at line 9"),
        (CARD[:-10] + CARD, "row 1: not a whole vCard at"),
        (CARD.replace("END:VCARD", "END:VEVENT"), "row 1: not a whole vCard at line 5"),
        (CARD + "BEGIN:VCALENDAR\nVERSION:2.0\nEND:VCALENDAR\n", "row 2: a VCALENDAR, not a vCard"),
        (
            CARD + CARD[:-10] + "AGENT:\n" + CARD + "END:VCARD\n",
            "row 2: a card inside this one: an AGENT, or an END:VCARD",
        ),
        (CARD[:-10] + CARD + "END:VCARD\n", "row 1: a card inside this one"),
        (CARD.replace("TEL", "TEL;CHARSET=x;ENCODING=QUOTED-PRINTABLE"), "row 1: not a vCard"),
    ],
)
async def test_a_bad_file_is_refused_by_its_card(read: Read, write: Write, text: str, said: str) -> None:
    """Which card and which line, without a word of it (#94)."""
    with pytest.raises(SourceError, match=r"list\.csv, " + said) as caught:
        await read(write(text))
    assert "9999" not in str(caught.value)
    assert "Ola" not in str(caught.value)


async def test_options_of_other_kinds_mean_nothing(read: Read, write: Write) -> None:
    """A delimiter in a vCard is the format's."""
    with pytest.raises(ConfigurationError, match="delimiter means nothing to vCard files"):
        await read(write(CARD), delimiter=";")


async def test_without_the_library_the_extra_is_named(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    """The library is imported when a card is read, and not before."""
    monkeypatch.setitem(sys.modules, "vobject", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'pling-async\[vcard\]'"):
        await read(FILES / "google.vcf")
