"""The stop list: full states of freshly read contacts, and consent before anybody leaves it."""

from typing import Any

import orjson
import pytest

from pling_async import Contact, PlingClient, errors

CONTACT = "https://login.pling.as/api/contacts/7020139"
CONTACTS = "https://login.pling.as/api/contacts?accountId=12345"


def _put_body(mocked: Any) -> Any:
    (call,) = next(calls for (method, _), calls in mocked.requests.items() if method == "PUT")
    return orjson.loads(call.kwargs["data"])


async def test_list_is_the_stopped(mocked: Any, client: Any, wire: Any) -> None:
    """Section 2.4: the contacts with stop=1."""
    mocked.get(f"{CONTACTS}&stop=1", payload={"contacts": [{**wire, "stop": 1}], "contactGroups": []})
    (contact,) = await client.stop_list.list()
    assert contact.is_stopped is True


async def test_add_writes_what_the_server_holds(mocked: Any, client: Any, wire: Any) -> None:
    """The contact is read afresh, so that an old copy changes nothing but the stop."""
    mocked.get(CONTACT, payload=wire)
    mocked.put(CONTACT, payload={**wire, "stop": 1})
    old = Contact(mobile="+4799999999", id=7020139, city="OLD")
    assert (await client.stop_list.add(old)).is_stopped is True
    body = _put_body(mocked)
    assert (body["stop"], body["city"]) == (1, "OSLO")


async def test_remove_needs_consent(mocked: Any, client: Any, wire: Any) -> None:
    """I-4: stop: 0 is sent only with a word on where the consent is kept, and that word stays here."""
    stopped = {**wire, "stop": 1, "contactGroupIds": []}
    contact = Contact(mobile="+4799999999", id=7020139)
    for nothing in (" ", None, "\ud800"):
        with pytest.raises(errors.ValidationError, match="consent"):
            await client.stop_list.remove(contact, consent=nothing)
    assert not mocked.requests
    mocked.get(CONTACT, payload=stopped)
    mocked.get(f"{CONTACTS}&stop=1", payload={"contacts": [stopped], "contactGroups": []})
    mocked.put(CONTACT, payload=wire)
    saved = await client.stop_list.remove(contact, consent="mail of 2026-01-02")
    assert saved.is_stopped is False
    body = _put_body(mocked)
    assert body["stop"] == 0
    assert "contactGroupIds" not in body
    assert "2026-01-02" not in str(body)


class Journalling:
    """A session that notes how operations ended."""

    def __init__(self, client: PlingClient) -> None:
        self._session = client.session
        self.settings = client.session.settings
        self.ended = list[str]()

    async def call(self, request: Any, decode: Any) -> Any:
        """Call, and note the error."""
        try:
            return await self._session.call(request, decode)
        except errors.PlingError as error:
            self.ended.append(type(error).__name__)
            raise


@pytest.mark.parametrize(("answered", "method"), [(0, "add"), (1, "remove")])
async def test_a_server_that_keeps_the_flag_is_found_out(
    mocked: Any, client: Any, wire: Any, answered: int, method: str
) -> None:
    """An answer that shows the old flag is no success, and whoever journals the operation hears of it."""
    session = Journalling(client)
    stop_list = PlingClient.over(session, account_id=12345, origin=client.origin).stop_list
    mocked.get(CONTACT, payload=wire)
    mocked.put(CONTACT, payload={**wire, "stop": answered})
    said = {"consent": "mail of 2026-01-02"} if method == "remove" else {}
    with pytest.raises(errors.VerificationError) as caught:
        await getattr(stop_list, method)(Contact(mobile="+4799999999", id=7020139), **said)
    assert caught.value.outcome is errors.Outcome.UNKNOWN
    assert session.ended == ["VerificationError"]


async def test_an_id_with_another_number_is_left_alone(mocked: Any, client: Any, wire: Any) -> None:
    """If the number behind the id changed, nothing is written."""
    mocked.get(CONTACT, payload=wire)
    with pytest.raises(errors.CorrelationError):
        await client.stop_list.add(Contact(mobile="+4799999001", id=7020139))
    with pytest.raises(errors.ValidationError):
        await client.stop_list.add(Contact(mobile="+4799999001"))
