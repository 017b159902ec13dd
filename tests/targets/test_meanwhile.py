"""What changed in the other system between plan and apply, and what a refusal left there: looked at, never guessed."""

from typing import Any

import pytest
from attrs import evolve

from pling_async import targets
from pling_async.bulk.per_contact import Written
from pling_async.cli.tally import Tally
from pling_async.errors import ConfigurationError, Outcome, StalePlan
from pling_async.frontapp.models import Handle, NewContact
from pling_async.ip1 import Contact
from pling_async.sandbox import Fault
from pling_async.targets.found import Addresses, Matches, Numbers
from pling_async.targets.written import WrittenRows

KARI = "+4799999001"
PEOPLE: list[dict[str, Any]] = [
    {"mobile": f"+4799999{n:03}", "name": f"N{n}", "contactGroups": ["VIP"]} for n in range(5)
]


def kinds(written: list[Written]) -> list[tuple[Outcome, str]]:
    """Return outcome and code of each line."""
    return [(each.outcome, each.code) for each in written]


@pytest.mark.parametrize("labels", ["replace", "add"])
async def test_a_label_given_meanwhile_stays(serve: Any, labels: str) -> None:
    """IP1 takes labels as a whole: they are read just before, and united."""
    world = await serve(ip1={"patch_labels": labels})
    await world.sandbox.seed(contacts=[{"mobile": KARI, "name": "New", "contactGroups": ["VIP"]}])
    await world.sandbox.ip1.seed(contacts=[{"properties": {"phoneNumber": KARI, "name": "Old"}, "labels": ["Mine"]}])
    target = world.target("ip1")
    plan = await targets.plan(world.pling, target)
    (contact,) = await world.sandbox.ip1.contacts()
    await world.ip1.labels.add("Later", [contact["id"]])
    written = [each async for each in targets.apply(world.pling, plan, target)]
    assert kinds(written) == [(Outcome.APPLIED, "")]
    (contact,) = await world.sandbox.ip1.contacts()
    assert {*contact["labels"]} - {"all"} == {"Mine", "Later", "VIP"}
    assert contact["properties"]["name"] == "New"


async def test_a_list_given_meanwhile_stays(world: Any) -> None:
    """Front takes lists as a whole: they are read just before, and united."""
    await world.sandbox.seed(contacts=[{"mobile": KARI, "name": "New", "contactGroups": ["VIP"]}])
    known = {"name": "Old", "handles": [{"source": "phone", "handle": KARI}], "lists": ["Mine"]}
    await world.sandbox.front.seed(contacts=[known])
    target = world.target("front")
    plan = await targets.plan(world.pling, target)
    later = await world.front.lists.create("Later")
    (contact,) = await world.sandbox.front.contacts()
    await world.front.lists.add(later.id, [contact["id"]])
    written = [each async for each in targets.apply(world.pling, plan, target)]
    assert kinds(written) == [(Outcome.APPLIED, "")]
    (contact,) = await world.sandbox.front.contacts()
    assert {each["name"] for each in contact["lists"]} == {"Mine", "Later", "VIP"}
    assert contact["name"] == "New"


@pytest.mark.parametrize(("name", "path"), [("ip1", "/ip1/v2/contacts/[0-9]*"), ("front", "/front/contacts/crd_*")])
async def test_a_contact_that_cannot_be_read_is_not_written(world: Any, name: str, path: str) -> None:
    """Without knowing what it has by now nothing is sent, and that is what the outcome says."""
    await world.sandbox.seed(contacts=[{"mobile": KARI, "name": "New", "contactGroups": ["VIP"]}])
    await world.sandbox.ip1.seed(contacts=[{"properties": {"phoneNumber": KARI}, "labels": ["Mine"]}])
    await world.sandbox.front.seed(contacts=[{"handles": [{"source": "phone", "handle": KARI}]}])
    world.sandbox.fail(Fault(action="reset_before_commit", method="GET", path=path, count=None))
    _, (line,) = await world.out(name)
    assert line.outcome is Outcome.NOT_APPLIED
    assert not [each for each in world.sandbox.requests if each.method == "PATCH"]


@pytest.mark.parametrize("status", [400, 413, 422])
@pytest.mark.parametrize("count", [1, 2, None])
async def test_a_refused_import_that_left_people(world: Any, status: int, count: int | None) -> None:
    """Whoever is there all the same is not sent again, and is called applied (#10)."""
    await world.sandbox.seed(contacts=PEOPLE)
    fault = Fault(action="answer_after_commit", status=status, method="POST", path="/ip1/v2/contacts", count=count)
    world.sandbox.fail(fault)
    _, written = await world.out("ip1")
    assert kinds(written) == [(Outcome.APPLIED, "")] * len(PEOPLE)
    assert await world.count("ip1") == len(PEOPLE)


async def test_a_refused_import_that_left_some(world: Any) -> None:
    """An import may be done in part: who is missing is sent, and nobody else."""
    await world.sandbox.seed(contacts=PEOPLE)
    target = world.target("ip1")
    plan = await targets.plan(world.pling, target)
    some = [
        Contact(properties={"phoneNumber": each["mobile"], "name": each["name"]}, labels=["VIP"]) for each in PEOPLE[:2]
    ]
    await world.ip1.contacts.add(some, sync=True)
    world.sandbox.fail(Fault(action="answer", status=400, method="POST", path="/ip1/v2/contacts"))
    fresh = evolve(plan, target_account=await target.account(), target_count=await target.count())
    written = [each async for each in targets.apply(world.pling, fresh, target)]
    assert kinds(written) == [(Outcome.APPLIED, "")] * len(PEOPLE)
    assert await world.count("ip1") == len(PEOPLE)


async def test_a_refused_import_that_left_nobody(world: Any) -> None:
    """What is refused for each of them is not applied, after a look."""
    await world.sandbox.seed(contacts=PEOPLE)
    world.sandbox.fail(Fault(action="answer", status=400, method="POST", path="/ip1/v2/contacts", count=None))
    _, written = await world.out("ip1")
    assert kinds(written) == [(Outcome.NOT_APPLIED, "BadRequest")] * len(PEOPLE)
    assert await world.count("ip1") == 0


async def test_a_number_that_came_meanwhile(world: Any) -> None:
    """A contact that is not what was sent may be anybody's: nothing more is sent, and nothing is claimed."""
    await world.sandbox.seed(contacts=PEOPLE)
    target = world.target("ip1")
    plan = await targets.plan(world.pling, target)
    await world.ip1.contacts.add([Contact(properties={"phoneNumber": KARI, "name": "Else"})], sync=True)
    world.sandbox.fail(Fault(action="answer", status=400, method="POST", path="/ip1/v2/contacts"))
    fresh = evolve(plan, target_account=await target.account(), target_count=await target.count())
    lines = {each.mobile: each for each in [each async for each in targets.apply(world.pling, fresh, target)]}
    assert (lines[KARI].outcome, lines[KARI].code) == (Outcome.UNKNOWN, "VerificationError")
    assert await world.count("ip1") == len(PEOPLE)


@pytest.mark.parametrize("is_added", [True, False])
async def test_contacts_that_came_to_ip1_after_the_plan(world: Any, is_added: bool) -> None:  # noqa: FBT001 - a parameter
    """IP1 takes a number twice: a plan that adds is stale, as when another copy came first; others are carried out."""
    people = PEOPLE if is_added else PEOPLE[:1]
    await world.sandbox.seed(contacts=people)
    await world.sandbox.ip1.seed(contacts=[{"properties": {"phoneNumber": PEOPLE[0]["mobile"], "name": "Old"}}])
    plan = await targets.plan(world.pling, world.target("ip1"))
    await world.ip1.contacts.add([Contact(properties={"phoneNumber": PEOPLE[4]["mobile"]})], sync=True)
    if not is_added:
        assert kinds([each async for each in targets.apply(world.pling, plan, world.target("ip1"))]) == [
            (Outcome.APPLIED, "")
        ]
        return
    with pytest.raises(StalePlan, match="added twice; nothing was sent; plan again"):
        await anext(targets.apply(world.pling, plan, world.target("ip1")))
    await world.out("ip1")
    assert await world.count("ip1") == len(PEOPLE)


async def test_a_refused_import_and_then_a_refused_token(world: Any) -> None:
    """Whoever is left of the import is sent nothing more, and their lines say so."""
    await world.sandbox.seed(contacts=[{"mobile": f"+47999990{n:02}"} for n in range(20)])
    path = "/ip1/v2/contacts"
    world.sandbox.fail(Fault(action="answer", status=400, method="POST", path=path))
    world.sandbox.fail(Fault(action="answer", status=401, method="POST", path=path, count=None))
    _, lines = await world.out("ip1")
    assert [each.code for each in lines] == ["AuthenticationError", *["halted"] * 19]
    assert [each.method for each in world.sandbox.requests].count("POST") == 2


async def test_a_refused_import_that_cannot_be_looked_at(world: Any) -> None:
    """Without a look nobody is sent again: the outcome is unknown, and nobody is there twice."""
    await world.sandbox.seed(contacts=PEOPLE)
    target = world.target("ip1")
    plan = await targets.plan(world.pling, target)
    world.sandbox.fail(Fault(action="answer_after_commit", status=400, method="POST", path="/ip1/v2/contacts"))
    world.sandbox.fail(Fault(action="answer", status=400, method="GET", path="/ip1/v2/contacts", skip=1, count=10))
    written = [each async for each in targets.apply(world.pling, plan, target)]
    assert {each.outcome for each in written} == {Outcome.UNKNOWN}
    assert (await world.out("ip1"))[0].write_count == 0
    assert await world.count("ip1") == len(PEOPLE)


@pytest.mark.parametrize("status", [400, 409])
async def test_a_contact_of_front_that_a_refusal_left(world: Any, status: int) -> None:
    """One that is there just as it was sent was created, whatever the answer said."""
    await world.sandbox.seed(contacts=[{**PEOPLE[0], "email": "a@example.com", "city": "Oslo", "stop": 1}])
    fault = Fault(action="answer_after_commit", status=status, method="POST", path="/front/contacts")
    world.sandbox.fail(fault)
    _, written = await world.out("front")
    assert kinds(written) == [(Outcome.APPLIED, "")]


async def test_a_contact_of_front_that_somebody_else_created(world: Any) -> None:
    """One with the number that is not as it was sent is another one, and stays."""
    await world.sandbox.seed(contacts=[{"mobile": KARI, "name": "Kari"}])
    target = world.target("front")
    plan = await targets.plan(world.pling, target)
    await world.front.contacts.create(NewContact(handles=(Handle("phone", KARI),), name="Else"))
    written = [each async for each in targets.apply(world.pling, plan, target)]
    assert kinds(written) == [(Outcome.NOT_APPLIED, "HandleConflict")]


async def test_a_plan_is_for_one_company(world: Any) -> None:
    """All companies of Front are at one address: the company's id is in the plan, and is asked for again."""
    await world.sandbox.seed(contacts=PEOPLE)
    target = world.target("front")
    plan = await targets.plan(world.pling, target)
    assert plan.target_account == (await world.front.company()).id
    with pytest.raises(ConfigurationError, match="another account"):
        await anext(targets.apply(world.pling, evolve(plan, target_account="cmp_other"), target))
    assert await world.count("front") == 0


async def test_a_plan_is_for_one_account_of_ip1(world: Any) -> None:
    """Contacts name their owner; a plan made for an empty account is not for one that has contacts."""
    await world.sandbox.seed(contacts=PEOPLE)
    target = world.target("ip1")
    empty = await targets.plan(world.pling, target)
    assert empty.target_account == ""
    await world.sandbox.ip1.seed(contacts=[{"properties": {"phoneNumber": "+4799999777"}}])
    plan = await targets.plan(world.pling, target)
    assert plan.target_account
    for wrong in (empty, evolve(plan, target_account="another")):
        with pytest.raises(ConfigurationError, match="another account"):
            await anext(targets.apply(world.pling, wrong, target))
    assert await world.count("ip1") == 1
    assert len([each async for each in targets.apply(world.pling, plan, target)]) == len(PEOPLE)


async def test_no_repr_shows_a_person(world: Any) -> None:
    """What a copy keeps in columns shows neither numbers, names nor addresses."""
    await world.sandbox.seed(contacts=[{"mobile": KARI, "name": "Kari"}])
    plan, written = await world.out("front")
    rows, found = WrittenRows(), Matches()
    for each in written:
        rows.add(each)
    found.add([(0, "crd_1", '{"name": "Kari"}', False)])
    tally = Tally(reported=rows, failed=written)
    wanted = Addresses.wanted(["kari@example.com"])
    before = repr(rows)
    rows.frame()
    shown = (before, Numbers(plan.contacts["mobile"]), found, wanted, rows, tally, plan, world.target("front"))
    for each in shown:
        assert "99999" not in repr(each)
        assert "ari" not in repr(each)
