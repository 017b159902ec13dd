"""Headers: which of them mean which attribute."""

import attrs
import pytest

from pling_async.errors import SourceError
from pling_async.pling.models import Contact
from pling_async.sources import ATTRIBUTES
from pling_async.sources.headers import ALIASES, resolve, squeezed

NORWEGIAN = [
    "Fornavn",
    "Etternavn",
    "Mobilnr.",
    "E-post",
    "Adresse",
    "Postnr",
    "Poststed",
    "Grupper",
    "Kommentar",
    "Kortnummer",
    "Stopp",
    "Aktiv",
]
GOOGLE = [
    "First Name", "Middle Name", "Last Name", "Notes", "Labels", "E-mail 1 - Label", "E-mail 1 - Value",
    "Phone 1 - Label", "Phone 1 - Value", "Phone 2 - Value", "Address 1 - Street", "Address 1 - City",
    "Address 1 - Postal Code",
]  # fmt: skip
OUTLOOK = [
    "First Name", "Last Name", "E-mail Address", "Mobile Phone", "Primary Phone", "Home Street", "Home City",
    "Home Postal Code", "Notes", "Categories",
]  # fmt: skip


def meaning(headers: list[str], **mapping: str) -> dict[str, str]:
    """Return header to attribute."""
    return dict(resolve(headers, mapping, "list").mapping)


def test_norwegian_headers_are_known() -> None:
    """A Norwegian export needs no mapping."""
    assert list(meaning(NORWEGIAN).values()) == [
        "first_name", "last_name", "mobile", "email", "address", "postal_code", "city", "contact_groups", "comment",
        "speed_dial", "is_stopped", "is_active",
    ]  # fmt: skip


def test_the_exports_of_google_contacts_and_outlook_are_known() -> None:
    """What no attribute can hold is ignored, and said to be."""
    google = resolve(GOOGLE, {}, "list")
    assert google.ignored == ("Middle Name", "E-mail 1 - Label", "Phone 1 - Label")
    assert google.by_attribute["mobile"] == (8, 9)
    assert resolve(["Phone 9 - Value", "Phone 1 - Value"], {}, "list").by_attribute["mobile"] == (1, 0)
    assert set(meaning(OUTLOOK)) == set(OUTLOOK)


@pytest.mark.parametrize(
    ("mobile", "telephone"),
    [("Mobile Phone Number", "Phone Number"), ("Mobiltelefonnummer", "Telefon"), ("Tlf mobil", "Tlf")],
)
def test_a_mobile_is_read_before_a_telephone(mobile: str, telephone: str) -> None:
    """As in the exports of HubSpot: the telephone may be a switchboard's."""
    assert resolve([telephone, mobile], {}, "list").by_attribute["mobile"] == (1, 0)


def test_our_own_names_and_the_wires_are_known() -> None:
    """An export of an account can be read again (I-27)."""
    assert set(ATTRIBUTES) < {each.name for each in attrs.fields(Contact)}
    assert meaning(list(ATTRIBUTES)) == {name: name for name in ATTRIBUTES}
    wire = ["mobile", "firstName", "speedDial", "postalCode", "stop", "active", "contactGroups", "autoCreatedNumber"]
    assert meaning(wire)["stop"] == "is_stopped"
    assert set(meaning(wire)) == set(wire)


def test_no_header_means_two_attributes_and_the_table_is_squeezed() -> None:
    """The table can be looked up as it is written."""
    names = [alias for aliases in ALIASES.values() for alias in aliases.split()]
    assert len(names) == len(set(names))
    assert names == [squeezed(name) for name in names]


def test_of_several_number_columns_the_mobile_one_is_preferred() -> None:
    """The order of preference is the table's, not the file's, and it is told."""
    columns = resolve(["Telefon", "Mobil"], {}, "list")
    assert columns.by_attribute == {"mobile": (1, 0)}
    warning = "mobile is read from 'Mobil', then 'Telefon': the first that is a usable number"
    assert list(columns.warnings(["Telefon", "Mobil"])) == [warning]


def test_two_columns_for_a_flag_are_a_question() -> None:
    """Which of two stop columns counts is not for us to guess."""
    with pytest.raises(SourceError, match=r"'Stopp', 'Reservert' all mean is_stopped; choose with --map"):
        meaning(["Mobil", "Stopp", "Reservert"])


def test_a_mapping_goes_before_what_is_known() -> None:
    """The caller knows the file; a column that is mapped feeds nothing else."""
    found = meaning(["Mobil", "Kunde", "Privat", "Navn"], Kunde="name", privat="mobile", Navn="ignore")
    assert found == {"Kunde": "name", "Privat": "mobile"}


def test_a_mapping_from_a_column_that_is_not_there_is_refused() -> None:
    """A misspelled header would otherwise lose a column in silence."""
    with pytest.raises(SourceError, match="the headers are 'Mobil'"):
        meaning(["Mobil"], Kommentarer="comment")


@pytest.mark.parametrize(
    "headers", [["Kunde", "Tall"], ["Navn", "99999001"], ["Navn", "a@b"], ["Navn", "0155"], ["Navn", "+47999 99 001 m"]]
)
def test_what_may_be_a_row_is_not_shown(headers: list[str]) -> None:
    """#97: headers are quoted only when one is known and none is a value; the message says what a list begins with."""
    with pytest.raises(
        SourceError, match=r"may be a row with personal data; .* such as mobile,name; choose one"
    ) as caught:
        meaning(headers)
    assert not any(header in str(caught.value) for header in headers)


def test_headers_that_count_are_shown() -> None:
    """#97: a digit or a year makes no row of a header, and a list without columns has none to show."""
    with pytest.raises(SourceError, match="the headers are 'Navn', 'Felt 1 - 2026', 'Kunde'"):
        meaning(["Navn", "Felt 1 - 2026", "Kunde"])
    with pytest.raises(SourceError, match="the headers are missing"):
        meaning([])
