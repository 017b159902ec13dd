"""Accounts and lists to simulate with, and what a list means, worked out a second time in plain dicts."""

import random
from collections.abc import Mapping, Sequence
from typing import Any, Final

from attrs import field, frozen

from tests.simulation.history import TEXTS, Person, State
from tests.simulation.server import UNWANTED, Server

POOL: Final = tuple(
    [f"+47999991{number:02}" for number in range(60)]
    + [f"+467017406{number:02}" for number in range(5, 10)]
    + [f"+121255501{number:02}" for number in range(5)]
)
CANARY: Final = "Zebrafink"
"""Part of every name: it must not show in a message, a repr or a log."""

_GROUPS: Final = ("Kunder", "Styret", "Nye", "Gamle")
_CITIES: Final = ("OSLO", "BERGEN", "Å", "")
_BAD_ROWS: Final[tuple[dict[str, Any], ...]] = (
    {"mobile": "nobody"},
    {"mobile": ""},
    {"mobile": "22 22 22 22"},
    {"mobile": "4.799999999E9"},
)
_WIRE: Final = {
    "name": "name",
    "first_name": "firstName",
    "last_name": "lastName",
    "speed_dial": "speedDial",
    "comment": "comment",
    "city": "city",
    "email": "email",
}


@frozen(kw_only=True)
class Row:
    """One row of a list: how it is spelled, and whom it speaks of."""

    spelled: Mapping[str, Any] = field(repr=False)
    mobile: str | None = None
    """Canonical; None for a row whose number cannot be read."""
    says: Mapping[str, Any] = field(factory=dict, repr=False)
    """What it says of that person, by attribute; blanks left out."""
    is_bad: bool = False


def fill(server: Server, rng: random.Random) -> None:
    """Give the server an account of 0 to 40 contacts with groups and stops."""
    for name in rng.sample(_GROUPS, rng.randint(0, 3)):
        server.group_id(name)
    stopped, size = rng.choice((0.0, 0.1, 0.4)), rng.choice((0, 1, 5, 12, 25, 40))
    for mobile in rng.sample(POOL, size):
        person = _fields(rng, mobile, server)
        person["stop"] = int(rng.random() < stopped)
        person["contactGroupIds"] = sorted(rng.sample(sorted(server.groups), rng.randint(0, len(server.groups))))
        if rng.random() < 0.1:
            person |= {"autoCreated": "2024-01-30T14:40:00.000Z", "autoCreatedNumber": "2012"}
        server.write(mobile, server.fresh(mobile, person), actor="setup")


def _fields(rng: random.Random, mobile: str, server: Server) -> dict[str, Any]:
    found: dict[str, Any] = {
        "firstName": f"{CANARY}{mobile[-2:]}",
        "city": rng.choice(_CITIES),
        "active": int(rng.random() < 0.9),
    }
    if rng.random() < 0.5:
        found |= {"lastName": rng.choice(("Berg", "Ås")), "email": f"{CANARY}{mobile[-2:]}@example.com"}
    if rng.random() < 0.8:
        found["name"] = " ".join(filter(None, (found["firstName"], found.get("lastName"))))
    if rng.random() < 0.3:
        found["speedDial"] = f"S{server.next_number()}"
    return found


def draw_list(rng: random.Random, account: State, *, only_good: bool = False) -> list[Row]:
    """Draw a list: some of the account's people, some new ones, repeated rows, blanks and rows that cannot be used."""
    columns = [name for name in (*_WIRE, "is_stopped", "is_active", "contact_groups") if rng.random() < 0.4]
    known = [mobile for mobile in account if rng.random() < rng.choice((0.3, 0.9, 1.0))]
    new = rng.sample([mobile for mobile in POOL if mobile not in account], rng.choice((0, 1, 3, 8)))
    mobiles = known + new + [mobile for mobile in known + new if rng.random() < 0.1]
    rng.shuffle(mobiles)
    dials = {person.texts[TEXTS.index("speedDial")]: mobile for mobile, person in account.items()}
    rows = [_row(rng, mobile, columns, account.get(mobile), dials) for mobile in mobiles]
    rows += _with_new_numbers(rng, account, set(mobiles), columns)
    if not only_good and rng.random() < 0.25:
        for spelled in rng.sample(_BAD_ROWS, rng.randint(1, 2)):
            rows.insert(rng.randint(0, len(rows)), Row(spelled=spelled, is_bad=True))
    return rows


def _with_new_numbers(rng: random.Random, account: State, listed: set[str], columns: Sequence[str]) -> list[Row]:
    """Let somebody of the account be in the list with the same email and another number, now and then."""
    email = TEXTS.index("email")
    old = [mobile for mobile, person in account.items() if mobile not in listed and person.texts[email]]
    free = [mobile for mobile in POOL if mobile not in account and mobile not in listed]
    if "email" not in columns or not old or not free or rng.random() < 0.6:
        return []
    new, says = rng.choice(free), {"email": account[rng.choice(old)].texts[email]}
    return [Row(spelled={"mobile": new, **says}, mobile=new, says=says)]


def _row(rng: random.Random, mobile: str, columns: Sequence[str], known: Person | None, dials: dict[str, str]) -> Row:
    says: dict[str, Any] = {}
    for name in columns:
        if rng.random() < 0.8 and (value := _value(rng, name, mobile, known, dials)) not in {"", None, ()}:
            says[name] = value
    cells = {name: says.get(name, "") for name in columns}
    if "contact_groups" in cells:
        cells["contact_groups"] = "; ".join(cells["contact_groups"])
    return Row(spelled={"mobile": _spelled(rng, mobile), **cells}, mobile=mobile, says=says)


def _value(rng: random.Random, name: str, mobile: str, known: Person | None, dials: dict[str, str]) -> Any:
    if known is not None and name in _WIRE and rng.random() < 0.5:
        return known.texts[TEXTS.index(_WIRE[name])]
    dial = f"L{mobile[-4:]}"
    choices: dict[str, Any] = {
        "contact_groups": tuple(sorted(rng.sample(_GROUPS, rng.randint(0, 2)))),
        "is_stopped": rng.random() < 0.15,
        "is_active": rng.random() < 0.85,
        "speed_dial": dial if dials.get(dial, mobile) == mobile else "",
        "city": UNWANTED if rng.random() < 0.02 else rng.choice(_CITIES),
        "email": f"{CANARY}{rng.randint(0, 9)}@example.com",
    }
    if name == "speed_dial":
        dials.setdefault(dial, mobile)
    return choices.get(name, f"{CANARY}{rng.randint(0, 9)}")


def _spelled(rng: random.Random, mobile: str) -> str:
    """Write a number in one of the ways in which people do (#107)."""
    digits = mobile[1:]
    ways = [mobile, f"00{digits}", f"{mobile[:3]} {mobile[3:6]} {mobile[6:]}", f"\u200e{mobile}\u00a0"]
    return rng.choice([*ways, digits[2:]] if mobile.startswith("+47") else ways)


def wanted(before: Person | None, said: Sequence[Mapping[str, Any]], *, mode: str, consent: bool) -> Person:
    """Return what a person should be after rows that say this, in their order."""
    old = before or Person(texts=("",) * len(TEXTS), is_stopped=False, is_active=True, groups=frozenset())
    last = {name: value for says in said for name, value in says.items()}
    texts = dict(zip(TEXTS, old.texts, strict=True))
    given = {_WIRE[name]: value for name, value in last.items() if name in _WIRE}
    texts |= given
    parts = ("firstName", "lastName")
    held = dict(zip(TEXTS, old.texts, strict=True))
    moved = any(name in given and (given[name] != held[name] or not held["name"]) for name in parts)
    if moved and "name" not in given and any(texts[name] for name in parts):
        texts["name"] = " ".join(filter(None, (texts[name] for name in parts)))
    stops = any(says.get("is_stopped") for says in said)
    freed = consent and not stops and last.get("is_stopped") is False
    groups = frozenset(name for says in said for name in says.get("contact_groups", ()))
    return Person(
        texts=tuple(texts[name] for name in TEXTS),
        is_stopped=stops or (old.is_stopped and not freed),
        is_active=last.get("is_active", old.is_active),
        groups=(groups or old.groups) if mode == "replace" else old.groups | groups,
    )


def spoken_of(rows: Sequence[Row]) -> dict[str, list[Mapping[str, Any]]]:
    """Return what the usable rows say, by mobile."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        if row.mobile is not None and not row.is_bad:
            found.setdefault(row.mobile, []).append(row.says)
    return found
