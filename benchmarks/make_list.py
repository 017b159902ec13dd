"""Make lists and accounts to measure with, the same for the same seed; nothing of them is kept in the repository.

    python -m benchmarks.make_list csv ROWS FILE
    python -m benchmarks.make_list listing ROWS FILE

Numbers are drawn at random from ranges of mobiles. Of the rows of a CSV 6 % repeat an earlier number, 8 % are foreign
and 3 % cannot be used: landlines, damage by spreadsheets, two numbers in a cell, nothing.
"""

import argparse
import csv
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import orjson

FIRST: Final = [
    "Ola",
    "Kari",
    "Nils",
    "Anne",
    "Per",
    "Ingrid",
    "Lars",
    "Liv",
    "Jan",
    "Eva",
    "Åse",
    "Øyvind",
    "Jürgen",
    "Zoë",
    "Håkon",
    "Sæbjørn",
]
LAST: Final = [
    "Hansen",
    "Johansen",
    "Olsen",
    "Larsen",
    "Andersen",
    "Pedersen",
    "Nilsen",
    "Kristiansen",
    "Østby",
    "Ærø",
    "Müller",
    "Ng",
]
GROUPS: Final = ["Kunder", "Ansatte", "Styret", "Foresatte", "VIP", "Leverandører", "Presse", "Medlemmer"]
CITIES: Final = ("OSLO", "BERGEN", "TROMSØ", "")
HEADER: Final = ["mobile", "firstName", "lastName", "email", "address", "postalCode", "city", "contactGroups"]
ACCOUNT: Final = 12345
MOMENT: Final = "2024-06-01T09:09:26.000Z"

_STARTS: Final = ("40", "41", "46", "47", "48", *(str(number) for number in range(91, 100)))
_REMEMBERED: Final = 100_000
_SPELLINGS: Final = (
    (0.46, "+47{0}"),
    (0.68, "{0}"),
    (0.82, "{1} {2} {3}"),
    (0.89, "0047 {0}"),
    (0.93, "+46 70-{4}"),
    (0.97, "+45 2{4}"),
    (0.985, "+47 22 33 44 {5}"),
)
_DAMAGED: Final = ("4.79123E+10", "{0} / {0}", "{0}.0", "n/a", "", "{5}", "{0}123")

EVERYTHING: Final = (0.0, 1.0)
USABLE: Final = (0.0, 0.97)
REJECTED: Final = (0.97, 1.0)
"""Shares of the spellings: all, those of mobiles, and landlines and damage."""


def mobile(rng: random.Random) -> str:
    """Draw eight digits from the ranges of Norwegian mobiles."""
    return rng.choice(_STARTS) + f"{rng.randrange(10**6):06}"


def spelled(rng: random.Random, number: str, shares: tuple[float, float] = EVERYTHING) -> str:
    """Spell eight digits as people do, in the ways between two shares of all."""
    roll = rng.uniform(*shares)
    form = next((form for share, form in _SPELLINGS if roll < share), None) or rng.choice(_DAMAGED)
    return form.format(number, number[:3], number[3:5], number[5:], number[1:], number[-2:])


def raw_numbers(count: int, seed: int = 5, shares: tuple[float, float] = EVERYTHING) -> Iterator[str]:
    """Yield mixed spellings, nearly all of them usable unless only some of the ways are wanted."""
    rng = random.Random(seed)  # noqa: S311 - nothing secret
    return (spelled(rng, mobile(rng), shares) for _ in range(count))


def rows(count: int, seed: int = 5) -> Iterator[list[str]]:
    """Yield the rows of a messy list."""
    rng = random.Random(seed)  # noqa: S311 - nothing secret
    seen: list[str] = []
    for row in range(count):
        number = rng.choice(seen) if seen and rng.random() < 0.06 else mobile(rng)  # noqa: PLR2004
        if len(seen) < _REMEMBERED:
            seen.append(number)
        first, last = rng.choice(FIRST), rng.choice(LAST)
        yield [
            spelled(rng, number),
            first,
            last,
            f"{first}.{last}{row}@example.com".lower(),
            f"Storgata {row % 300}",
            f"{row % 10_000:04}",
            rng.choice(CITIES),
            ";".join(rng.sample(GROUPS, rng.choice((0, 1, 1, 2)))),
        ]


def write_csv(path: Path, count: int, seed: int = 5) -> None:
    """Write a messy list as CSV in UTF-8."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        writer.writerows(rows(count, seed))


def listed(count: int, seed: int = 5) -> Iterator[dict[str, object]]:
    """Yield the contacts of an account as section 3.1 lists them; 2 % are stopped."""
    rng = random.Random(seed)  # noqa: S311 - nothing secret
    for row in range(count):
        first, last = rng.choice(FIRST), rng.choice(LAST)
        yield {
            "id": 7_000_000 + row,
            "accountId": ACCOUNT,
            "mobile": f"+479{row:07}",
            "name": f"{first} {last}",
            "firstName": first,
            "lastName": last,
            "speedDial": "",
            "comment": "",
            "address": f"Storgata {row % 300}",
            "postalCode": f"{row % 10_000:04}",
            "city": rng.choice(CITIES),
            "stop": int(rng.random() < 0.02),  # noqa: PLR2004
            "active": 1,
            "autoCreated": MOMENT if row % 9 == 0 else None,
            "autoCreatedNumber": "",
            "email": f"{first}.{last}{row}@example.com".lower(),
            "contactGroupIds": sorted(rng.sample(range(1, len(GROUPS) + 1), rng.choice((0, 1, 1, 2)))),
            "created": MOMENT,
            "lastModified": MOMENT,
        }


def groups() -> list[dict[str, object]]:
    """Return the account's groups."""
    return [{"id": number, "accountId": ACCOUNT, "name": name} for number, name in enumerate(GROUPS, start=1)]


def write_listing(path: Path, count: int) -> None:
    """Write the answer that lists an account of so many contacts."""
    with path.open("wb") as file:
        separator = b'{"contacts":['
        for contact in listed(count):
            file.write(separator + orjson.dumps(contact))
            separator = b","
        file.write((b'{"contacts":[' if count == 0 else b"") + b'],"contactGroups":' + orjson.dumps(groups()) + b"}")


def main() -> None:
    """Write a file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=["csv", "listing"])
    parser.add_argument("rows", type=int)
    parser.add_argument("file", type=Path)
    options = parser.parse_args()
    {"csv": write_csv, "listing": write_listing}[options.kind](options.file, options.rows)


if __name__ == "__main__":
    main()
