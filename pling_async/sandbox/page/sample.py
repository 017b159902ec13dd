"""People who do not exist, with numbers that nobody has, to have something to look at."""

from collections.abc import Collection, Iterator
from itertools import islice
from typing import Any, Final

_FIRST: Final = (
    "Kari",
    "Ola",
    "Åse",
    "Nils",
    "Ingrid",
    "Per",
    "Liv",
    "Sæbjørn",
    "Zoë",
    "Marit",
    "Håkon",
    "Eva",
    "Jürgen",
)
_LAST: Final = ("Nordmann", "Hansen", "Lie", "Østby", "Vik", "Dahl", "Næss", "Berg", "Moen", "Sørlie", "Haug")
_CITIES: Final = (
    ("0150", "OSLO"),
    ("5003", "BERGEN"),
    ("7010", "TRONDHEIM"),
    ("9008", "TROMSØ"),
    ("4005", "STAVANGER"),
)
_GROUPS: Final = (
    ("Kunder",),
    ("Kunder", "Nyhetsbrev"),
    ("Kunder", "VIP"),
    (),
    ("Styret",),
    ("Kunder",),
    ("Nyhetsbrev",),
)
_NUMBERS: Final = 1000
"""Numbers from +47 999 99 000 on, which are for fiction."""


def sample(count: int, known: Collection[str]) -> list[dict[str, Any]]:
    """Return wire contacts with numbers that are not known yet; at most as many as there are fictional numbers."""
    return list(islice((each for each in _people() if each["mobile"] not in known), count))


def _people() -> Iterator[dict[str, Any]]:
    for number in range(_NUMBERS):
        first, last = _FIRST[number % len(_FIRST)], _LAST[number * 7 % len(_LAST)]
        postal_code, city = _CITIES[number * 3 % len(_CITIES)]
        yield {
            "mobile": f"+4799999{number:03}",
            "firstName": first,
            "lastName": last,
            "name": f"{first} {last}",
            "email": f"kunde{number}@example.com",
            "postalCode": postal_code,
            "city": city,
            "contactGroups": list(_GROUPS[number % len(_GROUPS)]),
            "stop": int(number % 23 == 5),  # noqa: PLR2004 - now and then
        }
