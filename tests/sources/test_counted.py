"""A listing of IP1 that shifts while it is read is noticed, since a contact may have been missed."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from attrs import evolve

from pling_async import bulk, sources
from pling_async.errors import SourceError
from pling_async.ip1 import Contact, Ip1Client
from pling_async.sandbox import Sandbox

Meanwhile = Callable[[Ip1Client, list[str]], Awaitable[object]]


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    """Serve IP1 with 450 contacts, of which 300 have one label, and 150 two."""
    async with Sandbox(services=("ip1",), deterministic=True) as sandbox:
        labels = [["A"], ["A", "B"], []]
        people = [{"properties": {"phoneNumber": f"+4799999{n:03}"}, "labels": labels[n % 3]} for n in range(450)]
        await sandbox.ip1.seed(contacts=people)
        yield sandbox


@pytest.fixture
async def client(sandbox: Sandbox) -> AsyncIterator[Ip1Client]:
    """Return a client for it."""
    async with Ip1Client(sandbox.ip1.token, base_url=sandbox.ip1.url) as client:
        yield client


async def first_goes(client: Ip1Client, ids: list[str]) -> None:
    """Delete a contact that was read: every later one moves up."""
    await client.contacts.delete(ids[1])


async def one_comes(client: Ip1Client, ids: list[str]) -> None:  # noqa: ARG001 - as the others
    """Add a contact, of whom nobody can say whether the last page has it."""
    await client.contacts.add([Contact(properties={"phoneNumber": "+4799999999"}, labels=("A", "B"))], sync=True)


async def a_label_goes(client: Ip1Client, ids: list[str]) -> None:
    """Take the labels of somebody who was read; all contacts stay."""
    await client.contacts.update(ids[1], labels=())


async def read_while(source: Any, meanwhile: Callable[[], Awaitable[object]] | None) -> list[Any]:
    """Read a source; something happens after its first row."""
    rows = []
    async for row in source:
        rows.append(row)
        if len(rows) == 1 and meanwhile:
            await meanwhile()
    return rows


@pytest.mark.parametrize(
    ("labels", "meanwhile"),
    [
        ((), first_goes),
        ((), one_comes),
        (("all",), first_goes),
        (("A",), first_goes),
        (("A",), one_comes),
        (("A",), a_label_goes),
        (("A", "B"), first_goes),
        (("A", "B"), a_label_goes),
    ],
)
async def test_what_shifts_is_noticed(sandbox: Sandbox, client: Ip1Client, labels: Any, meanwhile: Meanwhile) -> None:
    """The reading ends in an error that says what to do; the next one, undisturbed, has everybody."""
    ids = [each["id"] for each in await sandbox.ip1.contacts()]
    source = sources.ip1(client, labels=labels)
    with pytest.raises(SourceError, match=r"IP1 counted .* run it again"):
        await read_while(source, lambda: meanwhile(client, ids))
    rows = await read_while(source, None)
    assert len({row["mobile"] for row in rows}) == len(rows) >= 149


@pytest.mark.parametrize(
    ("labels", "count"), [((), 450), (("all",), 450), (("A",), 300), (("A", "A"), 300), (("A", "B"), 150), (("C",), 0)]
)
async def test_what_stays_is_read(client: Ip1Client, labels: Any, count: int) -> None:
    """Whichever labels, known or not."""
    assert len(await read_while(sources.ip1(client, labels=labels), None)) == count


async def test_others_may_change_while_a_label_is_read(sandbox: Sandbox, client: Ip1Client) -> None:
    """Somebody without the label moves nobody who has it."""
    ids = [each["id"] for each in await sandbox.ip1.contacts()]
    source = sources.ip1(client, labels=["A"])
    assert len(await read_while(source, lambda: client.contacts.delete(ids[2]))) == 300


async def test_a_count_that_does_not_agree_is_noticed(client: Ip1Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """As when somebody was gone before the first page, and somebody else has come since; nothing is prepared."""
    summary = await client.contacts.summary()
    monkeypatch.setattr(type(client.contacts), "summary", lambda _: _answered(summary, 451))
    with pytest.raises(SourceError, match=r"counted 451 before .* and 451 afterwards, 450 came"):
        await bulk.prepare(sources.ip1(client))


async def _answered(summary: Any, total: int) -> Any:
    return evolve(summary, total_count=total)
