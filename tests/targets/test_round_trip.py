"""What goes from Pling to another system and back is what it was, but for what docs/copy.md names."""

import random
from pathlib import Path
from typing import Any

import pytest

from pling_async.bulk.snapshot import snapshot
from pling_async.sources.frontapp import FIELDS as FRONT
from pling_async.sources.frontapp import OWN
from pling_async.sources.ip1 import FIELDS as IP1

COMPARED = (
    "mobile name first_name last_name speed_dial comment address postal_code city email is_stopped is_active "
    "contact_groups"
).split()
LETTERS = "abcæøåÉßİıñ 'Ω漢字😀\"\\,;|:<>&%+=@#"
DOCUMENT = Path(__file__).parents[2] / "docs" / "copy.md"


def text(chance: random.Random, longest: int, *, blank: bool = True) -> str:
    """Return some text without blanks around it, which nothing keeps."""
    middle = "".join(chance.choices(LETTERS, k=chance.randint(0, longest - 2)))
    return "" if blank and chance.random() < 0.3 else f"x{middle}y"


def person(chance: random.Random, number: int) -> dict[str, Any]:
    """Return a contact as the API writes it, with anything that its rules allow."""
    return {
        "mobile": f"+4799999{number:03}",
        "name": text(chance, 100, blank=False),
        "firstName": text(chance, 50),
        "lastName": text(chance, 50),
        "speedDial": f"D{number}" if chance.random() < 0.5 else "",
        "comment": text(chance, 300).replace(" ", "\n", 1),
        "address": text(chance, 200),
        "postalCode": chance.choice(["", "0663", "00012"]),
        "city": text(chance, 100),
        "email": chance.choice(["", f"P{number}@example.com"]),
        "stop": int(chance.random() < 0.2),
        "active": int(chance.random() < 0.8),
        "contactGroups": chance.sample(["VIP", "a;b", "Ærlig|talt", "all of them", "x ::: y"], chance.randint(0, 3)),
    }


async def values(world: Any, account: int) -> list[dict[str, Any]]:
    """Return what an account holds, as far as it is compared."""
    client = world.pling if account == 1 else world.other_account
    return (await snapshot(client)).contacts.select(COMPARED).rows(named=True)


SWITCHES = [
    ("ip1", {}),
    ("ip1", {"ip1": {"patch_labels": "add", "write_answer": "empty", "links": "relative"}}),
    ("front", {}),
    ("front", {"front": {"groups_in_answers": "names", "links": "company", "conflict_status": 400}}),
]


@pytest.mark.parametrize(("name", "switches"), SWITCHES)
async def test_nothing_is_lost_and_the_second_copy_has_nothing_to_do(serve: Any, name: str, switches: Any) -> None:
    """Into an empty account comes everything that the table does not name, and each direction is at rest at once."""
    world = await serve(**switches)
    chance = random.Random(name)  # noqa: S311 - the same people every time
    people = [person(chance, number) for number in range(120)]
    await world.sandbox.seed(contacts=people)
    before = await values(world, 1)
    plan, written = await world.out(name)
    assert (plan.counts["add"], len(written), plan.left) == (120, 120, {})
    assert {each.outcome for each in written} == {"applied"}
    again, rest = await world.out(name)
    assert again.counts == {"add": 0, "change": 0, "unchanged": 120, "skip": 0}
    assert {each.outcome for each in rest} == {"skipped"}
    assert (await world.planned_back(name, world.pling)).counts.writes == 0
    await world.back(name, world.other_account)
    assert await values(world, 2) == before == await values(world, 1)
    assert (await world.planned_back(name, world.other_account)).counts.writes == 0
    assert await world.count(name) == 120


@pytest.mark.parametrize("name", ["ip1", "front"])
async def test_what_differs_is_changed_and_nothing_is_taken_away(world: Any, name: str) -> None:
    """Pling's values win, blanks say nothing, labels and lists are united, and strangers stay as they are."""
    mine = {"mobile": "+4799999001", "name": "Ola", "city": "Oslo", "contactGroups": ["VIP"], "active": 0}
    await world.sandbox.seed(contacts=[mine])
    if name == "ip1":
        there = {"phoneNumber": "+47 99 99 90 01", "name": "Old", "comment": "kept", "isActive": "true", "own": "x"}
        strangers = [{"properties": {"phoneNumber": "+4799999777", "name": "Stranger"}}, {"properties": {"own": "y"}}]
        await world.sandbox.ip1.seed(contacts=[{"properties": there, "labels": ["Mine"]}, *strangers])
    else:
        phones = [{"source": "phone", "handle": "99 99 90 01"}, {"source": "email", "handle": "old@example.com"}]
        fields = {"Active": True, "Shoe size": "44"}
        known = {"name": "Old", "description": "kept", "handles": phones, "lists": ["Mine"], "custom_fields": fields}
        stranger = {"name": "Stranger", "handles": [{"source": "phone", "handle": "+4799999777"}]}
        await world.sandbox.front.seed(custom_fields=[{"name": "Shoe size"}], contacts=[known, stranger])
    plan, _ = await world.out(name)
    assert plan.counts == {"add": 0, "change": 1, "unchanged": 0, "skip": 0}
    assert plan.unmatched == (2 if name == "ip1" else 1)
    (changed,) = plan.writes.rows(named=True)
    assert set(changed["changed"]) == {"name", "city", "is_active", "contact_groups"}
    prepared = {row["mobile"]: row for row in (await world.planned_back(name, world.other_account)).contacts.rows(named=True)}
    ola = prepared["+4799999001"]
    assert (ola["name"], ola["comment"], ola["city"], ola["is_active"]) == ("Ola", "kept", "Oslo", False)
    assert set(ola["contact_groups"]) == {"VIP", "Mine"}
    assert prepared["+4799999777"]["name"] == "Stranger"
    held = await (world.sandbox.ip1.contacts() if name == "ip1" else world.sandbox.front.contacts())
    kept = [(each.get("properties") or {}).get("own") or each.get("custom_fields", {}).get("Shoe size") for each in held]
    assert {"x", "44"} & set(kept)
    assert (await world.out(name))[0].write_count == 0


def test_the_tables_are_documented() -> None:
    """Each field of each pair stands in docs/copy.md with its counterpart."""
    said = DOCUMENT.read_text(encoding="utf-8")
    for table in (IP1, FRONT, OWN):
        for theirs, ours in table.items():
            assert f"| `{ours}` | `{theirs}` |" in said, theirs
