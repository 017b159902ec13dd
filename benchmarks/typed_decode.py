"""The peer of the snapshot: a typed msgspec decode of the same bytes.

python -m benchmarks.typed_decode LISTING {default | no_gc}
"""

import gc
import sys
import time
from pathlib import Path

import msgspec

from benchmarks.measuring import say_and_peak


class Wire(msgspec.Struct, rename="camel"):
    """A contact as it is listed."""

    id: int
    account_id: int
    mobile: str
    name: str | None
    first_name: str | None
    last_name: str | None
    speed_dial: str | None
    comment: str | None
    address: str | None
    postal_code: str | None
    city: str | None
    stop: int
    active: int
    auto_created: str | None
    auto_created_number: str | None
    email: str | None
    contact_group_ids: list[int]
    created: str | None
    last_modified: str | None


class WireGroup(msgspec.Struct, rename="camel"):
    """A group as it is listed."""

    id: int
    account_id: int
    name: str


class WireListing(msgspec.Struct, rename="camel"):
    """The whole answer."""

    contacts: list[Wire]
    contact_groups: list[WireGroup]


def main() -> None:
    """Print the seconds of one decode."""
    body = Path(sys.argv[1]).read_bytes()
    if sys.argv[2] == "no_gc":
        gc.disable()
    decoder = msgspec.json.Decoder(WireListing)
    started = time.perf_counter()
    listing = decoder.decode(body)
    say_and_peak(seconds=time.perf_counter() - started, contacts=len(listing.contacts))


if __name__ == "__main__":
    main()
