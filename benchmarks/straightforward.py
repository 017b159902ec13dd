"""The peer: the script that a careful engineer writes in an afternoon.

    python -m benchmarks.straightforward IN.csv OUT.json

csv.DictReader, phonenumbers, attrs, a dict by number, cattrs and json. It prints rows, contacts, seconds and peak MB.
"""

import csv
import json
import sys
import time
from pathlib import Path
from typing import Final

import attrs
import cattrs
import phonenumbers

from benchmarks.measuring import say_and_peak

_USABLE: Final = (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE)


@attrs.define
class Person:
    """One row, under the wire's names."""

    mobile: str
    firstName: str = ""  # noqa: N815
    lastName: str = ""  # noqa: N815
    email: str = ""
    address: str = ""
    postalCode: str = ""  # noqa: N815
    city: str = ""
    contactGroups: list[str] = attrs.field(factory=list)  # noqa: N815


def e164(raw: str) -> str | None:
    """Return a usable number as E.164."""
    try:
        number = phonenumbers.parse(raw, "NO")
    except phonenumbers.NumberParseException:
        return None
    if number.extension or phonenumbers.number_type(number) not in _USABLE:
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def main() -> None:
    """Read, normalise, de-duplicate and write; the last row of a number wins."""
    source, target = map(Path, sys.argv[1:3])
    started = time.perf_counter()
    people: dict[str, Person] = {}
    read = 0
    with source.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            read += 1
            mobile = e164(row.pop("mobile"))
            if mobile is not None:
                names = [name for name in row.pop("contactGroups").split(";") if name]
                people[mobile] = Person(mobile=mobile, contactGroups=names, **row)
    with target.open("w", encoding="utf-8") as out:
        json.dump(cattrs.unstructure(list(people.values())), out, ensure_ascii=False)
    say_and_peak(rows=read, contacts=len(people), seconds=time.perf_counter() - started)


if __name__ == "__main__":
    main()
