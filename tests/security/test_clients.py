"""A client says no secret, and names nobody, whatever happens to it (I-26)."""

import asyncio
import base64
import traceback
from contextlib import suppress
from typing import Any

import pytest
from attrs import evolve

from pling_async import ClientSettings, Contact, PlingClient, bulk, errors
from pling_async.sandbox import Fault, Sandbox
from pling_async.session.auth import BearerAuth, Secret
from pling_async.session.protocol import Request
from pling_async.session.retry import RetryLaw
from pling_async.session.session import Session
from pling_async.session.settings import BaseUrl
from pling_async.session.transport import AiohttpTransport

PASSWORD = "kN4r1-fUgl-Zq83xw"
TOKEN = "t0k3n-K4n4r1-9vYpQ2"


async def _everything(pling: PlingClient, person: Contact) -> None:
    """Call every kind of endpoint."""
    saved = await pling.contacts.add(person)
    await pling.contacts.get(int(str(saved.id)))
    await pling.contacts.update(saved.evolve(city="OSLO"))
    await pling.stop_list.add(saved)
    await pling.groups.add("VIP")
    async for _ in bulk.upsert(pling, [person, person.evolve(mobile="+4799999101")]):
        pass
    await pling.contacts.replace([person])
    listing = await pling.contacts.list()
    await pling.contacts.delete(int(str(listing.contacts[0].id)))


STATUSES = (400, 401, 403, 404, 409, 413, 429, 302, 307, 500, 503)
FAULTS = {
    "nothing": Fault(action="delay"),
    **{str(status): Fault(status=status, retry_after="9999", count=None) for status in STATUSES},
    "silence": Fault(action="delay", delay=60, count=None),
    "reset": Fault(action="reset_after_commit", count=None),
    "cut": Fault(action="truncate_body", keep=40, count=None),
    "login page": Fault(action="replace_body", body=b"<html>Kanarifugl +4799999377", count=None),
    "wrong type": Fault(action="replace_body", body=b'{"id":1,"name":"Kanarifugl","stop":7}', count=None),
    "another": Fault(action="replace_body", body=b'{"id":1,"mobile":"+4799999101","name":"Kanarifugl"}', count=None),
}


@pytest.mark.usefixtures("chatty")
@pytest.mark.parametrize("fault", FAULTS)
async def test_a_client_that_meets_a_fault(
    sandbox: Sandbox, pling: PlingClient, echo: bytes, person: Contact, said: Any, fault: str
) -> None:
    """Whatever the server answers, or does not: logs at DEBUG, asyncio's too, errors and tracebacks hold no canary."""
    armed = FAULTS[fault]
    sandbox.fail(armed if armed.body else evolve(armed, body=echo))
    try:
        await _everything(pling, person)
    except errors.PlingError as error:
        said.add_error(error)
    said.add_value(pling)
    said.add_value(pling.contacts)
    assert said.public
    assert bool(said.private[2:]) or fault == "nothing"


async def test_a_client_that_is_cancelled(sandbox: Sandbox, pling: PlingClient, person: Contact, said: Any) -> None:
    """A cancellation passes through the HTTP library, whose variables hold the header: its repr shows nothing."""
    sandbox.fail(Fault(action="delay", delay=60, count=None))
    task = asyncio.create_task(pling.contacts.add(person))
    async with asyncio.timeout(30):
        while not sandbox.requests:  # noqa: ASYNC110 - a server sets no event
            await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError) as cancelled:
        await task
    said.add_error(cancelled.value)
    assert any("aiohttp" in frame for frame in said.private)


async def test_nobody_listens(credentials: Any, person: Contact, settings: ClientSettings, said: Any) -> None:
    """An error of the connection names the server and nothing else."""
    address = {**credentials, "base_url": "http://127.0.0.1:9/api/"}
    async with PlingClient(**address, account_id=12345, settings=settings) as pling:
        with pytest.raises(errors.ConnectFailed, match=r"127\.0\.0\.1:9") as refused:
            await pling.contacts.add(person)
    said.add_error(refused.value)


@pytest.mark.parametrize(
    "wrong",
    [
        {"base_url": f"https://importer:{PASSWORD}@127.0.0.1/api/"},
        {"base_url": f"https://127.0.0.1/api/?password={PASSWORD}"},
        {"base_url": f"http://[{PASSWORD}"},
        {"base_url": "ftp://127.0.0.1/"},
        {"password": f"{PASSWORD}\n"},
        {"password": Secret(f"{PASSWORD}\x00")},
        {"user": ""},
        {"account_id": PASSWORD},
        {"account_id": -1},
    ],
    ids=str,
)
def test_a_client_that_cannot_be_made(credentials: Any, said: Any, wrong: dict[str, Any]) -> None:
    """A wrong argument is refused without repeating any, also where a tool collects the variables of a traceback."""
    with pytest.raises(errors.ConfigurationError) as refused:
        PlingClient(**{**credentials, "account_id": 12345, **wrong})
    if "password" in wrong or PASSWORD not in str(wrong):
        said.add_error(refused.value)
    else:
        said.public.extend(traceback.format_exception_only(refused.value))  # it was put where it must be looked at


async def test_a_token(settings: ClientSettings, sandbox: Sandbox, said: Any) -> None:
    """A bearer token is as quiet as a password."""
    auth = BearerAuth(TOKEN)
    base = BaseUrl.parse(sandbox.url)
    transport = AiohttpTransport(base, headers={"Authorization": auth.header_value()}, settings=settings)
    session = Session(transport, settings=settings)
    with pytest.raises(errors.AuthenticationError) as refused:
        await session.call(Request(method="GET", path="contacts", law=RetryLaw.SAFE), lambda body: body)
    await session.close()
    said.add_error(refused.value)
    for value in (auth, session, transport, vars(transport)):
        said.add_value(value)
    said.public.append(repr(evolve(settings, headers={"X-Key": TOKEN})))
    with pytest.raises(errors.ConfigurationError) as wrong:
        BearerAuth(f"{TOKEN} ")
    said.public.append(repr(wrong.value))


async def test_values_show_nobody(pling: PlingClient, person: Contact, said: Any) -> None:
    """Every value that holds people has a repr without them."""
    saved = await pling.contacts.add(person)
    listing = await pling.contacts.list()
    outcomes = [each async for each in bulk.upsert(pling, [person.evolve(city="OSLO")])]
    result = await pling.contacts.replace([person])
    snapshot = await bulk.snapshot(pling)
    for value in (saved, listing, listing.contact_groups, outcomes, result, snapshot):
        said.public.append(f"{value!r} {value}")
    wrong = person.evolve(mobile=person.mobile[3:], first_name=str(person.first_name) * 9)
    with pytest.raises(errors.ValidationError) as refused:
        wrong.check()
    said.add_error(refused.value)


def test_the_canary_would_be_heard(said: Any, credentials: Any, person: Contact) -> None:
    """Each spelling of each canary is found, so that silence means something."""
    password = credentials["password"]
    header = base64.b64encode(f"importer:{password}".encode()).decode()
    for text in (password, header, base64.b64encode(f"x{password}".encode()).decode(), password.encode().hex()):
        assert not _is_silent(said, private=text)
    for text in (person.mobile, "99999377", "KANARIFUGL".capitalize(), str(person.email)):
        assert not _is_silent(said, public=text)
        assert _is_silent(said, private=text)


def _is_silent(said: Any, *, public: str = "", private: str = "") -> bool:
    heard = type(said)(public=[public], private=[private])
    with suppress(AssertionError):
        heard.check()
        return True
    return False
