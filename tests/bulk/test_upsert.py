"""Upsert: one request and one outcome a contact, and nothing lost that the contact did not speak of."""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import aclosing
from typing import Any

import pytest

from pling_async import UNSET, Contact, ContactListing, PlingClient, bulk, errors
from pling_async.bulk import Outcome, RowOutcome
from pling_async.sandbox import Fault, Sandbox, Semantics

OLA, KARI, NILS = (f"+4799999{number:03}" for number in range(1, 4))
State = Callable[[], Awaitable[dict[str, dict[str, Any]]]]
Writes = Callable[[], list[str]]


@pytest.fixture(autouse=True)
async def seeded(sandbox: Sandbox) -> None:
    """Fill the account."""
    await sandbox.seed(
        contacts=[
            {"id": 1, "mobile": OLA, "firstName": "Ola", "name": "Boss", "city": "OSLO", "contactGroupIds": [1]},
            {"id": 2, "mobile": NILS, "firstName": "Nils", "stop": 1, "contactGroupIds": [1, 2], "comment": "letter"},
        ],
        contact_groups=[{"id": 1, "name": "Kunder"}, {"id": 2, "name": "Styret"}],
    )


async def _all(pling: PlingClient, *contacts: Contact, **options: Any) -> list[RowOutcome]:
    rows = [row async for row in bulk.upsert(pling, contacts, **options)]
    return sorted(rows, key=lambda row: row.row)


async def test_a_new_number_is_posted_and_a_known_one_put(pling: PlingClient, state: State, writes: Writes) -> None:
    """The account is known first, so no POST ever meets an existing number (E1)."""
    rows = await _all(
        pling, Contact(mobile=KARI, first_name="Kari"), Contact(mobile=OLA, city="BERGEN"), max_in_flight=1
    )
    assert [row.outcome for row in rows] == [Outcome.APPLIED, Outcome.APPLIED]
    assert writes() == ["POST /api/contacts", "PUT /api/contacts/1"]
    after = await state()
    assert (after[OLA]["city"], after[OLA]["name"], after[OLA]["groups"]) == ("BERGEN", "Boss", ["Kunder"])
    assert after[KARI]["name"] == "Kari"


@pytest.mark.parametrize("sandbox", Semantics.variants().values(), ids=Semantics.variants(), indirect=True)
async def test_what_a_row_does_not_speak_of_stays_under_any_reading(pling: PlingClient, state: State) -> None:
    """Stop, groups and comment of a stopped contact survive a row with a city only."""
    await _all(pling, Contact(mobile=NILS, city="OSLO"))
    after = (await state())[NILS]
    assert (after["city"], after["stop"], after["groups"], after["comment"]) == (
        "OSLO",
        1,
        ["Kunder", "Styret"],
        "letter",
    )


async def test_nobody_is_taken_off_the_stop_list(pling: PlingClient, state: State, writes: Writes) -> None:
    """is_stopped=False is not consent; the row is as if it had not said so."""
    (row,) = await _all(pling, Contact(mobile=NILS, is_stopped=False))
    assert row.outcome is Outcome.SKIPPED
    assert writes() == []
    assert (await state())[NILS]["stop"] == 1


async def test_an_unchanged_contact_costs_no_request(pling: PlingClient, writes: Writes) -> None:
    """A second run of the same rows is free (I-14)."""
    contacts = [
        Contact(mobile=OLA, first_name="Ola", city="OSLO", contact_groups=["Kunder"]),
        Contact(mobile=KARI, first_name="Kari", contact_groups=["Styret"]),
    ]
    await _all(pling, *contacts)
    first = writes()
    rows = await _all(pling, *contacts)
    assert [row.outcome for row in rows] == [Outcome.SKIPPED, Outcome.SKIPPED]
    assert all(row.contact is not None and row.error is None for row in rows)
    assert writes() == first == ["POST /api/contacts"]


async def test_the_full_name_follows_changed_parts(pling: PlingClient, state: State) -> None:
    """As in a plan: a new last name makes a new full name, unless the row gives one."""
    await _all(pling, Contact(mobile=OLA, last_name="Hansen"), Contact(mobile=NILS, last_name="Ng", name="N. Ng"))
    after = await state()
    assert (after[OLA]["name"], after[NILS]["name"]) == ("Ola Hansen", "N. Ng")


async def test_new_groups_go_by_name(pling: PlingClient, state: State) -> None:
    """A group that does not exist is created by the server; the contact's others are the row's."""
    await _all(
        pling, Contact(mobile=OLA, contact_groups=["Styret", "Nye"]), Contact(mobile=NILS, contact_group_ids=[2])
    )
    after = await state()
    assert (after[OLA]["groups"], after[NILS]["groups"]) == (["Nye", "Styret"], ["Styret"])


async def test_rows_of_one_mobile_keep_their_order(pling: PlingClient, sandbox: Sandbox, state: State) -> None:
    """The last row wins, however slow the first is, and the first of a new number is the only POST."""
    sandbox.fail(Fault(action="delay", method="POST", delay=0.1))
    rows = [Contact(mobile=KARI, city=city, comment=UNSET) for city in ("OSLO", "BERGEN", "TROMSØ")]
    assert {row.outcome for row in await _all(pling, *rows, max_in_flight=3)} == {Outcome.APPLIED}
    assert (await state())[KARI]["city"] == "TROMSØ"
    assert [entry.method for entry in sandbox.requests if entry.method != "GET"] == ["POST", "PUT", "PUT"]


async def test_a_bad_row_is_an_outcome(pling: PlingClient) -> None:
    """Neither a broken rule nor the server's refusal ends the run (I-15)."""
    absent: Any = None
    wrong = [Contact(mobile="nonsense"), Contact(mobile=absent), Contact(mobile="+4722222222")]
    rows = await _all(pling, *wrong, Contact(mobile=KARI))
    assert [row.outcome for row in rows] == [*[Outcome.NOT_APPLIED] * 3, Outcome.APPLIED]
    assert isinstance(rows[0].error, errors.ValidationError)
    assert isinstance(rows[1].error, errors.ValidationError)
    assert isinstance(rows[2].error, errors.BadRequest)
    assert "9999" not in repr(rows)


async def test_wrong_credentials_stop_the_run(pling: PlingClient, sandbox: Sandbox) -> None:
    """After a 401 nothing more is sent, and the rest is skipped (#52)."""
    sandbox.fail(Fault(action="answer", status=401, method="POST", count=None))
    contacts = [Contact(mobile=f"+47999991{number:02}") for number in range(30)]
    rows = await _all(pling, *contacts, max_in_flight=2)
    assert [row.outcome for row in rows].count(Outcome.SKIPPED) >= 28
    assert sum(entry.method == "POST" for entry in sandbox.requests) <= 2


async def test_the_input_is_lazy_and_may_be_async(pling: PlingClient) -> None:
    """Closing early takes few rows from an endless input (I-25)."""
    taken = 0

    async def endless() -> AsyncIterator[Contact]:
        nonlocal taken
        while True:
            taken += 1
            yield Contact(mobile=f"+47999992{taken:02}")

    async with aclosing(bulk.upsert(pling, endless(), max_in_flight=2)) as rows:
        async for _ in rows:
            break
    assert taken <= 8


async def test_a_listing_read_before_is_not_read_again(pling: PlingClient, sandbox: Sandbox) -> None:
    """`listing` saves the request."""
    listing = await pling.contacts.list()
    before = len(sandbox.requests)
    await _all(pling, Contact(mobile=OLA, city="OSLO"), listing=listing)
    assert len(sandbox.requests) == before


HIDING = Semantics(stopped_contact_groups="hidden", omitted_groups="clear")


@pytest.mark.parametrize("sandbox", [HIDING], indirect=True, ids=["hidden groups"])
@pytest.mark.parametrize("is_given", [True, False])
async def test_groups_that_a_listing_hides_are_kept(pling: PlingClient, state: State, *, is_given: bool) -> None:
    """Neither a listing nor the answer to an earlier row shows the groups of a stopped contact, and none is lost."""
    listing = await pling.contacts.list() if is_given else None
    rows = [Contact(mobile=NILS, city="OSLO"), Contact(mobile=NILS, city="BERGEN")]
    assert {row.outcome for row in await _all(pling, *rows, listing=listing)} == {Outcome.APPLIED}
    after = (await state())[NILS]
    assert (after["city"], after["groups"], after["stop"]) == ("BERGEN", ["Kunder", "Styret"], 1)


@pytest.mark.parametrize("sandbox", [HIDING], indirect=True, ids=["hidden groups"])
async def test_whoever_opts_out_between_two_rows_keeps_the_groups(pling: PlingClient, state: State) -> None:
    """A contact that was added is read again for its next row, and by then it may be stopped."""
    async with aclosing(bulk.upsert(pling, _stopped_between(pling), max_in_flight=1)) as rows:
        assert [row.outcome async for row in rows] == [Outcome.APPLIED, Outcome.APPLIED]
    after = (await state())[KARI]
    assert (after["city"], after["groups"], after["stop"]) == ("OSLO", ["Kunder"], 1)


@pytest.mark.parametrize("sandbox", [HIDING], indirect=True, ids=["hidden groups"])
async def test_a_stop_that_was_shown_on_the_way_is_said(pling: PlingClient, sandbox: Sandbox) -> None:
    """Looking for hidden groups lists the stopped, and a later row of one of them says the stop (#83, I-4)."""

    async def rows() -> AsyncIterator[Contact]:
        await pling.stop_list.add(await pling.contacts.get(1))
        async for contact in _stopped_between(pling):
            yield contact
        yield Contact(mobile=OLA, city="BERGEN")

    async with aclosing(bulk.upsert(pling, rows(), max_in_flight=1)) as outcomes:
        assert {row.outcome async for row in outcomes} == {Outcome.APPLIED}
    (said,) = (entry.body for entry in sandbox.requests if b"BERGEN" in (entry.body or b""))
    assert b'"stop":1' in (said or b"")


class Held:
    """A session that keeps the write of Bergen back until the stopped contacts were listed."""

    def __init__(self, pling: PlingClient) -> None:
        self._session = pling.session
        self._listed = asyncio.Event()
        self.settings = pling.session.settings

    async def call(self, request: Any, decode: Any) -> Any:
        """Call, perhaps later."""
        if b"BERGEN" in (request.body or b""):
            await self._listed.wait()
        answer = await self._session.call(request, decode)
        if "stop" in request.query and "contactGroupId" not in request.query:
            self._listed.set()
        return answer


@pytest.mark.parametrize("fails", [False, True])
@pytest.mark.parametrize(
    "sandbox", [Semantics(stopped_contact_groups="hidden", omitted_in_put="null")], indirect=True, ids=["null"]
)
async def test_a_stop_that_was_shown_while_a_row_was_under_way_is_put_back(
    pling: PlingClient, sandbox: Sandbox, state: State, *, fails: bool
) -> None:
    """The request was made before anybody knew; a server that resets what it omits loses the stop (#83, I-4)."""

    async def rows() -> AsyncIterator[Contact]:
        await pling.stop_list.add(await pling.contacts.get(1))
        if fails:
            sandbox.fail(Fault(status=400, method="PUT", path="*/contacts/1", skip=1))
        yield Contact(mobile=OLA, city="BERGEN")
        async for contact in _stopped_between(pling):
            yield contact

    client = PlingClient.over(Held(pling), account_id=pling.account_id, origin=pling.origin)
    async with aclosing(bulk.upsert(client, rows(), max_in_flight=2)) as outcomes:
        told = {row.row: row.outcome async for row in outcomes}
    assert told == {1: Outcome.UNKNOWN if fails else Outcome.APPLIED, 2: Outcome.APPLIED, 3: Outcome.APPLIED}
    assert ((await state())[OLA]["city"], (await state())[OLA]["stop"]) == ("BERGEN", 0 if fails else 1)


async def _stopped_between(pling: PlingClient) -> AsyncIterator[Contact]:
    yield Contact(mobile=KARI, contact_groups=["Kunder"])
    person = next(each for each in (await pling.contacts.list()).contacts if each.mobile == KARI)
    await pling.stop_list.add(person)
    yield Contact(mobile=KARI, city="OSLO")


async def test_an_error_of_the_input_reaches_the_caller(pling: PlingClient) -> None:
    """Rows read before it have their outcomes."""

    def broken() -> Iterator[Contact]:
        yield Contact(mobile=KARI)
        raise OSError("the file is gone")

    rows = []
    with pytest.raises(OSError, match="the file is gone"):  # noqa: PT012 - the error comes after the rows
        async for row in bulk.upsert(pling, broken()):
            rows.append(row)  # noqa: PERF401 - likewise
    assert [row.outcome for row in rows] == [Outcome.APPLIED]


async def test_a_listing_of_another_account_is_refused(pling: PlingClient, writes: Writes) -> None:
    """Its ids lead to contacts of that account, and its stops are not those of this one (I-4)."""
    listing = await pling.contacts.list()
    for known in (listing, ContactListing(contacts=(), contact_groups=listing.contact_groups)):
        with pytest.raises(errors.ValidationError, match="another account than 67890"):
            await _all(pling.for_account(67890), Contact(mobile=OLA, city="BERGEN"), listing=known)
    assert writes() == []


@pytest.mark.parametrize("sandbox", [Semantics(), HIDING], ids=["shown", "hidden"], indirect=True)
async def test_a_long_listing_does_not_stop_the_event_loop(pling: PlingClient) -> None:
    """Whatever goes through all of the account's contacts does so in a thread (#86)."""
    threads = set()

    class Watched(tuple[Contact, ...]):
        __slots__ = ()

        def __iter__(self) -> Iterator[Contact]:
            threads.add(threading.get_ident())
            return super().__iter__()

    listing = await pling.contacts.list()
    known = ContactListing(contacts=Watched(listing.contacts), contact_groups=listing.contact_groups)
    await _all(pling, Contact(mobile=KARI), listing=known)
    assert threads
    assert threading.get_ident() not in threads


async def test_no_worker_is_an_error(pling: PlingClient) -> None:
    """max_in_flight below one could never finish."""
    with pytest.raises(errors.ConfigurationError, match="max_in_flight"):
        await _all(pling, max_in_flight=0)
