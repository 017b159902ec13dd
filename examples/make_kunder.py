"""Write kunder.csv: a customer list as a Norwegian Excel saves it, with what people do to such lists.

    python examples/make_kunder.py [FILE]

The same bytes every time. All numbers are fictional: +47 999 99 xxx, +46 70-174 06 xx, +1 212-555-01xx, and the
landline that phonenumbers gives as its example. `demo.py` builds its account from the same people. It reads
kunder.xlsx, which LibreOffice made of kunder.csv, every column as text:

    soffice --headless --convert-to xlsx kunder.csv --infilter=FILTER

where FILTER is 'CSV:59,34,1,1,1/2/2/2/3/2/4/2/5/2/6/2/7/2/8/2/9/2/10/2/11/2,0,false'.
"""

import csv
import io
import random
import sys
from dataclasses import dataclass, replace
from pathlib import Path

HEADERS = [
    "Kundenr",
    "Fornavn",
    "Etternavn",
    "Mobil",
    "E-post",
    "Adresse",
    "Postnr",
    "Poststed",
    "Grupper",
    "Stopp",
    "Merknad",
]
FILE = Path(__file__).with_name("kunder.csv")

FIRST = "Ola Kari Nils Anne Per Ingrid Lars Liv Jan Eva Åse Øyvind Jürgen Zoë Håkon Sæbjørn Bjørg Tor-Arne Siv Marit"
LAST = "Hansen Johansen Olsen Larsen Andersen Østby Ærø Müller Ng Sørlie Bråthen Nygård Dahl Vik Moen Aas Lie Næss"
STREETS = ("Storgata", "Kirkeveien", "Bjørnstjerne Bjørnsons gate", "Åsveien", "Sjøgata", "Skolegata")
PLACES = (("0150", "OSLO"), ("0663", "OSLO"), ("5003", "BERGEN"), ("9008", "TROMSØ"), ("1607", "FREDRIKSTAD"))
GROUPS = ("Kunder", "VIP", "Nyhetsbrev", "Butikk Oslo", "Butikk Bergen", "Vårkampanje")

LISTED = range(40, 485)
"""People whose rows can be used; those before are in the account alone, or behind a rejected row."""
REPEATED = range(44, 480, 24)
SWEDES = tuple(f"+46 70-174 06 {last:02d}" for last in range(5, 13))
AMERICANS = ("+1 212-555-0142", "001 212 555 0143", "+1 (212) 555-0144")


@dataclass(frozen=True)
class Person:
    """One customer, as clean as the account would have them."""

    number: int
    mobile: str
    first: str
    last: str
    email: str
    address: str
    postal_code: str
    city: str
    groups: tuple[str, ...]
    stopped: str = ""
    note: str = ""

    def row(self, spelling: str | None = None) -> list[str]:
        """Return the cells of their row, the number in some spelling."""
        where = [self.address, self.postal_code, self.city]
        start = [f"K{self.number:04d}", self.first, self.last, self.mobile if spelling is None else spelling]
        return [*start, self.email, *where, ", ".join(self.groups), self.stopped, self.note]


def person(number: int, mobile: str | None = None) -> Person:
    """Return one fictional customer, the same for the same number."""
    chance = random.Random(number)  # noqa: S311 - test data
    first, last = chance.choice(FIRST.split()), chance.choice(LAST.split())
    postal_code, city = chance.choice(PLACES)
    also = chance.sample(GROUPS[1:], chance.choice((0, 0, 1, 2)))
    return Person(
        number=number,
        mobile=mobile or f"+4799999{number:03d}",
        first=first,
        last=last,
        email=f"kunde{number}@example.com",
        address=f"{chance.choice(STREETS)} {chance.randrange(1, 120)}",
        postal_code=postal_code,
        city=city,
        groups=("Kunder", *also),
    )


def spelled(mobile: str, style: int) -> str:
    """Spell a Norwegian number as people and programs do."""
    national = mobile.removeprefix("+47")
    spaced = f"{national[:3]} {national[3:5]} {national[5:]}"
    usual = (national, spaced, f"+47 {spaced}", national, spaced, mobile)
    rare = (
        f"0047 {spaced}",
        f"(+47) {spaced}",
        f"'{mobile}",  # what Excel shows as text
        f'="{national}"',  # what somebody typed to make it so
        f"tel:{mobile}",
        f"mob. {national}",
        spaced.replace(" ", "\xa0"),
        f" {national} ",
    )
    styles = (*usual, *usual, *usual, *rare)
    return styles[style % len(styles)]


def usable_rows() -> list[list[str]]:
    """Return rows that can be used."""
    everybody = [person(number) for number in LISTED]
    rows = [stated(each).row(spelled(each.mobile, each.number * 7)) for each in everybody]
    rows += [person(500 + place, mobile).row() for place, mobile in enumerate((*SWEDES, *AMERICANS))]
    return rows


def repeated_rows() -> list[list[str]]:
    """Return second rows, added at the end when people moved: they know less, and something newer."""
    moved = [replace(person(number), email="", address="Nyveien 1", groups=("Nyhetsbrev",)) for number in REPEATED]
    return [each.row(spelled(each.mobile, each.number + 3)) for each in moved]


def stated(customer: Person) -> Person:
    """Let some customers have something in the columns that are mostly blank."""
    special = {
        60: {"stopped": "ja"},
        61: {"stopped": "x"},
        62: {"stopped": "nei"},
        63: {"stopped": "nei"},
        70: {"note": 'Sa "ring heller"; helst etter kl. 16'},
        71: {"note": "To linjer\nher"},
        72: {"address": "c/o Ærø; 3. etasje"},
    }
    return replace(customer, **special.get(customer.number, {}))


def unusable_rows() -> list[list[str]]:
    """Return one row for everything that goes wrong with such lists."""
    numbers = (
        "9999912",  # a digit is missing
        "+47 999 99 1234",  # a digit too many
        "4,79999E+10",  # Excel, Norwegian
        "4.799999123E+10",  # Excel, English
        "4799999123.0",  # a number that was a float on its way
        "999 99 123 / 999 99 124",
        "999 99 125 eller 999 99 126",
        "",
        "-",
        "ring Kari",
        "999 99 12x",
        "999 99 131 ext 12",
        "21 23 45 67",  # a landline: the example of phonenumbers
        "070-174 06 05",  # Swedish, without its country code
    )
    rows = [person(600 + place).row(number) for place, number in enumerate(numbers)]
    wrong = (
        replace(person(36), stopped="kanskje"),
        replace(person(38), stopped="?"),
        replace(person(39), postal_code="0150 OSLO SENTRUM"),
        replace(person(490), first="Ola-Per-Nils-Lars-Jan-Håkon-Øyvind-Jürgen-Sæbjørn-Tor-Arne"),
        replace(person(491), groups=("Kunder som kjøpte noe i butikken i Bergen i fjor",)),
    )
    return rows + [each.row(spelled(each.mobile, 1)) for each in wrong]


def rows() -> list[list[str]]:
    """Return all rows; but for the last they are in nobody's order."""
    mixed = usable_rows() + unusable_rows()
    random.Random(2026).shuffle(mixed)  # noqa: S311 - test data
    return mixed + repeated_rows()


def content() -> bytes:
    """Return the file: cp1252, semicolons, CRLF, quotes only where needed."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(HEADERS)
    writer.writerows(rows())
    return text.getvalue().encode("cp1252")


if __name__ == "__main__":
    written = Path(sys.argv[1]) if len(sys.argv) > 1 else FILE
    written.write_bytes(content())
    print(f"{written}: {len(rows())} rows")
