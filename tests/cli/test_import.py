"""`pling apply` and `import`: from a plan to the state of an account."""

import json
from typing import Any

import pytest

from pling_async.sandbox import Fault

LIST = "Fornavn;Mobil;Poststed\nÅse;999 99 101;OSLO\nKari;+4799999102;\n"
WITH_REJECT = LIST + "Nils;9999912;\n"


def test_a_stale_plan(pling: Any, people: Any, csv_file: Any) -> None:
    """A plan ends with 6 once the account is another than the one it was made for."""
    pling("plan", csv_file(LIST), "--out", "p.plan")
    people.seed({"mobile": "+4799999105"})
    ended = pling("apply", "p.plan", "--yes")
    assert ended.code == 6
    assert people.changes() == []


def test_a_plan_of_another_account(pling: Any, people: Any, csv_file: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plan is never applied to another account than its own."""
    pling("plan", csv_file(LIST), "--out", "p.plan")
    for name in people.environment:
        monkeypatch.delenv(name)
    ended = pling("apply", "p.plan", "--yes")
    assert ended.code == 6
    assert "the plan was made for account 12345 at http" in ended.err
    assert people.changes() == []


def test_a_file_that_is_no_plan(pling: Any, people: Any, csv_file: Any) -> None:
    """What is no plan is refused with a word on how to make one."""
    ended = pling("apply", csv_file(LIST), "--yes")
    assert ended.code == 1
    assert "pling plan" in ended.err
    assert people.changes() == []


def test_import_merges_by_default(pling: Any, people: Any, csv_file: Any) -> None:
    """Nobody is removed unless that was asked for."""
    ended = pling("import", csv_file(LIST), "--yes")
    assert ended.code == 0
    assert len(people.contacts()) == 4
    assert "the account is what the plan promised" in ended.out
    assert "DELETE" not in " ".join(people.changes())


@pytest.mark.parametrize("strategy", ["replace", "per_contact"])
def test_import_with_either_strategy(pling: Any, people: Any, csv_file: Any, strategy: str) -> None:
    """Both strategies leave the same account."""
    told = pling("import", csv_file(LIST), "--mode", "replace", "--strategy", strategy, "--yes", "-o", "json")
    run = json.loads(told.out)
    assert (run["strategy"], run["complete"], run["outcomes"]["applied"]) == (strategy, True, 3)
    assert sorted(people.contacts()) == ["+4799999101", "+4799999102", "+4799999104"]


@pytest.mark.usefixtures("people")
def test_import_as_ndjson(pling: Any, csv_file: Any) -> None:
    """NDJSON has one outcome a row of the list, in its order."""
    ended = pling("import", csv_file(WITH_REJECT), "--yes", "-o", "ndjson")
    outcomes = [json.loads(line) for line in ended.out.splitlines()]
    assert [(each["row"], each["outcome"]) for each in outcomes] == [(1, "applied"), (2, "applied"), (3, "skipped")]


def test_import_twice(pling: Any, people: Any, csv_file: Any) -> None:
    """The second import finds nothing to do and sends nothing."""
    file = csv_file(LIST)
    pling("import", file, "--yes")
    before = people.changes()
    ended = pling("import", file)
    assert ended.code == 0
    assert "Nothing to do" in ended.out
    assert people.changes() == before


@pytest.mark.usefixtures("people")
def test_import_with_rejects(pling: Any, csv_file: Any, nowhere: Any) -> None:
    """7 says that everything was applied that could be; the rejects file says what could not."""
    ended = pling("import", csv_file(WITH_REJECT), "--yes", "--rejects", "rejects.csv")
    assert ended.code == 7
    assert (nowhere / "rejects.csv").read_text().splitlines()[1].startswith("3,mobile,wrong_length,")
    assert "rejects.csv" in ended.err


def test_rejects_hold_removals_back(pling: Any, people: Any, csv_file: Any) -> None:
    """While a row cannot be read nobody is removed, unless the named flag says otherwise."""
    file = csv_file(WITH_REJECT)
    assert pling("import", file, "--mode", "replace", "--yes").code == 7
    assert "+4799999103" in people.contacts()
    assert pling("import", file, "--mode", "replace", "--yes", "--remove-despite-rejects").code == 7
    assert "+4799999103" not in people.contacts()


@pytest.mark.parametrize("command", [("plan", "--out", "p.plan"), ("import", "--yes")])
def test_too_many_removals(pling: Any, account: Any, csv_file: Any, nowhere: Any, command: tuple[str, ...]) -> None:
    """More removals than max(10, 10 %) end with 5, send nothing, and name the flag; the plan is kept for review."""
    account.seed(*({"mobile": f"+479999920{n:01d}"} for n in range(9)), {"mobile": "+4799999210"})
    account.seed({"mobile": "+4799999211"}, {"mobile": "+4799999101"})
    name, *flags = command
    ended = pling(name, csv_file(LIST), "--mode", "replace", *flags)
    assert ended.code == 5
    assert "--max-removals 11" in ended.err
    assert account.changes() == []
    assert (nowhere / "p.plan").exists() is (name == "plan")
    assert pling(name, csv_file(LIST), "--mode", "replace", *flags, "--max-removals", "11").code == 0


def test_a_smaller_limit(pling: Any, people: Any, csv_file: Any) -> None:
    """The limit may be lowered, as a count or as a share."""
    for limit in ("0", "30%"):
        assert pling("import", csv_file(LIST), "--mode", "replace", "--yes", "--max-removals", limit).code == 5
    assert people.changes() == []
    assert pling("plan", csv_file(LIST), "--mode", "replace", "--max-removals", "34%").code == 0


def test_other_guards(pling: Any, people: Any, csv_file: Any) -> None:
    """Too few rows and groups that would vanish are refused, each with its flag."""
    file = csv_file(LIST)
    assert "--min-rows" in pling("plan", file, "--min-rows", "3").err
    people.seed(groups=({"name": "Empty"},))
    flags = ("--mode", "replace", "--strategy", "replace", "--yes")
    assert "--allow-group-removal" in pling("import", file, *flags).err
    assert people.changes() == []
    assert pling("import", file, *flags, "--allow-group-removal").code == 0


def test_consent(pling: Any, people: Any, csv_file: Any) -> None:
    """Only people in the consent file leave the stop list."""
    file = csv_file("Mobil;Stopp\n+4799999104;nei\n")
    assert pling("import", file, "--yes").code == 0
    assert people.contacts()["+4799999104"]["stop"] == 1
    held = csv_file("mobile,reference\n999 99 104,archive 2026/311\n", "consent.csv")
    assert pling("import", file, "--yes", "--consent", held).code == 0
    assert people.contacts()["+4799999104"]["stop"] == 0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("number,reference\n999,a\n", "headers"),
        ("mobile;reference\n9999910;a\n", "digits"),
        ("mobile,reference\n+4799999104,\n", "reference"),
        (b"mobile,reference\n+4799999104,\xe6\n", "UTF-8"),
    ],
)
def test_consent_that_cannot_be_read(pling: Any, people: Any, csv_file: Any, text: str | bytes, words: str) -> None:
    """A consent file is taken whole or not at all."""
    ended = pling("import", csv_file(LIST), "--yes", "--consent", csv_file(text, "consent.csv"))
    assert ended.code == 1
    assert words in ended.err
    assert "consent.csv" in ended.err
    assert people.changes() == []


def test_import_asks(pling: Any, people: Any, csv_file: Any) -> None:
    """Without a terminal and without --yes nothing is sent, and the way out is named."""
    ended = pling("import", csv_file(LIST))
    assert ended.code == 2
    assert "--yes" in ended.err
    assert people.changes() == []


@pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("n\n", 1)])
def test_import_takes_an_answer(
    pling: Any, people: Any, csv_file: Any, monkeypatch: pytest.MonkeyPatch, answer: str, code: int
) -> None:
    """On a terminal a person decides, with the numbers before their eyes."""
    monkeypatch.setattr("pling_async.cli.output.is_interactive", lambda: True)
    monkeypatch.setattr("click.termui.visible_prompt_func", lambda _: answer.strip())
    ended = pling("import", csv_file(LIST))
    assert ended.code == code
    assert bool(people.changes()) is (code == 0)


def test_a_server_that_fails(pling: Any, people: Any, csv_file: Any) -> None:
    """When nobody knows whether the account changed, the code is 8 and the message says so."""
    people.sandbox.fail(Fault(action="reset_before_commit", path="*/contacts/replace", count=None))
    replace = ("--mode", "replace", "--strategy", "replace")
    ended = pling("import", csv_file(LIST), *replace, "--settle", "0", "--yes")
    assert ended.code == 8
    assert "unknown" in ended.err
    assert "resume the run" in ended.err


def test_a_lost_answer(pling: Any, people: Any, csv_file: Any) -> None:
    """When the answer was lost and the account shows that all was applied, that is success with a warning."""
    people.sandbox.fail(Fault(action="reset_after_commit", path="*/contacts/replace"))
    replace = ("--mode", "replace", "--strategy", "replace")
    ended = pling("import", csv_file(LIST), *replace, "--settle", "0", "--yes")
    assert ended.code == 0
    assert "warning: " in ended.out


def test_one_contact_that_nobody_knows_about(pling: Any, people: Any, csv_file: Any) -> None:
    """An unknown outcome of one contact makes the whole run end with 8."""
    people.sandbox.fail(Fault(action="reset_before_commit", method="POST", path="*/contacts", count=None))
    ended = pling("import", csv_file(LIST), "--yes", "--strategy", "per_contact")
    assert ended.code == 8
    assert "unknown" in ended.out


def test_a_server_that_is_not_what_it_says(pling: Any, people: Any, csv_file: Any) -> None:
    """When everything was confirmed and the account is another all the same, that is a failure, and shown."""
    answer = b'{"addedContactCount":1,"modifiedContactCount":1,"unchangedContactCount":1,"invalidContactCount":0,'
    people.sandbox.fail(Fault(action="answer", path="*/replace", status=200, body=answer + b'"invalidContacts":[]}'))
    ended = pling("import", csv_file(LIST), "--mode", "replace", "--strategy", "replace", "--yes")
    assert ended.code == 1
    assert "missing" in ended.err
    assert "Not everything was applied" in ended.out


def test_rows_that_the_server_refuses(pling: Any, people: Any, csv_file: Any) -> None:
    """A contact that the server refuses is a failure with its reason; the others are applied."""
    people.sandbox.fail(Fault(action="answer", method="POST", path="*/contacts", status=400, body=b'{"error":"no"}'))
    ended = pling("import", csv_file(LIST), "--yes", "--strategy", "per_contact")
    assert ended.code == 1
    assert "Not everything was applied" in ended.out
    assert "BadRequest" in ended.out
    assert people.contacts()["+4799999102"]["firstName"] == "Kari"


@pytest.mark.parametrize(("status", "error"), [(401, "AuthenticationError"), (403, "PermissionDenied")])
def test_access_lost_on_the_way(pling: Any, people: Any, csv_file: Any, status: int, error: str) -> None:
    """When access is lost in the middle, what was under way is all that follows, what was done is shown, code 4."""
    people.sandbox.fail(Fault(action="answer", method="POST", path="*/contacts", status=status, skip=5, count=None))
    file = csv_file("Mobil\n" + "".join(f"+4799999{n:03}\n" for n in range(300, 400)))
    ended = pling("import", file, "--yes", "--strategy", "per_contact")
    assert ended.code == 4
    assert error in ended.out
    refused = [entry for entry in people.sandbox.requests if entry.status == status]
    assert 1 <= len(refused) <= 8
    assert len(people.contacts()) == 3 + 5
    assert len(people.changes()) == 5 + len(refused)
    assert people.sandbox.requests[-1].status == status


def test_nothing_listens(pling: Any, csv_file: Any, account: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that cannot be reached ends with 8 and says that nothing was sent."""
    monkeypatch.setenv("PLING_BASE_URL", "http://127.0.0.1:9/api/")
    ended = pling("import", csv_file(LIST), "--yes")
    assert ended.code == 8
    assert "nothing was sent" in ended.err
    assert account.sandbox.requests == []
