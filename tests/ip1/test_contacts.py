"""Contacts over a real socket: what each call does, and what it refuses before there is a request."""

from typing import Any

import pytest

from pling_async import UNSET, ClientSettings, RetryPolicy, errors
from pling_async.ip1 import Contact, ImportAccepted
from pling_async.sandbox import Fault, Ip1Semantics
from tests.ip1.conftest import NUMBERS, Serve, Served, wire

ID = "606312a5d233ab8484e18404"


@pytest.mark.parametrize("semantics", Ip1Semantics.variants().values(), ids=Ip1Semantics.variants())
async def test_promises_hold_for_every_switch(serve: Serve, semantics: Ip1Semantics, icarus: Contact) -> None:
    """Whatever the server's reading: what is added is there, what is removed is gone, what is not named stays."""
    switches = {switch.name: getattr(semantics, switch.name) for switch in semantics.switches()}
    served = await serve(**switches)
    contacts = served.client.contacts
    [added, other] = await contacts.add([icarus, Contact(properties={"phoneNumber": NUMBERS[2]})], sync=True)
    saved = await contacts.update(added.id, properties={"lastName": None, "city": "Oslo"})
    read = await contacts.get(added.id)
    assert saved in {None, read}
    assert read.properties == {"phoneNumber": NUMBERS[1], "firstName": "Icarus", "city": "Oslo"}
    assert read.labels == ("Coworker", "all")
    await contacts.replace(added.id, Contact(properties={"phoneNumber": NUMBERS[3]}, labels=("VIP",)))
    assert [each.labels async for each in contacts.list(properties={"phoneNumber": NUMBERS[3]})] == [("VIP", "all")]
    deleted = await contacts.delete_where(labels=["VIP"], metadata={"phoneNumber.isBlocked": False})
    assert [each.id for each in deleted] == [added.id]
    assert [each.id async for each in contacts.list()] == [other.id]
    await contacts.delete(other.id)
    assert await served.ip1.contacts() == []


async def test_an_accepted_import_is_done_later(serve: Serve, icarus: Contact) -> None:
    """The marker promises nothing: the contacts come when the server has time."""
    served = await serve(import_delay=3600)
    assert await served.client.contacts.add([icarus] * 3) == ImportAccepted(count=3)
    assert [each async for each in served.client.contacts.list()] == []
    await served.sandbox.settle()
    assert len([each async for each in served.client.contacts.list()]) == 3


async def test_a_direct_import_takes_999(serve: Serve, icarus: Contact) -> None:
    """One more is refused before a request, whatever the server would do; in the background any number goes."""
    served = await serve(sync_limit=999)
    assert len(await served.client.contacts.add([icarus] * 999, sync=True)) == 999
    with pytest.raises(errors.ValidationError, match="at most 999"):
        await served.client.contacts.add([icarus] * 1000, sync=True)
    assert len(served.asked()) == 1
    assert (await served.client.contacts.add([icarus] * 1000)).count == 1000


async def test_labels_of_an_update(served: Served) -> None:
    """UNSET leaves them, a list replaces them, () clears them; None of a property removes it, "" does not."""
    [one] = await served.fill(1, labels=["A", "B"])
    contacts = served.client.contacts
    await contacts.update(one, properties={"note": ""})
    assert (await contacts.get(one)).labels == ("A", "B", "all")
    assert (await contacts.get(one)).properties["note"] == ""
    await contacts.update(one, labels=["C", "C"])
    assert (await contacts.get(one)).labels == ("C", "all")
    await contacts.update(one, properties={"note": None}, labels=())
    assert (await contacts.get(one)).labels == ("all",)
    assert "note" not in (await contacts.get(one)).properties


async def test_everybody_goes_only_when_that_is_said(served: Served) -> None:
    """delete_all takes a True, and returns whom it deleted."""
    await served.fill(3)
    for confirm in (False, 1, "yes", None):
        with pytest.raises(errors.ValidationError, match="every contact of the account would be deleted"):
            await served.client.contacts.delete_all(confirm=confirm)  # type: ignore[arg-type]
    assert served.asked() == []
    assert len(await served.client.contacts.delete_all(confirm=True)) == 3
    assert await served.ip1.contacts() == []


@pytest.mark.parametrize(
    "filters",
    [
        {},
        {"labels": []},
        {"labels": [""]},
        {"labels": ["A", " "]},
        {"labels": "A"},
        {"properties": {}},
        {"properties": {"phoneNumber": ""}},
        {"properties": {"": "x"}},
        {"properties": {"phoneNumber": None}},
        {"metadata": {"phoneNumber.isBlocked": ""}},
    ],
    ids=str,
)
async def test_a_deletion_without_a_real_filter_is_refused(served: Served, filters: Any) -> None:
    """A server that passes over a blank filter would delete everybody; nothing is sent."""
    await served.fill(2)
    with pytest.raises(errors.ValidationError, match="nothing was sent"):
        await served.client.contacts.delete_where(**filters)
    assert (served.asked(), len(await served.ip1.contacts())) == ([], 2)


@pytest.mark.parametrize("bad", ["", " ", "\t", "a/b", "/", "..", ".", "a\\b", "a\x00", "meta", None, 7, UNSET])
async def test_an_id_that_leads_elsewhere_is_refused(served: Served, icarus: Contact, bad: Any) -> None:
    """An empty one would be the whole collection, a slash another resource, meta the summary; nothing is sent."""
    contacts = served.client.contacts
    for call in (
        lambda: contacts.get(bad),
        lambda: contacts.update(bad, properties={"a": "b"}),
        lambda: contacts.replace(bad, icarus),
        lambda: contacts.delete(bad),
        lambda: served.client.labels.add("A", [ID, bad] if bad != "meta" else []),
    ):
        with pytest.raises(errors.ValidationError, match="nothing was sent"):
            await call()
    assert served.asked() == []


async def test_an_id_of_another_form_is_warned_of(served: Served) -> None:
    """24 hexadecimal digits are what the document shows; the server decides, and special characters are encoded."""
    with pytest.warns(UserWarning, match="24 hexadecimal digits"), pytest.raises(errors.NotFound):
        await served.client.contacts.get("a b?c#d%")
    assert served.asked() == [("GET", "v2/contacts/a b?c#d%", 404)]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([], "there are no contacts"),
        (Contact(properties={}), "must be a list"),
        ([Contact(properties={"a": None})], r"contact 1, properties\.a: not a text"),
        ([Contact(properties={}), Contact(properties={"a": "\ud800"})], r"contact 2, properties\.a: has half a char"),
        ([Contact(properties={"\ud800": "a"})], r"contact 1, properties\.'\\ud800': has half a character"),
        ([Contact(properties={1: "a"})], r"contact 1, properties\.1: not a text"),  # type: ignore[dict-item]
        ([Contact(properties={}, labels=(1,))], "contact 1, labels: a label is a text"),
        ([Contact(properties={}, labels=([],))], "contact 1, labels: a label is a text"),
        ([Contact(properties={}, labels=("\udfff",))], "contact 1, labels: has half a character"),
    ],
)
async def test_what_cannot_be_added_is_not_sent(served: Served, given: Any, message: str) -> None:
    """With the place of the first problems."""
    with pytest.raises(errors.ValidationError, match=message):
        await served.client.contacts.add(given)
    assert served.asked() == []


async def test_what_would_change_nothing_or_too_much_is_not_sent(served: Served) -> None:
    """An update needs a change, its values are texts or None, and a PUT needs the labels, which it would take away."""
    contacts = served.client.contacts
    with pytest.raises(errors.ValidationError, match="neither properties nor labels"):
        await contacts.update(ID)
    with pytest.raises(errors.ValidationError, match="neither a text nor None"):
        await contacts.update(ID, properties={"a": 1})  # type: ignore[dict-item]
    with pytest.raises(errors.ValidationError, match="would take the contact's labels away"):
        await contacts.replace(ID, Contact(properties={"a": "b"}, labels=UNSET))
    with pytest.raises(errors.ValidationError, match="not one text"):
        await contacts.update(ID, labels="VIP")
    with pytest.raises(errors.ValidationError, match="labels: a label is a text"):
        await contacts.update(ID, labels=[7])  # type: ignore[list-item]
    with pytest.raises(errors.ValidationError, match=r"properties\.name: has half a character") as caught:
        await contacts.update(ID, properties={"gone": None, "name": "\ud800"})
    assert [(each.field, each.code) for each in caught.value.problems] == [("properties.name", "half_character")]
    with pytest.raises(errors.ValidationError, match="the id has"):
        await contacts.update("\ud800", labels=["VIP"])
    with pytest.raises(errors.ValidationError, match="the filter is"):
        await anext(contacts.list(labels=["\ud800"]))
    assert served.asked() == []


@pytest.mark.parametrize(
    "fault",
    [
        Fault(status=500),
        Fault(status=503, retry_after="0"),
        Fault(status=429),
        Fault(status=429, retry_after="0"),
        Fault(action="reset_before_commit"),
        Fault(action="reset_after_commit"),
    ],
    ids=lambda fault: f"{fault.action} {fault.status} {fault.retry_after}",
)
async def test_a_post_is_never_repeated(serve: Serve, icarus: Contact, fault: Fault) -> None:
    """Nothing tells two contacts apart, so whatever went wrong the caller decides."""
    served = await serve()
    served.sandbox.fail(fault)
    for call in (
        lambda: served.client.contacts.add([icarus]),
        lambda: served.client.labels.add("A", [ID]),
        lambda: served.client.blacklist.add(NUMBERS[0]),
    ):
        served.sandbox.fail(fault)
        with pytest.raises(errors.PlingError):
            await call()
    assert [entry.method for entry in served.sandbox.requests] == ["POST"] * 3


@pytest.mark.parametrize("retry_after", [None, "0"])
async def test_reading_and_converging_writes_are_repeated(serve: Serve, retry_after: str | None) -> None:
    """A 429, with and without Retry-After, passes; so does a lost answer to a PATCH, PUT or DELETE."""
    served = await serve()
    [one] = await served.fill(1)
    contacts = served.client.contacts
    served.sandbox.fail(Fault(status=429, retry_after=retry_after))
    assert (await contacts.get(one)).id == one
    served.sandbox.fail(Fault(action="reset_after_commit"))
    await contacts.update(one, properties={"a": "b"})
    served.sandbox.fail(Fault(action="reset_after_commit"))
    await contacts.delete(one)  # the second attempt finds nobody, which is as it should be
    assert [method for method, *_ in served.asked()] == ["GET"] * 2 + ["PATCH"] * 2 + ["DELETE"] * 2


async def test_a_long_wish_goes_to_the_caller(serve: Serve) -> None:
    """A 429 that asks for more than two minutes is an error with that time in it."""
    served = await serve(settings=ClientSettings(retry=RetryPolicy(base=0)))
    served.sandbox.fail(Fault(status=429, retry_after="600"))
    with pytest.raises(errors.RateLimited) as caught:
        await served.client.contacts.summary()
    assert caught.value.retry_after == 600


async def test_a_deletion_by_filter_is_never_repeated(served: Served) -> None:
    """Others may fit by the time of a second attempt."""
    await served.fill(1, labels=["A"])
    served.sandbox.fail(Fault(status=503))
    with pytest.raises(errors.ServerError) as caught:
        await served.client.contacts.delete_where(labels=["A"])
    assert (caught.value.outcome, len(served.asked())) == (errors.Outcome.UNKNOWN, 1)


async def test_problem_details_are_in_the_error(serve: Serve) -> None:
    """Title, detail and the fields that a server names, in the message and for programs."""
    served = await serve(error_body="fields")
    with pytest.raises(errors.BadRequest, match=r"Bad Request: limit is .* 1000\.: limit: limit is") as refused:
        await anext(served.client.contacts.list(page_size=5000))
    words = "limit is a whole number from 1 to 1000."
    assert refused.value.problem == errors.ProblemDetails(
        status=400, title="Bad Request", detail=words, fields={"limit": (words,)}
    )
    with pytest.raises(errors.NotFound, match="Not Found: There is no such contact") as caught:
        await served.client.contacts.get(ID)
    assert (caught.value.status, caught.value.outcome) == (404, errors.Outcome.NOT_APPLIED)


@pytest.mark.parametrize("token", ["hunter2", "sandbox-"])
async def test_a_wrong_token_is_an_authentication_error(served: Served, token: str) -> None:
    """401, and neither token is shown."""
    from pling_async.ip1 import Ip1Client  # noqa: PLC0415 - beside the one of the fixture

    async with Ip1Client(token, base_url=served.ip1.url) as client:
        with pytest.raises(errors.AuthenticationError) as caught:
            await client.contacts.summary()
    assert token not in str(caught.value)


async def test_an_answer_about_somebody_else_is_not_believed(scripted: Any) -> None:
    """I-19: the id is that of the request; a direct import answers with as many contacts as were sent."""
    _, client = await scripted({"json": wire(2)})
    with pytest.raises(errors.CorrelationError, match="another id"):
        await client.contacts.get(wire(1)["id"])
    with pytest.raises(errors.CorrelationError) as caught:
        await client.contacts.update(wire(1)["id"], properties={"a": "b"})
    assert caught.value.outcome is errors.Outcome.UNKNOWN
    _, client = await scripted({"json": [wire(1)]})
    with pytest.raises(errors.CorrelationError, match="2 contacts were sent, and the answer has 1"):
        await client.contacts.add([Contact(properties={})] * 2, sync=True)


@pytest.mark.parametrize("answer", [{"status": 202, "body": ""}, {"status": 200, "body": "Accepted"}, {"json": []}])
async def test_an_accepted_import_may_say_anything(scripted: Any, answer: Any) -> None:
    """Its body is not published; only a web page is none of the API's."""
    _, client = await scripted(answer)
    assert await client.contacts.add([Contact(properties={})]) == ImportAccepted(count=1)
    _, client = await scripted({"body": "<html>log in</html>"})
    with pytest.raises(errors.DecodeError, match="web page"):
        await client.contacts.add([Contact(properties={})])


async def test_a_direct_import_that_was_only_accepted_is_no_success(scripted: Any) -> None:
    """202 to sync: the contacts may come, and nobody knows their ids."""
    _, client = await scripted({"status": 202, "body": ""})
    with pytest.raises(errors.BadAnswer) as caught:
        await client.contacts.add([Contact(properties={})], sync=True)
    assert caught.value.outcome is errors.Outcome.UNKNOWN


@pytest.mark.parametrize("status", [200, 202, 204])
async def test_writes_may_answer_with_nothing(scripted: Any, status: int) -> None:
    """Which status and which body they have is not published."""
    _, client = await scripted({"status": status, "body": ""})
    assert await client.contacts.update(ID, properties={"a": "b"}) is None
    assert await client.contacts.replace(ID, Contact(properties={}, labels=())) is None
    assert await client.contacts.delete_where(labels=["A"]) == ()
    await client.contacts.delete(ID)
    _, client = await scripted({"body": "<html>log in</html>"})
    with pytest.raises(errors.DecodeError):
        await client.contacts.delete(ID)


async def test_nobody_is_replaced_by_somebody_else(served: Served, icarus: Contact) -> None:
    """A contact that was read says whose document it is; without its id it may be anybody's."""
    contacts = served.client.contacts
    first, second = await contacts.add([icarus, Contact(properties={"phoneNumber": NUMBERS[2]})], sync=True)
    before = await served.ip1.contacts()
    with pytest.raises(errors.ValidationError, match=r"nothing was sent: the contact has another id.*evolve\(id=UNSET"):
        await contacts.replace(second.id, first)
    assert await served.ip1.contacts() == before
    await contacts.replace(second.id, first.evolve(id=UNSET))
    await contacts.replace(first.id, first.evolve(labels=()))
    assert [each["labels"] for each in await served.ip1.contacts()] == [[], ["Coworker"]]


async def test_several_labels_delete_nobody(serve: Serve) -> None:
    """A server may read them as any of them, and everybody with one of them would go."""
    served = await serve(several_labels="any")
    await served.fill(1, labels=["A"])
    await served.fill(1, labels=["A", "B"])
    with pytest.raises(errors.ValidationError, match="nothing was sent: with several labels") as caught:
        await served.client.contacts.delete_where(labels=["A", "B"])
    assert [(each.field, each.code) for each in caught.value.problems] == [("labels", "several")]
    assert served.asked() == []
    assert len(await served.client.contacts.delete_where(labels=["B", "B"])) == 1
    assert [each["labels"] for each in await served.ip1.contacts()] == [["A"]]
