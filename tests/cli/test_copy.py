"""`pling copy`: both directions, end to end, with the exit codes and the outputs of import."""

import asyncio
import json
import signal
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import pytest

from pling_async import PlingClient
from pling_async.cli.copy import _OUTWARD, copy
from pling_async.sandbox import Fault

Run = Callable[..., Any]
PEOPLE = (
    {"mobile": "+4799999001", "name": "Kari", "city": "Oslo", "contactGroups": ["VIP"]},
    {"mobile": "+4799999002", "name": "Per", "stop": 1},
)


@pytest.fixture
def systems(make_server: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Serve an account of Pling and its neighbours, and configure all of them."""
    made = make_server("pling", "ip1", "front")
    for name, value in {**made.environment, **made.sandbox.variables}.items():
        monkeypatch.setenv(name, value)
    yield made
    made.stop()


def ip1_contacts(systems: Any) -> dict[str, Any]:
    """Return the contacts of IP1 by number."""
    return {each["properties"]["phoneNumber"]: each for each in systems.do(systems.sandbox.ip1.contacts())}


def test_to_ip1_and_again(pling: Run, systems: Any) -> None:
    """The plan is shown, the copy is carried out, and a second one has nothing to do."""
    systems.seed(*PEOPLE)
    ended = pling("copy", "--from", "pling", "--to", "ip1", "--yes")
    assert ended.code == 0, ended.err
    assert "Copied to IP1." in ended.out
    assert "nothing is deleted in IP1" in ended.out
    assert systems.do(systems.sandbox.ip1.blacklist()) == ["4799999002"]
    assert ip1_contacts(systems)["+4799999001"]["labels"] == ["VIP"]
    again = pling("copy", "--from", "pling", "--to", "ip1")
    assert again.code == 0
    assert "Nothing to do" in again.out


def test_from_ip1(pling: Run, systems: Any) -> None:
    """Everything of import is there: plan, question, run, undo; a blocked number arrives as stopped."""
    contacts = [{"properties": {"phoneNumber": f"+479999900{n}", "name": "Ola"}} for n in (1, 2)]
    systems.do(systems.sandbox.ip1.seed(contacts=contacts, blacklist=[{"msisdn": "4799999002"}]))
    asked = pling("copy", "--from", "ip1", "--to", "pling")
    assert asked.code == 2
    assert "add --yes" in asked.err
    ended = pling("copy", "--from", "ip1", "--to", "pling", "--yes", "-o", "json")
    assert ended.code == 0, ended.err
    run = json.loads(ended.out)
    assert run["complete"]
    assert {mobile: each["stop"] for mobile, each in systems.contacts().items()} == {"+4799999001": 0, "+4799999002": 1}
    assert pling("copy", "--from", "ip1", "--to", "pling", "--yes").code == 0
    assert pling("runs", "undo", run["run"], "--yes").code == 0
    assert systems.contacts() == {}


def test_from_ip1_with_a_region(pling: Run, systems: Any) -> None:
    """The region tells whose numbers they are that have no country code: who is blocked under one is stopped."""
    contacts = [{"properties": {"phoneNumber": "070-174 06 01", "name": "Ola", "city": "x" * 101}}]
    systems.do(systems.sandbox.ip1.seed(contacts=contacts, blacklist=[{"msisdn": "46701740601"}]))
    ended = pling("copy", "--from", "ip1", "--to", "pling", "--region", "SE", "--yes")
    assert ended.code == 7, ended.err  # a row was rejected
    assert {mobile: each["stop"] for mobile, each in systems.contacts().items()} == {"+46701740601": 1}


def test_from_front_with_a_plan_file_and_guards(pling: Run, systems: Any, tmp_path: Path) -> None:
    """A replace is planned into a file, within the guards, and carried out by apply; what does not fit is counted."""
    systems.seed(*({"mobile": f"+47999991{n:02}"} for n in range(30)), {"mobile": "+4799999001"})
    handles = [
        {"source": "phone", "handle": "+4799999001"},
        *({"source": "email", "handle": f"{n}@x.no"} for n in "ab"),
    ]
    systems.do(systems.sandbox.front.seed(contacts=[{"name": "Kari", "handles": handles}]))
    replace = ("copy", "--from", "front", "--to", "pling", "--mode", "replace")
    refused = pling(*replace, "--yes")
    assert refused.code == 5
    assert "--max-removals 30" in refused.err
    assert "does not fit (other emails): 1 contact of front" in refused.err
    out = tmp_path / "front.plan"
    kept = pling(*replace, "--max-removals", "30", "--out", out)
    assert (kept.code, len(systems.contacts())) == (0, 31)
    assert pling("apply", out, "--yes").code == 0
    assert [each["name"] for each in systems.contacts().values()] == ["Kari"]


def test_to_front(pling: Run, systems: Any, tmp_path: Path) -> None:
    """Values without a place and stopped people are counted, before and after; the report has a line for everybody."""
    systems.seed(*PEOPLE)
    shown = pling("copy", "--from", "pling", "--to", "front", "--plan-only")
    assert (shown.code, systems.do(systems.sandbox.front.contacts())) == (0, [])
    assert "no place there: city: 1" in shown.out
    assert "has no opt-out: 1 stopped contact" in shown.out
    report = tmp_path / "outcomes.csv"
    ended = pling("copy", "--from", "pling", "--to", "front", "--yes", "--report", report, "-o", "json")
    assert ended.code == 0, ended.err
    assert json.loads(ended.out)["outcomes"] == {"applied": 1, "skipped": 1}
    lines = report.read_text().splitlines()
    assert lines[0] == "outcome,code,message,mobile,action"
    assert sorted(line.split(",")[:2] for line in lines[1:]) == [["applied", ""], ["skipped", "stopped"]]
    assert stat.S_IMODE(report.stat().st_mode) == 0o600
    (kari,) = systems.do(systems.sandbox.front.contacts())
    assert [each["name"] for each in kari["lists"]] == ["VIP"]


def test_to_front_where_somebody_is_who_stopped_since(pling: Run, systems: Any) -> None:
    """Without a field for the mark they can be reached there: that is said, and the way out."""
    systems.seed({"mobile": "+4799999001"}, {"mobile": "+4799999002", "stop": 1})
    copy = ("copy", "--from", "pling", "--to", "front", "--yes")
    assert pling(*copy).code == 0
    assert pling("stop-list", "add", "+4799999001").code == 0
    ended = pling(*copy)
    assert ended.code == 0
    assert "reachable in Front, where they are, since it has no custom field Stop, boolean or string: 1 st" in ended.out
    assert "Nothing to write, though Front lacks some of it" in ended.out
    assert "not written, since Front has no opt-out: 1 stopped contact; a custom field Stop there" in ended.out
    systems.do(systems.sandbox.front.seed(custom_fields=[{"name": "Stop", "type": "boolean"}]))
    assert "reachable" not in pling(*copy).out
    assert systems.do(systems.sandbox.front.contacts())[0]["custom_fields"] == {"Stop": True}


def test_to_front_with_the_mark(pling: Run, systems: Any) -> None:
    """With the custom field and --stopped mark they come along; the plan says so as JSON."""
    systems.seed(*PEOPLE)
    systems.do(systems.sandbox.front.seed(custom_fields=[{"name": "Stop", "type": "boolean"}, {"name": "City"}]))
    mark = ("copy", "--from", "pling", "--to", "front", "--stopped", "mark")
    plan = json.loads(pling(*mark, "--plan-only", "-o", "json").out)
    assert plan["counts"] == {"added": 2, "changed": 0, "unchanged": 0, "only in Front": 0}
    people = [json.loads(line) for line in pling(*mark, "--plan-only", "-o", "ndjson").out.splitlines()]
    assert [each["changed"].get("is_stopped") for each in people] == [None, {"from": None, "to": True}]
    assert pling(*mark, "--yes").code == 0
    fields = [each["custom_fields"] for each in systems.do(systems.sandbox.front.contacts())]
    assert sorted(map(str, fields)) == ["{'City': 'Oslo'}", "{'Stop': True}"]


@pytest.mark.parametrize(
    ("person", "there"),
    [
        pytest.param({"stop": 1}, (), id="stopped, and skipped"),
        pytest.param({}, ("+4799999009", "+4799999001"), id="somebody else's further number"),
        pytest.param({"city": "Oslo"}, ("+4799999001",), id="no place for the city"),
        pytest.param({"email": "kari@example.com"}, ("+4799999001",), id="somebody else's address"),
    ],
)
def test_nothing_to_write_is_not_all_there(
    pling: Run, systems: Any, person: dict[str, Any], there: tuple[str, ...]
) -> None:
    """Whoever or whatever was left out is not said to be in the other system already."""
    systems.seed({"mobile": "+4799999001"} | person)
    handles = [{"source": "phone", "handle": each} for each in there]
    other = [
        {"source": source, "handle": each} for source, each in (("phone", "99999008"), ("email", "kari@example.com"))
    ]
    contacts = [{"handles": handles}] if there else []
    systems.do(systems.sandbox.front.seed(contacts=[{"handles": other}, *contacts]))
    ended = pling("copy", "--from", "pling", "--to", "front")
    assert ended.code == 0, ended.err
    assert "Nothing to write, though Front lacks some of it" in ended.out
    assert "all of it" not in ended.out


def test_a_stop_that_is_missing_elsewhere_is_not_all_there(pling: Run, systems: Any) -> None:
    """Somebody marked, whose number another contact has as well without a mark, can be reached (I-4)."""
    systems.seed({"mobile": "+4799999001", "stop": 1})
    marked = {"handles": [{"source": "phone", "handle": "+4799999001"}], "custom_fields": {"Stop": True}}
    phones = [{"source": "phone", "handle": each} for each in ("+4799999009", "99 99 90 01")]
    fields = [{"name": "Stop", "type": "boolean"}]
    systems.do(systems.sandbox.front.seed(custom_fields=fields, contacts=[marked, {"handles": phones}]))
    ended = pling("copy", "--from", "pling", "--to", "front")
    assert ended.code == 0, ended.err
    assert "reachable in Front" in ended.out
    assert "Nothing to write" in ended.out


def test_what_is_not_known_ends_with_8(pling: Run, systems: Any) -> None:
    """A lost answer is unknown, whoever failed is named by a masked message, and the same command repairs it."""
    systems.seed(*PEOPLE)
    systems.sandbox.fail(Fault(action="reset_after_commit", method="POST", path="/ip1/v2/contacts", count=None))
    ended = pling("copy", "--from", "pling", "--to", "ip1", "--yes", "-q")
    assert ended.code == 8, ended.err
    assert "the same command does the rest" in ended.out
    assert pling("copy", "--from", "pling", "--to", "ip1", "--yes").code == 0
    assert len(ip1_contacts(systems)) == 2


def test_who_stopped_meanwhile_cannot_be_found_out(pling: Run, systems: Any, tmp_path: Path) -> None:
    """All that was written is shown and reported, and the command fails: it has to be given again (I-4)."""
    systems.seed(PEOPLE[0], {"mobile": "+4799999003"})
    path = f"{urlsplit(systems.sandbox.url).path}contacts"
    systems.sandbox.fail(Fault(action="answer", status=400, method="GET", path=path, skip=2, count=None))
    ended = pling("copy", "--from", "pling", "--to", "ip1", "--yes", "--report", tmp_path / "outcomes.csv")
    assert ended.code == 1
    assert "whether somebody stopped in Pling during the copy could not be found out" in ended.err
    assert "the same command does the rest" in ended.out
    assert len((tmp_path / "outcomes.csv").read_text().splitlines()) == len(ip1_contacts(systems)) + 1 == 3


def test_a_token_that_is_refused_midway(pling: Run, systems: Any) -> None:
    """After a 401 nothing more is sent, and the exit code says why."""
    systems.seed(*PEOPLE)
    systems.sandbox.fail(Fault(action="answer", status=401, method="POST", path="/ip1/*", count=None))
    ended = pling("copy", "--from", "pling", "--to", "ip1", "--yes", "-o", "json")
    assert ended.code == 4
    assert {each["outcome"] for each in json.loads(ended.out)["failed"]} <= {"not_applied", "skipped"}
    assert ip1_contacts(systems) == {}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("--from pling --to pling", "one of --from and --to is pling"),
        ("--from ip1 --to front", "one of --from and --to is pling"),
        ("--from pling --to ip1 --mode replace", "nothing is deleted in ip1"),
        ("--from pling --to front --out x.plan", "--out is for --to pling"),
        ("--from pling --to front --max-removals 3", "--only-account and --min-rows alone"),
        ("--from pling --to ip1 --strategy replace", "for --to pling"),
        ("--from pling --to ip1 --stopped mark", "--stopped mark is for --to front"),
        ("--from front --to pling --stopped mark", "--stopped mark is for --to front"),
        ("--from pling", "Missing option '--to'. Choose from:\n  pling,\n  ip1,\n  front\n"),
    ],
)
def test_what_makes_no_sense(pling: Run, systems: Any, line: str, message: str) -> None:
    """One message, and nobody is asked anything."""
    ended = pling("copy", *line.split())
    assert (ended.code, systems.sandbox.requests) == (2, [])
    assert message in ended.err


IN_VAIN = [
    *("--groups VIP", "--keep last", "--numbers lenient", "--map Navn=name"),
    *("--encoding cp1252", "--delimiter ;", "--sheet 1"),
    *("--html x.html", "--rejects x.csv", "--strategy auto", "--settle 1", "--moves"),
]


@pytest.mark.parametrize("target", ["ip1", "front"])
@pytest.mark.parametrize("option", IN_VAIN)
def test_what_a_copy_out_of_pling_does_not_go_by(pling: Run, systems: Any, target: str, option: str) -> None:
    """An option that would do nothing is refused by its name, also with the value that it has anyway."""
    ended = pling("copy", "--from", "pling", "--to", target, *option.split())
    assert (ended.code, systems.sandbox.requests) == (2, [])
    assert f"{option.split(maxsplit=1)[0]}: for --to pling; a copy to {target}" in ended.err
    assert not list(Path().glob("x.*"))


def test_every_option_is_for_one_direction_or_for_both() -> None:
    """An option that is new to the command is refused out of Pling until somebody says what it does there."""
    names = {str(each.name) for each in copy.params}
    assert names > _OUTWARD
    refused = {each.opts[0] for each in copy.params if each.name not in _OUTWARD}
    guards = {"--max-removals", "--max-removals-per-day", "--allow-empty", "--remove-despite-rejects", "--consent"}
    guards |= {"--allow-group-removal", "--keep-auto-created"}
    assert refused == {option.split(maxsplit=1)[0] for option in IN_VAIN} | guards | {"--out", "--redact"}


def test_what_a_copy_out_of_pling_goes_by(pling: Run, systems: Any, tmp_path: Path) -> None:
    """Account, region, guards, report and view are for both directions."""
    systems.seed(PEOPLE[0])
    line = "--from pling --to ip1 --mode merge --region SE --min-rows 1 --report-flavour exchange --details 1 -q -y"
    ended = pling(
        "copy",
        *line.split(),
        "--account",
        systems.environment["PLING_ACCOUNT_ID"],
        "--report",
        tmp_path / "outcomes.csv",
        "-o",
        "json",
    )
    assert ended.code == 0, ended.err
    assert (tmp_path / "outcomes.csv").exists()


@pytest.mark.parametrize("direction", [("ip1", "pling"), ("pling", "ip1")])
def test_hints_name_the_system_that_refused(
    pling: Run, systems: Any, monkeypatch: pytest.MonkeyPatch, direction: tuple[str, str]
) -> None:
    """A wrong token of IP1 is no reason to look at PLING_PASSWORD; one that is missing is named."""
    monkeypatch.setenv("IP1_TOKEN", "wrong")
    ended = pling("copy", "--from", direction[0], "--to", direction[1])
    assert ended.code == 4
    assert "check IP1_TOKEN and IP1_BASE_URL" in ended.err
    monkeypatch.delenv("IP1_TOKEN")
    ended = pling("copy", "--from", direction[0], "--to", direction[1])
    assert ended.code == 2
    assert "IP1_TOKEN_FILE" in ended.err
    monkeypatch.setenv("IP1_TOKEN", systems.sandbox.ip1.token)
    monkeypatch.setenv("PLING_PASSWORD", "wrong")
    ended = pling("copy", "--from", direction[0], "--to", direction[1])
    assert ended.code == 4
    assert "check PLING_USERNAME" in ended.err


@pytest.mark.parametrize("path", ["/front/me", "/front/contacts/custom_fields"])
def test_hints_while_a_copy_is_carried_out(pling: Run, systems: Any, path: str) -> None:
    """A token of Front that was revoked since the plan is no reason to look at PLING_PASSWORD; nor the reverse."""
    systems.seed(*PEOPLE)
    copy = ("copy", "--from", "pling", "--to", "front", "--yes")
    systems.sandbox.fail(Fault(action="answer", status=401, method="GET", path=path, skip=1))
    ended = pling(*copy)
    assert ended.code == 4
    assert "check FRONT_TOKEN and FRONT_BASE_URL" in ended.err
    assert "pling doctor --service front" in ended.err
    path = f"{urlsplit(systems.sandbox.url).path}contacts"
    systems.sandbox.fail(Fault(action="answer", status=401, method="GET", path=path, skip=1))
    ended = pling(*copy)
    assert ended.code == 4
    assert "check PLING_USERNAME" in ended.err
    assert systems.do(systems.sandbox.front.contacts()) == []


def test_only_account_and_expected_rows(pling: Run, systems: Any) -> None:
    """The guards that mean something for a copy out of Pling refuse it before anything is written."""
    systems.seed(*PEOPLE)
    for flags in (("--only-account", "7"), ("--min-rows", "3")):
        ended = pling("copy", "--from", "pling", "--to", "ip1", "--yes", *flags)
        assert ended.code == 5
    assert ip1_contacts(systems) == {}


def test_stopping_well(pling: Run, systems: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """After Ctrl-C nobody else is taken, what was done is shown, and the same command does the rest."""
    systems.seed(*({"mobile": f"+4799999{n:03}", "stop": 1} for n in range(60)))

    once = iter([signal.SIGINT])

    def signalled(*_: Any) -> None:
        for each in once:
            signal.raise_signal(each)

    with monkeypatch.context() as patched:
        patched.setattr("pling_async.cli.copying.Progress.update", signalled)
        ended = pling("copy", "--from", "pling", "--to", "ip1", "--yes")
    assert ended.code == 130
    assert "the same command does the rest" in ended.err
    assert 0 < len(ip1_contacts(systems)) < 60
    assert pling("copy", "--from", "pling", "--to", "ip1", "--yes").code == 0
    assert len(ip1_contacts(systems)) == 60


def opt_out(systems: Any, mobile: str) -> None:
    """Put somebody on Pling's stop list once Front is written to."""

    async def add() -> None:
        at = systems.sandbox
        async with PlingClient(at.username, at.password, account_id=at.account_id, base_url=at.url) as client:
            listing = await client.contacts.list()
            await client.stop_list.add(next(each for each in listing.contacts if each.mobile == mobile))

    patience = time.monotonic() + 20
    while time.monotonic() < patience and not any(each.method == "PATCH" for each in systems.sandbox.requests):
        time.sleep(0.01)
    asyncio.run(add())


@pytest.mark.parametrize("form", ["table", "json"])
def test_who_stopped_meanwhile_and_can_still_be_reached(pling: Run, systems: Any, form: str) -> None:
    """What is to be looked at in Front is shown, though nothing failed (I-4)."""
    systems.seed(PEOPLE[0])
    phones = [{"source": "phone", "handle": each} for each in ("99999001", "+4799999007", "+4799999001")]
    systems.do(systems.sandbox.front.seed(contacts=[{"handles": phones[:1]}, {"handles": phones[1:]}]))
    systems.do(systems.sandbox.front.seed(custom_fields=[{"name": "Stop", "type": "boolean"}]))
    systems.sandbox.fail(Fault(action="delay", delay=1, method="PATCH", path="/front/contacts/*"))
    phone = Thread(target=opt_out, args=(systems, "+4799999001"))
    phone.start()
    ended = pling("copy", "--from", "pling", "--to", "front", "--yes", "-o", form)
    phone.join()
    assert ended.code == 0, ended.err
    if form == "json":
        (line,) = json.loads(ended.out)["warned"]
        assert (line["action"], line["outcome"], line["code"]) == ("stop", "applied", "elsewhere")
    else:
        assert "Copied to Front." in ended.out
        assert "mark that one" in " ".join(ended.out.split())
