"""What goes from Pling to another system and back is what it was, but for what docs/copy.md names."""

import random
from pathlib import Path
from typing import Any

import pytest

from pling_async import targets
from pling_async.bulk.fields import WRITABLE
from pling_async.bulk.snapshot import snapshot
from pling_async.sources.frontapp import FIELDS as FRONT
from pling_async.sources.frontapp import OWN
from pling_async.sources.ip1 import FIELDS as IP1

COMPARED = ("mobile", *(name for name in WRITABLE if name != "auto_created_number"))
LETTERS = "abcæøåÉßİñ 'Ω漢字😀\"\\,;|:<>&%+=@#"
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


@pytest.mark.untraced
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
@pytest.mark.parametrize("own_first", [True, False])
async def test_two_names_for_one_field_come_to_rest(
    serve: Any,
    name: str,
    own_first: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    """What is written is what is read next time, whichever of the names the other system mentions first."""
    world = await serve(fields=["Town", "City"] if own_first else ["City", "Town"])
    table, usual = (IP1, "city") if name == "ip1" else (FRONT, "City")
    fields = {"Town": "city", **table} if own_first else {**table, "Town": "city"}
    make: Any = targets.ip1(world.ip1, fields=fields) if name == "ip1" else targets.frontapp(world.front, fields=fields)
    await world.sandbox.seed(contacts=[{"mobile": "+4799999001", "city": "Oslo"}])
    if name == "ip1":
        there = {"phoneNumber": "+4799999001", usual: "", "Town": "Bergen"}
        await world.sandbox.ip1.seed(contacts=[{"properties": there}])
    else:
        handles = [{"source": "phone", "handle": "+4799999001"}]
        custom = {usual: "", "Town": "Bergen"}
        await world.sandbox.front.seed(contacts=[{"handles": handles, "custom_fields": custom}])
    counts = []
    for _ in range(2):
        plan = await targets.plan(world.pling, make)
        counts.append((plan.counts["change"], plan.counts["unchanged"]))
        assert [each.outcome async for each in targets.apply(world.pling, plan, make)]
    assert counts == [(1, 0), (0, 1)]


async def seed_what_differs(world: Any, name: str) -> None:
    """Put somebody into a system who is in Pling as well, and a stranger."""
    if name == "ip1":
        there = {"phoneNumber": "+47 99 99 90 01", "name": "Old", "comment": "kept", "isActive": "true", "own": "44"}
        stranger = {"phoneNumber": "+4799999777", "name": "Stranger"}
        contacts = [{"properties": there, "labels": ["Mine"]}, {"properties": stranger}]
        await world.sandbox.ip1.seed(contacts=contacts)
        return
    handles = [{"source": "phone", "handle": "99 99 90 01"}, {"source": "email", "handle": "old@example.com"}]
    fields = {"Active": True, "Shoe size": "44"}
    known = {"name": "Old", "description": "kept", "handles": handles, "lists": ["Mine"], "custom_fields": fields}
    other = {"name": "Stranger", "handles": [{"source": "phone", "handle": "+4799999777"}]}
    await world.sandbox.front.seed(custom_fields=[{"name": "Shoe size"}], contacts=[known, other])


@pytest.mark.parametrize("name", ["ip1", "front"])
async def test_what_differs_is_changed_and_nothing_is_taken_away(world: Any, name: str) -> None:
    """Pling's values win, blanks say nothing, labels and lists are united, and strangers stay as they are."""
    mine = {"mobile": "+4799999001", "name": "Ola", "city": "Oslo", "contactGroups": ["VIP"], "active": 0}
    await world.sandbox.seed(contacts=[mine])
    await seed_what_differs(world, name)
    plan, _ = await world.out(name)
    assert plan.counts == {"add": 0, "change": 1, "unchanged": 0, "skip": 0}
    assert plan.unmatched == 1
    (changed,) = plan.writes.rows(named=True)
    assert set(changed["changed"]) == {"name", "city", "is_active", "contact_groups"}
    back = (await world.planned_back(name, world.other_account)).contacts
    ola, stranger = back.sort("mobile").rows(named=True)
    assert (ola["name"], ola["comment"], ola["city"], ola["is_active"]) == ("Ola", "kept", "Oslo", False)
    assert (set(ola["contact_groups"]), stranger["name"]) == ({"VIP", "Mine"}, "Stranger")
    held = await (world.sandbox.ip1.contacts() if name == "ip1" else world.sandbox.front.contacts())
    assert "'44'" in str(held)
    assert (await world.out(name))[0].write_count == 0


@pytest.mark.parametrize("name", ["ip1", "front"])
async def test_blanks_are_no_value(serve: Any, name: str) -> None:
    """A value of blanks alone overwrites nothing there, is not counted as left behind, and is at rest."""
    world = await serve(fields=["First name", "Address"])
    blanks = {"name": " ", "firstName": "\t", "address": "\u00a0", "city": "  ", "email": " "}
    await world.sandbox.seed(contacts=[{"mobile": f"+479999900{n}", **blanks} for n in (1, 2)])
    await world.sandbox.ip1.seed(contacts=[{"properties": {"phoneNumber": "+4799999001", "name": "Old"}}])
    handles = [{"source": "phone", "handle": "+4799999001"}]
    await world.sandbox.front.seed(contacts=[{"name": "Old", "handles": handles}])
    plan, _ = await world.out(name)
    assert (plan.counts, plan.left) == ({"add": 1, "change": 0, "unchanged": 1, "skip": 0}, {})
    assert (await world.out(name))[0].write_count == 0
    assert "'Old'" in str(await (world.sandbox.ip1.contacts() if name == "ip1" else world.sandbox.front.contacts()))


@pytest.mark.parametrize("name", ["ip1", "front"])
async def test_two_contacts_with_one_number(world: Any, name: str) -> None:
    """The one that comes last there is compared, as it is the one whose values count on the way back."""
    await world.sandbox.seed(contacts=[{"mobile": "+4799999001", "name": "Ola"}])
    phones = ["+4799999001", "99999001"]
    if name == "ip1":
        await world.sandbox.ip1.seed(contacts=[{"properties": {"phoneNumber": each, "name": each}} for each in phones])
    else:
        people = [{"name": each, "handles": [{"source": "phone", "handle": each}]} for each in phones]
        await world.sandbox.front.seed(contacts=people)
    plan, _ = await world.out(name)
    assert (plan.same_number, plan.counts["change"]) == (1, 1)
    assert (await world.out(name))[0].write_count == 0
    assert (await world.planned_back(name, world.pling)).counts.writes == 0


async def test_what_front_keeps_unique(world: Any) -> None:
    """An address is one contact's, and so is a number: who cannot have theirs is left out, or goes without it."""
    people = [{"mobile": f"+479999900{n}", "name": "x", "email": "Home@example.com"} for n in (1, 2, 3)]
    await world.sandbox.seed(contacts=[*people, {"mobile": "+4799999004", "email": "own@example.com"}])
    known = {
        "+4799999003": ["home@example.com"],
        "+4799999007": ["own@example.com", "more@example.com"],
    }
    contacts = [
        {"handles": [{"source": "phone", "handle": phone}, *({"source": "email", "handle": each} for each in emails)]}
        for phone, emails in known.items()
    ]
    contacts[0]["handles"].append({"source": "phone", "handle": "+4799999002"})
    await world.sandbox.front.seed(contacts=contacts)
    plan, written = await world.out("front")
    assert plan.counts == {"add": 2, "change": 1, "unchanged": 0, "skip": 1}
    assert (plan.skipped, plan.addresses_taken) == ({"number_taken": 1}, 2)
    assert {each.mobile: str(each.outcome) for each in written} == {
        "+4799999001": "applied",
        "+4799999002": "skipped",
        "+4799999003": "applied",
        "+4799999004": "applied",
    }
    assert (await world.out("front"))[0].write_count == 0


def test_the_tables_are_documented() -> None:
    """Each field of each pair stands in docs/copy.md with its counterpart."""
    said = DOCUMENT.read_text(encoding="utf-8")
    for table in (IP1, FRONT, OWN):
        for theirs, ours in table.items():
            assert f"| `{ours}` | `{theirs}` |" in said, theirs
