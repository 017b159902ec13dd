"""Every endpoint against a real server, and the outcomes when that server fails on purpose."""

from typing import Any

import orjson
import pytest

from pling_async import UNSET, ClientSettings, Contact, errors
from pling_async.errors import Outcome
from pling_async.sandbox import Fault, Semantics
from tests.loops import longest_pause


async def test_the_life_of_a_contact(sandboxed: Any, ola: Any) -> None:
    """Add, get, update, list, delete: what is read is what was written."""
    sandbox, client = await sandboxed()
    saved = await client.contacts.add(ola.evolve(contact_groups=["VIP"], postal_code="0663"))
    assert (saved.name, saved.postal_code, saved.is_stopped) == ("Ola Nordmann", "0663", False)
    changed = await client.contacts.update(saved.evolve(city="OSLO"))
    assert await client.contacts.get(saved.id) == changed
    listing = await client.contacts.list()
    assert listing.contacts == (changed,)
    assert [group.name for group in listing.contact_groups] == ["VIP"]
    assert orjson.loads(await client.contacts.read_listing(bytes))["contacts"][0]["city"] == "OSLO"
    await client.contacts.delete(saved.id)
    assert await sandbox.contacts() == []


async def test_the_life_of_a_group(sandboxed: Any, ola: Any) -> None:
    """Add, rename, get, list, and the three ways to delete."""
    sandbox, client = await sandboxed()
    group = await client.groups.rename((await client.groups.add("VIP")).id, "VIP 2027")
    assert await client.groups.get(group.id) == group
    assert await client.groups.list() == (group,)
    await client.contacts.add(ola.evolve(contact_group_ids=[group.id]))
    await client.groups.delete(group.id)
    assert len(await sandbox.contacts()) == 1
    for way, left in (("delete_orphans", 1), ("delete", 0)):
        one, two = await client.groups.add("one"), await client.groups.add("two")
        await client.contacts.add(ola.evolve(contact_group_ids=[one.id, two.id]))
        await client.groups.delete(one.id, contacts=way)
        assert len(await sandbox.contacts()) == left
        await client.groups.delete(two.id)


@pytest.mark.parametrize(
    "semantics",
    [
        Semantics(),
        Semantics(omitted_in_put="default", omitted_in_post="default", omitted_in_replace="default"),
        Semantics(stopped_contact_groups="hidden"),
        Semantics(groups_in_answers="ids_and_names"),
    ],
    ids=["default", "omissions reset", "groups hidden", "names too"],
)
async def test_the_stop_list_keeps_everything_else(sandboxed: Any, ola: Any, semantics: Semantics) -> None:
    """Whatever the server does with omissions, stopping and freeing changes the stop alone."""
    sandbox, client = await sandboxed(semantics=semantics)
    saved = await client.contacts.add(ola.evolve(contact_groups=["VIP"], comment="kept"))
    before = await sandbox.contacts()
    stopped = await client.stop_list.add(saved)
    assert [contact.id for contact in await client.stop_list.list()] == [saved.id]
    everyone = await client.contacts.list(group_id=saved.contact_group_ids[0])
    assert [(contact.id, contact.is_stopped) for contact in everyone.contacts] == [(saved.id, True)]
    await client.stop_list.remove(stopped, consent="mail of 2026-01-02")
    after = await sandbox.contacts()
    changed = {name for name in before[0] if before[0][name] != after[0][name]}
    assert changed <= {"lastModified"}


async def test_an_update_never_frees(sandboxed: Any, ola: Any) -> None:
    """I-4, #83: a stop that arrives between reading and writing stays."""
    sandbox, client = await sandboxed()
    saved = await client.contacts.add(ola)
    await client.stop_list.add(saved)
    await client.contacts.update(saved.evolve(city="OSLO"))
    assert [(row["stop"], row["city"]) for row in await sandbox.contacts()] == [(1, "OSLO")]


async def test_replace_is_the_whole_account(sandboxed: Any, ola: Any, tmp_path: Any) -> None:
    """Section 3.11 with objects, with bytes and with a file; who is not named is gone."""
    sandbox, client = await sandboxed()
    kari = Contact(mobile="+4799999002", contact_groups=["VIP"])
    result = await client.contacts.replace([ola, kari])
    assert (result.added_contact_count, result.invalid_contacts) == (2, ())
    result = await client.contacts.replace_encoded(b'[{"mobile":"+4799999002"},{"mobile":"12"}]')
    assert (result.unchanged_contact_count + result.modified_contact_count, result.invalid_contact_count) == (1, 1)
    assert result.invalid_contacts[0].sent == {"mobile": "12"}
    file = tmp_path / "list.json"
    file.write_bytes(b'[{"mobile":"+4799999003"}]')
    await client.contacts.replace_encoded(file)
    assert [row["mobile"] for row in await sandbox.contacts()] == ["+4799999003"]


async def test_unknown_fields_survive(sandboxed: Any, ola: Any) -> None:
    """#38, #71: what a newer version adds is read, kept, and written back."""
    sandbox, client = await sandboxed(settings=ClientSettings(headers={"Accept-Version": "1.*"}))
    saved = await client.contacts.add(ola)
    assert saved.extra
    await client.contacts.update(saved)
    (entry,) = (entry for entry in sandbox.requests if entry.method == "PUT")
    assert saved.extra.items() <= orjson.loads(entry.body).items()


async def test_conflicts_and_bad_credentials(sandboxed: Any, ola: Any) -> None:
    """409, 401 and 403 are told apart, and certainly did nothing."""
    sandbox, client = await sandboxed()
    saved = await client.contacts.add(ola.evolve(speed_dial="1"))
    other = await client.contacts.add(Contact(mobile="+4799999002"))
    with pytest.raises(errors.ConflictError) as caught:
        await client.contacts.update(other.evolve(mobile=saved.mobile))
    assert caught.value.outcome is Outcome.NOT_APPLIED
    with pytest.raises(errors.PermissionDenied):
        await client.for_account(999).contacts.list()
    wrong = type(client)("nobody", "x", account_id=12345, base_url=sandbox.url)
    async with wrong:
        with pytest.raises(errors.AuthenticationError):
            await wrong.contacts.list()


def _attempts(sandbox: Any, method: str) -> int:
    return sum(entry.method == method for entry in sandbox.requests)


async def test_convergent_writes_are_repeated(sandboxed: Any, ola: Any) -> None:
    """An update whose answer was lost is sent again; an add only if it stops the person."""
    sandbox, client = await sandboxed()
    sandbox.fail(Fault(action="reset_after_commit", method="POST"))
    saved = await client.contacts.add(ola.evolve(is_stopped=True))
    assert _attempts(sandbox, "POST") == 2
    sandbox.fail(Fault(action="reset_after_commit", method="PUT"))
    await client.contacts.update(saved.evolve(city="OSLO"))
    assert _attempts(sandbox, "PUT") == 2
    sandbox.fail(Fault(action="reset_after_commit", method="DELETE"))
    await client.contacts.delete(saved.id)
    assert _attempts(sandbox, "DELETE") == 2


@pytest.mark.parametrize("says", [{}, {"is_stopped": False}], ids=["silent", "reachable"])
async def test_a_lost_add_resets_no_stop(sandboxed: Any, ola: Any, says: Any) -> None:
    """#83: no body says that somebody is reachable, so a repetition could undo a STOP that came after the first one."""
    sandbox, client = await sandboxed(semantics=Semantics(omitted_in_post="default"))
    sandbox.fail(Fault(action="reset_after_commit", method="POST"))
    with pytest.raises(errors.ConnectionLost) as caught:
        await client.contacts.add(ola.evolve(**says))
    assert (caught.value.outcome, _attempts(sandbox, "POST")) == (Outcome.UNKNOWN, 1)
    assert b"stop" not in next(entry.body for entry in sandbox.requests if entry.method == "POST")


HIDING = Semantics(stopped_contact_groups="hidden", omitted_groups="clear", omitted_in_put="default")


@pytest.fixture
async def hidden(sandboxed: Any, ola: Any) -> tuple[Any, Any, Contact]:
    """Return a sandbox that hides the groups of a stopped contact, its client, and that contact."""
    sandbox, client = await sandboxed(semantics=HIDING)
    vip, two = [await client.groups.add(name) for name in ("VIP", "two")]
    await client.contacts.add(Contact(mobile="+4799999002", is_stopped=True, contact_group_ids=[vip.id]))
    saved = await client.contacts.add(ola.evolve(contact_group_ids=[vip.id, two.id]))
    stopped = await client.stop_list.add(saved)
    assert stopped.contact_group_ids == ()
    return sandbox, client, stopped


WAYS: dict[str, Any] = {
    "update": lambda client, contact: client.contacts.update(contact.evolve(city="OSLO")),
    "stop_list.add": lambda client, contact: client.stop_list.add(contact),
    "stop_list.remove": lambda client, contact: client.stop_list.remove(contact, consent="mail of 2026-01-02"),
}


@pytest.mark.parametrize("way", WAYS)
async def test_groups_that_the_server_hides_are_kept(hidden: Any, way: str) -> None:
    """Whoever is stopped keeps every group, though the server shows none and clears what is left out."""
    sandbox, client, stopped = hidden
    await WAYS[way](client, stopped)
    (after,) = (row for row in await sandbox.contacts() if row["id"] == stopped.id)
    assert after["contactGroupIds"] == [1, 2]


async def test_groups_are_taken_away_when_that_is_said(hidden: Any) -> None:
    """`contact_groups=()` clears them, hidden or not, and looks for nothing."""
    sandbox, client, stopped = hidden
    before = _attempts(sandbox, "GET")
    await client.contacts.update(stopped.evolve(contact_group_ids=UNSET, contact_groups=()))
    assert _attempts(sandbox, "GET") == before
    (after,) = (row for row in await sandbox.contacts() if row["id"] == stopped.id)
    assert (after["contactGroupIds"], after["stop"]) == ([], 1)


async def test_a_server_that_shows_groups_is_asked_once(sandboxed: Any, ola: Any) -> None:
    """One stopped contact with a group tells that none are hidden, so nothing is looked for group by group."""
    sandbox, client = await sandboxed()
    await client.contacts.add(Contact(mobile="+4799999002", is_stopped=True, contact_groups=["VIP"]))
    saved = await client.contacts.add(ola.evolve(is_stopped=True))
    await client.contacts.update(saved.evolve(city="OSLO"))
    assert _attempts(sandbox, "GET") == 1


async def test_what_could_do_harm_is_not_repeated(sandboxed: Any, ola: Any) -> None:
    """Replace, new groups, deletions with contacts and freeing: never after an unknown outcome (I-18)."""
    sandbox, client = await sandboxed()
    stopped = await client.stop_list.add(await client.contacts.add(ola))
    group = await client.groups.add("VIP")
    calls: list[tuple[str, Any]] = [
        ("PUT", lambda: client.stop_list.remove(stopped, consent="mail")),
        ("POST", lambda: client.groups.add("two")),
        ("DELETE", lambda: client.groups.delete(group.id, contacts="delete")),
        ("POST", lambda: client.contacts.replace([ola])),
    ]
    for method, call in calls:
        before = _attempts(sandbox, method)
        sandbox.fail(Fault(status=503, method=method))
        with pytest.raises(errors.ServerError) as caught:
            await call()
        assert (caught.value.outcome, caught.value.attempts) == (Outcome.UNKNOWN, 1)
        assert _attempts(sandbox, method) == before + 1


async def test_a_limit_is_repeated_even_for_replace(sandboxed: Any, ola: Any) -> None:
    """429 certainly did nothing, so even a replace is sent again."""
    sandbox, client = await sandboxed()
    sandbox.fail(Fault(status=429, retry_after="0"))
    assert (await client.contacts.replace([ola])).added_contact_count == 1
    assert _attempts(sandbox, "POST") == 2


async def test_a_cut_listing_is_read_again(sandboxed: Any, ola: Any) -> None:
    """#21: never a part of an account; the listing is asked for again."""
    sandbox, client = await sandboxed()
    await client.contacts.add(ola)
    sandbox.fail(Fault(action="truncate_body", method="GET", keep=20))
    assert len((await client.contacts.list()).contacts) == 1
    assert _attempts(sandbox, "GET") == 2


async def test_a_large_account_does_not_stop_the_loop(sandboxed: Any) -> None:
    """Promise 5: a large account is encoded, sent, read and decoded while other tasks keep running."""
    _, client = await sandboxed()
    contacts = [Contact(mobile=f"+47999{n:05d}", comment="x" * 500) for n in range(99_000, 99_999)]

    async def work() -> None:
        await client.contacts.replace(contacts)
        assert len((await client.contacts.list()).contacts) == 999

    assert await longest_pause(work()) < 0.2


@pytest.mark.parametrize(
    ("error_body", "problem"),
    [
        ("error", errors.ProblemDetails(detail="No contact has the id 7")),
        ("restify", errors.ProblemDetails(code="ResourceNotFound", detail="No contact has the id 7")),
        ("text", None),
    ],
)
async def test_what_a_refusal_says_can_be_read_by_a_program(sandboxed: Any, error_body: Any, problem: Any) -> None:
    """The document fixes no body: what has members is read by member, and plain text is in the excerpt alone."""
    _, client = await sandboxed(semantics=Semantics(error_body=error_body))
    with pytest.raises(errors.NotFound) as caught:
        await client.contacts.get(7)
    assert caught.value.problem == problem
    assert "No contact has the id 7" in caught.value.excerpt
