"""The reference model does what the document says, and what the drawn reading of its gaps says."""

import random
from typing import Any

import pytest

from tests.simulation.history import History, Sent
from tests.simulation.semantics import SWITCHES, Semantics
from tests.simulation.server import UNWANTED, Answer, Server, finished, first_steps

OLA, KARI, NILS = (f"+4799999{number}" for number in (101, 102, 103))


def _server(**semantics: Any) -> Server:
    server = Server(Semantics(**semantics), History(), lambda: 0.0)
    for mobile, stop in ((OLA, 1), (KARI, 0)):
        server.write(mobile, server.fresh(mobile, {"city": "OSLO", "stop": stop}), actor="setup")
        server.contacts[mobile]["contactGroupIds"] = [server.group_id("Kunder")]
    return server


def _sent(method: str, path: str, body: Any = None) -> Sent:
    return Sent(
        number=0,
        run=None,
        life=0,
        at=0.0,
        method=method,
        path=path,
        query={"accountId": "4711"},
        body=body,
        payload="",
        request_id="",
        timeout=1.0,
        position=0,
    )


def _call(server: Server, method: str, path: str, body: Any = None) -> Answer:
    return finished(server.steps(_sent(method, path, body)))


@pytest.mark.parametrize(("reading", "city", "stop"), [("keep", "OSLO", 1), ("default", "", 0), ("null", None, 0)])
def test_what_a_request_omits_depends_on_the_reading(reading: str, city: str | None, stop: int) -> None:
    """POST, PUT and replace each keep, reset or empty what they do not mention."""
    for switch, method in (("post", "POST"), ("put", "PUT"), ("replace", "REPLACE")):
        server = _server(**{switch: reading})
        path = {"POST": "contacts", "PUT": f"contacts/{server.contacts[OLA]['id']}", "REPLACE": "contacts/replace"}
        body: Any = {"mobile": OLA}
        _call(server, "POST" if method == "REPLACE" else method, path[method], [body] if method == "REPLACE" else body)
        assert (server.contacts[OLA]["city"], server.contacts[OLA]["stop"]) == (city, stop)


def test_a_replace_removes_whom_it_does_not_mention() -> None:
    """The answer counts what was added, modified and left, and empty groups go."""
    server = _server()
    answer = _call(server, "POST", "contacts/replace", [{"mobile": NILS}])
    assert (sorted(server.contacts), server.groups) == ([NILS], {})
    assert answer.body["addedContactCount"] == 1


@pytest.mark.parametrize(("reading", "there"), [("kept", True), ("removed", False)])
def test_a_refused_item_keeps_or_loses_its_contact(reading: str, *, there: bool) -> None:
    """It is echoed with an error either way."""
    server = _server(invalid_existing=reading)
    answer = _call(server, "POST", "contacts/replace", [{"mobile": OLA, "city": UNWANTED}, {"mobile": KARI}])
    assert answer.body["invalidContacts"][0]["mobile"] == OLA
    assert (OLA in server.contacts) is there


def test_a_replace_that_dies_leaves_its_first_rows() -> None:
    """Row by row, what was done stays done, and nobody was removed yet."""
    server = _server()
    body = [{"mobile": NILS}, {"mobile": KARI, "city": "BERGEN"}]
    list(first_steps(server.steps(_sent("POST", "contacts/replace", body)), 1))
    assert sorted(server.contacts) == [OLA, KARI, NILS]
    assert server.contacts[KARI]["city"] == "OSLO"


@pytest.mark.parametrize(("reading", "stop"), [("remembered", 1), ("forgotten", 0)])
def test_a_stop_may_outlive_its_contact(reading: str, stop: int) -> None:
    """Deleted while stopped and added again, the number is stopped or not."""
    server = _server(stop_memory=reading)
    assert _call(server, "DELETE", f"contacts/{server.contacts[OLA]['id']}").status == 204
    assert _call(server, "DELETE", "contacts/1").status == 404
    _call(server, "POST", "contacts", {"mobile": OLA})
    assert server.contacts[OLA]["stop"] == stop


def test_conflicts_and_unknown_groups_are_refused() -> None:
    """Nothing changes after a 400 or a 409."""
    server = _server()
    server.contacts[OLA]["speedDial"] = "A1"
    before = server.people()
    path = f"contacts/{server.contacts[KARI]['id']}"
    assert _call(server, "PUT", path, {"mobile": KARI, "speedDial": "A1"}).status == 409
    assert _call(server, "PUT", path, {"mobile": OLA}).status == 409
    assert _call(server, "PUT", path, {"mobile": KARI, "contactGroupIds": [77]}).status == 400
    assert server.people() == before


def test_hidden_groups_show_when_asked_for() -> None:
    """A stopped contact shows none, and is found in its group all the same."""
    server = _server(stopped_groups="hidden")
    listed = _call(server, "GET", "contacts").body["contacts"]
    assert {each["mobile"]: bool(each["contactGroupIds"]) for each in listed} == {OLA: False, KARI: True}
    sent = _sent("GET", "contacts")
    sent.query = {"contactGroupId": str(next(iter(server.groups))), "stop": "1"}
    assert [each["mobile"] for each in finished(server.steps(sent)).body["contacts"]] == [OLA]


def test_every_reading_is_drawn() -> None:
    """No value of any switch is left out."""
    drawn = [Semantics.drawn(random.Random(seed)) for seed in range(200)]  # noqa: S311 - no secret
    for name, values in SWITCHES.items():
        assert {getattr(each, name) for each in drawn} == set(values)
