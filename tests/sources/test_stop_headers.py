"""Columns that may be opt-outs: read, or refused, and never passed over in silence."""

import csv
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import polars as pl
import pytest

from pling_async.errors import SourceError
from pling_async.sources import SourceInfo
from pling_async.sources.headers import resolve
from pling_async.sources.stop_headers import may_hold_numbers, may_mean_agreed, may_mean_stopped

Read = Callable[..., Awaitable[tuple[pl.DataFrame, SourceInfo]]]
Write = Callable[..., Path]

FILES = Path(__file__).parent / "files"
STOPS = [
    "Stop (J/N)", "Reservasjon", "Reservasjonsdato", "Avmeldt dato", "Sperret", "Blokkert", "Unsubscribe",
    "Unsubscribed at", "Do not contact", "DoNotCall", "Don't call", "Avregistrerad", "Frameldt", "Abgemeldet",
    "Désabonné", "De\u0301sabonne\u0301", "X-STOP", "X-OPTOUT", "smsstopdato", "stopped_at", "STOPPdato",
    "HasOptedOutOfEmail", "Email Opt Out", "properties.optOutDate", "Spærret", "Spärrad", "Gesperrt", "is_blocked",
    "Block SMS", "Blacklisted", "Black list", "Suppressed", "Ikke kontakt", "Kontaktes ikke", "Ønsker ikke SMS",
    "Inte kontakta", "DNC", "No SMS", "Avanmäld", "Frabedt", "Nei takk", "Nej tack", "Nej tak", "Takket nei",
    "Tackat nej", "NIX", "NIX-registrert", "Ingen SMS", "Ingen markedsføring", "Inga utskick", "Ej SMS",
    "Keine Werbung", "Nei til SMS", "Nej till SMS", "Meldt av", "Har meldt seg av", "DND", "Nicht kontaktieren",
    "Widerspruch", "SMS-kielto", "Ei SMS", "Ei markkinointia", "Samtykke trukket", "Trukket samtykke",
    "SMS consent withdrawn",
]  # fmt: skip
OTHERS = [
    "Blokk", "Block", "Blokk/oppgang", "Blokknummer", "Block number", "Blogg", "Stopping place", "Stoppested",
    "Busstopp", "Bus stop", "Non-stop", "Reservasjonsnummer", "Reservation ID", "Reserve phone", "Reservekontakt",
    "Last operation", "First option", "Christopher", "Post office", "Avregningsdato", "Avdeling", "Interesser",
    "Intern ring", "Printe SMS", "Send SMS", "Contact No", "Ikke i bruk", "Abonnement", "Custom Field 1 - Label",
    "Fra bedrift", "Takk", "Phoenix", "Ingen", "Trukket beløp", "Eierform", "Meldt inn", "Einheit", "Nichte",
]  # fmt: skip


@pytest.mark.parametrize("header", STOPS)
def test_a_header_that_may_be_an_opt_out_is_refused_until_somebody_decides(header: str) -> None:
    """An opt-out binds by law: it is named with both ways out, and each of them is a decision."""
    with pytest.raises(SourceError) as caught:
        resolve(["Mobil", header], {}, "list")
    said = str(caught.value)
    assert f"{header!r} may say who must not be contacted" in said
    assert f'--map "{header}=is_stopped" or --map "{header}=ignore", or mapping={{{header!r}: \'is_stopped\'}}' in said
    assert resolve(["Mobil", header], {header: "is_stopped"}, "list").by_attribute["is_stopped"] == (1,)
    assert resolve(["Mobil", header], {header: "ignore"}, "list").ignored == (header,)


@pytest.mark.parametrize("header", OTHERS)
def test_a_block_of_flats_and_a_bus_stop_are_no_opt_outs(header: str) -> None:
    """A column that nobody means as an opt-out costs no question."""
    assert not may_mean_stopped(header)
    assert resolve(["Mobil", header], {}, "list").ignored in {(header,), ()}


@pytest.mark.parametrize(
    "header",
    ["Samtykke", "Samtycke SMS", "Marketing consent", "Opt-in", "Opted in", "Accepts SMS Marketing", "SMS ok",
     "Ønsker SMS", "Vil ha SMS", "Vill ha SMS", "Godtar markedsføring", "Mottar SMS", "Subscribed", "Kan kontaktes"],
)  # fmt: skip
def test_a_column_of_consent_is_warned_of(header: str) -> None:
    """Its no may be an opt-out, but its yes is none: it cannot be mapped to stops, and silence would hide it."""
    columns = resolve(["Mobil", header], {}, "list")
    assert "may say who agreed to be contacted" in next(iter(columns.warnings(["Mobil", header])))
    assert columns.ignored == (header,)
    assert not list(resolve(["Mobil", header], {header: "ignore"}, "list").warnings(["Mobil", header]))


@pytest.mark.parametrize("header", [*OTHERS, "Options", "Antall", "Accepted offers", "smsokonomi"])
def test_what_is_no_consent_is_not_warned_of(header: str) -> None:
    """A warning that comes always is read never."""
    assert not may_mean_agreed(header)


@pytest.mark.parametrize("header", ["Stopp SMS", "SMS-stopp", "STOPLISTE", "Opt-out SMS", "SMS Opt Out"])
def test_what_can_only_be_a_stop_by_sms_is_read(header: str) -> None:
    """A pure flag needs no mapping."""
    assert resolve(["Mobil", header], {}, "list").mapping[header] == "is_stopped"
    assert resolve(["Mobil", "Reservert mot SMS"], {}, "list").by_attribute["is_stopped"] == (1,)


def test_another_column_of_stops_decides_nothing() -> None:
    """Two columns may stop different people; what a mapping pushes aside is refused as well."""
    with pytest.raises(SourceError, match="'Avmeldt dato' may say"):
        resolve(["Mobil", "Stopp", "Avmeldt dato"], {}, "list")
    with pytest.raises(SourceError, match="'Stopp' may say"):
        resolve(["Mobil", "Stopp", "Kode"], {"Kode": "is_stopped"}, "list")
    with pytest.raises(SourceError, match="'Do not call', 'Sperret' may say"):
        resolve(["Mobil", "Do not call", "Sperret"], {}, "list")
    with pytest.raises(SourceError, match=r'--map "Header=is_stopped" for each that is, and --map "Other=ignore"'):
        resolve(["Mobil", "Stopp", "Reservert"], {}, "list")
    both = {"Stopp": "is_stopped", "Reservert": "ignore"}
    assert resolve(["Mobil", "Stopp", "Reservert"], both, "list").by_attribute["is_stopped"] == (1,)


@pytest.mark.parametrize("form", ["csv", "json"])
async def test_several_columns_may_stop_people(read: Read, write: Write, form: str) -> None:
    """Where each was said to be an opt-out, one of them is enough, and a no beside it is none (I-4)."""
    cells = ["nei,ja", "2026-01-30,", ",x", "nei,", "0,perhaps", ","]
    people = [f"+4799999{number},{cell}" for number, cell in enumerate(cells, 101)]
    lines = ["mobil,Do not call,SMS opt out", *people]
    rows = [dict(zip(lines[0].split(","), line.split(","), strict=True)) for line in people]
    text = "\n".join(lines) if form == "csv" else json.dumps(rows)
    mapping = {"Do not call": "is_stopped", "SMS opt out": "is_stopped"}
    frame, info = await read(write(text.encode(), "list"), mapping=mapping)
    assert [cell or "" for cell in frame["is_stopped"]] == ["ja", "2026-01-30", "x", "nei", "perhaps", ""]
    said = "is_stopped is read from 'Do not call', then 'SMS opt out': the first that says something else than no"
    assert info.warnings == (said,)


def test_a_custom_field_of_an_account_is_only_warned_of() -> None:
    """IP1 and Front say by themselves who is stopped; that must be read, whatever a mapping says."""
    columns = resolve(["mobile", "properties.stop"], {}, "list", custom=["properties.stop"])
    said = "'properties.stop' may say who must not be contacted, and is not read; name it in fields="
    assert list(columns.warnings([])) == [said]
    mapping = {"properties.stop": "is_stopped"}
    with pytest.raises(SourceError, match="'is_stopped' may say"):
        resolve(["mobile", "is_stopped", "properties.stop"], mapping, "list", custom=["properties.stop"])


def test_a_cell_of_a_list_without_headers_is_not_shown() -> None:
    """#97: what looks like a value is named by its place."""
    with pytest.raises(SourceError, match="column 2 may say") as caught:
        resolve(["Mobil", "stopp@example.com"], {}, "list")
    assert "example" not in str(caught.value)


@pytest.mark.parametrize("name", ["google.csv", "outlook.csv"])
def test_no_header_of_well_known_exports_is_in_doubt(name: str) -> None:
    """What everybody exports is read without a question."""
    with (FILES / name).open(encoding="utf-8-sig") as file:
        headers = next(csv.reader(file))
    assert not list(filter(may_mean_stopped, headers))
    assert not list(filter(may_mean_agreed, headers))
    assert resolve(headers, {}, "list").by_attribute["mobile"]


@pytest.mark.parametrize(
    "text",
    [
        "mobil;Avmeldt dato\n99999101;2026-01-01\n",
        '[{"mobil": "99999101", "Avmeldt dato": "2026-01-01"}]',
        "BEGIN:VCARD\nVERSION:3.0\nFN:Ola\nTEL:99999101\nAVMELDT-DATO:2026-01-01\nEND:VCARD\n",
    ],
)
async def test_every_kind_of_list_refuses_and_reads_what_is_mapped(read: Read, write: Write, text: str) -> None:
    """A mapping's name means the same header whatever the list is, also when case and punctuation differ."""
    with pytest.raises(SourceError, match=r"(?i)'avmeldt.dato' may say"):
        await read(write(text))
    frame, info = await read(write(text), mapping={"avmeldt dato": "is_stopped"})
    assert frame["is_stopped"].to_list() == ["2026-01-01"]
    assert "is_stopped" in info.mapping.values()


@pytest.mark.parametrize(
    "header", ["Telefon privat", "Mobil 2", "Work Phone", "Tlf. jobb", "mobilePhoneSecondary", "Matkapuhelin", "Handy"]
)
def test_further_numbers_of_whoever_is_stopped_are_warned_of(header: str) -> None:
    """A person opts out, not a number; nothing is said where nobody is stopped, or where somebody has decided."""
    headers = ["Mobil", header, "Stopp"]
    (said,) = resolve(headers, {}, "a").warnings(headers)
    assert f"'{header}' may hold further numbers" in said
    assert f'--map "Mobil=mobile" --map "{header}=mobile"' in said
    assert not [*resolve(headers[:2], {}, "a").warnings(headers[:2])]
    assert not [*resolve(headers, {header: "ignore"}, "a").warnings(headers)]
    both = {"Mobil": "mobile", header: "mobile"}
    assert [each for each in resolve(headers, both, "a").warnings(headers) if "may hold" in each] == []


@pytest.mark.parametrize(
    "header", ["Phone 1 - Label", "Phone type", "Mobiloperatør", "Phonetic Given Name", "Automobil", "Handyman", "City"]
)
def test_what_is_beside_numbers_is_none(header: str) -> None:
    """What kind a number is, or whose, is no number."""
    assert not may_hold_numbers(header)
