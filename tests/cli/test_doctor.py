"""`pling doctor`: what is in the way, and which reading a server shows."""

import json
import random
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import attrs
import pytest
import trustme

from pling_async.cli import checks, probes
from pling_async.cli.checks import Check, Level
from pling_async.cli.endpoint import Target
from pling_async.cli.workbench import Workbench
from pling_async.errors import GuardRefused
from pling_async.sandbox import Sandbox, Semantics
from pling_async.session.auth import Secret
from pling_async.session.settings import BaseUrl

_TRIED = {name: probe for probe, names in probes._DECIDES.items() for name in names}
_VARIANTS = {name: semantics for name, semantics in Semantics.variants().items() if name.partition("=")[0] in _TRIED}


def _target(url: str, tls: ssl.SSLContext | None = None, **changes: Any) -> Target:
    values = {"username": "sandbox", "password": Secret("sandbox"), "account_id": 12345} | changes
    return Target(base=BaseUrl.parse(url), tls=tls, **values)


@pytest.fixture
async def bench() -> AsyncIterator[Any]:
    """Open workbenches on sandboxes with some semantics."""
    opened: list[Any] = []

    async def on(semantics: Semantics) -> tuple[Workbench, Sandbox]:
        sandbox = Sandbox(semantics=semantics)
        await sandbox.start()
        target = _target(sandbox.url)
        made = Workbench(target=target, transport=target.transport())
        opened.append((sandbox, made))
        return made, sandbox

    yield on
    for sandbox, made in opened:
        await made.transport.close()
        await sandbox.stop()


def _told_apart(semantics: Semantics) -> dict[str, object]:
    """Return the switches as a client can see them: a stop that fares as other fields do is told as that."""
    values = attrs.asdict(semantics)
    as_others = "keep" if values["omitted_in_replace"] == "keep" else "reset"
    if values["omitted_stop_in_replace"] == as_others:
        values["omitted_stop_in_replace"] = "as_others"
    return values


def test_every_switch_is_tried_or_said_not_to_be() -> None:
    """Each open question has a probe, or a reason for having none."""
    assert {switch.name for switch in Semantics.switches()} == set(_TRIED) | probes.NOT_TRIED
    assert not set(_TRIED) & probes.NOT_TRIED


@pytest.mark.parametrize("name", _VARIANTS)
async def test_a_reading_is_that_of_the_server(bench: Any, name: str) -> None:
    """Whatever one switch is set to, its probe finds out, and leaves the account empty."""
    semantics = _VARIANTS[name]
    switch = name.partition("=")[0]
    made, sandbox = await bench(semantics)
    readings = await probes._tried(_TRIED[switch], made)
    await made.clear()
    assert readings[switch] == _told_apart(semantics)[switch]
    assert await sandbox.contacts() == []
    assert (await made.listing())["contactGroups"] == []


@pytest.mark.parametrize("seed", range(4))
async def test_readings_do_not_disturb_each_other(bench: Any, seed: int) -> None:
    """A server that differs in everything at once is read as it is; what cannot be told apart is said to be usual."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    values = {each.name: chance.choice(each.values) for each in Semantics.switches() if each.name in _TRIED}
    made, sandbox = await bench(Semantics(**values))
    found: dict[str, object] = {}
    for readings in [each async for each in probes.look(made)] + [each async for each in probes.write(made)]:
        found |= readings
    assert found == {name: each for name, each in _told_apart(Semantics(**values)).items() if name in _TRIED}
    assert await sandbox.contacts() == []


@pytest.mark.parametrize(
    "seeded",
    [
        {"contacts": [{"mobile": "+4799999101"}]},
        {"contacts": [{"mobile": "+4799999301", "stop": 1}]},
        {"contact_groups": [{"id": 7, "name": "VIP"}]},
        {"contact_groups": [{"id": 7, "name": "Pling doctor 1"}]},
    ],
)
async def test_an_account_with_anything_in_it_is_not_thrown_away(bench: Any, seeded: Any) -> None:
    """One contact or one group is enough, though it bears a number or name that probes use: nothing is written."""
    made, sandbox = await bench(Semantics())
    await sandbox.seed(**seeded)
    with pytest.raises(GuardRefused, match="not empty"):
        _ = [each async for each in probes.write(made)]
    assert {entry.method for entry in sandbox.requests} == {"GET"}


@pytest.mark.parametrize("mobile", ["+4799999101", "+4799999399"])
async def test_somebody_who_appears_is_not_replaced(bench: Any, mobile: str) -> None:
    """A contact that comes while probes run ends them before the next replace, and stays."""
    made, sandbox = await bench(Semantics())
    await made.contact()
    await sandbox.seed(contacts=[{"mobile": mobile}])
    with pytest.raises(GuardRefused):
        await made.replaced({"mobile": made.mobile()})
    await made.clear()
    assert [each["mobile"] for each in await sandbox.contacts()] == [mobile]


def _results(ended: Any) -> dict[str, str]:
    return {each["check"]: each["result"] for each in json.loads(ended.out)["checks"]}


def test_all_is_well(pling: Any, account: Any) -> None:
    """On a healthy server every check is ok, readings are shown, and nothing is written."""
    ended = pling("doctor", "-o", "json")
    told = json.loads(ended.out)
    assert (ended.code, told["ok"], set(_results(ended).values())) == (0, True, {"ok"})
    assert {each["switch"] for each in told["readings"]} == {
        "error_body",
        "challenge_charset",
        "unmatched_version",
        "newest_version",
    }
    assert account.changes() == []
    assert pling("doctor").err.splitlines()[-1] == "Next: pling check FILE"


def test_the_embedded_sandbox_is_not_written_to(pling: Any) -> None:
    """Probing the embedded sandbox happens on one in memory; what is kept in the embedded one stays."""
    pling("contacts", "add", "+4799999101")
    ended = pling("doctor", "--probe", "-o", "json")
    assert ended.code == 0, ended.err
    told = json.loads(ended.out)
    assert {each["switch"] for each in told["readings"]} == set(_TRIED)
    assert all(each["is_default"] for each in told["readings"])
    assert '"+4799999101"' in pling("contacts", "list", "-o", "ndjson").out
    assert len(pling("contacts", "list", "-o", "ndjson").out.splitlines()) == 1


def test_probing_needs_an_account_to_throw_away(pling: Any, account: Any) -> None:
    """On a configured account --probe alone writes nothing; named and empty it is probed; not empty, it is refused."""
    refused = pling("doctor", "--probe")
    assert (refused.code, "--throw-away-account ID" in refused.out) == (2, True)
    assert account.changes() == []
    assert pling("doctor", "--throw-away-account", "12345").code == 2
    ended = pling("doctor", "--probe", "--throw-away-account", 12345, "-o", "json")
    assert ended.code == 0, ended.out
    assert len(json.loads(ended.out)["readings"]) == len(_TRIED)
    assert account.contacts() == {}
    account.seed({"mobile": "+4799999101"})
    before = len(account.changes())
    ended = pling("doctor", "--probe", "--throw-away-account", 12345)
    assert (ended.code, "is not empty" in ended.out) == (5, True)
    assert len(account.changes()) == before


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize(
    ("variable", "value", "check", "code"),
    [
        ("PLING_PASSWORD", "canary-of-a-secret", "credentials", 4),
        ("PLING_ACCOUNT_ID", "99", "credentials", 4),
        ("PLING_ACCOUNT_ID", "x", "configuration", 2),
        ("PLING_USERNAME", "", "configuration", 2),
        ("PLING_BASE_URL", "http://127.0.0.1:9/api/", "tcp", 8),
        ("PLING_BASE_URL", "https://nowhere.invalid/api/", "dns", 8),
    ],
)
def test_what_is_in_the_way(
    pling: Any, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, check: str, code: int
) -> None:
    """The first thing in the way is named with a way out, and its kind decides the exit code."""
    monkeypatch.setenv(variable, value)
    ended = pling("doctor", "-o", "json")
    assert (ended.code, "canary" in ended.out + ended.err) == (code, False)
    [failure] = [each for each in json.loads(ended.out)["checks"] if each["result"] == "fail"]
    assert failure["check"] == check
    assert failure["do"] or "unset all" in failure["said"] or "must be" in failure["said"]
    assert pling("doctor").err.splitlines()[-1] == "Next: pling config show"


async def _found(target: Target) -> dict[str, Check]:
    return {each.name: each async for each in checks.checks(target)}


def _authority(host: str, days: float) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Return what a server and its client use: a certificate for a host, valid for some days."""
    authority = trustme.CA()
    until = datetime.now(tz=UTC) + timedelta(days=days)
    theirs, ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert(host, not_after=until, not_before=until - timedelta(days=90)).configure_cert(theirs)
    authority.configure_trust(ours)
    return theirs, ours


@pytest.mark.parametrize(
    ("host", "days", "level", "words"),
    [
        ("127.0.0.1", 60, Level.OK, "valid for 60 days"),
        ("127.0.0.1", 5, Level.WARN, "valid for 5 days"),
        ("127.0.0.1", -1, Level.FAIL, "expired"),
        ("elsewhere.example", 60, Level.FAIL, "mismatch"),
    ],
)
async def test_certificates(serve: Any, reply: Any, host: str, days: int, level: Level, words: str) -> None:
    """A certificate that ends soon is a warning; one that ended, or is another host's, ends the checks."""
    theirs, ours = _authority(host, days)
    peer = await serve(reply(200, b"[]"), tls=theirs)
    found = await _found(_target(peer.url, ours))
    assert (found["tls"].level, words in found["tls"].said) == (level, True), found["tls"]
    assert ("credentials" in found) is (level is not Level.FAIL)
    assert bool(found["tls"].way_out) is (level is not Level.OK)


def _answer(*headers: str, body: bytes = b"[]") -> bytes:
    lines = ["HTTP/1.1 200 OK", "Content-Type: application/json", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


@pytest.mark.parametrize(("seconds", "level"), [(0, Level.OK), (120, Level.WARN), (-120, Level.WARN)])
async def test_clocks(serve: Any, seconds: int, level: Level) -> None:
    """Clocks that differ by minutes are a warning that says which way."""
    theirs = format_datetime(datetime.now(tz=UTC) + timedelta(seconds=seconds), usegmt=True)
    peer = await serve(_answer(f"Date: {theirs}"))
    found = (await _found(_target(peer.url)))["clock"]
    assert found.level is level
    assert ("behind" in found.said) is (seconds > 0)
    assert ("ahead" in found.said) is (seconds < 0)


@pytest.mark.parametrize(("version", "level"), [("1.0.1", Level.OK), ("1.1.0", Level.WARN), (None, Level.OK)])
async def test_versions(serve: Any, version: str | None, level: Level) -> None:
    """A version that was not asked for is a warning; a server that does not say is none."""
    peer = await serve(_answer(*([f"api-version: {version}"] if version else [])))
    assert (await _found(_target(peer.url)))["version"].level is level


async def test_a_page_in_between(serve: Any) -> None:
    """A login page in place of JSON is a failure that points at the base URL, and no reading is taken from it."""
    page = b"<html>Welcome</html>"
    peer = await serve(_answer(body=page).replace(b"application/json", b"text/html"))
    found = (await _found(_target(peer.url)))["http"]
    assert (found.level, "PLING_BASE_URL" in found.way_out) == (Level.FAIL, True)


async def test_an_answer_of_another_shape_is_an_unknown_reading(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a server does what no reading explains, the reading is unknown and the other probes go on."""

    async def odd(*_: object, **__: object) -> Any:
        raise KeyError("city")

    made, _ = await bench(Semantics())
    monkeypatch.setattr(Workbench, "contact", odd)
    assert await probes._tried(probes._post_again, made) == {
        "omitted_in_post": probes.UNKNOWN,
        "existing_post_status": probes.UNKNOWN,
    }
