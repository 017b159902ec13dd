"""Contacts through the client, against the sandbox under every switch that concerns them."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from attrs import evolve

from pling_async import ClientSettings, RetryPolicy, errors
from pling_async.frontapp.models import ContactChange, Handle, NewContact
from pling_async.frontapp.paths import Alias
from pling_async.sandbox import Fault, FrontSemantics
from pling_async.sandbox.switches import spelled

Front = Any
Serve = Callable[..., Awaitable[Front]]
FIELDS = ("Job Title", "Location")
SWITCHES = FrontSemantics.variants()


def email(name: str) -> Handle:
    """Return the address that `Front.add` gives to a name."""
    return Handle("email", f"{name.lower()}@example.com")


@pytest.mark.parametrize("semantics", SWITCHES.values(), ids=SWITCHES)
async def test_a_contact_lives_the_same_life_under_every_switch(serve: Serve, semantics: FrontSemantics) -> None:
    """Create, get, list, update, join, take notes, merge and delete end alike, whatever the documents leave open."""
    switches = {switch.name: getattr(semantics, switch.name) for switch in FrontSemantics.switches()}
    front = await serve(**switches)
    client = front.client
    ola = await front.add("Ola", description="1", list_names=("VIP",), custom_fields={"Location": "Oslo"})
    kari = await front.add("Kari", description="2", links=("https://example.com/kari",))
    assert (ola.name, ola.list_names, ola.custom_fields) == ("Ola", ("VIP",), {"Location": "Oslo"})
    await client.contacts.update(ola.id, ContactChange(name="Ola N", custom_fields={"Job Title": "Smith"}))
    ola = await client.contacts.get(Alias("email", "OLA@example.com"))
    assert (ola.name, ola.custom_fields) == ("Ola N", {"Location": "Oslo", "Job Title": "Smith"})
    assert {each.id async for each in client.contacts.list(page_size=1)} == {ola.id, kari.id}
    with pytest.raises(errors.HandleConflict) as caught:
        await client.handles.add(kari.id, email("Ola"))
    assert (caught.value.owner, caught.value.outcome) == (ola.id, errors.Outcome.NOT_APPLIED)
    note = await client.notes.add(kari.id, author="tea_1", body="met")
    assert await client.notes.list(kari.id) == (note,)
    merged = await client.contacts.merge([kari.id], target=ola.id)
    assert (merged.id, merged.description, len(merged.handles)) == (ola.id, "1\n2", 2)
    (vip,) = await client.lists.list()
    assert [each.id async for each in client.lists.members(str(vip.id))] == [ola.id]
    await client.contacts.delete(ola.id)
    assert await front.sandbox.front.contacts() == []


def test_every_switch_is_tried() -> None:
    """The parameters above have each value of each switch."""
    values = [f"{each.name}={spelled(v)}" for each in FrontSemantics.switches() for v in each.values]
    defaults = [f"{each.name}={spelled(each.default)}" for each in FrontSemantics.switches()]
    assert sorted(SWITCHES) == sorted({"default", *values} - set(defaults))


async def test_custom_fields_are_merged_unless_told_otherwise(front: Front) -> None:
    """Front erases what a PATCH leaves out; merge=True keeps it, None removes one, merge=False means what it says."""
    ola = await front.add(custom_fields=dict.fromkeys(FIELDS, "x"))

    async def after(fields: dict[str, Any], *, merge: bool = True) -> Any:
        await front.client.contacts.update(ola.id, ContactChange(custom_fields=fields), merge=merge)
        return (await front.client.contacts.get(ola.id)).custom_fields

    assert await after({"Location": "Oslo"}) == {"Job Title": "x", "Location": "Oslo"}
    assert await after({"Job Title": None}) == {"Location": "Oslo"}
    assert await after({"Job Title": "y"}, merge=False) == {"Job Title": "y"}


async def test_an_unknown_custom_field_is_named(front: Front) -> None:
    """The server's `_error` tells which field it does not know; nothing was changed."""
    ola = await front.add()
    with pytest.raises(errors.BadRequest, match="Shoe size") as caught:
        await front.client.contacts.update(ola.id, ContactChange(custom_fields={"Shoe size": 44}))
    assert caught.value.outcome is errors.Outcome.NOT_APPLIED
    assert "Body did not satisfy requirements" in str(caught.value)


async def test_what_is_not_given_is_not_sent(front: Front) -> None:
    """A change has the members that it was given, and an empty one clears."""
    ola = await front.add(description="about", links=("https://example.com/",))
    await front.client.contacts.update(ola.id, ContactChange(links=()))
    assert front.sandbox.requests[-1].body == b'{"links":[]}'
    ola = await front.client.contacts.get(ola.id)
    assert (ola.description, ola.links) == ("about", ())


async def test_a_handle_of_another_contact_is_told_apart_from_other_refusals(front: Front) -> None:
    """HandleConflict means that another contact has the handle; a body that is wrong otherwise stays a BadRequest."""
    ola = await front.add("Ola")
    with pytest.raises(errors.HandleConflict, match=ola.id):
        await front.add("Ola")
    with pytest.raises(errors.BadRequest) as caught:
        await front.client.contacts.create(NewContact(handles=(Handle("fax", "1"),)))
    assert not isinstance(caught.value, errors.HandleConflict)
    with pytest.raises(errors.ConflictError) as already:
        await front.client.handles.add(Alias("email", "ola@example.com"), email("Ola"))
    assert not isinstance(already.value, errors.HandleConflict)


@pytest.mark.parametrize(
    "fault", [Fault(status=500, count=None), Fault(status=401), Fault(action="reset_before_commit")]
)
async def test_a_refusal_stays_when_nobody_can_be_looked_up(serve: Serve, fault: Fault) -> None:
    """The server's no is what counts; that the owner could not be found out is a note."""
    front = await serve(settings=ClientSettings(retry=RetryPolicy(attempts=1)))
    await front.add("Ola")
    front.sandbox.fail(evolve(fault, method="GET", path="*/contacts/*"))
    with pytest.raises(errors.ConflictError) as caught:
        await front.add("Ola")
    assert not isinstance(caught.value, errors.HandleConflict)
    assert (caught.value.status, caught.value.outcome) == (409, errors.Outcome.NOT_APPLIED)
    (note,) = caught.value.__notes__
    assert note.startswith("whether another contact has the handle could not be found out: ")
    assert "ola@example.com" not in note


async def test_handles_come_and_go(front: Front) -> None:
    """A handle is added and deleted; the last one takes force, which deletes the contact."""
    ola, phone = await front.add(), Handle("phone", "+4799999001")
    await front.client.handles.add(ola.id, phone)
    assert (await front.client.contacts.get(Alias("phone", "+4799999001"))).handles_of("phone") == (phone.handle,)
    await front.client.handles.delete(ola.id, phone)
    with pytest.raises(errors.BadRequest, match="last handle"):
        await front.client.handles.delete(ola.id, email("Ola"))
    await front.client.handles.delete(ola.id, email("Ola"), force=True)
    with pytest.raises(errors.NotFound):
        await front.client.contacts.get(ola.id)


async def test_lists_have_members(front: Front) -> None:
    """Front answers nothing to a new list; it is found by its name, and members go in and out fifty at a time."""
    people = [await front.add(f"P{number}") for number in range(60)]
    vip = await front.client.lists.create("VIP")
    again = await front.client.lists.create("VIP")
    assert vip.id != again.id
    await front.client.lists.add(str(vip.id), [each.id for each in people])
    assert len([each async for each in front.client.lists.members(str(vip.id), page_size=25)]) == 60
    await front.client.lists.remove(str(vip.id), [email_alias(number) for number in range(55)])
    assert len([each async for each in front.client.lists.members(str(vip.id))]) == 5
    await front.client.lists.delete(str(vip.id))
    assert await front.client.lists.list() == (again,)
    assert len(await front.sandbox.front.contacts()) == 60


async def test_nobody_left_a_list_because_one_of_them_is_unknown(front: Front) -> None:
    """After an attempt that may have done it, too: what is missing is a contact, not their place in the list."""
    ola, vip = await front.add(), str((await front.client.lists.create("VIP")).id)
    await front.client.lists.add(vip, [ola.id])
    front.sandbox.fail(Fault(method="DELETE", path="*/contact_lists/*", status=503))
    with pytest.raises(errors.NotFound, match="crd_gone") as caught:
        await front.client.lists.remove(vip, [ola.id, "crd_gone"])
    assert (caught.value.attempts, caught.value.outcome) == (2, errors.Outcome.UNKNOWN)
    assert [each.id async for each in front.client.lists.members(vip)] == [ola.id]


async def test_custom_fields_are_merged_into_the_contact_they_were_read_of(front: Front) -> None:
    """An alias may lead to another contact by the time of the second request."""
    ola = await front.add("Ola", custom_fields={"Location": "Oslo"})
    kari = await front.add("Kari", custom_fields={"Location": "Bergen"})
    before = next(each for each in await front.sandbox.front.contacts() if each["id"] == ola.id)
    front.sandbox.fail(Fault(method="GET", status=200, body=orjson.dumps(before)))
    await front.client.contacts.update(
        Alias("email", "kari@example.com"), ContactChange(custom_fields={"Job Title": "x"})
    )
    assert (await front.client.contacts.get(kari.id)).custom_fields == {"Location": "Bergen"}
    assert (await front.client.contacts.get(ola.id)).custom_fields == {"Location": "Oslo", "Job Title": "x"}


@pytest.mark.parametrize(("count", "left"), [(1, {"Location": "Oslo", "Job Title": "x"}), (2, {"Job Title": "x"})])
async def test_custom_fields_that_are_not_shown_are_asked_for_again(
    front: Front, count: int, left: dict[str, str]
) -> None:
    """One answer without them is not believed; two are, as in the tutorial, whose contact has none and shows none."""
    ola = await front.add("Ola", custom_fields={"Location": "Oslo"})
    front.sandbox.fail(Fault(method="GET", status=200, body=orjson.dumps({"id": ola.id, "groups": []}), count=count))
    await front.client.contacts.update(ola.id, ContactChange(custom_fields={"Job Title": "x"}))
    assert (await front.client.contacts.get(ola.id)).custom_fields == left


async def test_a_failure_in_between_says_what_is_done(serve: Serve) -> None:
    """Of several requests the last one's outcome is not that of all: who repeats a list that is there has two."""
    front = await serve(settings=ClientSettings(retry=RetryPolicy(attempts=1)))
    lists, ola = front.client.lists, await front.add()
    listing = Fault(path="*/contact_lists", method="GET")
    front.sandbox.fail(listing)
    with pytest.raises(errors.ServerError) as before:
        await lists.create("VIP")
    front.sandbox.fail(evolve(listing, status=401, skip=1))
    with pytest.raises(errors.AuthenticationError) as after:
        await lists.create("VIP")
    (vip,) = await lists.list()
    with pytest.raises(errors.NotFound) as members:
        await lists.add(str(vip.id), [ola.id] * 50 + ["crd_gone"])
    front.sandbox.fail(Fault(path="*/contacts/*", method="GET"))
    with pytest.raises(errors.ServerError) as merging:
        await front.client.contacts.update(ola.id, ContactChange(custom_fields={"Location": "Oslo"}))
    assert [(each.value.outcome, each.value.__notes__) for each in (before, after, members, merging)] == [
        (errors.Outcome.NOT_APPLIED, ["no list was created"]),
        (errors.Outcome.APPLIED, ["the list was created, and its id could not be found out"]),
        (errors.Outcome.UNKNOWN, ["the first 50 of 51 contacts are done"]),
        (errors.Outcome.NOT_APPLIED, ["the contact was not changed"]),
    ]


@pytest.mark.parametrize("what", ["contact", "handle", "list"])
async def test_what_a_repeated_deletion_does_not_find_is_gone(front: Front, what: str) -> None:
    """The first attempt did it, and its answer was lost."""
    ola, vip = await front.add(), str((await front.client.lists.create("VIP")).id)
    await front.client.handles.add(ola.id, Handle("phone", "+4799999001"))
    front.sandbox.fail(Fault(action="reset_after_commit", method="DELETE"))
    deletions: dict[str, Callable[[], Awaitable[None]]] = {
        "contact": lambda: front.client.contacts.delete(ola.id),
        "handle": lambda: front.client.handles.delete(ola.id, Handle("phone", "+4799999001")),
        "list": lambda: front.client.lists.delete(vip),
    }
    await deletions[what]()
    assert [each.status for each in front.sandbox.requests if each.method == "DELETE"][1:] == [404]


def email_alias(number: int) -> Alias:
    """Return the alias of one of sixty people."""
    return Alias("email", f"p{number}@example.com")


async def test_conversations_and_custom_fields_can_be_read(front: Front) -> None:
    """Conversations are narrowed by status and read in pages; custom fields have a name and a type."""
    ola = await front.add()
    rows = [{"contact_id": ola.id, "status": status} for status in ("assigned", "archived", "assigned")]
    await front.sandbox.front.seed(conversations=rows)
    found = [each.status async for each in front.client.conversations.list(ola.id, statuses=("assigned",), page_size=1)]
    assert found == ["assigned", "assigned"]
    assert [(each.name, each.type) for each in await front.client.custom_fields.list()] == [
        ("Job Title", "string"),
        ("Location", "string"),
    ]


async def test_a_listing_is_narrowed_and_sorted(front: Front) -> None:
    """q[updated_after] is sent in seconds, and the order is the one asked for."""
    people = [await front.add(name) for name in ("A", "B", "C")]
    assert [each.name async for each in front.client.contacts.list(sort_by="created_at", sort_order="asc")] == [*"ABC"]
    first = people[0].updated_at
    assert isinstance(first, datetime)
    later = front.client.contacts.list(q={"updated_after": first + timedelta(milliseconds=1)})
    assert sorted([each.name async for each in later], key=str) == ["B", "C"]
    assert first.tzinfo is UTC


async def test_the_target_of_a_merge_may_be_among_the_ids(front: Front) -> None:
    """It remains, whatever its place; each id is sent once, and fifty with the target are not too many."""
    people = [(await front.add(f"P{number}")).id for number in range(50)]
    merged = await front.client.contacts.merge([*people[:3], people[0]], target=people[1])
    assert (merged.id, len(merged.handles)) == (people[1], 3)
    sent = {"target_contact_id": people[1], "contact_ids": people[:3]}
    assert orjson.loads(front.sandbox.requests[-1].body) == sent
    again = [(await front.add(f"P{number} again")).id for number in range(50)]
    assert (await front.client.contacts.merge(again, target=again[7])).id == again[7]
    assert len(await front.sandbox.front.contacts()) == 49


async def test_merging_is_checked_before_it_is_sent(front: Front) -> None:
    """Two to fifty different contacts, the target included."""
    fifty = [f"crd_{n}" for n in range(50)]
    for ids, target in ((["crd_1"], None), (["crd_1", "crd_1"], None), (["crd_1"], "crd_1"), (fifty, "crd_99")):
        with pytest.raises(errors.ValidationError, match="2 to 50"):
            await front.client.contacts.merge(ids, target=target)
    with pytest.raises(errors.ValidationError, match="at least one handle"):
        await front.client.contacts.create(NewContact(handles=()))
    with pytest.raises(errors.ValidationError, match=r"handles\.add"):
        await front.client.contacts.update("crd_1", NewContact(handles=(email("Ola"),)))
    assert front.sandbox.requests == []
